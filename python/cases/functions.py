"""Functions, arithmetic, reductions, compositions."""

import torch
import torch.nn.functional as F
from torch import nn

from .group import group


@group("functions: all activations of torch.nn, powers, exponentials, logarithms, trigonometry, rounding, erf")
def _():
    f = lambda g: lambda m, x, s, y: g(x)
    on = lambda layer: (lambda m, x, s, y: m.a(x), {"a": layer})
    names = "hardswish hardtanh hardsigmoid relu6 softsign mish silu gelu elu selu celu softplus logsigmoid tanhshrink softshrink hardshrink leaky_relu rrelu relu tanh sigmoid"
    cases = {name: f(getattr(F, name)) for name in names.split()}
    cases |= {
        name: f(getattr(torch, name))
        for name in "abs sign erf floor ceil round frac trunc sin cos tan sinh cosh exp expm1 exp2 square neg".split()
    }
    cases |= {
        name: f(lambda x, g=getattr(torch, name): g(x.abs() + 0.3))
        for name in "sqrt rsqrt log log2 log10 log1p reciprocal".split()
    }
    return cases | {
        "prelu": on(nn.PReLU()),
        "prelu per channel": on(nn.PReLU(4)),
        "threshold": f(lambda x: F.threshold(x, 0.1, 0.3)),
        "softplus, beta": f(lambda x: F.softplus(x, beta=3)),
        "gelu, tanh": f(lambda x: F.gelu(x, approximate="tanh")),
        "glu": f(lambda x: F.glu(x, 1)),
        "glu, last": f(lambda x: F.glu(x, -1)),
        "power": f(lambda x: x.abs() ** 1.7),
        "negative power": f(lambda x: (x.abs() + 0.5) ** -1.5),
        "cube": f(lambda x: x**3),
        "fifth": f(lambda x: x**5),
        "number ** value": f(lambda x: 2**x),
        "value ** value": f(lambda x: (x.abs() + 1) ** x),
        "pow constant": f(lambda x: (x.abs() + 1) ** torch.linspace(0, 2, 8)),
        "logaddexp": f(lambda x: torch.logaddexp(x, 2 * x)),
        "hypot": f(lambda x: torch.hypot(x, x + 1)),
        "remainder": f(lambda x: x % 0.7),
        "fmod": f(lambda x: torch.fmod(x, 0.7)),
        "floor division": f(lambda x: x + x // 0.5),
        "lerp": f(lambda x: torch.lerp(x, x.tanh(), 0.3)),
        "addcmul": f(lambda x: torch.addcmul(x, x.sin(), x, value=0.5)),
        "addcdiv": f(lambda x: torch.addcdiv(x, x.sin(), x.square() + 1, value=0.5)),
        "sinc": f(torch.sinc),
        "logit": f(lambda x: torch.logit(torch.sigmoid(x) * 0.9, 1e-3)),
        "swish": f(lambda x: x * torch.sigmoid(1.7 * x)),
    }


@group("arithmetic with broadcasting, comparisons, masks, where, clamp, minimum and maximum; changes of type")
def _():
    f = lambda g: lambda m, x, s, y: g(x)
    return {
        "numbers": f(lambda x: 3 - 2 * x / 5),
        "constant": f(lambda x: x * torch.linspace(0, 1, 8) + torch.linspace(0, 1, 6)[:, None]),
        "means": f(lambda x: x - x.mean((2, 3), keepdim=True) * x.mean(1, keepdim=True)),
        "rows by columns": f(lambda x: x.mean(2, keepdim=True) * x.mean(3, keepdim=True)),
        "transposed": f(lambda x: x[:, :, :, :6] + x[:, :, :, :6].mT),
        "channel by position": f(lambda x: x.sum((2, 3))[:, :, None, None] + x.sum(1, keepdim=True)),
        "rsub": f(lambda x: torch.rsub(x, x.sin(), alpha=2)),
        "divided": f(lambda x: x / (x.square() + 1)),
        "by": f(lambda x: torch.linspace(1, 2, 8) / (x.square() + 1)),
        "clamp": f(lambda x: x.clamp(-0.5, 0.8)),
        "clamp, min": f(lambda x: x.clamp(min=-0.2)),
        "clamp, max": f(lambda x: x.clamp(max=0.2)),
        "clamp_min": f(lambda x: x.clamp_min(0.1)),
        "clip": f(lambda x: torch.clip(x, -1, 1)),
        "clamp by values": f(lambda x: torch.clamp(x, x.sin() - 0.1, x.cos())),
        "maximum": f(lambda x: torch.maximum(x, x.cos())),
        "minimum": f(lambda x: torch.minimum(x, torch.tensor(0.1))),
        "max of two": f(lambda x: torch.max(x, -x)),
        "where": f(lambda x: torch.where(x > 0, x, 0.1 * x)),
        "where of values": f(lambda x: torch.where(x > x.mean(1, keepdim=True), x.sin(), x)),
        "mask": f(lambda x: x * (x.abs() < 1)),
        "mask as float": f(lambda x: x * (x >= 0.5).float()),
        "and": f(lambda x: x * ((x > -1) & (x < 1)).to(x.dtype)),
        "or": f(lambda x: x * ((x < -1) | (x > 1))),
        "not": f(lambda x: x * ~(x > 0)),
        "xor": f(lambda x: x * torch.logical_xor(x > 0, x > 1)),
        "masked_fill": f(lambda x: x.masked_fill(x > 1, 0.3)),
        "== and !=": f(lambda x: x * (x.sign() == 1) - x * (x.sign() != 1)),
        "half": f(lambda x: x.half().float() + x.to(torch.float64).float()),
        "type_as": f(lambda x: x.double().type_as(x)),
        "autocast": (lambda m, x, s, y: autocast(m.c, x), {"c": nn.Conv2d(4, 4, 1)}),
        "int": f(lambda x: x + x.int()),
        "heaviside": f(lambda x: torch.heaviside(x, torch.tensor(0.5))),
        "threshold by softmin": f(lambda x: F.softmin(x, 1)),
    }


def autocast(layer, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return layer(x).float()


@group("reductions over any dimensions: sum, mean, max, min, var, std, norms, logsumexp, softmax, prod, distances")
def _():
    f = lambda g: lambda m, x, s, y: g(x)
    cases = {}
    for name in ("sum", "mean", "amax", "amin"):
        g = getattr(torch, name)
        cases |= {
            f"{name} of channels": f(lambda x, g=g: g(x, 1)),
            f"{name} of positions": f(lambda x, g=g: g(x, (2, 3))),
            f"{name} of rows": f(lambda x, g=g: g(x, 2, keepdim=True)),
            f"{name} of all": f(lambda x, g=g: g(x, (1, 2, 3))),
            f"{name} of first and last": f(lambda x, g=g: g(x, (1, 3))),
        }
    return cases | {
        "max": f(lambda x: x.max(1)[0]),
        "min": f(lambda x: x.min(3, keepdim=True).values),
        "var": f(lambda x: x.var(1)),
        "var, biased": f(lambda x: x.var((2, 3), unbiased=False)),
        "std": f(lambda x: x.std((2, 3), keepdim=True)),
        "var_mean": f(lambda x: sum(torch.var_mean(x, (1, 2, 3)))),
        "norm": f(lambda x: x.norm(dim=1)),
        "norm 1": f(lambda x: torch.linalg.vector_norm(x, 1, dim=(2, 3))),
        "norm 3": f(lambda x: x.norm(p=3, dim=2)),
        "norm inf": f(lambda x: torch.linalg.vector_norm(x, float("inf"), dim=3)),
        "linalg norm": f(lambda x: torch.linalg.norm(x, dim=1)),
        "norm of image": f(lambda x: x.flatten(1).norm(dim=1)),
        "logsumexp": f(lambda x: torch.logsumexp(x, 1)),
        "logsumexp of positions": f(lambda x: x.logsumexp((2, 3), keepdim=True)),
        "softmax": f(lambda x: x.softmax(1)),
        "softmax of rows": f(lambda x: x.softmax(2)),
        "softmax last": f(lambda x: x.softmax(-1)),
        "softmax of positions": f(lambda x: x.flatten(2).softmax(-1)),
        "log_softmax": f(lambda x: F.log_softmax(x, 1)),
        "spatial softmax": f(lambda x: (x.flatten(2).softmax(-1) * torch.linspace(0, 1, 48)).sum(-1)),
        "prod": f(lambda x: x.prod(1)),
        "cosine": f(lambda x: F.cosine_similarity(x, x.sin() + 1, 1)),
        "distance": f(lambda x: F.pairwise_distance(x.flatten(1), torch.ones(192))),
        "cdist": f(lambda x: torch.cdist(x.flatten(2), x.flatten(2).cos() + 2)),
        "mse": f(lambda x: F.mse_loss(x, x.tanh(), reduction="none").sum((1, 2, 3))),
    }


@group("recurrent layers and other compositions, which PyTorch takes apart: GRU, LSTM, checkpointing")
def _():
    tokens = lambda x: x[:, :, :3, 0].mT
    return {
        "LSTM": (lambda m, x, s, y: m.r(tokens(x))[0], {"r": nn.LSTM(4, 3, batch_first=True)}),
        "GRU": (lambda m, x, s, y: m.r(tokens(x))[0], {"r": nn.GRU(4, 3, batch_first=True)}),
        "unused results": lambda m, x, s, y: (x.sort(1), x.sin())[1],
        "checkpoint": lambda m, x, s, y: torch.utils.checkpoint.checkpoint(
            lambda x: x.sin().exp(), x, use_reentrant=False
        ),
        "dropout": (lambda m, x, s, y: m.d(x).sin(), {"d": nn.Dropout2d(0.2)}),
        "inplace": (lambda m, x, s, y: m.r(x * 1).mul(2).add_(1), {"r": nn.ReLU(inplace=True)}),
    }

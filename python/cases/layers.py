"""Layers, products and attention."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .group import LABELS, group


@group("convolution: any kernel, stride, padding, dilation, groups, in one dimension or two; transposed")
def _():
    conv, up = nn.Conv2d, nn.ConvTranspose2d
    on = lambda layer: (lambda m, x, s, y: m.c(x), {"c": layer})
    line = lambda layer: (lambda m, x, s, y: m.c(x.flatten(2)), {"c": layer})
    cases = {
        "3 x 3": on(conv(4, 6, 3, padding=1)),
        "stride": on(conv(4, 6, 3, 2, 1)),
        "no bias": on(conv(4, 6, 3, bias=False)),
        "oblong": on(conv(4, 6, (3, 5), (2, 1), (0, 2))),
        "dilated": on(conv(4, 4, 3, padding=2, dilation=2)),
        "grouped": on(conv(4, 8, 3, padding=1, groups=2)),
        "depthwise": on(conv(4, 4, 5, padding=2, groups=4)),
        "depthwise twice": on(conv(4, 8, 3, groups=4)),
        "pointwise": on(conv(4, 7, 1)),
        "same": on(conv(4, 4, 3, padding="same")),
        "same, even kernel": on(conv(4, 4, (2, 4), padding="same")),
        "same, dilated": on(conv(4, 4, 3, padding="same", dilation=3)),
        "reflect": on(conv(4, 4, 3, padding=1, padding_mode="reflect")),
        "circular": on(conv(4, 4, 5, padding=2, padding_mode="circular")),
        "replicate": on(conv(4, 4, 3, padding=(1, 2), padding_mode="replicate")),
        "patches": on(conv(4, 10, 2, 2)),
        "one dimension": line(nn.Conv1d(4, 5, 3, padding=1)),
        "one dimension, stride": line(nn.Conv1d(4, 4, 4, 2, 1, groups=2)),
        "one dimension, dilated": line(nn.Conv1d(4, 4, 3, dilation=4, padding=4)),
        "transposed": on(up(4, 6, 2, 2)),
        "transposed, overlapping": on(up(4, 3, 4, 2, 1)),
        "transposed, output padding": on(up(4, 4, 3, 2, 1, 1)),
        "transposed, groups": on(up(4, 6, 3, 2, 1, groups=2)),
        "transposed, dilated": on(up(4, 4, 3, padding=2, dilation=2)),
        "transposed, stride 1": on(up(4, 4, 5, padding=2, bias=False)),
        "transposed, oblong": on(up(4, 4, (3, 5), (1, 2), (1, 2))),
        "transposed, one dimension": line(nn.ConvTranspose1d(4, 4, 4, 2, 1)),
        "batch norm after": (lambda m, x, s, y: m.n(m.c(x)), {"c": conv(4, 6, 3), "n": nn.BatchNorm2d(6)}),
        "batch norm after transposed": (
            lambda m, x, s, y: m.n(m.c(x)),
            {"c": up(4, 6, 2, 2, groups=2), "n": nn.BatchNorm2d(6)},
        ),
        "functional": lambda m, x, s, y: F.conv2d(x, torch.ones(4, 1, 3, 3) / 9, padding=1, groups=4),
        "weight norm": on(nn.utils.parametrizations.weight_norm(conv(4, 4, 3))),
        "spectral norm": on(nn.utils.parametrizations.spectral_norm(conv(4, 4, 3))),
        "old spectral norm": on(nn.utils.spectral_norm(conv(4, 4, 3, padding=1))),
    }

    class Standardised(nn.Conv2d):
        def forward(self, x):
            w = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return self._conv_forward(x, w / (w.var((1, 2, 3), keepdim=True, unbiased=False) + 1e-5).sqrt(), self.bias)

    return cases | {"weight standardisation": on(Standardised(4, 6, 3))}


@group("several images for each of the batch, as channels or frames that are moved into it: convolution, norm, pool, resizing")
def _():
    apart = lambda f, c=1: lambda m, x, s, y: (z := f(m, x.reshape(-1, c, 6, 8))).reshape(len(x), -1, *z.shape[2:])
    on = lambda layer, c=1: (apart(lambda m, x: m.c(x), c), {"c": layer})
    conv, up = nn.Conv2d, nn.ConvTranspose2d

    def resampled(m, x):
        x = F.pad(x[:, :, :, None, :, None], [0, 1, 0, 0, 0, 1]).reshape(-1, 1, 12, 16)
        return F.conv2d(F.pad(x, [2, 1, 2, 1]), torch.linspace(0, 1, 16).view(1, 1, 4, 4))[:, :, ::2]

    def channels_first(m, x, s, y):
        z = m.c(x.transpose(0, 1).reshape(-1, 1, 6, 8))
        return z.reshape(4, len(x), *z.shape[1:]).transpose(0, 1).flatten(1, 2)

    return {
        "convolution": on(conv(1, 3, 3, padding=1)),
        "groups": on(conv(2, 4, 3, groups=2), 2),
        "no bias": on(conv(2, 1, (1, 3), stride=2, bias=False), 2),
        "transposed": on(up(2, 4, 4, 2, 1, groups=2), 2),
        "one dimension": (
            lambda m, x, s, y: m.c(x.permute(0, 2, 1, 3).flatten(0, 1)).unflatten(0, (-1, 6)),
            {"c": nn.Conv1d(4, 5, 3)},
        ),
        "channels first": (channels_first, {"c": conv(1, 3, 3)}),
        "FIR filter": apart(resampled),
        "group norm": on(nn.GroupNorm(1, 2), 2),
        "instance norm": on(nn.InstanceNorm2d(2, affine=True), 2),
        "batch norm": on(nn.BatchNorm2d(2), 2),
        "layer norm": on(nn.LayerNorm([2, 6, 8]), 2),
        "average pool": on(nn.AvgPool2d(2)),
        "largest": on(nn.MaxPool2d((2, 1)), 2),
        "adaptive pool": on(nn.AdaptiveAvgPool2d((3, 4))),
        "unshuffle": on(nn.PixelUnshuffle(2), 2),
        "nearest": on(nn.Upsample(scale_factor=2), 2),
        "bilinear": on(nn.Upsample(scale_factor=2, mode="bilinear")),
    }


@group("linear layers and matrix products, also of two computed values: `@`, matmul, bmm, einsum, baddbmm")
def _():
    tokens = lambda x: x.flatten(2).transpose(1, 2)
    return {
        "features": (lambda m, x, s, y: m.l(x.flatten(1)), {"l": nn.Linear(192, 7)}),
        "last dimension of an image": (lambda m, x, s, y: m.l(x), {"l": nn.Linear(8, 5)}),
        "tokens": (lambda m, x, s, y: m.l(tokens(x)), {"l": nn.Linear(4, 6)}),
        "two layers of tokens": (
            lambda m, x, s, y: m.b(F.gelu(m.a(tokens(x)))) + tokens(x),
            {"a": nn.Linear(4, 8), "b": nn.Linear(8, 4)},
        ),
        "flattened tokens": (lambda m, x, s, y: m.l(tokens(x).flatten(1)), {"l": nn.Linear(192, 3)}),
        "by a constant": lambda m, x, s, y: x @ torch.linspace(-1, 1, 24).view(8, 3),
        "constant first": lambda m, x, s, y: torch.linspace(-1, 1, 18).view(3, 6) @ x,
        "constant per channel": lambda m, x, s, y: torch.linspace(-1, 1, 72).view(4, 3, 6) @ x,
        "two values": lambda m, x, s, y: x @ x.transpose(2, 3).tanh(),
        "bmm": lambda m, x, s, y: torch.bmm(x.flatten(2), x.flatten(2).sin().transpose(1, 2)),
        "baddbmm": lambda m, x, s, y: torch.baddbmm(x[:, 0, :4, :4], x.flatten(2), x.flatten(2).mT, beta=0.5, alpha=2),
        "heads in the batch": lambda m, x, s, y: torch.bmm(x.reshape(-1, 6, 8), x.reshape(-1, 6, 8).mT).view(
            -1, 4, 6, 6
        ),
        "vector": lambda m, x, s, y: x @ torch.linspace(0, 1, 8),
        "addmm": lambda m, x, s, y: torch.addmm(torch.ones(3), x.flatten(1), torch.linspace(-1, 1, 576).view(192, 3)),
        "einsum of constant": lambda m, x, s, y: torch.einsum("bchw,oc->bohw", x, torch.linspace(-1, 1, 12).view(3, 4)),
        "einsum contraction": lambda m, x, s, y: torch.einsum("bchw,bdhw->bcd", x, x.cos()),
        "einsum outer": lambda m, x, s, y: torch.einsum("bi,bj->bij", x[:, :, 0, 0], x[:, 0, :, 0]),
        "einsum with dots": lambda m, x, s, y: torch.einsum("...hw,...kw->...hk", x, x.sin()),
        "einsum of three": lambda m, x, s, y: torch.einsum(
            "bchw,bdhw,dk->bck", x, x.cos(), torch.linspace(-1, 1, 12).view(4, 3)
        ),
        "einsum sums": lambda m, x, s, y: torch.einsum("bchw->bhw", x),
        "einsum by sigma": lambda m, x, s, y: torch.einsum("bchw,b->bchw", x, s),
        "triangular system": lambda m, x, s, y: torch.linalg.solve_triangular(
            2 * torch.eye(6) + torch.linspace(-1, 1, 36).view(6, 6).tril(), x, upper=False
        ),
        "system": lambda m, x, s, y: torch.linalg.solve(torch.eye(6) + torch.linspace(-0.1, 0.2, 36).view(6, 6), x),
        "bilinear layer": (lambda m, x, s, y: m.b(x[:, :, 0, 0], x[:, 0, :, 0]), {"b": nn.Bilinear(4, 6, 3)}),
    }


class Attention(nn.Module):
    """The attention of transformers, in several hands."""

    def __init__(self, style, c=8, heads=2):
        super().__init__()
        self.style, self.heads = style, heads
        self.up, self.qkv, self.out = nn.Linear(4, c), nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.table = nn.Parameter(torch.randn(heads, 48, 48))

    def forward(self, x):
        x = self.up(x.flatten(2).transpose(1, 2))
        b, n, c = x.shape
        d = c // self.heads
        return self.out(getattr(self, self.style)(x, b, n, c, d))

    def timm(self, x, b, n, c, d):
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d).permute(2, 0, 3, 1, 4).unbind(0)
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c)

    def written(self, x, b, n, c, d):
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d).permute(2, 0, 3, 1, 4)
        return (((q @ k.transpose(-2, -1)) * d**-0.5).softmax(-1) @ v).transpose(1, 2).reshape(b, n, c)

    def biased(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        scores = q @ k.mT / math.sqrt(d) + self.table[None]
        return (F.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)

    def masked(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        scores = (q * d**-0.5) @ k.mT
        scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), float("-inf"))
        return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)

    def einsums(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d) for t in self.qkv(x).split(c, 2))
        attention = torch.einsum("bthd,bshd->bhts", q * d**-0.5, k).softmax(dim=-1)
        return torch.einsum("bhts,bshd->bthd", attention, v).reshape(b, n, c)

    def openai(self, x, b, n, c, d):
        qkv = self.qkv(x).transpose(1, 2)
        q, k, v = qkv.reshape(b * self.heads, d * 3, n).split(d, dim=1)
        scale = 1 / math.sqrt(math.sqrt(d))
        weight = torch.einsum("bct,bcs->bts", q * scale, k * scale).softmax(-1)
        return torch.einsum("bts,bcs->bct", weight, v).reshape(b, -1, n).transpose(1, 2)

    def causal(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)

    def additive(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self.table, scale=0.2).transpose(1, 2).flatten(2)

    def linear_attention(self, x, b, n, c, d):
        q, k, v = (t.view(b, n, self.heads, d).permute(0, 2, 3, 1) for t in self.qkv(x).chunk(3, -1))
        context = torch.einsum("bhdn,bhen->bhde", k.softmax(-1), v)
        return torch.einsum("bhde,bhdn->bhen", context, q.softmax(-2)).reshape(b, c, n).transpose(1, 2)


class Spatial(nn.Module):
    """The attention of U-Nets: q, k and v are 1 x 1 convolutions."""

    def __init__(self, c=4):
        super().__init__()
        self.norm, self.q, self.k, self.v, self.o = nn.GroupNorm(2, c), *(nn.Conv2d(c, c, 1) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        a = self.norm(x)
        q, k, v = (
            self.q(a).reshape(b, c, h * w).permute(0, 2, 1),
            self.k(a).reshape(b, c, h * w),
            self.v(a).reshape(b, c, h * w),
        )
        weight = torch.softmax(torch.bmm(q, k) * int(c) ** -0.5, dim=2)
        return x + self.o(torch.bmm(v, weight.permute(0, 2, 1)).reshape(b, c, h, w))


class Cross(nn.Module):
    """Tokens that attend to those of the label."""

    def __init__(self):
        super().__init__()
        self.table, self.q, self.kv = nn.Embedding(LABELS + 1, 24), nn.Linear(4, 8), nn.Linear(6, 16)

    def forward(self, x, y):
        context = self.table(y).view(-1, 4, 6)
        k, v = self.kv(context).chunk(2, -1)
        heads = lambda t: t.unflatten(-1, (2, 4)).transpose(1, 2)
        return (
            F.scaled_dot_product_attention(heads(self.q(x.flatten(2).mT)), heads(k), heads(v))
            .transpose(1, 2)
            .flatten(2)
        )


class Rotary(nn.Module):
    def forward(self, x):
        t = x.flatten(2).mT.reshape(-1, 24, 2, 4).transpose(1, 2)
        angle = torch.arange(24)[:, None] / 10 ** torch.linspace(0, 1, 2)
        sin, cos = angle.sin().repeat(1, 2), angle.cos().repeat(1, 2)
        turn = lambda v: v * cos + torch.cat([-v[..., 2:], v[..., :2]], -1) * sin
        return F.scaled_dot_product_attention(turn(t), turn(t * 2), t)


@group(
    "attention: softmax(q k^T) v in any hand, scaled_dot_product_attention, MultiheadAttention, transformer layers, masks, position tables"
)
def _():
    on = lambda layer: (lambda m, x, s, y: m.a(x), {"a": layer})
    styles = "timm written biased masked einsums openai causal additive linear_attention".split()
    tokens = lambda x: x.flatten(2).mT
    mha = lambda need, **options: (
        lambda m, x, s, y: m.a(*[m.u(tokens(x))] * 3, need_weights=need, **options)[0],
        {"a": nn.MultiheadAttention(8, 2, batch_first=True), "u": nn.Linear(4, 8)},
    )
    layer = lambda **options: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **options)
    mask = torch.zeros(48, 48).masked_fill(torch.ones(48, 48).triu(1) > 0, -torch.inf)
    return {style.replace("_", " "): on(Attention(style)) for style in styles} | {
        "one head": on(Attention("written", heads=1)),
        "spatial": on(Spatial()),
        "rotary": on(Rotary()),
        "MultiheadAttention": mha(False),
        "with weights": mha(True),
        "with a mask": mha(False, attn_mask=mask),
        "batch second": (
            lambda m, x, s, y: m.a(*[x.flatten(2).permute(2, 0, 1)] * 3)[0].transpose(0, 1),
            {"a": nn.MultiheadAttention(4, 2)},
        ),
        "encoder layer": (lambda m, x, s, y: m.t(m.u(tokens(x))), {"t": layer(), "u": nn.Linear(4, 8)}),
        "encoder layer, norm first": (
            lambda m, x, s, y: m.t(m.u(tokens(x))),
            {"t": layer(norm_first=True, activation="gelu"), "u": nn.Linear(4, 8)},
        ),
        "encoder": (
            lambda m, x, s, y: m.t(m.u(tokens(x))),
            {"t": nn.TransformerEncoder(layer(), 2), "u": nn.Linear(4, 8)},
        ),
        "cross": (lambda m, x, s, y: m.c(x, y), {"c": Cross()}),
        "position table": (lambda m, x, s, y: tokens(x) + m.p.weight, {"p": nn.Embedding(48, 4)}),
        "class token": (
            lambda m, x, s, y: torch.cat([m.t.weight[:1].expand(len(x), 1, -1), tokens(x)], 1).relu()[:, 1:],
            {"t": nn.Embedding(1, 4)},
        ),
        "learned keys": (
            lambda m, x, s, y: F.scaled_dot_product_attention(tokens(x), m.k.weight[None], m.k.weight[None].sin()),
            {"k": nn.Embedding(5, 4)},
        ),
        "bool mask": lambda m, x, s, y: F.scaled_dot_product_attention(
            x, x, x, attn_mask=torch.ones(6, 6, dtype=torch.bool).tril()
        ),
        "grouped queries": lambda m, x, s, y: F.scaled_dot_product_attention(
            x, x[:, :2].sin(), x[:, :2], enable_gqa=True
        ),
    }


@group("normalisation: group, layer, instance, batch, RMS, local response, GRN, of images, tokens and features")
def _():
    on = lambda layer: (lambda m, x, s, y: m.n(x), {"n": layer})
    tokens = lambda layer: (lambda m, x, s, y: m.n(x.flatten(2).mT), {"n": layer})

    class Global(nn.Module):
        def forward(self, x):
            g = x.norm(p=2, dim=(2, 3), keepdim=True)
            return x * (g / (g.mean(1, keepdim=True) + 1e-6)) + x

    class Plus(nn.Module):
        """Conditional instance norm++ of NCSN."""

        def __init__(self, c=4):
            super().__init__()
            self.norm, self.embed = nn.InstanceNorm2d(c), nn.Embedding(LABELS + 1, 3 * c)

        def forward(self, x, y):
            means = x.mean((2, 3))
            mean, var = means.mean(-1, keepdim=True), means.var(-1, keepdim=True)
            means = ((means - mean) / torch.sqrt(var + 1e-5))[..., None, None]
            gamma, alpha, beta = (t[..., None, None] for t in self.embed(y).chunk(3, -1))
            return gamma * (self.norm(x) + means * alpha) + beta

    return {
        "group": on(nn.GroupNorm(2, 4)),
        "group, plain": on(nn.GroupNorm(4, 4, affine=False)),
        "group of tokens": (lambda m, x, s, y: m.n(x.flatten(2)), {"n": nn.GroupNorm(2, 4)}),
        "group of features": (lambda m, x, s, y: m.n(x.mean((2, 3))), {"n": nn.GroupNorm(2, 4)}),
        "layer of tokens": tokens(nn.LayerNorm(4)),
        "layer of an image": on(nn.LayerNorm([4, 6, 8])),
        "layer of rows": on(nn.LayerNorm(8)),
        "layer of positions": on(nn.LayerNorm([6, 8])),
        "layer, plain": tokens(nn.LayerNorm(4, elementwise_affine=False)),
        "layer, no bias": tokens(nn.LayerNorm(4, bias=False)),
        "layer of channels": (
            lambda m, x, s, y: m.n(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2),
            {"n": nn.LayerNorm(4)},
        ),
        "layer of all tokens": tokens(nn.LayerNorm([48, 4])),
        "instance": on(nn.InstanceNorm2d(4)),
        "instance, affine": on(nn.InstanceNorm2d(4, affine=True)),
        "instance, one dimension": (lambda m, x, s, y: m.n(x.flatten(2)), {"n": nn.InstanceNorm1d(4)}),
        "instance++": (lambda m, x, s, y: m.n(x, y), {"n": Plus()}),
        "batch": on(nn.BatchNorm2d(4)),
        "batch of tokens": (lambda m, x, s, y: m.n(x.flatten(2)), {"n": nn.BatchNorm1d(4)}),
        "batch of features": (lambda m, x, s, y: m.n(x.mean((2, 3))), {"n": nn.BatchNorm1d(4)}),
        "RMS of tokens": tokens(nn.RMSNorm(4)),
        "RMS of rows": on(nn.RMSNorm(8, eps=1e-6)),
        "local response": on(nn.LocalResponseNorm(2)),
        "GRN": on(Global()),
        "normalize": lambda m, x, s, y: F.normalize(x, dim=1),
        "normalize positions": lambda m, x, s, y: F.normalize(x, p=1, dim=(2, 3)),
        "pixel norm": lambda m, x, s, y: x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8),
    }

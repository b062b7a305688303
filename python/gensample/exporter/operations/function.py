"""Operations that work element by element on one input."""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from .record import row


def function(name, reference, onnx):
    """Of one input, without attributes."""
    row(name, lambda a, t, x: reference(x), onnx)


def simple(op, **options):
    """An ONNX operation of one input, with attributes that depend on the node's."""
    return lambda b, a, t, x: b.node(op, [x], b.shape[x], **{k: f(a) for k, f in options.items()})


def _silu_onnx(b, a, t, x):
    return b.node("Mul", [x, b.node("Sigmoid", [x], b.shape[x])], b.shape[x])


def _affine_onnx(b, a, t, x):
    for op, value, same in (("Mul", a.get("scale", 1), 1), ("Add", a.get("shift", 0), 0)):
        if value != same:
            x = b.node(op, [x, b.constant(np.float32(value))], b.shape[x])
    return x


def _slope(a):
    return float(a.get("slope", 0.01))


def _alpha(a):
    return float(a.get("alpha", 1))


def _approximate(a):
    return a.get("approximate", "none")


function("relu", F.relu, "Relu")
function("silu", F.silu, _silu_onnx)
function("tanh", torch.tanh, "Tanh")
function("sigmoid", torch.sigmoid, "Sigmoid")
function("softplus", partial(F.softplus, threshold=40), "Softplus")
function("exp", torch.exp, "Exp")
function("log", torch.log, "Log")
function("sqrt", torch.sqrt, "Sqrt")
function("sin", torch.sin, "Sin")
function("cos", torch.cos, "Cos")
function("reciprocal", torch.reciprocal, "Reciprocal")
function("neg", torch.neg, "Neg")
function("square", lambda x: x * x, lambda b, a, t, x: b.node("Mul", [x, x], b.shape[x]))
row(
    "leaky_relu",
    lambda a, t, x: F.leaky_relu(x, _slope(a)),
    simple("LeakyRelu", alpha=_slope),
)
row("elu", lambda a, t, x: F.elu(x, _alpha(a)), simple("Elu", alpha=_alpha))
row(
    "gelu",
    lambda a, t, x: F.gelu(x, approximate=_approximate(a)),
    simple("Gelu", approximate=_approximate),
)
row("affine", lambda a, t, x: x * a.get("scale", 1.0) + a.get("shift", 0.0), _affine_onnx)

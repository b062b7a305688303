"""PyTorch operations that become other operations of a weight file, several, or none: one handler f(e, a) each, as in
operations/, where those are that have a counterpart."""

import math
from dataclasses import replace

import torch

from operations.move import part
from tracing import Const, Value, handles, scalar, short

# Arithmetic.


@handles("add", "sub", "rsub")
def _(e, a):
    x, y, sign = a.self, a.other, -1 if a.name == "sub" else 1
    if a.name == "rsub":
        x, y, sign = y, x, -1
    alpha = float(getattr(a, "alpha", 1))
    if alpha != 1 and a.name != "rsub":
        y = e.affine(y, alpha, 0) if isinstance(y, Value) else Const(scaled(y, alpha))
    elif alpha != 1:
        e.refuse("rsub with alpha")
    if scalar(y) is not None:
        return e.affine(x, 1, sign * scalar(y))
    if scalar(x) is not None:
        return e.affine(y, sign, scalar(x)) if sign == 1 or scalar(x) else e.unary("neg", y)
    return e.binary("add" if sign == 1 else "sub", x, y)


def scaled(c, factor):
    return torch.as_tensor(c.value if isinstance(c, Const) else c, dtype=torch.float64) * factor


@handles("mul")
def _(e, a):
    for x, y in ((a.self, a.other), (a.other, a.self)):
        if scalar(y) is not None:
            return e.affine(x, scalar(y), 0)
    if a.self is a.other:
        return e.unary("square", a.self)
    return e.binary("mul", a.self, a.other)


@handles("div")
def _(e, a):
    e.demand(getattr(a, "rounding_mode", None) is None, "division with rounding")
    if scalar(a.other) is not None:
        return e.affine(a.self, 1 / scalar(a.other), 0)
    if scalar(a.self) is not None:
        return e.affine(e.unary("reciprocal", a.other), scalar(a.self), 0)
    if isinstance(a.other, Const):
        return e.binary("mul", a.self, Const(1 / a.other.value))
    return e.binary("div", a.self, a.other)


@handles("pow")
def _(e, a):
    power = scalar(a.exponent)
    e.demand(isinstance(a.self, Value) and power in (-2, -1, -0.5, 0.5, 1, 2, 3, 4), "this power")
    v = a.self
    if abs(power) == 0.5:
        v = e.unary("sqrt", v)
    elif abs(power) in (2, 4):
        v = e.unary("square", v)
        v = e.unary("square", v) if power == 4 else v
    elif power == 3:
        v = e.emit("mul", [e.unary("square", v).name, v.name], v.file, last=v.last)
    return e.unary("reciprocal", v) if power < 0 else v


@handles("rsqrt")
def _(e, a):
    return e.unary("reciprocal", e.unary("sqrt", a.self))


@handles("log1p")
def _(e, a):
    return e.unary("log", e.affine(a.self, 1, 1))


@handles("expm1")
def _(e, a):
    return e.affine(e.unary("exp", a.self), 1, -1)


@handles("log2", "log10")
def _(e, a):
    return e.affine(e.unary("log", a.self), 1 / math.log(int(a.name[3:])), 0)


@handles("prelu")
def _(e, a):
    e.demand(scalar(a.weight) is not None, "PReLU with more than one slope")
    return e.unary("leaky_relu", a.self, slope=scalar(a.weight))


@handles("selu")
def _(e, a):
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
    return e.affine(e.unary("elu", a.self, alpha=alpha), scale, 0)


@handles("celu")
def _(e, a):
    alpha = float(scalar(a.alpha))
    return e.affine(e.unary("elu", e.affine(a.self, 1 / alpha, 0), alpha=1.0), alpha, 0)


@handles("softplus")
def _(e, a):
    beta = float(scalar(a.beta))
    return e.affine(e.unary("softplus", e.affine(a.self, beta, 0)), 1 / beta, 0)


@handles("log_sigmoid", "log_sigmoid_forward")
def _(e, a):
    return e.unary("neg", e.unary("softplus", e.unary("neg", a.self)))


@handles("mish")
def _(e, a):
    v = a.self
    return e.emit("mul", [v.name, e.unary("tanh", e.unary("softplus", v)).name], v.file, last=v.last)


@handles("clamp", "clamp_min")
def _(e, a):
    e.demand(a.min is not None and getattr(a, "max", None) is None, "a clamp from above")
    low = float(a.min)
    return e.affine(e.unary("relu", e.affine(a.self, 1, -low)), 1, low)


# Operations that leave no node, and shapes.


@handles("dropout", "feature_dropout", "alpha_dropout", "native_dropout")
def _(e, a):
    e.demand(not a.train, "dropout in training mode")
    return a.input


@handles("clone", "alias", "contiguous", "detach", "lift_fresh_copy")
def _(e, a):
    return a.self


@handles("_to_copy", "to", "type_as")
def _(e, a):
    dtype = getattr(a, "dtype", None)
    e.demand(dtype is None or dtype.is_floating_point or a.self.name == "label", f"conversion to {dtype}")
    return a.self


@handles("_assert_tensor_metadata")
def _(e, a):
    return None


@handles("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full")
def _(e, a):
    fill = {"zeros": 0.0, "ones": 1.0}.get(a.name.replace("_like", "").replace("new_", ""))
    return Const(
        torch.full(tuple(e.node.meta["val"].shape), a.fill_value if fill is None else fill, dtype=torch.float64)
    )


@handles("view", "_unsafe_view", "reshape", "unsqueeze", "squeeze", "flatten", "unflatten")
def _(e, a):
    return e.reshaped(a.self, e.shape())


@handles("permute", "transpose")
def _(e, a):
    dims = [d % len(a.self.shape) for d in a.dims] if a.name == "permute" else None
    if dims == list(range(len(a.self.shape))):
        return a.self
    if dims == [0, 2, 3, 1] and not a.self.last:
        e.full(a.self)
        return replace(a.self, name=e.full(a.self), shape=e.shape(), file=a.self.shape[1:], last=True)
    if dims == [0, 3, 1, 2] and a.self.last:
        return replace(a.self, shape=e.shape(), last=False)
    e.refuse(f"{a.name} other than channels to the end and back")


@handles("expand")
def _(e, a):
    shape = e.shape()
    if short(shape[1:]) == short(a.self.file):
        return replace(a.self, shape=shape)
    e.demand(len(shape) == len(a.self.shape) and not a.self.last, f"expansion of {a.self.shape} to {shape}")
    zeros = e.constant(Const(torch.zeros(short(shape[1:]), dtype=torch.float64)))
    return e.emit("add", [a.self.name, zeros], short(shape[1:]))


@handles("select")
def _(e, a):
    v, channels = a.self, a.self.shape[1]
    e.demand(a.dim % len(v.shape) == 1 and not v.last, "a selection other than of a channel")
    i = a.index % channels
    return e.reshaped(part(e, v, i, i + 1, (v.shape[0], 1) + v.shape[2:]), e.shape())


@handles("split", "chunk", "split_with_sizes", "unbind")
def _(e, a):
    v, parts, begin = a.self, [], 0
    e.demand(a.dim % len(v.shape) == 1 and not v.last, f"{a.name} along a dimension other than channels")
    for t in e.node.meta["val"]:
        n = 1 if a.name == "unbind" else t.shape[1]
        piece = part(e, v, begin, begin + n, (v.shape[0], n) + v.shape[2:])
        parts.append(e.reshaped(piece, tuple(t.shape)) if a.name == "unbind" else piece)
        begin += n
    return parts


# Layers.


@handles("matmul", "mm", "addmm")
def _(e, a):
    x, weight = (a.mat1, a.mat2) if a.name == "addmm" else (a.self, getattr(a, "other", getattr(a, "mat2", None)))
    bias = a.self if a.name == "addmm" else None
    e.demand(isinstance(x, Value) and len(x.shape) == 2, "a matrix product other than of features with a constant,")
    tensors = e.weights("a matrix product", weight=weight, bias=bias)
    tensors["weight"] = Const(weight.value.T)
    return e.emit("linear", [e.full(x, 1)], e.shape()[1:], tensors=tensors)


@handles("_native_batch_norm_legit_no_training")
def batch_norm(e, a):
    """A scale and a shift per channel, merged into the layer before if nothing else reads that layer (see `fold`)."""
    e.weights("a batch norm", weight=a.weight, bias=a.bias, mean=a.running_mean, variance=a.running_var)
    e.demand(a.running_mean is not None, "batch norm without running statistics")
    scale = torch.rsqrt(a.running_var.value + a.eps)
    scale = scale * a.weight.value if a.weight else scale
    shift = (a.bias.value if a.bias else 0) - a.running_mean.value * scale
    v = a.input
    shape = tuple(e.node.meta["val"][0].shape) if a.name != "instance_norm" else e.shape()
    tensors = {"scale": Const(scale), "shift": Const(shift)}
    return (e.emit("batch_norm", [e.full(v)], v.shape[1:], shape=shape, tensors=tensors), None, None)


@handles("instance_norm")
def _(e, a):
    tensors = e.weights("an instance norm", weight=a.weight, bias=a.bias)
    if not a.use_input_stats:
        return batch_norm(e, a)[0]
    return e.emit("instance_norm", [e.full(a.input, 3)], a.input.shape[1:], tensors=tensors, eps=a.eps)


@handles("_native_batch_norm_legit", "batch_norm", "native_batch_norm")
def _(e, a):
    e.refuse("batch norm over the batch's own statistics")

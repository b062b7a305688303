"""How PyTorch operations become nodes of a weight file: one handler f(e, a) per operation.

e: the Tracer. a: the operation's arguments by PyTorch's names; tensors are Values and Consts. Returns the result.
"""

import math
from dataclasses import replace

import torch

from tracing import Const, Value, handles, pair, scalar, short

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


@handles("exp", "log", "sqrt", "sin", "cos", "reciprocal", "neg", "square", "relu", "silu", "tanh", "sigmoid")
def _(e, a):
    return e.unary(a.name, a.self)


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


@handles("leaky_relu")
def _(e, a):
    return e.unary("leaky_relu", a.self, slope=float(scalar(a.negative_slope)))


@handles("prelu")
def _(e, a):
    e.demand(scalar(a.weight) is not None, "PReLU with more than one slope")
    return e.unary("leaky_relu", a.self, slope=scalar(a.weight))


@handles("elu")
def _(e, a):
    e.demand(scalar(a.input_scale) == 1, "ELU with an input scale")
    return e.affine(e.unary("elu", a.self, alpha=float(scalar(a.alpha))), scalar(a.scale), 0)


@handles("selu")
def _(e, a):
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
    return e.affine(e.unary("elu", a.self, alpha=alpha), scale, 0)


@handles("celu")
def _(e, a):
    alpha = float(scalar(a.alpha))
    return e.affine(e.unary("elu", e.affine(a.self, 1 / alpha, 0), alpha=1.0), alpha, 0)


@handles("gelu")
def _(e, a):
    return e.unary("gelu", a.self, approximate=a.approximate)


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


@handles("slice")
def _(e, a):
    shape = e.shape()
    if shape == a.self.shape:
        return a.self
    e.demand(a.dim % len(shape) == 1 and a.step == 1 and not a.self.last, "a slice other than of channels")
    begin = a.start % a.self.shape[1] if a.start else 0
    return part(e, a.self, begin, begin + shape[1], shape)


def part(e, v, begin, end, shape):
    return e.emit("slice", [v.name], (end - begin,) + v.file[1:], shape=tuple(shape), begin=begin, end=end)


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


@handles("cat")
def _(e, a):
    shape = e.shape()
    e.demand(a.dim % len(shape) == 1, "concatenation along a dimension other than channels")
    e.demand(len(a.tensors) <= 64, "concatenation of more than 64 tensors")
    names = []
    for t in a.tensors:
        if isinstance(t, Const):
            c = e.per_image(t, len(shape))
            names.append(e.constant(Const(c.value.reshape(t.value.shape[1:]), c.name)))
        else:
            names.append(e.full(t))
    return e.emit("concat", names, shape[1:])


@handles("sum", "mean")
def _(e, a):
    v, shape = a.self, a.self.shape
    e.demand(getattr(a, "dim", None) is not None and not v.last, f"{a.name} over the batch or with channels last")
    dims, rank = {d % len(shape) for d in a.dim}, len(shape) - 1
    e.demand(dims and 0 not in dims, f"{a.name} over the batch")
    reduce = lambda name, over, file, kept: e.emit(a.name, [name], file, shape=kept, over=over)
    if dims == set(range(1, rank + 1)):
        return replace(reduce(v.name, "all", (1,), None), shape=e.shape())
    name = e.full(v)
    if rank == 2:
        name = e.emit("reshape", [name], shape[1:] + (1,), shape=shape + (1,), shape_=[*shape[1:], 1]).name
    e.demand(rank in (2, 3) and dims in ({1}, set(range(2, rank + 1))), f"{a.name} over dimensions {sorted(dims)}")
    if dims == {1}:
        kept = (shape[0], 1) + shape[2:]
        return e.reshaped(reduce(name, "channels", (kept[1:] + (1,))[:3], kept), e.shape())
    return replace(reduce(name, "positions", shape[1:2], None), shape=e.shape())


# Layers.


@handles("conv2d")
def _(e, a):
    weight, stride, dilation, padding = a.weight, pair(a.stride), pair(a.dilation), a.padding
    tensors = e.weights("a convolution", weight=weight, bias=a.bias)
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilation, weight.value.shape[2:])]
        e.demand(padding == "valid" or not any(r % 2 for r in reach), "uneven padding")
        padding = [0, 0] if padding == "valid" else [r // 2 for r in reach]
    attributes = dict(stride=stride, padding=pair(padding), dilation=dilation, groups=a.groups)
    defaults = dict(stride=[1, 1], padding=[0, 0], dilation=[1, 1], groups=1)
    attributes = {k: v for k, v in attributes.items() if v != defaults[k]}
    return e.emit("conv2d", [e.full(a.input, 3)], e.shape()[1:], tensors=tensors, **attributes)


@handles("linear")
def _(e, a):
    tensors = e.weights("a linear layer", weight=a.weight, bias=a.bias)
    if a.input.last and len(a.input.shape) == 4:
        tensors["weight"] = Const(a.weight.value[:, :, None, None], a.weight.name)
        file = e.shape()[3:] + e.shape()[1:3]
        return e.emit("conv2d", [a.input.name], file, last=True, tensors=tensors)
    return e.emit("linear", [e.full(a.input, 1)], e.shape()[1:], tensors=tensors)


@handles("matmul", "mm", "addmm")
def _(e, a):
    x, weight = (a.mat1, a.mat2) if a.name == "addmm" else (a.self, getattr(a, "other", getattr(a, "mat2", None)))
    bias = a.self if a.name == "addmm" else None
    e.demand(isinstance(x, Value) and len(x.shape) == 2, "a matrix product other than of features with a constant,")
    tensors = e.weights("a matrix product", weight=weight, bias=bias)
    tensors["weight"] = Const(weight.value.T)
    return e.emit("linear", [e.full(x, 1)], e.shape()[1:], tensors=tensors)


@handles("embedding")
def _(e, a):
    e.demand(a.indices.name == "label", "an embedding of something other than the label")
    tensors = e.weights("an embedding", weight=a.weight)
    return e.emit("embedding", ["label"], (a.weight.value.shape[1],), tensors=tensors)


@handles("group_norm")
def _(e, a):
    e.demand(len(a.input.shape) in (2, 4), f"group norm of shape {a.input.shape}")
    tensors = e.weights("a group norm", weight=a.weight, bias=a.bias)
    file = a.input.shape[1:]
    return e.emit("group_norm", [e.full(a.input)], file, tensors=tensors, groups=a.num_groups, eps=a.eps)


@handles("instance_norm")
def _(e, a):
    tensors = e.weights("an instance norm", weight=a.weight, bias=a.bias)
    if not a.use_input_stats:
        return batch_norm(e, a)[0]
    return e.emit("instance_norm", [e.full(a.input, 3)], a.input.shape[1:], tensors=tensors, eps=a.eps)


@handles("layer_norm")
def _(e, a):
    v, n, rank = a.input, len(a.normalized_shape), len(a.input.shape)
    tensors = e.weights("a layer norm", weight=a.weight, bias=a.bias)
    everything = rank in (2, 4) and n == rank - 1
    e.demand(everything or (v.last and n == 1), f"layer norm of shape {v.shape} over the last {n} dimensions")
    if v.last:
        for role, t in tensors.items():
            tensors[role] = t and Const(t.value.movedim(-1, 0), t.name)
    over, name = "all" if everything and rank == 4 else "channels", v.name if v.last else e.full(v)
    file = v.file if v.last else v.shape[1:]
    return e.emit("layer_norm", [name], file, last=v.last, tensors=tensors, over=over, eps=a.eps)


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


@handles("_native_batch_norm_legit", "batch_norm", "native_batch_norm")
def _(e, a):
    e.refuse("batch norm over the batch's own statistics")


@handles("upsample_nearest2d", "_upsample_nearest_exact2d")
def _(e, a):
    x = getattr(a, "input", None) or a.self
    scale, rest = zip(*(divmod(o, i) for o, i in zip(e.shape()[2:], x.shape[2:])))
    e.demand(not any(rest) and max(scale) <= 16, "resizing by other than whole factors up to 16")
    return e.emit("upsample_nearest", [e.full(x, 3)], e.shape()[1:], scale=list(scale))


def pool(e, a):
    kernel, padding = pair(a.kernel_size), pair(a.padding)
    stride = pair(a.stride) if a.stride else kernel
    sizes = a.self.shape[2:]
    floor = tuple((n + 2 * p - k) // s + 1 for n, p, k, s in zip(sizes, padding, kernel, stride))
    e.demand(e.shape()[2:] == floor, "pooling with ceil_mode")
    attributes = dict(kernel=kernel)
    if stride != kernel:
        attributes["stride"] = stride
    if padding != [0, 0]:
        attributes["padding"] = padding
    return attributes


@handles("avg_pool2d")
def _(e, a):
    e.demand(a.divisor_override is None, "average pooling with a divisor")
    attributes = pool(e, a)
    if "padding" in attributes:
        attributes["count_padding"] = int(a.count_include_pad)
    return e.emit("avg_pool", [e.full(a.self, 3)], e.shape()[1:], **attributes)


@handles("max_pool2d")
def _(e, a):
    e.demand(pair(a.dilation) == [1, 1], "max pooling with dilation")
    return e.emit("max_pool", [e.full(a.self, 3)], e.shape()[1:], **pool(e, a))


@handles("adaptive_avg_pool2d")
def _(e, a):
    return e.emit("adaptive_avg_pool", [e.full(a.self, 3)], e.shape()[1:], size=list(e.shape()[2:]))


@handles("pixel_shuffle", "pixel_unshuffle")
def _(e, a):
    factor = a.upscale_factor if a.name == "pixel_shuffle" else a.downscale_factor
    return e.emit(a.name, [e.full(a.self, 3)], e.shape()[1:], factor=factor)

"""Convolutions and normalisations."""

import math
from dataclasses import replace

import torch

from ..layout import product
from ..tracing import Const, handles
from .arithmetic import plus, times
from .moves import padded


def integers(v, n):
    """A size for each of n dimensions."""
    v = list(v) if isinstance(v, (list, tuple)) else [v]
    return [int(x) for x in (v * n if len(v) == 1 else v)]


def image(e, v, n):
    """(value, as the file's images have it): of one position dimension more if there is just one, without a batch."""
    e.demand(len(v.dims) == n + 2, f"a batch of shape {v.shape}, without the batch's dimension,")
    e.demand(n < 3, "a convolution or pool of three dimensions", "conv3d")
    return v if n == 2 else replace(v, dims=(*v.dims, ()))


@handles("conv1d", "conv2d", "conv3d", "convolution")
def _(e, a):
    n = a.weight.value.dim() - 2 if isinstance(a.weight, Const) else 0
    e.demand(n, "a convolution with a computed weight", "computed weight")
    if getattr(a, "transposed", False):
        return transposed(e, a, n)
    tensors = e.weights("a convolution", weight=a.weight, bias=a.bias)
    stride, dilation, padding = integers(a.stride, n), integers(a.dilation, n), a.padding
    v = a.input
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilation, a.weight.value.shape[2:])]
        if padding == "same" and any(r % 2 for r in reach):
            v = padded(e, v, [w for r in reach[::-1] for w in (r // 2, r - r // 2)])
            padding = "valid"
        padding = [0] * n if padding == "valid" else [r // 2 for r in reach]
    padding = integers(padding, n)
    if n == 1:
        tensors["weight"] = Const(a.weight.value[..., None], a.weight.name)
        stride, dilation, padding = stride + [1], dilation + [1], padding + [0]
    attributes = dict(stride=stride, padding=padding, dilation=dilation, groups=a.groups)
    defaults = dict(stride=[1, 1], padding=[0, 0], dilation=[1, 1], groups=1)
    attributes = {k: v for k, v in attributes.items() if v != defaults[k]}
    return convolved(e, "conv2d", image(e, v, n), tensors, attributes)


def convolved(e, op, v, tensors, attributes):
    """A convolution, of as many groups of channels as there are images for each of the batch."""
    count = product(e.several(v))
    if count > 1:
        attributes["groups"] = count * attributes.get("groups", 1)
    return e.of_images(op, v, repeated(tensors, count), **attributes)


def repeated(tensors, count):
    """Tensors of as many groups of channels."""
    if count == 1:
        return tensors
    return {role: t and Const(t.value.repeat(count, *(1,) * (t.value.dim() - 1))) for role, t in tensors.items()}


@handles("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _(e, a):
    e.weights("a transposed convolution", weight=a.weight, bias=a.bias)
    return transposed(e, a, a.weight.value.dim() - 2)


def transposed(e, a, n):
    tensors = e.weights("a transposed convolution", weight=a.weight, bias=a.bias)
    names = ("stride", "padding", "output_padding", "dilation")
    attributes = {k: integers(getattr(a, k), n) for k in names}
    if n == 1:
        tensors["weight"] = Const(a.weight.value[..., None], a.weight.name)
        attributes = {k: x + [int(k in ("stride", "dilation"))] for k, x in attributes.items()}
    attributes["groups"] = a.groups
    defaults = dict(stride=[1, 1], padding=[0, 0], output_padding=[0, 0], dilation=[1, 1], groups=1)
    attributes = {k: x for k, x in attributes.items() if x != defaults[k]}
    return convolved(e, "conv_transpose2d", image(e, a.input, n), tensors, attributes)


@handles("col2im")
def _(e, a):
    """Windows added up to an image, torch.nn.functional.fold: a transposed convolution of each channel's elements of the
    windows, whose kernel for the k-th of them is 1 at its k-th element."""
    names = ("kernel_size", "output_size", "dilation", "padding", "stride")
    kernel, size, a.dilation, a.padding, a.stride = (integers(getattr(a, k), 2) for k in names)
    reach = [r * (k - 1) + 1 - 2 * p for k, r, p in zip(kernel, a.dilation, a.padding)]
    counts = [(z - r) // s + 1 for z, r, s in zip(size, reach, a.stride)]
    a.output_padding = [(z - r) % s for z, r, s in zip(size, reach, a.stride)]
    (n, c), each = a.self.shape[:2], math.prod(kernel)
    a.groups, a.bias, a.weight = (
        c // each,
        None,
        Const(torch.eye(each).reshape(each, 1, *kernel).repeat(c // each, 1, 1, 1)),
    )
    a.input = e.regrouped(a.self, (n, c, *counts))
    return transposed(e, a, 2)


@handles("_native_batch_norm_legit_no_training")
def batch_norm(e, a):
    return (normalised(e, a), None, None)


def normalised(e, a):
    """A scale and a shift per channel, merged into the layer before if nothing else reads that layer (see `fold`)."""
    e.weights("a batch norm", weight=a.weight, bias=a.bias, mean=a.running_mean, variance=a.running_var)
    e.demand(a.running_mean is not None, "batch norm without running statistics", "batch_norm")
    scale = torch.rsqrt(a.running_var.value + a.eps)
    scale = scale * a.weight.value if a.weight else scale
    shift = (a.bias.value if a.bias else 0) - a.running_mean.value * scale
    v = a.input
    if v.storage[: len(v.dims[1])] == v.dims[1]:
        return e.unary("batch_norm", e.leading(v, v.dims[1]), {"scale": Const(scale), "shift": Const(shift)})
    across = lambda t: Const(t.reshape(-1, *(1,) * (len(v.dims) - 2)))
    return plus(e, times(e, v, across(scale)), across(shift))


@handles("_native_batch_norm_legit", "batch_norm", "native_batch_norm")
def _(e, a):
    e.demand(a.name == "batch_norm" and not a.training, "batch norm over the batch's own statistics", "batch_norm")
    return normalised(e, a)


@handles("instance_norm")
def _(e, a):
    tensors = e.weights("an instance norm", weight=a.weight, bias=a.bias)
    if not a.use_input_stats:
        return normalised(e, a)
    return normed(e, "instance_norm", a.input, tensors, eps=a.eps)


def normed(e, op, v, tensors, **attributes):
    """A norm of channels, and of their groups, of each image that there is for one of the batch."""
    result = e.unary(op, by_channel(e, e.among_channels(v)), repeated(tensors, product(e.several(v))), **attributes)
    return replace(result, dims=v.dims)


def by_channel(e, v):
    """The value with the second dimension's channels first in the file, of rank 3 unless they are all there is."""
    e.demand(
        e.images not in v.dims[1],
        f"a norm of shape {v.shape}, whose channels are not second,",
    )
    channels = v.dims[1]
    rest = [a for g in v.dims[2:] for a in g]
    v = e.filled(v, [*channels, *(a for a in v.storage if a not in channels), *(a for a in rest if a not in v.storage)])
    return e.leading(v, channels, 3 if rest or len(v.dims) > 2 else 1)


@handles("group_norm", "native_group_norm")
def _(e, a):
    tensors = e.weights("a group norm", weight=a.weight, bias=a.bias)
    groups = getattr(a, "num_groups", None) or a.group
    groups *= product(e.several(a.input))
    result = normed(e, "group_norm", a.input, tensors, groups=groups, eps=a.eps)
    return (result, None, None) if a.name == "native_group_norm" else result


@handles("layer_norm", "native_layer_norm")
def _(e, a):
    v, n = a.input, len(a.normalized_shape)
    tensors = e.weights("a layer norm", weight=a.weight, bias=a.bias)
    result = layer_norm(e, v, n, tensors, a.eps)
    return (result, None, None) if a.name == "native_layer_norm" else result


def layer_norm(e, v, n, tensors, eps):
    """Over the last n dimensions, which the file has first, or as everything."""
    atoms = tuple(x for g in v.dims[len(v.dims) - n :] for x in g)
    e.demand(e.images not in atoms, "a layer norm over the batch", "batch")
    if any(x not in v.storage for x in atoms):
        v = e.filled(v, [*atoms, *(x for x in v.storage if x not in atoms)])
    order = tuple(x for x in v.storage if x in atoms)
    for role, t in tensors.items():
        if t and order != atoms:
            moved = t.value.reshape([x.size for x in atoms]).permute([atoms.index(x) for x in order])
            tensors[role] = Const(moved.reshape([x.size for x in order]))
    if len(order) == len(v.storage):
        flat = len(v.file) == 1
        shape = (math.prod(v.file),) if flat else v.file
        tensors = {role: t and Const(t.value.reshape(shape), t.name) for role, t in tensors.items()}
        return e.unary("layer_norm", v, tensors, over="channels" if flat else "all", eps=eps)
    v = e.leading(v, order, 3)
    tensors = {role: t and Const(t.value.reshape(-1), t.name) for role, t in tensors.items()}
    return e.unary("layer_norm", v, tensors, over="channels", eps=eps)

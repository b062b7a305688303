"""Shapes: most leave no node."""

from dataclasses import replace

import torch

from ..layout import Atom, dimension, flat, product
from ..tracing import Const, Value, handles


@handles("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def _(e, a):
    e.demand(not a.train, "dropout in training mode", "training")
    return (a.input, None) if a.name == "native_dropout" else a.input


@handles("clone", "alias", "contiguous", "detach", "lift_fresh_copy", "lift_fresh", "real", "conj", "resolve_conj")
def _(e, a):
    return a.self


@handles("broadcast_tensors")
def _(e, a):
    return [expanded(e, t, s.shape) if isinstance(t, Value) else t for t, s in zip(a.tensors, e.node.meta["val"])]


@handles("fill")
def _(e, a):
    e.demand(isinstance(a.value, (int, float, Const)), "filling with a computed number")
    value = a.value.value if isinstance(a.value, Const) else torch.tensor(float(a.value))
    return Const(value.double().expand(e.node.meta["val"].shape))


@handles("copy")
def _(e, a):
    return expanded(e, a.src, a.self.shape) if isinstance(a.src, Value) else a.src


@handles(
    "view",
    "_unsafe_view",
    "reshape",
    "unsqueeze",
    "squeeze",
    "flatten",
    "unflatten",
    "view_as",
    "reshape_as",
    "_reshape_alias",
)
def _(e, a):
    v = e.regrouped(a.self, e.node.meta["val"].shape)
    return settled(e, v) if v is not a.self else v


def settled(e, v):
    """The value in the shape that PyTorch has now where that is an image made of features, or features of an image."""
    plain = all((e.images in g) == (i == 0) for i, g in enumerate(v.dims)) and v.dims[0] == (e.images,)
    order = flat(v.dims[1:])
    if not plain or order != v.storage or len(v.dims) not in (2, 4) or (len(v.dims) == 4 and len(v.file) != 1):
        return v
    groups = [g for g in v.dims[1:]]
    wide = [size for size in v.file if size > 1]
    return v if wide == [product(g) for g in groups if g] else e.arranged(v, groups)


@handles(
    "permute", "transpose", "movedim", "swapaxes", "swapdims", "t", "numpy_T", "matrix_H", "mT", "adjoint", "moveaxis"
)
def _(e, a):
    rank = len(a.self.dims)
    order = list(range(rank))
    if a.name == "permute":
        order = [d % rank for d in a.dims]
    elif a.name in ("transpose", "swapaxes", "swapdims", "mT", "adjoint", "matrix_H", "t"):
        first, second = (getattr(a, n, d) for n, d in (("dim0", -2), ("dim1", -1)))
        first, second = getattr(a, "axis0", first) % rank, getattr(a, "axis1", second) % rank
        order[first], order[second] = second, first
    elif a.name in ("movedim", "moveaxis"):
        source, destination = (
            [d % rank for d in torch.atleast_1d(torch.tensor(x)).tolist()] for x in (a.source, a.destination)
        )
        rest = [d for d in range(rank) if d not in source]
        for to, d in sorted(zip(destination, source)):
            rest.insert(to, d)
        order = rest
    else:
        order = order[::-1]
    return replace(a.self, dims=tuple(a.self.dims[d] for d in order), view=e.node)


def squeezed(e, v, dims, keep=False):
    """The value, whose dimensions `dims` have size 1, with or without those."""
    return v if keep else replace(v, dims=tuple(g for d, g in enumerate(v.dims) if d not in dims), view=e.node)


def expanded(e, v, shape):
    """The value repeated along the dimensions in which it has size 1, as PyTorch's expand does it."""
    v = e.lifted(v, len(shape))
    dims = [g if product(g) == n else one_more(e, v, i, n) for i, (g, n) in enumerate(zip(v.dims, shape))]
    return replace(v, dims=tuple(dims))


def one_more(e, v, dim, size):
    """A dimension of size 1 made to one of this size; the first of a value that has no batch yet is the batch's."""
    has_batch = any(e.images in g for g in v.dims)
    return (e.images,) if dim == 0 and not has_batch and size == e.images.size else (Atom(size),)


@handles("expand", "expand_as", "broadcast_to")
def _(e, a):
    return expanded(e, a.self, tuple(e.node.meta["val"].shape))


def repeated(e, v, times):
    """The whole value, `times[d]` times along each dimension."""
    v = e.lifted(v, len(times))
    e.demand(not any(n != 1 and e.images in g for n, g in zip(times, v.dims)), "repetition of the batch", "batch")
    return replace(v, dims=tuple(dimension(n) + g for n, g in zip(times, v.dims)), view=e.node)


@handles("repeat", "tile")
def _(e, a):
    times = list(a.repeats if a.name == "repeat" else a.dims)
    return repeated(e, a.self, [1] * (len(a.self.dims) - len(times)) + times)


@handles("repeat_interleave")
def _(e, a):
    e.demand(isinstance(a.repeats, int), "repetition of each element a number of times of its own")
    v, dim = a.self, a.dim
    if dim is None:
        v, dim = e.regrouped(v, (product(flat(v.dims)),)), 0
    dim %= len(v.dims)
    e.demand(e.images not in v.dims[dim], "repetition of the batch", "batch")
    return replace(v, dims=v.dims_with(dim, v.dims[dim] + dimension(a.repeats)), view=e.node)


@handles("pixel_shuffle", "pixel_unshuffle")
def _(e, a):
    factor = a.upscale_factor if a.name == "pixel_shuffle" else a.downscale_factor
    return e.of_images(a.name, a.self, factor=factor)


@handles("channel_shuffle", "native_channel_shuffle")
def _(e, a):
    n, c, *rest = a.self.shape
    v = e.regrouped(a.self, (n, a.groups, c // a.groups, *rest))
    return e.regrouped(replace(v, dims=(v.dims[0], v.dims[2], v.dims[1], *v.dims[3:])), a.self.shape)


@handles("meshgrid", "atleast_1d", "atleast_2d", "atleast_3d")
def _(e, a):
    e.demand(a.name != "meshgrid", "meshgrid of computed values")
    return e.regrouped(a.self, tuple(e.node.meta["val"].shape))

"""Operations that move elements."""

import numpy as np
import torch
import torch.nn.functional as F

from operations.record import row
from tracing import Const


def _concat_onnx(b, a, t, *xs):
    if len({x in b.once for x in xs}) > 1:
        xs = [b.every(x) for x in xs]
    return b.node("Concat", xs, (sum(b.shape[x][0] for x in xs),) + b.shape[xs[0]][1:], axis=1)


def _concat_traced(e, a):
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


def _slice_onnx(b, a, t, x):
    begin, end, axis = (b.constant(np.array([v], np.int64)) for v in (a["begin"], a["end"], 1))
    return b.node("Slice", [x, begin, end, axis], (a["end"] - a["begin"],) + b.shape[x][1:])


def part(e, v, begin, end, shape):
    return e.emit("slice", [v.name], (end - begin,) + v.file[1:], shape=tuple(shape), begin=begin, end=end)


def _slice_traced(e, a):
    shape = e.shape()
    if shape == a.self.shape:
        return a.self
    e.demand(a.dim % len(shape) == 1 and a.step == 1 and not a.self.last, "a slice other than of channels")
    begin = a.start % a.self.shape[1] if a.start else 0
    return part(e, a.self, begin, begin + shape[1], shape)


def _upsample_onnx(b, a, t, x):
    c, h, w = b.shape[x]
    scales = b.constant(np.array([1, 1, *a["scale"]], np.float32))
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return b.node("Resize", [x, "", scales], (c, h * a["scale"][0], w * a["scale"][1]), **options)


def _upsample_traced(e, a):
    x = getattr(a, "input", None) or a.self
    scale, rest = zip(*(divmod(o, i) for o, i in zip(e.shape()[2:], x.shape[2:])))
    e.demand(not any(rest) and max(scale) <= 16, "resizing by other than whole factors up to 16")
    return e.emit("upsample_nearest", [e.full(x, 3)], e.shape()[1:], scale=list(scale))


def _shuffle_onnx(b, a, t, x):
    (c, h, w), r = b.shape[x], a["factor"]
    return b.node("DepthToSpace", [x], (c // r**2, h * r, w * r), blocksize=r, mode="CRD")


def _unshuffle_onnx(b, a, t, x):
    (c, h, w), r = b.shape[x], a["factor"]
    shape = (c * r * r, h // r, w // r)
    if c == 1:
        return b.node("SpaceToDepth", [x], shape, blocksize=r)
    y = b.reshape(x, (c, h // r, r, w // r, r))
    return b.reshape(b.node("Transpose", [y], (c, r, r, h // r, w // r), perm=[0, 1, 3, 5, 2, 4]), shape)


def _shuffle_traced(e, a):
    factor = a.upscale_factor if a.name == "pixel_shuffle" else a.downscale_factor
    return e.emit(a.name, [e.full(a.self, 3)], e.shape()[1:], factor=factor)


row("concat", lambda a, t, *x: torch.cat(x, 1), _concat_onnx, {"cat": _concat_traced})
row("slice", lambda a, t, x: x[:, a["begin"] : a["end"]], _slice_onnx, {"slice": _slice_traced})
row("reshape", lambda a, t, x: x.reshape(-1, *a["shape"]), lambda b, a, t, x: b.reshape(x, a["shape"]))
row(
    "upsample_nearest",
    lambda a, t, x: F.interpolate(x, scale_factor=[float(s) for s in a["scale"]], mode="nearest"),
    _upsample_onnx,
    {"upsample_nearest2d": _upsample_traced, "_upsample_nearest_exact2d": _upsample_traced},
)
row(
    "pixel_shuffle",
    lambda a, t, x: F.pixel_shuffle(x, a["factor"]),
    _shuffle_onnx,
    {"pixel_shuffle": _shuffle_traced},
)
row(
    "pixel_unshuffle",
    lambda a, t, x: F.pixel_unshuffle(x, a["factor"]),
    _unshuffle_onnx,
    {"pixel_unshuffle": _shuffle_traced},
)

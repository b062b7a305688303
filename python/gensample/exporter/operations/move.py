"""Operations that move elements."""

import numpy as np
import torch
import torch.nn.functional as F

from .record import row


def _concat_onnx(b, a, t, *xs):
    if len({x in b.once for x in xs}) > 1:
        xs = [b.every(x) for x in xs]
    return b.node("Concat", xs, (sum(b.shape[x][0] for x in xs),) + b.shape[xs[0]][1:], axis=1)


def _slice_onnx(b, a, t, x):
    begin, end, axis = (b.constant(np.array([v], np.int64)) for v in (a["begin"], a["end"], 1))
    return b.node("Slice", [x, begin, end, axis], (a["end"] - a["begin"],) + b.shape[x][1:])


def _upsample_onnx(b, a, t, x):
    c, h, w = b.shape[x]
    scales = b.constant(np.array([1, 1, *a["scale"]], np.float32))
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return b.node("Resize", [x, "", scales], (c, h * a["scale"][0], w * a["scale"][1]), **options)


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


row("concat", lambda a, t, *x: torch.cat(x, 1), _concat_onnx)
row("slice", lambda a, t, x: x[:, a["begin"] : a["end"]], _slice_onnx)
row("reshape", lambda a, t, x: x.reshape(-1, *a["shape"]), lambda b, a, t, x: b.reshape(x, a["shape"]))
row(
    "upsample_nearest",
    lambda a, t, x: F.interpolate(x, scale_factor=[float(s) for s in a["scale"]], mode="nearest"),
    _upsample_onnx,
)
row(
    "pixel_shuffle",
    lambda a, t, x: F.pixel_shuffle(x, a["factor"]),
    _shuffle_onnx,
)
row(
    "pixel_unshuffle",
    lambda a, t, x: F.pixel_unshuffle(x, a["factor"]),
    _unshuffle_onnx,
)

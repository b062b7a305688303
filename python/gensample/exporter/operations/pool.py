"""Pools, sums and means."""

import numpy as np
import torch
import torch.nn.functional as F

from .record import row


def _avg_pool(a, t, x):
    kernel, count = a["kernel"], bool(a.get("count_padding", 1))
    return F.avg_pool2d(x, kernel, a.get("stride", kernel), a.get("padding", [0, 0]), count_include_pad=count)


def _max_pool(a, t, x):
    return F.max_pool2d(x, a["kernel"], a.get("stride", a["kernel"]), a.get("padding", [0, 0]))


def _pool_onnx(op, b, a, x, **options):
    kernel, padding = a["kernel"], a.get("padding", [0, 0])
    stride = a.get("stride", kernel)
    sizes = [(s + 2 * p - k) // r + 1 for s, p, k, r in zip(b.shape[x][1:], padding, kernel, stride)]
    options |= {"kernel_shape": kernel, "strides": stride, "pads": padding * 2}
    return b.node(op, [x], [b.shape[x][0], *sizes], **options)


def _avg_pool_onnx(b, a, t, x):
    return _pool_onnx("AveragePool", b, a, x, count_include_pad=a.get("count_padding", 1))


def windows(size, parts):
    """The matrix (parts, size) of adaptive average pooling."""
    m = np.zeros((parts, size), np.float32)
    for i in range(parts):
        first, last = i * size // parts, -((i + 1) * -size // parts)
        m[i, first:last] = 1 / (last - first)
    return m


def _adaptive_onnx(b, a, t, x):
    (c, h, w), (oh, ow) = b.shape[x], a["size"]
    rows = b.node("MatMul", [b.constant(windows(h, oh)), x], (c, oh, w))
    return b.node("MatMul", [rows, b.constant(windows(w, ow).T)], (c, oh, ow))


def reduced(name, reference, onnx):
    """The two functions of a row for what reduces whole dimensions."""

    def reference_of(a, t, x):
        over = a["over"]
        if over == "channels" and x.dim() == 4:
            return reference(x, 1, keepdim=True)
        if over == "positions" and x.dim() == 4:
            return reference(x, (2, 3))
        if over == "all":
            return reference(x.flatten(1), 1, keepdim=True)
        raise ValueError(f"no {name} over {over} of rank {x.dim() - 1}")

    def onnx_nodes(b, a, t, x):
        shape, over = b.shape[x], a["over"]
        axes = {"channels": [1], "positions": [2, 3], "all": list(range(1, len(shape) + 1))}[over]
        result = {"channels": (1,) + shape[1:], "positions": shape[:1], "all": (1,)}[over]
        kept = tuple(1 if i + 1 in axes else s for i, s in enumerate(shape))
        return b.reshape(b.node(onnx, [x, b.constant(np.array(axes, np.int64))], kept, keepdims=1), result)

    return reference_of, onnx_nodes


row("avg_pool", _avg_pool, _avg_pool_onnx)
row("max_pool", _max_pool, lambda b, a, t, x: _pool_onnx("MaxPool", b, a, x))
row(
    "adaptive_avg_pool",
    lambda a, t, x: F.adaptive_avg_pool2d(x, a["size"]),
    _adaptive_onnx,
)
row("sum", *reduced("sum", torch.sum, "ReduceSum"))
row("mean", *reduced("mean", torch.mean, "ReduceMean"))

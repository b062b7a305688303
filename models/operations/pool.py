"""Pools, sums and means."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from operations.record import row
from tracing import pair


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


def _pool_attributes(e, a):
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


def _avg_pool_traced(e, a):
    e.demand(a.divisor_override is None, "average pooling with a divisor")
    attributes = _pool_attributes(e, a)
    if "padding" in attributes:
        attributes["count_padding"] = int(a.count_include_pad)
    return e.emit("avg_pool", [e.full(a.self, 3)], e.shape()[1:], **attributes)


def _max_pool_traced(e, a):
    e.demand(pair(a.dilation) == [1, 1], "max pooling with dilation")
    return e.emit("max_pool", [e.full(a.self, 3)], e.shape()[1:], **_pool_attributes(e, a))


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


def _adaptive_traced(e, a):
    return e.emit("adaptive_avg_pool", [e.full(a.self, 3)], e.shape()[1:], size=list(e.shape()[2:]))


def reduction(name, reference, onnx):
    def reduced(a, t, x):
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

    row(name, reduced, onnx_nodes, {name: _reduction_traced})


def _reduction_traced(e, a):
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


row("avg_pool", _avg_pool, _avg_pool_onnx, {"avg_pool2d": _avg_pool_traced})
row("max_pool", _max_pool, lambda b, a, t, x: _pool_onnx("MaxPool", b, a, x), {"max_pool2d": _max_pool_traced})
row(
    "adaptive_avg_pool",
    lambda a, t, x: F.adaptive_avg_pool2d(x, a["size"]),
    _adaptive_onnx,
    {"adaptive_avg_pool2d": _adaptive_traced},
)
reduction("sum", torch.sum, "ReduceSum")
reduction("mean", torch.mean, "ReduceMean")

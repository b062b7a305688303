"""Convolutions and linear layers."""

import torch.nn.functional as F

from operations.record import row
from tracing import Const, pair


def _conv2d(a, t, x):
    stride, padding, dilation = a.get("stride", [1, 1]), a.get("padding", [0, 0]), a.get("dilation", [1, 1])
    return F.conv2d(x, t["weight"], t.get("bias"), stride, padding, dilation, a.get("groups", 1))


def _conv2d_onnx(b, a, t, x):
    weight = b.tensors[t["weight"]]
    stride, padding, dilation = a.get("stride", [1, 1]), a.get("padding", [0, 0]), a.get("dilation", [1, 1])
    kernel = weight.shape[2:]
    sizes = zip(b.shape[x][1:], padding, dilation, kernel, stride)
    shape = [(s + 2 * p - d * (k - 1) - 1) // r + 1 for s, p, d, k, r in sizes]
    options = {"strides": stride, "pads": padding * 2, "dilations": dilation, "kernel_shape": list(kernel)}
    return b.node("Conv", [x, *b.weights(t)], [len(weight), *shape], group=a.get("groups", 1), **options)


def _conv2d_traced(e, a):
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


def _linear_onnx(b, a, t, x):
    return b.node("Gemm", [x, *b.weights(t)], [len(b.tensors[t["weight"]])], transB=1)


def _linear_traced(e, a):
    tensors = e.weights("a linear layer", weight=a.weight, bias=a.bias)
    if a.input.last and len(a.input.shape) == 4:
        tensors["weight"] = Const(a.weight.value[:, :, None, None], a.weight.name)
        file = e.shape()[3:] + e.shape()[1:3]
        return e.emit("conv2d", [a.input.name], file, last=True, tensors=tensors)
    return e.emit("linear", [e.full(a.input, 1)], e.shape()[1:], tensors=tensors)


row("conv2d", _conv2d, _conv2d_onnx, {"conv2d": _conv2d_traced})
row("linear", lambda a, t, x: F.linear(x, t["weight"], t.get("bias")), _linear_onnx, {"linear": _linear_traced})

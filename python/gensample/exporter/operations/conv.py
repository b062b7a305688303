"""Convolutions and linear layers."""

import torch.nn.functional as F

from .record import row


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


def _linear_onnx(b, a, t, x):
    return b.node("Gemm", [x, *b.weights(t)], [len(b.tensors[t["weight"]])], transB=1)


row("conv2d", _conv2d, _conv2d_onnx)
row("linear", lambda a, t, x: F.linear(x, t["weight"], t.get("bias")), _linear_onnx)

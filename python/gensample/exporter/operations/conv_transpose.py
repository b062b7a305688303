"""Transposed convolutions."""

import torch.nn.functional as F

from .record import row


def _attributes(a):
    pairs = {"stride": [1, 1], "padding": [0, 0], "output_padding": [0, 0], "dilation": [1, 1]}
    return [a.get(name, fallback) for name, fallback in pairs.items()] + [a.get("groups", 1)]


def _reference(a, t, x):
    stride, padding, output_padding, dilation, groups = _attributes(a)
    return F.conv_transpose2d(x, t["weight"], t.get("bias"), stride, padding, output_padding, groups, dilation)


def _onnx(b, a, t, x):
    _, outputs, *kernel = b.tensors[t["weight"]].shape
    stride, padding, output_padding, dilation, groups = _attributes(a)
    sizes = zip(b.shape[x][1:], stride, padding, dilation, kernel, output_padding)
    shape = [(n - 1) * s - 2 * p + d * (k - 1) + o + 1 for n, s, p, d, k, o in sizes]
    options = {"strides": stride, "pads": padding * 2, "dilations": dilation, "kernel_shape": list(kernel)}
    return b.node(
        "ConvTranspose",
        [x, *b.weights(t)],
        [outputs * groups, *shape],
        group=groups,
        output_padding=output_padding,
        **options,
    )


row("conv_transpose2d", _reference, _onnx)

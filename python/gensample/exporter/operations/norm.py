"""Normalisations."""

import math

import numpy as np
import torch.nn.functional as F

from .record import row


def _group_norm(a, t, x, groups=None):
    return F.group_norm(x, groups or a["groups"], t.get("weight"), t.get("bias"), a.get("eps", 1e-5))


def _group_norm_onnx(b, a, t, x):
    """Instance or layer normalisation of each group seen as one channel, then the scale and shift of each channel."""
    shape = b.shape[x]
    groups, eps = a.get("groups", shape[0]), float(a.get("eps", 1e-5))
    flat = b.reshape(x, (groups, math.prod(shape) // groups))
    if b.group_norm == "instance":
        ones, zeros = b.constant(np.ones(groups, np.float32)), b.constant(np.zeros(groups, np.float32))
        y = b.node("InstanceNormalization", [flat, ones, zeros], b.shape[flat], epsilon=eps)
    else:
        ones = b.constant(np.ones(b.shape[flat][1], np.float32))
        y = b.node("LayerNormalization", [flat, ones], b.shape[flat], axis=-1, epsilon=eps)
    return b.scaled(b.reshape(y, shape), t.get("weight"), t.get("bias"))


def _layer_norm(a, t, x):
    over, eps, weight, bias = a.get("over", "channels"), a.get("eps", 1e-5), t.get("weight"), t.get("bias")
    if over == "all":
        return F.layer_norm(x, x.shape[1:], weight, bias, eps)
    return F.layer_norm(x.movedim(1, -1), (x.shape[1],), weight, bias, eps).movedim(-1, 1)


def _layer_norm_onnx(b, a, t, x):
    shape, eps = b.shape[x], float(a.get("eps", 1e-5))
    every = a.get("over", "channels") == "all" or len(shape) == 1
    order = [0, *range(2, len(shape) + 1), 1]
    y = x if every else b.node("Transpose", [x], shape[1:] + shape[:1], perm=order)
    weight = b.tensor(t["weight"]) if "weight" in t else b.constant(np.ones(shape if every else shape[0], np.float32))
    inputs = [y, weight] + ([b.tensor(t["bias"])] if "bias" in t else [])
    y = b.node("LayerNormalization", inputs, b.shape[y], axis=1 if every else -1, epsilon=eps)
    return y if every else b.node("Transpose", [y], shape, perm=[0, len(shape), *range(1, len(shape))])


row("group_norm", _group_norm, _group_norm_onnx)
row("instance_norm", lambda a, t, x: _group_norm(a, t, x, x.shape[1]), _group_norm_onnx)
row("layer_norm", _layer_norm, _layer_norm_onnx)

"""Dimensions in another order, and sums of elements along one dimension by a table."""

import numpy as np
import torch

from .record import row


def _permute(a, t, x):
    order = [0, *(1 + i for i in a["order"])]
    return x.reshape(-1, *a["shape"]).permute(order).reshape(-1, *a["result"])


def _permute_onnx(b, a, t, x):
    shape, order = a["shape"], a["order"]
    y = b.node("Transpose", [b.reshape(x, shape)], [shape[i] for i in order], perm=[0, *(1 + i for i in order)])
    return b.reshape(y, a["result"])


def _table(index, weight):
    """The elements (n, t) and their factors, or None where all are 1."""
    elements, weight = np.maximum(index, 0).astype(np.int64), np.ones_like(index) if weight is None else weight
    factors = np.where(index < 0, 0, weight).astype(np.float32)
    return elements, None if (factors == 1).all() else factors


def _resample(a, t, x):
    index, axis = t["index"], 1 + a["axis"]
    weight = torch.where(index < 0, 0, t["weight"] if "weight" in t else torch.ones_like(index))
    parts = x.index_select(axis, index.clamp(min=0).long().flatten()).unflatten(axis, index.shape)
    return (parts * weight.reshape(*index.shape, *[1] * (x.dim() - axis - 1)).to(x.dtype)).sum(axis + 1)


def _resample_onnx(b, a, t, x):
    axis, shape = a["axis"], list(b.shape[x])
    elements, factors = _table(b.tensors[t["index"]], b.tensors[t["weight"]] if "weight" in t else None)
    (n, each), rest = elements.shape, (1,) * (len(shape) - axis - 1)
    gathered = shape[:axis] + [n, each] + shape[axis + 1 :]
    result = shape[:axis] + [n] + shape[axis + 1 :]
    if each == 1:
        y = b.node("Gather", [x, b.constant(elements[:, 0])], result, axis=1 + axis)
        return y if factors is None else b.node("Mul", [y, b.constant(factors.reshape(n, *rest))], result)
    y = b.node("Gather", [x, b.constant(elements)], gathered, axis=1 + axis)
    if factors is not None:
        y = b.node("Mul", [y, b.constant(factors.reshape(n, each, *rest))], gathered)
    return b.node("ReduceSum", [y, b.constant(np.array([2 + axis], np.int64))], result, keepdims=0)


row("permute", _permute, _permute_onnx)
row("resample", _resample, _resample_onnx)

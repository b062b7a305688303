"""What is read from a table at one number, which is made of sigma and label."""

import numpy as np
import torch

from .record import row


def _lookup(a, t, x):
    table = t["weight"]
    return table[x.flatten().round().clamp(0, len(table) - 1).long()]


def _number(b, x):
    """The input as a float (N), one per image or one for all."""
    y = b.node("Cast", [x], (), to=1)
    return b.node("Reshape", [y, b.constant(np.array([-1], np.int64))], ())


def _limited(b, x, low, high):
    return b.node("Clip", [x, b.constant(np.float32(low)), b.constant(np.float32(high))], b.shape[x])


def _row_of(b, x, last):
    return b.node("Cast", [_limited(b, x, 0, last)], (), to=7)  # to a 64-bit integer


def _lookup_onnx(b, a, t, x):
    table = b.tensors[t["weight"]]
    rows = _row_of(b, b.node("Round", [_number(b, x)], ()), len(table) - 1)
    return b.node("Gather", [b.tensor(t["weight"]), rows], table.shape[1:], axis=0)


def _interpolate(a, t, x):
    points, values = t["points"], t["values"]
    if len(points) == 1:
        return values.expand(len(x), 1) + 0 * x.reshape(-1, 1)
    v = x.reshape(-1, 1).clamp(points[0], points[-1]).to(points.dtype)
    i = (torch.searchsorted(points, v, right=True) - 1).clamp(0, len(points) - 2)
    return values[i] + (values[i + 1] - values[i]) * ((v - points[i]) / (points[i + 1] - points[i]))


def _interpolate_onnx(b, a, t, x):
    """The part of the table is found by counting the points up to x."""
    points, values = (b.tensors[t[role]].astype(np.float64) for role in ("points", "values"))
    if len(points) == 1:
        points, values = np.append(points, points + 1), np.append(values, values)
    column = b.node("Reshape", [_number(b, x), b.constant(np.array([-1, 1], np.int64))], (1,))
    v = _limited(b, column, points[0], points[-1])
    reached = b.node("GreaterOrEqual", [v, b.constant(points[1:-1].astype(np.float32)[None])], (len(points) - 2,))
    reached = b.node("Cast", [reached], b.shape[reached], to=7)
    part = b.node("ReduceSum", [reached, b.constant(np.array([1], np.int64))], (1,), keepdims=1)
    pick = lambda table: b.node("Gather", [b.constant(table.astype(np.float32)), part], (1,), axis=0)
    offset = b.node("Sub", [v, pick(points[:-1])], (1,))
    rise = b.node("Mul", [offset, pick(np.diff(values) / np.diff(points))], (1,))
    return b.node("Add", [pick(values[:-1]), rise], (1,))


row("lookup", _lookup, _lookup_onnx)
row("interpolate", _interpolate, _interpolate_onnx)

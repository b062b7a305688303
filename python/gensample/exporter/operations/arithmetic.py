"""Operations that work element by element on two inputs, whose shapes are aligned at the left."""

import torch

from .record import row


def _align(value, rank):
    """A value (N, ...) with sizes of 1 appended, so that `rank` dimensions follow the batch."""
    return value.reshape(value.shape + (1,) * (rank + 1 - value.dim()))


def binary(name, reference, onnx):
    def aligned(a, t, x, y):
        rank = max(x.dim(), y.dim()) - 1
        return reference(_align(x, rank), _align(y, rank))

    row(name, aligned, onnx)


binary("add", torch.add, "Add")
binary("sub", torch.sub, "Sub")
binary("mul", torch.mul, "Mul")
binary("div", torch.div, "Div")

"""softmax along one dimension."""

import torch

from .record import row


def _dimension(a):
    return 1 if a["over"] == "channels" else -1


row(
    "softmax",
    lambda a, t, x: torch.softmax(x, _dimension(a)),
    lambda b, a, t, x: b.node("Softmax", [x], b.shape[x], axis=_dimension(a)),
)

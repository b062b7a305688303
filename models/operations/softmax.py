"""softmax along one dimension."""

import torch

from operations.record import row


def _dimension(a):
    return 1 if a["over"] == "channels" else -1


def _traced(e, a):
    v, rank = a.self, len(a.self.shape)
    dims = {rank - 1: "channels", rank - 2: "last"} if v.last else {rank - 1: "last", 1: "channels"}
    over = dims.get(a.dim % rank)
    e.demand(a.dim % rank and over, f"softmax of shape {v.shape} over dimension {a.dim}")
    name, file = (v.name, v.file) if v.last else (e.full(v), v.shape[1:])
    return e.emit("softmax", [name], file, last=v.last, over=over)


row(
    "softmax",
    lambda a, t, x: torch.softmax(x, _dimension(a)),
    lambda b, a, t, x: b.node("Softmax", [x], b.shape[x], axis=_dimension(a)),
    {"softmax": _traced, "_softmax": _traced},
)

"""What comes from a tensor as it is."""

import torch.nn.functional as F

from .record import row


def _constant_onnx(b, a, t):
    value = b.tensors[t["value"]]
    name = b.constant(value[None], t["value"])
    b.shape[name] = value.shape
    b.once.add(name)
    return name


def _embedding_onnx(b, a, t, x):
    return b.node("Gather", [b.tensor(t["weight"]), x], b.tensors[t["weight"]].shape[1:], axis=0)


row("constant", lambda a, t: t["value"], _constant_onnx)
row(
    "embedding",
    lambda a, t, x: F.embedding(x.flatten(), t["weight"]),
    _embedding_onnx,
)

"""What comes from a tensor as it is."""

import torch.nn.functional as F

from operations.record import row


def _constant_onnx(b, a, t):
    value = b.tensors[t["value"]]
    name = b.constant(value[None], t["value"])
    b.shape[name] = value.shape
    b.once.add(name)
    return name


def _embedding_onnx(b, a, t, x):
    return b.node("Gather", [b.tensor(t["weight"]), x], b.tensors[t["weight"]].shape[1:], axis=0)


def _embedding_traced(e, a):
    e.demand(a.indices.name == "label", "an embedding of something other than the label")
    tensors = e.weights("an embedding", weight=a.weight)
    return e.emit("embedding", ["label"], (a.weight.value.shape[1],), tensors=tensors)


row("constant", lambda a, t: t["value"], _constant_onnx)
row(
    "embedding",
    lambda a, t, x: F.embedding(x.flatten(), t["weight"]),
    _embedding_onnx,
    {"embedding": _embedding_traced},
)

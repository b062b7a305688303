"""A row per operation: row(name, reference, onnx, traced).

reference: f(a, t, *x), what PyTorch computes; a: attributes, t: tensors by role, x: inputs (N, ...).
onnx: the ONNX operation with the same inputs, or f(b, a, t, *x), which adds nodes to b, the Builder of
bench/peers/to_onnx.py, and returns a name; t: names of tensors by role, x: names of values.
traced: {PyTorch's name: f(e, a)}, which makes the node of such a call; e: the Tracer, a: the call's arguments by
PyTorch's names, of which tensors are Values and Consts. What becomes other operations, several or none is in
composed.py.
"""

from dataclasses import dataclass
from typing import Callable

from tracing import handles


@dataclass(frozen=True)
class Operation:
    reference: Callable
    onnx: str | Callable


OPERATIONS = {}


def row(name, reference, onnx, traced=None):
    OPERATIONS[name] = Operation(reference, onnx)
    for torch_name, handler in (traced or {}).items():
        handles(torch_name)(handler)

"""A row per operation: row(name, reference, onnx).

reference: f(a, t, *x), what PyTorch computes; a: attributes, t: tensors by role, x: inputs (N, ...).
onnx: the ONNX operation with the same inputs, or f(b, a, t, *x), which adds nodes to b, the Builder of
bench/peers/to_onnx.py, and returns a name; t: names of tensors by role, x: names of values.
What of PyTorch becomes which operation is told by the handlers of ../handlers/.
"""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Operation:
    reference: Callable
    onnx: str | Callable


OPERATIONS = {}


def row(name, reference, onnx):
    OPERATIONS[name] = Operation(reference, onnx)

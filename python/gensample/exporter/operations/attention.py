"""Products of matrices, and attention, which is two of them around a softmax."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from .record import row


def _batched(x):
    """Matrices (N, M, K) as (N, 1, M, K)."""
    return x.unsqueeze(1) if x.dim() == 3 else x


def _matmul(a, t, x, y):
    if {x.dim(), y.dim()} == {3, 4}:
        x, y = _batched(x), _batched(y)
    x = x.transpose(-1, -2) if a.get("transpose_a", 0) else x
    y = y.transpose(-1, -2) if a.get("transpose_b", 0) else y
    return x @ y


def _transposed_onnx(b, v):
    *first, m, k = b.shape[v]
    rank = len(b.shape[v]) + 1
    order = [*range(rank - 2), rank - 1, rank - 2]
    return b.node("Transpose", [v], (*first, k, m), perm=order)


def _product_onnx(b, x, y):
    *first, m, _ = b.shape[x]
    *second, _, n = b.shape[y]
    return b.node("MatMul", [x, y], (*(max(sizes) for sizes in zip(first, second)), m, n))


def _matmul_onnx(b, a, t, x, y):
    if {len(b.shape[x]), len(b.shape[y])} == {2, 3}:
        x, y = (b.reshape(v, (1, *b.shape[v])) if len(b.shape[v]) == 2 else v for v in (x, y))
    x = _transposed_onnx(b, x) if a.get("transpose_a", 0) else x
    y = _transposed_onnx(b, y) if a.get("transpose_b", 0) else y
    return _product_onnx(b, x, y)


def _causal(queries, keys):
    """0 where a query sees a key, and minus infinity where it does not."""
    return np.triu(np.full((1, queries, keys), -np.inf, np.float32), 1)


def _attention(a, t, q, k, v, mask=None):
    heads, shape = a["heads"], (len(q), v.shape[1], *q.shape[2:])
    q, k, v = (x.reshape(len(x), heads, x.shape[1] // heads, -1).transpose(-1, -2) for x in (q, k, v))
    if a.get("causal", 0):
        causal = torch.from_numpy(_causal(q.shape[2], k.shape[2])).to(q)
        mask = causal if mask is None else mask + causal
    y = F.scaled_dot_product_attention(q, k, v, mask, scale=a.get("scale"))
    return y.transpose(-1, -2).reshape(shape)


def _attention_onnx(b, a, t, q, k, v, mask=None):
    heads, shape = a["heads"], (b.shape[v][0], *b.shape[q][1:])
    q, k, v = (b.reshape(x, (heads, b.shape[x][0] // heads, math.prod(b.shape[x][1:]))) for x in (q, k, v))
    scale = b.constant(np.float32(a.get("scale", 1 / math.sqrt(b.shape[q][1]))))
    q = _transposed_onnx(b, b.node("Mul", [q, scale], b.shape[q]))
    scores = _product_onnx(b, q, k)
    if mask is not None:
        scores = b.node("Add", [scores, mask], b.shape[scores])
    if a.get("causal", 0):
        scores = b.node("Add", [scores, b.constant(_causal(*b.shape[scores][1:]))], b.shape[scores])
    weights = b.node("Softmax", [scores], b.shape[scores], axis=-1)
    return b.reshape(_product_onnx(b, v, _transposed_onnx(b, weights)), shape)


row("matmul", _matmul, _matmul_onnx)
row("attention", _attention, _attention_onnx)

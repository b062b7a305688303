"""Sums, means, maxima and what is made of them."""

import math
from dataclasses import replace

from ..layout import grouped, product
from ..tracing import Const, handles, scalar
from .arithmetic import plus, powered, times
from .functions import clamped
from .moves import indexed
from .shapes import squeezed


def over(v, dim):
    """The dimensions that a reduction is over, of PyTorch's argument `dim`."""
    if dim is None or dim == []:
        return list(range(len(v.dims)))
    return sorted(d % len(v.dims) for d in (dim if isinstance(dim, (list, tuple)) else [dim]))


def reduced(e, op, v, dims, keep):
    """The sum, mean or max of a value over dimensions; those stay with size 1 where `keep` is true."""
    atoms = [a for d in dims for a in v.dims[d]]
    e.demand(e.images not in atoms, f"{op} over the batch", "batch")
    left = tuple(() if d in dims else g for d, g in enumerate(v.dims) if keep or d not in dims)
    inside = tuple(a for a in v.storage if a in atoms)
    same = math.prod(a.size for a in atoms if a not in v.storage)
    if op == "sum" and same != 1:
        v = e.affine(v, same, 0)
    outside = tuple(a for a in v.storage if a not in atoms)
    if not inside:
        return replace(v, dims=left, view=e.node)
    if not outside:
        return e.emit(op, [v.name], (1,), left, (), over="all")
    groups = grouped(v.storage, v.file)
    if v.storage[: len(inside)] == inside:
        if not groups or len(groups) != 3 or groups[0] != inside:
            v = e.leading(v, inside, 3)
        return e.emit(op, [v.name], (1, *v.file[1:]), left, outside, over="channels")
    if not groups or len(groups) != 3 or groups[0] != outside:
        v = e.arranged(
            v,
            (
                [outside, inside, ()]
                if v.storage == outside + inside or len(inside) != 2
                else [outside, *((a,) for a in inside)]
            ),
        )
    return e.emit(op, [v.name], v.file[:1], left, outside, over="positions")


@handles("sum", "mean", "amax", "max", "amin", "min")
def _(e, a):
    if getattr(a, "other", None) is not None:
        as_op = {"max": "maximum", "min": "minimum"}[a.name]
        return e.binary(as_op, a.self, a.other)
    v, op = a.self, a.name.replace("amax", "max").replace("amin", "min")
    dims, keep = over(v, getattr(a, "dim", None)), bool(getattr(a, "keepdim", False))
    if op == "min":
        result = e.unary("neg", reduced(e, "max", e.unary("neg", v), dims, keep))
    else:
        result = reduced(e, op, v, dims, keep)
    return (result, None) if isinstance(e.node.meta["val"], (tuple, list)) else result


def centred(e, v, dims):
    return e.binary("sub", v, reduced(e, "mean", v, dims, True))


@handles("var", "std", "var_mean", "std_mean")
def _(e, a):
    v, dims, keep = a.self, over(a.self, getattr(a, "dim", None)), bool(getattr(a, "keepdim", False))
    correction = getattr(a, "correction", None)
    if correction is None:
        correction = int(getattr(a, "unbiased", True))
    n = math.prod(v.shape[d] for d in dims)
    result = reduced(e, "mean", e.unary("square", centred(e, v, dims)), dims, keep)
    result = e.affine(result, n / (n - scalar(correction)), 0)
    result = e.unary("sqrt", result) if a.name.startswith("std") else result
    return (result, reduced(e, "mean", v, dims, keep)) if a.name.endswith("_mean") else result


def norm(e, v, p, dims, keep):
    if p == math.inf:
        return reduced(e, "max", e.unary("abs", v), dims, keep)
    if p == -math.inf:
        return e.unary("neg", reduced(e, "max", e.unary("neg", e.unary("abs", v)), dims, keep))
    if p == 1:
        return reduced(e, "sum", e.unary("abs", v), dims, keep)
    e.demand(p, "a norm of order 0")
    v = e.unary("square", v) if p == 2 else powered(e, e.unary("abs", v), float(p))
    return powered(e, reduced(e, "sum", v, dims, keep), 1 / p)


@handles("linalg_vector_norm", "norm", "linalg_norm", "frobenius_norm")
def _(e, a):
    order = getattr(a, "ord", getattr(a, "p", 2))
    order = 2.0 if order in (None, "fro") else scalar(order)
    dims = over(a.self, getattr(a, "dim", None))
    e.demand(
        a.name != "linalg_norm" or len(dims) == 1 or order == 2.0 and getattr(a, "ord", None) in (None, "fro"),
        "a matrix norm",
    )
    return norm(e, a.self, order, dims, bool(getattr(a, "keepdim", False)))


@handles("linalg_matrix_norm")
def _(e, a):
    e.demand(a.ord == "fro", "a matrix norm other than Frobenius's")
    return norm(e, a.self, 2.0, over(a.self, a.dim), bool(a.keepdim))


@handles("logsumexp", "special_logsumexp")
def _(e, a):
    return log_sum(e, a.self, over(a.self, a.dim), bool(a.keepdim))


def log_sum(e, v, dims, keep):
    largest = reduced(e, "max", v, dims, True)
    total = e.unary("log", reduced(e, "sum", e.unary("exp", e.binary("sub", v, largest)), dims, True))
    return squeezed(e, e.binary("add", total, largest), dims, keep)


def softmax(e, v, dim):
    """exp(v) over its sum along one dimension, stored last, where plans compute it fast."""
    dim %= len(v.dims)
    group = v.dims[dim]
    e.demand(e.images not in group, "softmax over the batch", "batch")
    if not any(a in v.storage for a in group):
        return e.affine(v, 0, 1 / product(group))
    if len(group) > 1 or group[0] not in v.storage:
        v = e.joined(v, dim)
        group = v.dims[dim]
    if len(v.storage) == 1:
        return e.unary("softmax", v, over="channels")
    if (grouped(v.storage, v.file) or [])[-1:] != [group]:
        v = e.arranged(v, [tuple(a for a in v.storage if a not in group), group])
    return e.unary("softmax", v, over="last")


@handles("softmax", "_softmax", "special_softmax", "_safe_softmax")
def _(e, a):
    return softmax(e, a.self, a.dim)


@handles("log_softmax", "_log_softmax", "special_log_softmax")
def _(e, a):
    return e.binary("sub", a.self, log_sum(e, a.self, [a.dim % len(a.self.dims)], True))


@handles("prod")
def _(e, a):
    e.demand(
        getattr(a, "dim", None) is not None and a.self.shape[a.dim] <= 16, "a product of more than 16 numbers", "prod"
    )
    v, dim = a.self, a.dim % len(a.self.dims)
    factors = [indexed(e, v, dim, [i]) for i in range(v.shape[dim])]
    result = factors[0]
    for f in factors[1:]:
        result = times(e, result, f)
    return squeezed(e, result, [dim], bool(a.keepdim))


@handles("glu")
def _(e, a):
    dim, n = a.dim % len(a.self.dims), a.self.shape[a.dim]
    x, gate = indexed(e, a.self, dim, list(range(n // 2))), indexed(e, a.self, dim, list(range(n // 2, n)))
    return e.binary("mul", x, e.unary("sigmoid", gate))


@handles("rms_norm", "_fused_rms_norm")
def _(e, a):
    v, n = a.input, len(a.normalized_shape)
    e.weights("an RMS norm", weight=a.weight)
    dims = list(range(len(v.dims) - n, len(v.dims)))
    eps = a.eps if a.eps is not None else 2.220446049250313e-16  # of float64; float32's is lost in rounding, too
    scale = e.affine(reduced(e, "mean", e.unary("square", v), dims, True), 1, eps)
    v = e.binary("div", v, e.unary("sqrt", scale))
    return v if a.weight is None else times(e, v, a.weight)


@handles("cosine_similarity")
def _(e, a):
    dims = [a.dim % len(e.node.meta["val"].shape) if len(a.x1.dims) < 2 else a.dim % len(a.x1.dims)]
    unit = lambda v: e.binary("div", v, clamped(e, norm(e, v, 2, dims, True), a.eps))
    x1, x2 = unit(a.x1), unit(a.x2) if hasattr(a.x2, "dims") else a.x2
    return reduced(e, "sum", times(e, x1, x2), dims, False)


@handles("pairwise_distance")
def _(e, a):
    difference = e.affine(plus(e, a.x1, a.x2, -1), 1, a.eps)
    return norm(e, difference, a.p, [len(difference.dims) - 1], bool(a.keepdim))


@handles("cdist", "_cdist_forward")
def _(e, a):
    def beside(v, at):
        if isinstance(v, Const):
            return Const(v.value.unsqueeze(at))
        at += len(v.dims) + 1
        return replace(v, dims=v.dims[:at] + ((),) + v.dims[at:])

    difference = plus(e, beside(a.x1, -2), beside(a.x2, -3), -1)
    return norm(e, difference, scalar(a.p), [len(difference.dims) - 1], False)

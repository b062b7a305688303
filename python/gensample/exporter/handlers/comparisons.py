"""Comparisons, whose results are 0 or 1, masks and changes of type."""

from dataclasses import replace

import torch

from ..tracing import Const, Value, handles
from .arithmetic import floor, plus, tensor, times, truncated


def complement(e, v):
    return replace(e.affine(v, -1, 1), whole=True)


def extreme(e, op, x, y):
    """The operation, one of the file's of two inputs, of values, constants or numbers."""
    as_is = lambda v: v if isinstance(v, Value) else Const(tensor(v))
    return e.binary(op, as_is(x), as_is(y))


def greater(e, x, y):
    return replace(extreme(e, "greater", x, y), whole=True)


def differs(e, x, y):
    return replace(e.binary("add", greater(e, x, y), greater(e, y, x)), whole=True)


COMPARISONS = {
    "gt": greater,
    "lt": lambda e, x, y: greater(e, y, x),
    "ge": lambda e, x, y: complement(e, greater(e, y, x)),
    "le": lambda e, x, y: complement(e, greater(e, x, y)),
    "ne": differs,
    "eq": lambda e, x, y: complement(e, differs(e, x, y)),
}


@handles(*COMPARISONS, "greater", "less", "greater_equal", "less_equal", "not_equal")
def _(e, a):
    name = {"greater": "gt", "less": "lt", "greater_equal": "ge", "less_equal": "le", "not_equal": "ne"}.get(
        a.name, a.name
    )
    return COMPARISONS[name](e, a.self, a.other)


@handles("logical_not", "bitwise_not", "__invert__")
def _(e, a):
    return complement(e, a.self)


@handles("logical_and", "bitwise_and", "__and__")
def _(e, a):
    return replace(times(e, a.self, a.other), whole=True)


@handles("logical_or", "bitwise_or", "__or__")
def _(e, a):
    return replace(extreme(e, "maximum", a.self, a.other), whole=True)


@handles("logical_xor", "bitwise_xor", "__xor__")
def _(e, a):
    return differs(e, a.self, a.other)


@handles("where")
def _(e, a):
    x, y = getattr(a, "self", None), a.other
    return chosen(e, a.condition, x, y)


NOTHING = -1e30  # instead of minus infinity, which a file cannot hold; softmax and maxima take it for the same


def finite(c):
    """A number or constant without infinities."""
    return c if isinstance(c, Value) else Const(tensor(c).clamp(NOTHING, -NOTHING), getattr(c, "name", None))


def chosen(e, condition, x, y):
    """x where the condition holds, else y."""
    x, y = finite(x), finite(y)
    for given, other, negated in ((x, y, False), (y, x, True)):
        if isinstance(given, Const) and bool((given.value <= -1e4).all()) and isinstance(other, Value):
            # A mask for softmax or a maximum: what is added hides everything else.
            mask = complement(e, condition) if negated and isinstance(condition, Value) else condition
            mask = Const(1 - tensor(mask)) if negated and not isinstance(condition, Value) else mask
            return plus(e, other, times(e, mask if isinstance(mask, Value) else Const(tensor(mask)), given))
    if isinstance(condition, Const):
        yes, no = Const(tensor(condition)), Const(1 - tensor(condition))
    else:
        yes, no = condition, None
    zero = lambda v: isinstance(v, Const) and not v.value.any()
    if zero(y):
        return times(e, x, yes)
    no = complement(e, condition) if no is None else no
    if zero(x):
        return times(e, y, no)
    return plus(e, times(e, x, yes), times(e, y, no))


@handles("masked_fill")
def _(e, a):
    return chosen(e, a.mask, a.value, a.self)


@handles("heaviside")
def _(e, a):
    return plus(e, greater(e, a.self, 0), times(e, COMPARISONS["eq"](e, a.self, 0), a.values))


@handles("nan_to_num")
def _(e, a):
    return a.self


@handles("_to_copy", "to", "type_as")
def _(e, a):
    dtype = getattr(a, "dtype", None)
    if dtype is None or dtype.is_floating_point:
        return a.self
    e.demand(not dtype.is_complex, "a conversion to complex numbers", "complex")
    if dtype is torch.bool:
        return differs(e, a.self, 0)
    if a.self.name in e.varies or a.self.whole:
        return truncated(e, a.self)
    return floor(e, a.self)  # of a time, which is not negative

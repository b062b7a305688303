"""Sums, products, powers and whole numbers."""

from dataclasses import replace

import torch

from ..tracing import Const, Value, handles, scalar


def times(e, x, y):
    """x y, where either may be a number or a constant."""
    for v, factor in ((x, y), (y, x)):
        if scalar(factor) is not None and isinstance(v, Value):
            return spread(e, e.affine(v, scalar(factor), 0), factor)
    if not isinstance(x, Value) and not isinstance(y, Value):
        return Const(tensor(x) * tensor(y))
    return e.unary("square", x) if x is y else e.binary("mul", x, y)


def plus(e, x, y, sign=1):
    """x + sign y, where either may be a number or a constant."""
    if not isinstance(x, Value) and not isinstance(y, Value):
        return Const(tensor(x) + sign * tensor(y))
    if scalar(y) is not None:
        return spread(e, e.affine(x, 1, sign * scalar(y)), y)
    if scalar(x) is not None:
        return spread(e, e.affine(y, sign, scalar(x)) if sign == 1 or scalar(x) else e.unary("neg", y), x)
    return e.binary("add" if sign == 1 else "sub", x, y)


def spread(e, v, c):
    """The value with as many dimensions at least as a constant of one element has."""
    return e.lifted(v, c.value.dim()) if isinstance(c, Const) and c.value.dim() > len(v.dims) else v


def tensor(c):
    return torch.as_tensor(c.value if isinstance(c, Const) else c, dtype=torch.float64)


@handles("add", "sub", "rsub", "subtract")
def _(e, a):
    x, y, sign = a.self, a.other, 1 if a.name == "add" else -1
    alpha = float(getattr(a, "alpha", 1))
    if alpha != 1:
        scaled = lambda v: e.affine(v, alpha, 0) if isinstance(v, Value) else Const(tensor(v) * alpha)
        x, y = (scaled(x), y) if a.name == "rsub" else (x, scaled(y))
    return plus(e, *((y, x) if a.name == "rsub" else (x, y)), sign)


@handles("mul", "multiply")
def _(e, a):
    return times(e, a.self, a.other)


@handles("div", "divide", "true_divide")
def divided(e, a):
    x, y, rounding = a.self, a.other, getattr(a, "rounding_mode", None)
    if scalar(y) is not None:
        q = spread(e, e.affine(x, 1 / scalar(y), 0), y)
    elif scalar(x) is not None:
        q = spread(e, e.affine(e.unary("reciprocal", y), scalar(x), 0), x)
    elif isinstance(y, Const):
        q = e.binary("mul", x, Const(1 / tensor(y)))
    else:
        q = e.binary("div", x, y)
    return {None: lambda v: v, "floor": lambda v: floor(e, v), "trunc": lambda v: truncated(e, v)}[rounding](q)


@handles("floor_divide")
def _(e, a):
    a.rounding_mode = "floor"
    return divided(e, a)


@handles("remainder", "fmod")
def _(e, a):
    whole = floor if a.name == "remainder" else truncated
    a.rounding_mode = None
    return plus(e, a.self, times(e, whole(e, divided(e, a)), a.other), -1)


POWERS = (-2, -1, -0.5, 0.5, 1, 2, 3, 4)


def powered(e, v, power):
    if power == 0:
        return e.affine(v, 0, 1)
    if power not in POWERS:
        return e.unary("power", v, exponent=power)
    base = v
    if abs(power) == 0.5:
        v = e.unary("sqrt", v)
    elif abs(power) in (2, 4):
        v = e.unary("square", v)
        v = e.unary("square", v) if power == 4 else v
    elif power == 3:
        v = e.binary("mul", e.unary("square", base), base)
    return e.unary("reciprocal", v) if power < 0 else v


@handles("pow", "float_power")
def _(e, a):
    if isinstance(a.exponent, Value):  # b^v = exp(v log b)
        if isinstance(a.self, Value):
            return e.unary("exp", e.binary("mul", a.exponent, e.unary("log", a.self)))
        e.demand(bool((tensor(a.self) > 0).all()), "a power of a number that is not positive")
        return e.unary("exp", times(e, a.exponent, Const(tensor(a.self).log())))
    if scalar(a.exponent) is None:
        return e.unary("exp", times(e, e.unary("log", a.self), a.exponent))
    return powered(e, a.self, scalar(a.exponent))


@handles("lerp")
def _(e, a):
    return plus(e, a.self, times(e, plus(e, a.end, a.self, -1), a.weight))


@handles("addcmul", "addcdiv")
def _(e, a):
    y = a.tensor2
    if a.name == "addcdiv":
        y = e.unary("reciprocal", y) if isinstance(y, Value) else Const(1 / tensor(y))
    return plus(e, a.self, times(e, times(e, a.tensor1, y), float(a.value)))


# Rounding and whole numbers.


def floor(e, v):
    return v if v.whole else replace(e.unary("floor", v), whole=True)


def truncated(e, v):
    """v without its fraction: floor of the absolute value, with the sign."""
    return v if v.whole else replace(e.binary("mul", e.unary("sign", v), floor(e, e.unary("abs", v))), whole=True)


@handles("floor")
def _(e, a):
    return floor(e, a.self)


@handles("ceil")
def _(e, a):
    return replace(e.unary("neg", floor(e, e.unary("neg", a.self))), whole=True)


@handles("trunc", "fix")
def _(e, a):
    return truncated(e, a.self)


@handles("round")
def _(e, a):
    e.demand(not getattr(a, "decimals", 0), "rounding to decimals")
    return a.self if a.self.whole else floor(e, e.affine(a.self, 1, 0.5))


@handles("frac")
def _(e, a):
    return e.binary("sub", a.self, truncated(e, a.self))

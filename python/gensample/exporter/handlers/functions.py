"""Functions of single elements."""

import math

from ..tracing import Const, handles, scalar
from .arithmetic import plus
from .comparisons import chosen, extreme, greater


@handles("exp2")
def _(e, a):
    return e.unary("exp", e.affine(a.self, math.log(2), 0))


@handles("rsqrt")
def _(e, a):
    return e.unary("reciprocal", e.unary("sqrt", a.self))


@handles("log1p")
def _(e, a):
    return e.unary("log", e.affine(a.self, 1, 1))


@handles("expm1")
def _(e, a):
    return e.affine(e.unary("exp", a.self), 1, -1)


@handles("log2", "log10")
def _(e, a):
    return e.affine(e.unary("log", a.self), 1 / math.log(int(a.name[3:])), 0)


@handles("sinh", "cosh")
def _(e, a):
    up, down = (e.affine(e.unary("exp", v), 0.5, 0) for v in (a.self, e.unary("neg", a.self)))
    return e.binary("sub" if a.name == "sinh" else "add", up, down)


@handles("tan")
def _(e, a):
    return e.binary("div", e.unary("sin", a.self), e.unary("cos", a.self))


@handles("logaddexp")
def _(e, a):
    largest = e.binary("maximum", a.self, a.other)
    far = e.unary("abs", plus(e, a.self, a.other, -1))
    return e.binary("add", largest, e.unary("softplus", e.unary("neg", far)))


@handles("hypot")
def _(e, a):
    return e.unary("sqrt", e.binary("add", e.unary("square", a.self), e.unary("square", a.other)))


# Piecewise functions.


def clamped(e, v, low=None, high=None):
    """v limited to low ... high, numbers, constants or values."""
    ends = {k: scalar(c) for k, c in (("low", low), ("high", high)) if c is not None and scalar(c) is not None}
    ends = {k: c for k, c in ends.items() if math.isfinite(c)}
    for op, c in (("maximum", low), ("minimum", high)):
        if c is not None and scalar(c) is None:
            v = extreme(e, op, v, c)
    if ends == {"low": 0.0}:
        return e.unary("relu", v)
    return e.unary("clamp", v, **ends) if ends else v


@handles("clamp", "clamp_min", "clamp_max", "clip")
def _(e, a):
    return clamped(e, a.self, getattr(a, "min", None), getattr(a, "max", None))


@handles("minimum", "maximum", "fmin", "fmax")
def _(e, a):
    return extreme(e, {"fmin": "minimum", "fmax": "maximum"}.get(a.name, a.name), a.self, a.other)


@handles("relu6")
def _(e, a):
    return clamped(e, a.self, 0, 6)


@handles("hardtanh")
def _(e, a):
    return clamped(e, a.self, a.min_val, a.max_val)


@handles("hardsigmoid", "hardswish")
def _(e, a):
    gate = e.affine(clamped(e, e.affine(a.self, 1, 3), 0, 6), 1 / 6, 0)
    return gate if a.name == "hardsigmoid" else e.binary("mul", a.self, gate)


@handles("softsign")
def _(e, a):
    return e.binary("div", a.self, e.affine(e.unary("abs", a.self), 1, 1))


@handles("softshrink")
def _(e, a):
    bound = float(getattr(a, "lambd", 0.5))
    return e.binary("sub", a.self, clamped(e, a.self, -bound, bound))


@handles("hardshrink")
def _(e, a):
    return e.binary("mul", a.self, greater(e, e.unary("abs", a.self), float(scalar(a.lambd))))


@handles("threshold")
def _(e, a):
    return chosen(e, greater(e, a.self, a.threshold), a.self, a.value)


@handles("prelu", "_prelu_kernel")
def _(e, a):
    slope = a.weight
    if scalar(slope) is not None:
        return e.unary("leaky_relu", a.self, slope=scalar(slope))
    if isinstance(slope, Const) and slope.value.dim() == 1 and len(a.self.dims) > 2:
        slope = Const(slope.value.reshape(-1, *(1,) * (len(a.self.dims) - 2)), slope.name)
    negative = e.unary("neg", e.unary("relu", e.unary("neg", a.self)))
    return e.binary("add", e.unary("relu", a.self), e.binary("mul", negative, slope))


@handles("rrelu")
def _(e, a):
    e.demand(not a.training, "RReLU in training mode", "training")
    return e.unary("leaky_relu", a.self, slope=(float(a.lower) + float(a.upper)) / 2)


@handles("selu")
def _(e, a):
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
    return e.affine(e.unary("elu", a.self, alpha=alpha), scale, 0)


@handles("celu")
def _(e, a):
    alpha = float(scalar(a.alpha))
    return e.affine(e.unary("elu", e.affine(a.self, 1 / alpha, 0), alpha=1.0), alpha, 0)


@handles("softplus")
def _(e, a):
    beta = float(scalar(a.beta))
    return e.affine(e.unary("softplus", e.affine(a.self, beta, 0)), 1 / beta, 0)


@handles("log_sigmoid", "log_sigmoid_forward")
def _(e, a):
    return e.unary("neg", e.unary("softplus", e.unary("neg", a.self)))


@handles("mish")
def _(e, a):
    return e.binary("mul", a.self, e.unary("tanh", e.unary("softplus", a.self)))


@handles("special_expit")
def _(e, a):
    return e.unary("sigmoid", a.self)


@handles("absolute", "special_erf")
def _(e, a):
    return e.unary({"absolute": "abs", "special_erf": "erf"}[a.name], a.self)


@handles("erfc")
def _(e, a):
    return e.affine(e.unary("erf", a.self), -1, 1)


@handles("abs", "sign", "erf")
def _(e, a):
    return e.unary(a.name, a.self)


@handles("sgn")
def _(e, a):
    return e.unary("sign", a.self)


@handles("positive")
def _(e, a):
    return a.self


@handles("logit")
def _(e, a):
    v = clamped(e, a.self, a.eps, 1 - a.eps) if a.eps is not None else a.self
    return e.binary("sub", e.unary("log", v), e.unary("log", e.affine(v, -1, 1)))


@handles("relu", "silu", "tanh", "sigmoid", "exp", "log", "sqrt", "sin", "cos", "reciprocal", "neg", "square")
def _(e, a):
    return e.unary(a.name, a.self)


@handles("negative")
def _(e, a):
    return e.unary("neg", a.self)


@handles("gelu")
def _(e, a):
    return e.unary("gelu", a.self, approximate=a.approximate)


@handles("leaky_relu")
def _(e, a):
    return e.unary("leaky_relu", a.self, slope=float(scalar(a.negative_slope)))


@handles("elu")
def _(e, a):
    e.demand(scalar(a.input_scale) == 1, "ELU with an input scale")
    return e.affine(e.unary("elu", a.self, alpha=float(scalar(a.alpha))), scalar(a.scale), 0)

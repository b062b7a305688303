"""Operations that compare: steps, limits and the larger of two or of many, element by element."""

import numpy as np
import torch

from .arithmetic import binary
from .pool import reduced
from .record import row


def _clamp_onnx(b, a, t, x):
    for op, value in (("Max", a.get("low")), ("Min", a.get("high"))):
        if value is not None:
            x = b.node(op, [x, b.constant(np.float32(value))], b.shape[x])
    return x


def _greater_onnx(b, a, t, x, y):
    above = b.same("Greater", x, y)
    return b.node("Cast", [above], b.shape[above], to=1)  # to float


row("abs", lambda a, t, x: x.abs(), "Abs")
row("sign", lambda a, t, x: x.sign(), "Sign")
row("floor", lambda a, t, x: x.floor(), "Floor")
row("clamp", lambda a, t, x: x.clamp(a.get("low"), a.get("high")) if a else x, _clamp_onnx)
binary("greater", lambda x, y: torch.gt(x, y).to(x.dtype), _greater_onnx)
binary("minimum", torch.minimum, "Min")
binary("maximum", torch.maximum, "Max")
row("max", *reduced("max", torch.amax, "ReduceMax"))

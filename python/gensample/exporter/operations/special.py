"""The error function, and powers."""

import numpy as np
import torch

from .record import row


def _power_onnx(b, a, t, x):
    return b.node("Pow", [x, b.constant(np.float32(a["exponent"]))], b.shape[x])


row("erf", lambda a, t, x: torch.erf(x), "Erf")
row("power", lambda a, t, x: x ** a["exponent"], _power_onnx)

"""Evaluation in float64 throughout, whatever types a module asks for."""

from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map


def widened(v):
    """A floating type as float64, a tensor of such a type as one of float64; anything else as it is."""
    if isinstance(v, torch.dtype):
        return torch.float64 if v.is_floating_point else v
    return v.double() if isinstance(v, torch.Tensor) and v.is_floating_point() else v


class _Wide(TorchDispatchMode):
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        keep = f._schema.is_mutable  # what is written to stays what it is
        wider = lambda v: (
            v if keep and isinstance(v, torch.Tensor) or getattr(v, "dtype", None) is torch.float64 else widened(v)
        )
        return f(*tree_map(wider, args), **tree_map(wider, kwargs or {}))


@contextmanager
def wide(gradients=False):
    """Within this context conversions to and tensors of floating types are of float64."""
    default, fast = torch.get_default_dtype(), torch.backends.mha.get_fastpath_enabled()
    torch.set_default_dtype(torch.float64)
    torch.backends.mha.set_fastpath_enabled(False)  # it takes masks of numbers for something else
    try:
        with _Wide(), torch.set_grad_enabled(gradients):
            yield
    finally:
        torch.set_default_dtype(default)
        torch.backends.mha.set_fastpath_enabled(fast)

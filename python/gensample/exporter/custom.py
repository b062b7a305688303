"""Operations for wrappers of modules that PyTorch lacks: torch.ops.gensample.interpolate."""

import torch


@torch.library.custom_op("gensample::interpolate", mutates_args=())
def interpolate(v: torch.Tensor, points: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The piecewise linear function through (points, values), constant outside; points increase strictly."""
    points, values = points.double(), values.double()
    w = v.double().clamp(points[0], points[-1])
    at = (torch.searchsorted(points, w.detach().contiguous(), right=True) - 1).clamp(0, max(len(points) - 2, 0))
    after = (at + 1).clamp(max=len(points) - 1)
    span = (points[after] - points[at]).clamp(min=1e-300)
    share = (w - points[at]) / span
    return (values[at] + share * (values[after] - values[at])).to(v.dtype)


@interpolate.register_fake
def _(v, points, values):
    return torch.empty_like(v)

"""Run an exported file beside its module in float64.

A gradient may differ at a kink, as of ReLU: rounding takes a unit to the other side, where its derivative is another.
With 100,000 units and rounding of 1e-6 that happens to one image in ten. So an image whose gradient differs is looked
at again at inputs beside it: a gradient that is wrong is wrong there, too, and a kink is not there."""

from dataclasses import dataclass, replace

import torch

from .. import weightfile
from .call import first_of
from .network import Network
from .problem import ExportError

TOLERANCE = 1e-3  # of the file in float32; a larger error is no rounding
BESIDE, MOVED = 3, 1e-3  # how often an image is looked at again, and how far beside, as a share of its largest value


@dataclass
class Check:
    """The largest differences of the result and of the gradient (None: there is none), as shares of the module's
    largest value at that level."""

    error: float
    gradient: float
    levels: int
    labels: int
    by: str

    @property
    def good(self):
        return max(self.error, self.gradient or 0) <= TOLERANCE

    def __str__(self):
        where = [f"{self.levels} noise levels"] * bool(self.levels) + [f"{self.labels} labels"] * bool(self.labels)
        over = f" over {' and '.join(where)}" if where else ""
        gradient = f" (of the gradient {self.gradient:.1g})" if self.gradient is not None else ""
        return f"largest error {self.error:.1g}{gradient} of the result, {self.by} against the module in float64{over}"


def through_library(raw):
    """The file in a plan of the library, which also says what it thinks of it; None where there is no library."""
    try:
        from .._library import GensampleError, library
        from .._model import load

        library()
    except ImportError:
        return None
    try:
        model = load(raw, "the file")
        model.defaults()
        return model.plan()
    except GensampleError as error:
        raise ExportError("the library refuses the file", str(error)) from None


class ByPyTorch:
    """The same in PyTorch, where there is no library."""

    def __init__(self, raw):
        self.net = Network(*weightfile.parse(raw)).float()

    def inputs(self, x, sigma, labels):
        levels = [] if sigma is None else [torch.full((len(x),), float(sigma))]
        return [torch.as_tensor(x), *levels, *([] if labels is None else [torch.as_tensor(labels)])]

    def evaluate(self, x, sigma, labels):
        return first_of(self.net(*self.inputs(x, sigma, labels)))

    def gradient(self, x, sigma, labels):
        return gradient_of(self.net, self.inputs(x, sigma, labels))


def gradient_of(module, inputs):
    with torch.enable_grad():
        x = inputs[0].detach().requires_grad_(True)
        return torch.autograd.grad(first_of(module(x, *inputs[1:])).sum(), x)[0]


def relative(got, want, sigma):
    """The largest difference of each image, as a share of the largest value of all."""
    got = torch.as_tensor(got).double().reshape(want.shape)
    error = (got - want).abs().flatten(1).amax(1) / want.abs().max().clamp(min=1e-30)
    if not torch.isfinite(error).all():
        at = f" at sigma {sigma:g}" if sigma else ""
        raise ExportError("the file", f"gives values that are not finite{at}, where the module does not")
    return error


@dataclass
class Case:
    """Images at one noise level (or None), with labels (or None), at which plan and module are compared."""

    x: torch.Tensor
    sigma: float | None
    labels: torch.Tensor | None

    def given(self):
        return self.x.numpy(), self.sigma, None if self.labels is None else self.labels.numpy()

    def inputs(self):
        """The same for the module."""
        x = self.x.double()
        levels = [] if self.sigma is None else [torch.full((len(x),), float(self.sigma), dtype=torch.float64)]
        return [x, *levels, *([] if self.labels is None else [self.labels])]

    def beside(self, generator):
        by = MOVED * self.x.abs().max()
        return replace(self, x=self.x + by * torch.randn(self.x.shape, generator=generator))

    def error(self, plan, module):
        got, want = plan.evaluate(*self.given()), module(*self.inputs())
        return relative(first_of(got), first_of(want), self.sigma).max().item()

    def gradient_errors(self, plan, module):
        return relative(plan.gradient(*self.given()), gradient_of(module, self.inputs()), self.sigma)

    def gradient_error(self, plan, module):
        """The largest difference of an image's gradient, each image where it is least: as it is, or beside itself."""
        errors, generator = self.gradient_errors(plan, module), torch.Generator().manual_seed(2)
        for _ in range(BESIDE):
            if (errors <= TOLERANCE).all():
                break
            again = self.beside(generator).gradient_errors(plan, module)
            errors = torch.where(errors > TOLERANCE, torch.minimum(errors, again), errors)
        return errors.max().item()


@torch.no_grad()
def compare(raw, module, cases, gradient=False):
    """`cases`: (x, sigma or None, labels or None), x in float64. The library's results, or PyTorch's where there is
    none."""
    plan, by = through_library(raw), "by the library in float32"
    if not plan:
        plan, by = (
            ByPyTorch(raw),
            "by PyTorch in float32 (libgensample was not found, so the file was not run through it)",
        )
    error, slope, levels, seen = 0.0, 0.0, set(), set()
    for x, sigma, labels in cases:
        case = Case(x.float(), sigma, labels)
        levels |= set() if sigma is None else {float(sigma)}
        seen |= set() if labels is None else set(labels.tolist())
        error = max(error, case.error(plan, module))
        slope = max(slope, case.gradient_error(plan, module)) if gradient else None
    return Check(error, slope, len(levels), len(seen), by)

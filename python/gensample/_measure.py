"""Judging images: `quality`, `classify`, `loss`, `psnr`, `ssim`."""

from __future__ import annotations

import ctypes
import dataclasses
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import INT_MOST, address, classes, numbers, real, whole
from ._library import ArgumentError, Progress, library, struct
from ._model import Model, load
from ._plan import Plan

_judges, _lock = {}, threading.Lock()


def _judge(judge):
    """The plan of a judge: None the shipped one, which is kept; else a plan, a model, or what `load` takes."""
    if isinstance(judge, Plan):
        return judge
    if isinstance(judge, Model):
        return judge._plan()
    with _lock:
        key = "judge" if judge is None else judge
        if key not in ("judge", "judge2"):
            return load(judge).plan()
        if key not in _judges:
            _judges[key] = load(key).plan()
        return _judges[key]


@dataclasses.dataclass(frozen=True)
class Measured:
    """A figure of samples beside that of real images."""

    value: float
    error: float  # its standard error, of the choice of samples alone; NaN: not known
    real: float  # the same figure of real images; NaN: the judge's file has none

    def __float__(self):
        return self.value

    def __str__(self):
        return f"{self.value:.4g} +- {self.error:.2g} (real {self.real:.4g})"


@dataclasses.dataclass(frozen=True)
class Quality:
    """What a judge says of images. Figures that are not known are NaN."""

    n: int  # images
    frechet: float  # Frechet distance of their features to those of real images; says little of few images
    agreement: float  # share of images with a requested label with which the judge agrees
    confident: float  # share of images whose class has a soft-max above 0.9
    rejected: float  # share of images that the judge takes for none of its classes
    shares: tuple[float, ...]  # share of images by class
    kernel: Measured | None = None  # kernel inception distance
    precision: Measured | None = None  # share of the images near real ones
    recall: Measured | None = None  # share of real images near one of these
    density: Measured | None = None  # how densely real images surround these; 1 if they are alike
    coverage: Measured | None = None  # share of real images whose neighbourhood has one of these

    def __str__(self):
        lines = [f"{self.n} images: Frechet distance {self.frechet:.4g}, {100 * self.confident:.3g} % confident"]
        if self.agreement == self.agreement:
            lines.append(f"labels: {100 * self.agreement:.3g} % as requested")
        if self.rejected:
            lines.append(f"rejected: {100 * self.rejected:.3g} %")
        lines.append("classes: " + " ".join(f"{100 * s:.3g} %" for s in self.shares))
        names = ("kernel", "precision", "recall", "density", "coverage")
        lines += [f"{name}: {getattr(self, name)}" for name in names if getattr(self, name)]
        return "\n".join(lines)


def quality(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    judge: str | Model | Plan | None = None,
    compare: bool = False,
    seed: int = 0,
) -> Quality:
    """Judge images by a classifier.

    images: (n, C, H, W) in the judge's data range, n >= 1, all finite; those outside are clipped.
    labels: (n) requested classes, or None: those that `images` knows, if it is what `sample` gave.
    judge: None: the shipped one; a name or path as `load` takes it, a Model or a Plan of a classifier.
    compare: whether to compare distributions too, with standard errors: kernel distance, precision, recall, density,
        coverage. This takes longer.
    seed: of the halves from which standard errors come.

    Returns a `Quality`. Raises ArgumentError for a network that cannot judge, images that are not finite, or labels that
    are none of its classes.
    """
    plan = _judge(judge)
    if labels is None:
        labels = getattr(images, "labels", None)
    x = plan._images(images, "images")
    of_image = None if labels is None else classes("labels", labels, len(x), _classes_of(plan))
    found, compared = struct("gs_quality"), struct("gs_comparison")
    with plan._turn():
        library().gs_quality_measure(plan._handle, address(x), address(of_image), len(x), ctypes.byref(found))
        if compare:
            library().gs_quality_compare(
                plan._handle, address(x), address(of_image), len(x), whole("seed", seed), ctypes.byref(compared)
            )
    figures = {}
    for name in ("kernel", "precision", "recall", "density", "coverage") if compare else ():
        m = getattr(compared, name)
        figures[name] = Measured(m.value, m.error, m.real)
    return _quality_of(found, figures)


def _quality_of(found, figures=None):
    return Quality(
        n=found.n,
        frechet=found.frechet,
        agreement=found.agreement,
        confident=found.confident,
        rejected=found.rejected,
        shares=tuple(found.share[: found.classes]),
        **(figures or {}),
    )


def _classes_of(judge):
    """The number of classes of a judge, whose last logit may stand for none of them."""
    return judge.model.info.output_sizes[0] - judge.model.info.rejects


def classify(images: ArrayLike, judge: str | Model | Plan | None = None) -> np.ndarray:
    """The class of each image by a judge, (n) int32; -1 where the judge takes it for none. Arguments as of `quality`."""
    plan = _judge(judge)
    x = plan._images(images, "images")
    classes = np.empty(len(x), dtype=np.int32)
    with plan._turn():
        library().gs_quality_classify(plan._handle, address(x), len(x), address(classes))
    return classes


@dataclasses.dataclass(frozen=True)
class Loss:
    """The loss of denoising score matching at a noise level, or its mean over several."""

    sigma: float  # the noise level; 0 of the mean
    loss: float  # sigma^2 |s(x + sigma z, sigma) + z / sigma|^2, summed over pixels, averaged over images and noises
    error: float  # its standard error if other images and noises were drawn
    noise_error: float  # its standard error if only other noises were drawn
    weighted: float  # the same per pixel by the weight of Karras et al. 2022
    weighted_error: float  # its standard error, as `error`


def loss(
    network: str | Model | Plan,
    images: ArrayLike,
    *,
    sigmas: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    draws: int = 1,
    seed: int = 0,
    progress: Callable[[float], bool | None] | None = None,
) -> tuple[list[Loss], Loss]:
    """The loss of denoising score matching, level by level.

    network: a Plan, a Model, or what `load` takes. images: (n, C, H, W), clean, finite, in its data range. sigmas: noise levels
    in units of the pixels; None: the network's ladder, else ten. labels: as of `Plan.evaluate`. draws: noises per image
    and level. seed: of the noises. progress: a function of the part that is done; False from it stops the measurement.

    Returns (levels, mean): a list of `Loss` and one of their mean. Raises ArgumentError for a level or label out of
    range, UnsupportedError for a classifier.
    """
    plan = network if isinstance(network, Plan) else (network if isinstance(network, Model) else load(network))._plan()
    x = plan._images(images, "images")
    of_image = plan._labels(labels, len(x))
    levels = None if sigmas is None else numbers("sigmas", sigmas, np.float64).reshape(-1)
    options = struct(
        "gs_loss_options",
        sigmas=address(levels),
        levels=0 if levels is None else len(levels),
        labels=address(of_image),
        draws=whole("draws", draws, 0, INT_MOST),
        seed=whole("seed", seed),
    )
    lib, count = library(), ctypes.c_int()
    model = plan.model._handle
    lib.gs_loss_levels(model, ctypes.byref(options), None, 0, ctypes.byref(count))
    level, mean = (type(struct("gs_loss")) * count.value)(), struct("gs_loss")
    with Progress(options, progress, [plan]), plan._turn():
        lib.gs_loss_measure(plan._handle, address(x), len(x), ctypes.byref(options), level, ctypes.byref(mean))

    def loss_of(one):
        return Loss(**{field.name: getattr(one, field.name) for field in dataclasses.fields(Loss)})

    return [loss_of(one) for one in level], loss_of(mean)


def psnr(a: ArrayLike, b: ArrayLike, range: float = 1.0) -> float:
    """Peak signal-to-noise ratio of two arrays of the same shape, 10 log10(range^2 / mean((a - b)^2)), in decibels.
    range: largest less smallest value a pixel can have."""
    a, b = numbers("a", a, finite=False), numbers("b", b, finite=False)
    if a.shape != b.shape or not a.size:
        raise ArgumentError(f"psnr: arrays of shapes {a.shape} and {b.shape}, expected the same, with pixels")
    return library().gs_psnr(address(a), address(b), a.size, real("range", range))


def ssim(a: ArrayLike, b: ArrayLike, range: float = 1.0) -> float | np.ndarray:
    """Structural similarity (Wang et al. 2004) of two images, (C, H, W), or of each of (n, C, H, W): a float or (n).
    NaN for images with a side below 11 pixels. range: largest less smallest value a pixel can have."""
    a, b = numbers("a", a, finite=False), numbers("b", b, finite=False)
    if a.shape != b.shape or a.ndim not in (3, 4):
        raise ArgumentError(f"ssim: arrays of shapes {a.shape} and {b.shape}, expected the same, (C, H, W) or (n, C, H, W)")
    shape = (ctypes.c_int * 3)(*a.shape[-3:])
    range = real("range", range)
    pairs = zip(a.reshape(-1, *a.shape[-3:]), b.reshape(-1, *a.shape[-3:]))
    values = np.array([library().gs_ssim(address(p), address(q), shape, range) for p, q in pairs])
    return values if a.ndim == 4 else float(values[0])

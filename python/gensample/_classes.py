"""Classes by a network that is told labels: `class_probabilities`, `calibration`."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import INT_MOST, address, classes, numbers, pair, real, whole
from ._flow import plan_of
from ._library import HEADER, ArgumentError, Progress, library, struct
from ._model import Model
from ._plan import Plan


@dataclasses.dataclass(frozen=True)
class ClassProbabilities:
    """Probabilities p(y | x) of classes."""

    log_p: np.ndarray  # (n, K) float64, log p(y | x)
    error: np.ndarray  # (n, K), standard errors of p(y | x) by noise; 0 by energies, NaN of one draw

    @property
    def p(self) -> np.ndarray:
        """p(y | x), (n, K)."""
        return np.exp(self.log_p)

    @property
    def classes(self) -> np.ndarray:
        """The most probable class of each image, (n)."""
        return self.log_p.argmax(axis=1)


def class_probabilities(
    network: str | Model | Plan,
    images: ArrayLike,
    *,
    method: str | None = None,
    prior: ArrayLike | None = None,
    sigma: float = 0.0,
    levels: int = 0,
    sigmas: tuple[float, float] | None = None,
    draws: int = 0,
    seed: int = 0,
    progress: Callable[[float], bool | None] | None = None,
) -> ClassProbabilities:
    """Probabilities of the classes of images, by Bayes's rule and a network that is told labels.

    network: a Plan, a Model, or what `load` takes, with labels. images: (n, C, H, W), finite, in its data range. method:
    "energy", exp(-E(x, y)), or "denoising", the losses of a diffusion classifier (Li et al. 2023); None: energies of
    energies without noise levels, else denoising. prior: (K) weights of the classes; None: the training data's shares, else equal. sigma: noise level of
    energies; 0: the lowest. levels, sigmas, draws: of denoising: number of noise levels (0: 10), (lowest, highest), and
    noises per image and level, which all classes share (0: 2). seed: of the noises. progress: a function of the part that is done;
    False from it stops.

    Returns `ClassProbabilities`. Raises ArgumentError for a number out of its range, UnsupportedError for a network that takes
    no labels, or has no energy or noise levels where they are needed.
    """
    plan = plan_of(network)
    x, count = plan._images(images, "images"), plan.model.info.labels
    methods = {name[len("GS_CLASS_") :].lower(): value for name, value in HEADER.enums["gs_class_method"].items()}
    if method is not None and method not in methods:
        raise ArgumentError(f"method: found {method!r}, expected one of {', '.join(list(methods)[1:])}")
    weights = None if prior is None else numbers("prior", prior, np.float64)
    if weights is not None and weights.shape != (count,):
        raise ArgumentError(f"prior: found an array of shape {weights.shape}, expected ({count},)")
    low, high = (0.0, 0.0) if sigmas is None else pair("sigmas", sigmas)
    options = struct(
        "gs_classes_options",
        method=methods[method or "default"],
        prior=address(weights),
        sigma=real("sigma", sigma),
        levels=whole("levels", levels, 0, INT_MOST),
        sigma_low=low,
        sigma_high=high,
        draws=whole("draws", draws, 0, INT_MOST),
        seed=whole("seed", seed),
    )
    log_p, error = np.empty((len(x), count)), np.empty((len(x), count))
    with Progress(options, progress, [plan]), plan._turn():
        library().gs_classes_measure(
            plan._handle, address(x), len(x), ctypes.byref(options), address(log_p), address(error)
        )
    return ClassProbabilities(log_p, error)


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How good probabilities of classes are, beside the true classes."""

    n: int  # images
    accuracy: float  # share of images whose most probable class is the true one
    accuracy_error: float  # its standard error by the choice of images
    log_loss: float  # mean of -log p(y | x) of the true classes, in nats; infinite where one has a prior of 0
    log_loss_error: float  # its standard error by the choice of images; NaN of an infinite loss
    brier: float  # mean of sum_y (p(y | x) - [y is true])^2
    calibration_error: float  # expected calibration error (Guo et al. 2017), by 15 bins of the confidence
    bin_count: tuple[int, ...]  # images by confidence
    bin_confidence: tuple[float, ...]  # mean confidence in each bin; NaN of an empty one
    bin_accuracy: tuple[float, ...]  # accuracy in each bin; NaN of an empty one

    def __str__(self):
        error = f" +- {self.log_loss_error:.2g}" if np.isfinite(self.log_loss_error) else ""
        return (
            f"{self.n} images: accuracy {self.accuracy:.4g} +- {self.accuracy_error:.2g}, mean log "
            f"loss {self.log_loss:.4g}{error}, calibration error {self.calibration_error:.3g}"
        )


def calibration(log_p: ArrayLike | ClassProbabilities, labels: ArrayLike) -> Calibration:
    """Compare probabilities of classes with the true ones. log_p: `ClassProbabilities`, or log p(y | x), (n, K), whose exponentials
    sum to 1. labels: (n) true classes. Returns a `Calibration`. Raises ArgumentError for a label that is no class, or rows that
    are no probabilities."""
    log_p = log_p.log_p if isinstance(log_p, ClassProbabilities) else numbers("log_p", log_p, np.float64, finite=False)
    if log_p.ndim != 2:
        raise ArgumentError(f"log_p: found an array of shape {log_p.shape}, expected (n, K)")
    of_image = classes("labels", labels, len(log_p), log_p.shape[1], none=False)
    found = struct("gs_classification")
    library().gs_classes_judge(address(log_p), address(of_image), len(log_p), log_p.shape[1], ctypes.byref(found))
    values = {f.name: getattr(found, f.name) for f in dataclasses.fields(Calibration)}
    return Calibration(**{k: tuple(v) if k.startswith("bin_") else v for k, v in values.items()})

"""Images of another kind than a network knows: `novelty`, `auroc`, `roc`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import INT_MOST, address, numbers, real, whole, word
from ._flow import plan_of
from ._library import Progress, library, struct
from ._model import Model
from ._plan import Plan


def novelty(
    network: str | Model | Plan,
    images: ArrayLike,
    by: str = "denoising",
    *,
    sigma: float = 0.0,
    draws: int = 0,
    steps: int = 0,
    dequantize: int = 0,
    labels: ArrayLike | None = None,
    seed: int = 0,
    progress: Callable[[float], bool | None] | None = None,
) -> np.ndarray:
    """Scores of how strange images are to a network, (n) float64: the larger, the stranger.

    network: a Plan, a Model, or what `load` takes. images: (n, C, H, W), finite, in its data range. by: "energy" E(x) of energies, "gradient"
    |dE/dx| or |score|, "denoising" the loss of `loss`, image by image, or "likelihood" -log p(x) of `likelihood`. sigma: noise level of
    the first two; 0: the lowest. draws: noises per image and level of denoising; 0: 1. steps, dequantize: as of `likelihood`. labels: as of
    `Plan.evaluate`. seed: of noise and directions. progress: a function of the part that is done; False from it stops.

    Raises ArgumentError for an unknown name or a number out of its range, UnsupportedError where the network has no such score.
    """
    plan = plan_of(network)
    x = plan._images(images, "images")
    of_image = plan._labels(labels, len(x))
    options = struct(
        "gs_novelty_options",
        sigma=real("sigma", sigma),
        draws=whole("draws", draws, 0, INT_MOST),
        steps=whole("steps", steps, 0, INT_MOST),
        dequantize=whole("dequantize", dequantize, 0, INT_MOST),
        labels=address(of_image),
        seed=whole("seed", seed),
    )
    score = np.empty(len(x))
    with Progress(options, progress, [plan]), plan._turn():
        library().gs_novelty_measure(
            plan._handle, word("by", by or ""), address(x), len(x), ctypes.byref(options), address(score)
        )
    return score


def auroc(known: ArrayLike, strange: ArrayLike) -> tuple[float, float]:
    """(AUROC, standard error) of scores, (n) and (m): the probability that one of `strange` is above one of `known`, ties counting half,
    and its standard error for other images (DeLong et al. 1988). Raises ArgumentError where there are none, or one is NaN."""
    known, strange = (numbers(n, v, np.float64, finite=False).reshape(-1) for n, v in (("known", known), ("strange", strange)))
    area, error = ctypes.c_double(), ctypes.c_double()
    library().gs_auroc(address(known), len(known), address(strange), len(strange), ctypes.byref(area), ctypes.byref(error))
    return area.value, error.value


def roc(known: ArrayLike, strange: ArrayLike, points: int = 201) -> tuple[np.ndarray, np.ndarray]:
    """The curve: (x, y), (points) each: the share y of `strange` that is above a threshold where the share x of `known` is."""
    known, strange = (numbers(n, v, np.float64, finite=False).reshape(-1) for n, v in (("known", known), ("strange", strange)))
    rate = np.empty(whole("points", points, 2, 2**24))
    library().gs_roc(address(known), len(known), address(strange), len(strange), len(rate), address(rate))
    return np.linspace(0, 1, len(rate)), rate

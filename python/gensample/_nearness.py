"""Whether samples are near copies of training images: `nearness`."""

from __future__ import annotations

import ctypes
import dataclasses

from numpy.typing import ArrayLike

from ._arguments import address, numbers, real, whole
from ._library import ArgumentError, library, struct


@dataclasses.dataclass(frozen=True)
class Nearness:
    """How near samples are to training images, beside real images."""

    samples: int  # samples
    training: int  # training images
    real: int  # real images
    held_out: bool  # whether these are no training images; else each is compared with the other training images
    nearer: float  # share of pairs of a sample and a real image in which the sample is nearer; 0.5 if they are alike
    error: float  # its standard error (DeLong et al. 1988)
    copies: int  # samples with no pixel further from a training image than half a grey level of 255
    distance: float  # mean Euclidean distance of samples to their nearest training images, in units of pixels
    distance_real: float  # the same of the real images

    def __str__(self):
        return (
            f"{self.samples} samples: nearer than real images in {100 * self.nearer:.3g} +- {100 * self.error:.2g} % of pairs, "
            f"{self.copies} copies, at distance {self.distance:.3g} (real {self.distance_real:.3g})"
        )


def nearness(
    samples: ArrayLike,
    training: ArrayLike,
    real_images: ArrayLike | None = None,
    *,
    n: int = 1000,
    range: float = 1.0,
    threads: int = 0,
) -> Nearness:
    """Compare the distances of samples to their nearest training images with those of real images (Meehan et al. 2020).

    samples: (n, ...), finite. training: (m, ...), at least 2 images of the same size. real_images: (r, ...) outside the training
    set; None: `n` training images, evenly spread, at most all, each of which is compared with the others. range: largest less
    smallest value of a pixel. threads: 1 ... 1024; 0: one per processor.

    Returns a `Nearness`. Raises ArgumentError for too few images or images of other sizes.
    """
    given = {"samples": samples, "training": training, "real_images": real_images}
    sets = {name: numbers(name, x) for name, x in given.items() if x is not None}
    shape = sets["samples"].shape[1:]
    for name, x in sets.items():
        if x.ndim < 2 or x.shape[1:] != shape or not x.size:
            raise ArgumentError(f"{name}: found an array of shape {x.shape}, expected (n, {', '.join(map(str, shape))})")
    x, others = sets.get("real_images"), sets["training"]
    count = len(x) if x is not None else min(whole("n", n, 1), len(others))
    found = struct("gs_nearness")
    library().gs_nearness_measure(
        address(sets["samples"]), len(sets["samples"]), address(others), len(others), address(x), count,
        others[0].size, real("range", range), whole("threads", threads, 0, 1024), ctypes.byref(found),
    )
    return Nearness(**{f.name: getattr(found, f.name) for f in dataclasses.fields(Nearness)})

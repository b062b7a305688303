"""Partition functions: `Partition`, and `partition`."""

from __future__ import annotations

import ctypes
import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address
from ._library import library, struct


@dataclasses.dataclass(frozen=True)
class Partition:
    """log Z of an energy, the logarithm of the integral of exp(-E(x) / T) over x, by the weights of independent chains."""

    log_z: float  # log of the mean weight, in nats
    error: float  # its standard error, to first order; NaN of a single chain
    effective: float  # effective number of chains, (sum w)^2 / sum w^2: where it is small, log_z is likely too low
    chains: int  # the number of weights
    log_weight: np.ndarray  # (chains) logarithms of the weights


def partition(log_weight: ArrayLike) -> Partition:
    """log Z by logarithms of weights, such as `Run.log_weight` of the samplers ais and tempered-smc: a `Partition`.

    The logarithm of an image's density is -E(x) / T - log_z, in nats.

    log_weight: numbers, or -inf, one per chain.

    Raises ArgumentError where there is no weight, or none above 0.
    """
    weights = np.ascontiguousarray(log_weight, dtype=np.float64).ravel()
    found = struct("gs_partition")
    library().gs_partition_estimate(address(weights), len(weights), ctypes.byref(found))
    return Partition(found.log_z, found.error, found.effective, found.chains, weights)

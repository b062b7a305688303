"""Rejection sampling of normal distributions: `rejection`."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, numbers, real, room, whole, word
from ._library import ArgumentError, InterruptedSampling, Progress, library, rows_of, struct, text


@dataclasses.dataclass(frozen=True)
class Rejection:
    """What `rejection` drew."""

    samples: np.ndarray | None  # (accepted, D) float32, in the order of their proposals; None where they were only counted
    proposals: int  # proposals made
    accepted: int  # of them
    acceptance: float  # probability that a proposal is accepted
    seconds: float  # wall time
    algorithm: str  # that was used
    isa: str  # instruction set
    threads: int  # that drew


def algorithms() -> dict[str, str]:
    """The algorithms of `rejection`, the default first: {name: what it does}."""
    return {text(r.name): text(r.help) for r in rows_of(library().gs_rejection_get, "gs_rejection_info")}


def rejection(
    n: int,
    dim: int,
    ratio: float,
    *,
    mu: ArrayLike | None = None,
    sigma: float = 1.0,
    algorithm: str | None = None,
    seed: int = 0,
    first: int = 0,
    proposals: int = 0,
    keep: bool = True,
    threads: int = 0,
    isa: str | None = None,
    progress: Callable[[int, int], bool | None] | None = None,
) -> Rejection:
    """Draw from N(mu, sigma^2 I) in `dim` dimensions by rejection from a normal distribution `ratio` times as wide.

    n: samples wanted; 0: those among `proposals`, which are then counted only. dim: 1 ... 2^24. ratio: at least 1; one of
    ratio^dim proposals is accepted. mu: (dim) mean, or None for 0. algorithm: as of `algorithms()`; None: the default.
    seed, first: of the proposals. proposals: their limit; 0: as many as needed. keep: whether samples are wanted, or
    their number. threads, isa: as of `Model.plan`. progress: a function of (done, n); False from it stops the run.

    The bytes are the same for any threads and isa. Returns a `Rejection`. Ctrl-C interrupts it. Raises ArgumentError
    for an option out of its range, InterruptedSampling where `progress` asked to stop; its `result` is what was drawn.
    """
    dim = whole("dim", dim, 1, 2**24)
    mean = None if mu is None else _mean(mu, dim)
    options = struct(
        "gs_rejection_options",
        dim=dim,
        ratio=real("ratio", ratio),
        mu=address(mean),
        sigma=real("sigma", sigma),
        algorithm=word("algorithm", algorithm),
        seed=whole("seed", seed),
        first_proposal=whole("first", first),
        proposals=whole("proposals", proposals),
        threads=whole("threads", threads, 0, 1024),
        isa=word("isa", isa),
    )
    n = whole("n", n)
    out = room("n", n, dim) if n and keep else None
    result = struct("gs_rejection_result")

    def made():
        return Rejection(
            samples=None if out is None else out[: result.accepted],
            proposals=result.proposals,
            accepted=result.accepted,
            acceptance=result.acceptance,
            seconds=result.seconds,
            algorithm=text(result.algorithm),
            isa=text(result.isa),
            threads=result.threads,
        )

    with Progress(options, progress):
        try:
            library().gs_rejection(ctypes.byref(options), n, address(out), ctypes.byref(result))
        except InterruptedSampling as problem:
            problem.result = made()
            raise
    return made()


def _mean(mu, dim):
    """mu as (dim) float32; one number stands for all."""
    mean = numbers("mu", mu)
    if mean.shape not in ((), (1,), (dim,)):
        raise ArgumentError(f"mu: found an array of shape {mean.shape}, expected ({dim},)")
    return np.ascontiguousarray(np.broadcast_to(mean, (dim,)))

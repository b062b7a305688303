"""How chains are doing, as ArviZ computes it: `summary`, `bfmi`; and chains for ArviZ: `to_arviz`, `to_netcdf`."""

from __future__ import annotations

import ctypes
import dataclasses
import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, numbers
from ._library import HEADER, ArgumentError, library, struct
from ._sampling import Run


@dataclasses.dataclass(frozen=True)
class ChainSummary:
    """A quantity of chains in numbers, to rounding those of ArviZ's `summary`, `ess`, `mcse` and `rhat` (Vehtari et al.
    2021). Numbers that are not known are NaN."""

    mean: float  # of all draws
    sd: float  # standard deviation of all draws
    hdi: tuple[float, float]  # ends of the shortest interval with 94 % of the draws
    median: float  # of all draws
    mcse_mean: float  # standard error of the mean
    mcse_sd: float  # standard error of the standard deviation
    mcse_median: float  # standard error of the median
    ess_mean: float  # effective sample size for the mean
    ess_sd: float  # for the standard deviation
    ess_bulk: float  # of the bulk, whatever the tails are; 400 or more make it trustworthy
    ess_tail: float  # the smaller one of the 5 % and 95 % quantile
    rhat: float  # rank-normalised split R-hat, the larger of the next two; above 1.01 chains disagree
    rhat_bulk: float  # whether chains have the same location
    rhat_folded: float  # whether they have the same scale

    def __str__(self):
        return (
            f"mean {self.mean:.4g} +- {self.mcse_mean:.2g}, sd {self.sd:.4g} +- {self.mcse_sd:.2g}, "
            f"effective draws {self.ess_bulk:.4g} (tail {self.ess_tail:.4g}), R-hat {self.rhat:.4g}"
        )


def _draws(draws, what):
    x = np.asarray(draws, dtype=np.float64)
    if x.ndim == 1:
        x = x[np.newaxis]
    if x.ndim != 2:
        raise ArgumentError(f"{what}: found the shape {x.shape}, expected (chains, draws)")
    return np.ascontiguousarray(x)


def summary(draws: ArrayLike) -> ChainSummary:
    """Summarize a quantity that was followed along chains.

    draws: (chains, draws), burn-in left out, or (draws) of one chain; at least 10 draws. An array of a `Run` such as
        `energy`, (steps + 1, n), is transposed: run.energy[burn_in + 1 :].T.

    Returns a `ChainSummary`. Raises ArgumentError for fewer draws. Thread-safe.
    """
    x, found = _draws(draws, "draws"), struct("gs_chain_summary")
    library().gs_chain_summarize(address(x), *x.shape, ctypes.byref(found))
    values = {field.name: getattr(found, field.name) for field in dataclasses.fields(ChainSummary)}
    return ChainSummary(**{**values, "hdi": tuple(values["hdi"])})


def bfmi(energy: ArrayLike) -> np.ndarray:
    """The energy's Bayesian fraction of missing information of each chain (Betancourt 2016, equation 15), (chains); below
    0.3 the energy is explored badly.

    energy: (chains, draws) of the Hamiltonian after burn-in, `run.stats.energy[burn_in:].T` of a `Run`.

    Raises ArgumentError for fewer than 2 draws.
    """
    x = _draws(energy, "energy")
    found = np.empty(len(x))
    library().gs_chain_bfmi(address(x), *x.shape, address(found))
    return found


# Names of ArviZ's sample_stats, and those of `Run.stats`.
_STATISTICS = {
    "diverging": ("divergent", bool),
    "energy": ("energy", np.float64),
    "energy_error": ("energy_error", np.float64),
    "step_size": ("step_size", np.float64),
    "n_steps": ("leapfrog", np.int32),
}
_TREES = {"tree_depth": ("depth", np.int32)}


def _statistics(run, steps):
    """The group sample_stats at these steps, from 1, (chain, draw) each."""
    rows, found, stats, settings = np.asarray(steps) - 1, {}, getattr(run, "stats", None), run.settings
    if run.energy is not None and np.isfinite(run.energy).all():
        found["lp"] = -run.energy[steps].T.astype(np.float64) / (settings.get("temperature") or 1)
    if stats is None:
        return found
    if run.acceptance is not None:
        found["acceptance_rate"] = run.acceptance[rows].T.astype(np.float64)
    trees = _TREES if settings.get("max_depth") else {}
    for name, (ours, kind) in {**_STATISTICS, **trees}.items():
        kept = getattr(stats, ours)
        if kept is not None:
            found[name] = kept[rows].T.astype(kind)
    if trees and "tree_depth" in found:
        found["reached_max_treedepth"] = found["tree_depth"] >= settings["max_depth"]
    return found


def _posterior(run, steps):
    every = run.settings["every"]
    states = np.asarray([-1 if step == run.settings["steps"] else step // every for step in steps])
    x = run.trajectory[states]
    if x.ndim == 5 and x.shape[3:] == (1, 1):
        x = x[..., 0, 0]
    found = {"x": np.moveaxis(x, 0, 1)}
    if run.energy is not None and np.isfinite(run.energy).all():
        found["energy"] = run.energy[steps].T.astype(np.float64)
    return found


def to_arviz(run: Run, warmup: bool = False) -> Any:
    """The chains of a run as ArviZ's InferenceData: posterior with `x` by chain, draw and the state's dimensions and its
    `energy`, and sample_stats with ArviZ's names, as far as the run has kept them. Needs ArviZ (pip install 'arviz<1').

    run: of a sampler at one noise level, with `trajectory=True`, `every=1` (or K for every K-th step) and `trace=True`, or the
        names of the parts to export. A last denoised state is left out, as it is no draw. All states are in memory; of long runs the program writes the
        same file in constant memory: `gensample --out chains.nc`.
    warmup: whether burn-in is kept too, in groups of its own.

    Returns an arviz.InferenceData. Raises ArgumentError for a run that kept no states or no trace, ImportError without
    ArviZ.
    """
    if run.trajectory is None or run.step_size is None:
        raise ArgumentError("run: its chains were not kept, expected trajectory=True, every=1 and a trace")
    try:
        import arviz
    except ModuleNotFoundError as problem:
        if problem.name != "arviz":
            raise
        raise ImportError("to_arviz and to_netcdf need ArviZ: pip install 'arviz<1'") from None
    settings = run.settings
    every, last, burn_in = settings["every"], settings["steps"], max(0, settings.get("burn_in") or 0)
    steps = [step for step in range(every, last + 1, every) if step < last or not settings.get("denoise")]
    kept, adapted = [s for s in steps if s > burn_in], [s for s in steps if s <= burn_in]
    if not kept:
        raise ArgumentError("run: no states were kept after burn-in, expected a smaller `every`")
    groups = {"posterior": _posterior(run, kept), "sample_stats": _statistics(run, kept)}
    if warmup and adapted:
        groups.update(
            warmup_posterior=_posterior(run, adapted),
            warmup_sample_stats=_statistics(run, adapted),
            save_warmup=True,
        )
    attributes = {"inference_library": "gensample", "inference_library_version": HEADER.constants["GS_VERSION"]}
    attributes["sampler"], attributes["settings"] = settings["sampler"], repr(settings)
    attributes.update({name: str(value) for name, value in zip(("steps", "burn_in", "every"), (last, burn_in, every))})
    return arviz.from_dict(**groups, attrs=attributes)


def to_netcdf(run: Run, path: str | os.PathLike, warmup: bool = False) -> None:
    """Write the chains of a run as a netCDF file, which arviz.from_netcdf opens. Arguments as of `to_arviz`. Like the
    program's, the file appears under its name when it is complete. Raises OSError where it cannot be written."""
    data, path = to_arviz(run, warmup), os.fspath(path)
    beside = f"{path}.{os.getpid()}"
    try:
        data.to_netcdf(beside)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)

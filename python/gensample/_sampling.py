"""Samples drawn by a plan: `Run`, and what `Plan.run` does."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ._arguments import address, real, room, whole
from ._images import Images
from ._library import HEADER, ArgumentError, InterruptedSampling, Owned, Progress, library, lines_of, struct
from ._settings import _options, _resolved


def _by_step(kind):
    """A field of `Stats` that has an element of so many steps and chains, (steps, n)."""
    return dataclasses.field(default=None, metadata=dict(dtype=kind))


@dataclasses.dataclass(frozen=True)
class Stats:
    """What each step of a chain was, of samplers that accept or reject by energies. Arrays are (steps, n), burn-in included,
    but for the last one; None where `trace` named others. H is E / T plus the kinetic energy."""

    accepted: np.ndarray | None = _by_step(bool)  # bool: whether the state after the step is a new one
    divergent: np.ndarray | None = _by_step(bool)  # bool: whether H rose by more than 1000 along the path, or was not finite
    depth: np.ndarray | None = _by_step(np.uint8)  # uint8: nuts: how often the path was doubled
    leapfrog: np.ndarray | None = _by_step(np.int32)  # int32: gradients that the step took
    energy: np.ndarray | None = _by_step(np.float64)  # float64: H of the state after the step, as Stan's energy__
    energy_error: np.ndarray | None = _by_step(np.float64)  # float64: H less H before; of a rejected proposal the proposal's
    step_size: np.ndarray | None = _by_step(np.float64)  # float64: the step size of the step
    inverse_mass: np.ndarray | None = None  # float32, as the images: the diagonal of the inverse mass after burn-in


@dataclasses.dataclass
class Run:
    """What `Plan.run` drew, and what became of it."""

    images: Images  # (n, C, H, W)
    settings: dict[str, Any]  # the sampler and its settings, defaults filled in
    evaluations: float  # network evaluations per sample (NFE); their mean where chains choose their steps
    seconds: float  # wall time
    warnings: list[str]  # doubts about the results, in plain words; empty: none
    trajectory: np.ndarray | None = None  # (levels, n, C, H, W) states, the result last, where it was asked for
    sigmas: np.ndarray | None = None  # (levels) noise levels of these states, 0 for the result
    energy: np.ndarray | None = None  # (steps + 1, n) of samplers at one noise level; None unless `trace` keeps it
    gradient_norm: np.ndarray | None = None  # (steps + 1, n) likewise
    acceptance: np.ndarray | None = None  # (steps, n) likewise; None of samplers that reject nothing
    rate: np.ndarray | None = None  # (n) mean acceptance after burn-in, likewise
    step_size: np.ndarray | None = None  # (n) step size after burn-in, likewise
    stats: Stats | None = None  # of samplers that accept by energies, likewise
    exchange: np.ndarray | None = None  # (replicas - 1, n) of tempering, likewise: probability of neighbours' exchanges
    log_weight: np.ndarray | None = None  # (n) of ais and tempered-smc, likewise: numbers whose mean exp is Z
    drawn_labels: np.ndarray | None = None  # (n) of gibbs, likewise: the labels of the images


_REJECT = {"target", "moves", "prior_scale"}  # settings of samplers that reject states

_STEP_TYPES = {field.name: field.metadata["dtype"] for field in dataclasses.fields(Stats) if field.metadata}


def _wanted(names, known):
    """The names of a trace's parts, of which True is all."""
    if names is True:
        return set(known)
    names = [names] if isinstance(names, str) else names
    if isinstance(names, bytes) or not isinstance(names, Iterable):
        raise ArgumentError(f"trace: found {names!r}, expected True or names of its parts")
    names = list(names)
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise ArgumentError(f'trace: found "{name}", expected True or some of {", ".join(known)}')
    return set(names)


class Drawing:
    """The gs_sample_options of a run, and everything to which they point. To be filled in by its methods in the order
    in which they stand here; those for what is not wanted may be left out."""

    def __init__(self, plan, n, seed, first, sampler, settings):
        self.plan, self.model = plan, plan.model
        self.n, self.seed, self.first = whole("n", n, 0, 2**60), whole("seed", seed), whole("first", first)
        self.out = room("n", self.n, *plan._drawn_shape)
        self.options, self.outcome = _options(sampler, settings), struct("gs_outcome")
        self.options.seed, self.options.first_chain = self.seed, self.first
        self.options.outcome = ctypes.addressof(self.outcome)
        self.measurement = None

    def take_labels(self, labels):
        """Labels for the chains, as of `Plan.run`."""
        self.labels = self._labels_of_chains(labels)
        self.options.labels = address(self.labels)

    def _labels_of_chains(self, labels):
        info, n = self.model.info, self.n
        if labels is None and info.needs_label:
            labels = "data"
        if not isinstance(labels, str):
            return self.plan._labels(labels, n)
        if labels not in ("all", "data"):
            raise ArgumentError(f'labels: found "{labels}", expected numbers, "all" or "data"')
        if labels == "data":
            drawn = np.empty(n, dtype=np.int32)
            library().gs_model_draw_labels(self.model._handle, self.seed, self.first, n, address(drawn))
            return drawn
        if not info.labels:
            return self.plan._labels(0, n)  # which refuses them
        return (np.arange(n) % info.labels).astype(np.int32)

    def take_terms(self, compose, weight):
        """The further networks of a product, and the weight of this one; then what the sampler will do is known."""
        compose = _composed(compose, type(self.plan))
        self.terms, self._labels_of_terms = (HEADER.structs["gs_term"] * max(1, len(compose)))(), []
        for term, (plan, of_plan, *labels) in zip(self.terms, compose):
            of_chain = plan._labels(labels[0] if labels else None, self.n, "compose: labels")
            self._labels_of_terms.append(of_chain)
            term.plan, term.weight, term.labels = plan._handle, of_plan, address(of_chain)
        plans = {id(plan): plan for plan in [self.plan, *(term[0] for term in compose)]}
        self.plans = [plans[key] for key in sorted(plans)]  # in an order that is the same everywhere
        self.options.weight = real("weight", weight)
        self.options.terms, self.options.term_count = ctypes.addressof(self.terms), len(compose)
        library().gs_sample_resolve(self.model._handle, ctypes.byref(self.options))
        evaluations = library().gs_sample_evaluations(self.model._handle, ctypes.byref(self.options))
        images = Images(self.out, self.model.info.range, self.labels)
        self.run = Run(images, _resolved(self.options), evaluations, 0.0, [])

    def begin_at(self, init):
        """States in which the chains begin."""
        self.init = self.plan._images(init, "init")
        if len(self.init) != self.n:
            raise ArgumentError(f"init: found {len(self.init)} images, expected n, which is {self.n}")
        self.options.init = address(self.init)

    def take_measurement(self, y, operator, noise):
        """What the chains are given, (n, C', H', W'), of an `Operator`."""
        self.y, self.operator = y, operator
        self.measurement = struct("gs_measurement", operator_=operator._handle, y=address(y), noise=real("noise", noise))

    def keep_trajectory(self):
        """Room for the states on the way."""
        if self.model.info.kind == "decoder":
            raise ArgumentError("trajectory: the samples of a decoder have no states on the way")
        handle, options, run = self.model._handle, ctypes.byref(self.options), self.run
        levels = library().gs_sample_levels(handle, options, None, 0)
        run.sigmas = np.empty(levels)
        library().gs_sample_levels(handle, options, address(run.sigmas), levels)
        run.trajectory = room("trajectory: levels", levels, *self.out.shape)
        self.options.trajectory = address(run.trajectory)

    def keep_trace(self, wanted):
        """Room for energies, gradients and acceptance, or those of them that are wanted, which is True or names."""
        run, n, steps = self.run, self.n, library().gs_sample_trace_steps(ctypes.byref(self.options))
        if not steps:
            raise ArgumentError(f"trace: the sampler {run.settings['sampler']} keeps none; those at one noise level do")
        lengths = dict(energy=steps + 1, gradient_norm=steps + 1)
        rejects, has_stats = not _REJECT.isdisjoint(run.settings), "target" in run.settings
        if rejects:
            lengths["acceptance"] = steps
        wanted = _wanted(wanted, [*lengths, *(f"stats.{name}" for name in _STEP_TYPES if has_stats)])
        arrays = {name: room("trace: steps", length, n) for name, length in lengths.items() if name in wanted}
        arrays |= {name: np.empty(n) for name in ["step_size", *["rate"] * rejects]}
        for name, array in arrays.items():
            setattr(run, name, array)
        self.trace = struct("gs_trace", **{name: address(array) for name, array in arrays.items()})
        self._keep_particulars()
        self.options.trace = ctypes.addressof(self.trace)
        if has_stats:
            self._keep_stats(steps, wanted)

    def _keep_stats(self, steps, wanted):
        """Room for what each step was."""
        types = {name: kind for name, kind in _STEP_TYPES.items() if f"stats.{name}" in wanted}
        arrays = {name: room("trace: steps", steps, self.n, dtype=kind) for name, kind in types.items()}
        arrays["inverse_mass"] = room("n", *self.out.shape)
        self.run.stats = Stats(**arrays)
        self.stats = struct("gs_sample_stats", **{name: address(array) for name, array in arrays.items()})
        self.options.stats = ctypes.addressof(self.stats)

    def _keep_particulars(self):
        """Room for what only some samplers record, which their settings tell."""
        run, n, settings = self.run, self.n, self.run.settings
        if "replicas" in settings:
            run.exchange = np.empty((settings["replicas"] - 1, n))
            self.trace.exchange = address(run.exchange)
        if "moves" in settings:
            run.log_weight = np.empty(n)
            self.trace.log_weight = address(run.log_weight)
        if "label_steps" in settings:
            run.drawn_labels = np.empty(n, dtype=np.int32)
            self.trace.label = address(run.drawn_labels)

    def draw(self, progress):
        """The `Run`, drawn."""
        lib, run, done = library(), self.run, ctypes.c_size_t()
        options = ctypes.byref(self.options)
        begun = time.perf_counter()
        with Progress(self.options, progress, self.plans), contextlib.ExitStack() as turns:
            for plan in self.plans:
                turns.enter_context(plan._turn())
            try:
                if self.measurement is None:
                    lib.gs_sample(self.plan._handle, options, self.n, address(self.out), ctypes.byref(done))
                else:
                    measurement = ctypes.byref(self.measurement)
                    lib.gs_restore(self.plan._handle, measurement, options, self.n, address(self.out), ctypes.byref(done))
            except InterruptedSampling as problem:
                problem.result = run.images[: done.value]
                raise
        run.seconds = time.perf_counter() - begun
        if self.outcome.chains:
            mean = self.outcome.evaluations / self.outcome.chains
            run.evaluations = int(mean) if mean == int(mean) else mean
        outcome = ctypes.byref(self.outcome)
        run.warnings = lines_of(lambda i, buffer, size: lib.gs_outcome_warning(outcome, options, i, buffer, size))
        return run


class Walk:
    """Chains between two of their steps, as `Plan.walk` makes them.

    `step` is the number of steps that are done, `steps` that of all; `images` is where the chains are, (n, C, H, W).
    """

    def __init__(self, drawing, state):
        self._drawing, self.step, self.steps = drawing, 0, library().gs_sample_trace_steps(ctypes.byref(drawing.options))
        if not self.steps:
            raise ArgumentError(f"sampler: {drawing.run.settings['sampler']} goes down noise levels; expected one that stays")
        n, out = drawing.n, drawing.out
        self._arrays = {
            "x": out,
            "gradient": np.zeros_like(out),
            "numbers": np.zeros((n, HEADER.constants["GS_WALK_NUMBERS"])),
        }
        if state is not None:
            self._take(state)

    def _take(self, state):
        for name, array in self._arrays.items():
            given = np.asarray(state[name]) if name in state else None
            if given is None or given.shape != array.shape or given.dtype != array.dtype:
                raise ArgumentError(f"state: expected a {array.dtype} array {name!r} of the shape {array.shape}")
            array[...] = given
        self.step = whole("state: step", int(state.get("step", -1)), 0, self.steps)

    @property
    def images(self) -> Images:
        """The states of the chains now, (n, C, H, W); after the last step the samples."""
        return self._drawing.run.images

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that it takes to go on, by name: what numpy.savez keeps, and `Plan.walk` takes."""
        return {name: array.copy() for name, array in self._arrays.items()} | {"step": np.asarray(self.step)}

    def go(self, until: int | None = None, progress: Callable[[float, int, int], bool | None] | None = None) -> Run:
        """Take the steps up to number `until`; None: all that are left. Returns the `Run`, whose `images` are the states
        then. Raises as `Plan.run` does; the walk is then where it was, if it was interrupted, and else of no use."""
        until = self.steps if until is None else whole("until", until, self.step + 1, self.steps)
        if self.step == self.steps:
            raise ArgumentError(f"until: all {self.steps} steps are done")
        kept, drawing = self.state, self._drawing
        arrays = {name: address(self._arrays[name]) for name in ("gradient", "numbers")}
        walk = struct("gs_walk", **{"from": self.step}, until=until, **arrays)
        drawing.options.walk = ctypes.addressof(walk)
        try:
            run = drawing.draw(progress)
        except InterruptedSampling:
            self._take(kept)
            raise
        finally:
            drawing.options.walk = None
        self.step = until
        return run


def _composed(compose, kind):
    """The terms of a product as (plan, weight) or (plan, weight, labels) each."""
    wanted = "expected (plan, weight) or (plan, weight, labels) for each further network"
    if not isinstance(compose, Iterable):
        raise ArgumentError(f"compose: found {compose!r}, {wanted}")
    terms = []
    for term in compose:
        if not isinstance(term, (tuple, list)) or len(term) not in (2, 3):
            raise ArgumentError(f"compose: found {term!r}, {wanted}")
        if not isinstance(term[0], kind):
            raise ArgumentError(f"compose: found {term[0]!r}, expected a Plan, as Model.plan makes it")
        terms.append((term[0], real("compose: weight", term[1]), *term[2:]))
    return terms

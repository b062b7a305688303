"""Networks made ready to run: `Plan`."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, classes, level, numbers, real, whole, word
from ._images import Images
from ._library import HEADER, ArgumentError, Owned, UnsupportedError, check_idle, library, lines_of, struct, text
from ._inverse import Operator
from ._sampling import Drawing, Run, Walk
from ._settings import methods
from ._weights import values_of

if TYPE_CHECKING:
    from ._model import Model


@dataclasses.dataclass(frozen=True)
class PlanInfo:
    """What the planner decided."""

    isa: str  # instruction set
    threads: int  # threads that evaluate
    block: int  # images that one thread carries together
    weight_bytes: int  # packed weights
    scratch_bytes: int  # scratch memory of all threads
    steps: int  # steps of the plan, which `describe` describes
    backend: str  # "native" or "onednn"
    dtype: str  # of the numbers that products multiply: "f32", "bf16", "bf16-exact" or "int8"
    exact: bool  # whether results are the same bytes on every instruction set


def _dtype(name: str | None) -> int:
    """The value of gs_dtype with this name; of the model's default for None."""
    if name is None:
        return HEADER.constants["GS_DTYPE_DEFAULT"]
    named = {text(library().gs_dtype_name(value)): value for value in HEADER.enums["gs_dtype"].values() if value}
    if name not in named:
        raise ArgumentError(f"dtype: expected one of {', '.join(named)}, found {name!r}")
    return named[name]


class Plan(Owned):
    """A network made ready to run, from `Model.plan`. `info` is its `PlanInfo`, `model` the `Model`.

    Its methods take and give NumPy arrays, without copies where they are contiguous float32, and release Python's lock
    while they compute. One of them runs at a time per plan; threads that want to run at the same time need plans of
    their own.
    """

    _free = "gs_plan_free"

    def __init__(
        self,
        model: Model,
        threads: int = 0,
        isa: str | None = None,
        backend: str | None = None,
        block: int = 0,
        gradient: bool | None = None,
        dtype: str | None = None,
    ) -> None:
        self.model, self._handle, self._lock = model, ctypes.c_void_p(), threading.RLock()
        if gradient is None:
            gradient = model.info.kind == "energy" and backend in (None, "native")
        options = struct(
            "gs_plan_options",
            isa=word("isa", isa),
            threads=whole("threads", threads, 0, 1024),
            block=whole("block", block, 0, 64),
            backend=word("backend", backend),
            gradient=bool(gradient),
            dtype=_dtype(dtype),
        )
        library().gs_plan_create(model._handle, ctypes.byref(options), ctypes.byref(self._handle))
        # Points, as of densities, are rows of numbers, as in the program's .npy files.
        self._result_shape, self._drawn_shape = (
            shape[:1] if shape[1:] == (1, 1) else shape for shape in (model.info.shape, model.info.image)
        )

    def __repr__(self):
        i = self.info
        return f"<gensample.Plan of {self.model.info.name}: {i.steps} steps, {i.threads} threads, {i.isa}, {i.backend}>"

    def __str__(self):
        return "\n".join(self.describe())

    @property
    def info(self) -> PlanInfo:
        """What the planner decided: a `PlanInfo`."""
        i = library().gs_plan_get_info(self._handle)
        return PlanInfo(
            text(i.isa), i.threads, i.block, i.weight_bytes, i.scratch_bytes, i.steps, text(i.backend),
            text(library().gs_dtype_name(i.dtype)), i.exact,
        )

    def describe(self) -> list[str]:
        """A line for each step of the plan: operation, shapes, method, instruction set, node. A list of str, for
        people; the wording may change."""
        return lines_of(lambda i, buffer, size: library().gs_plan_describe(self._handle, i, buffer, size))

    @contextlib.contextmanager
    def _turn(self):
        """The time in which this thread alone uses the plan."""
        check_idle(self)
        with self._lock:
            yield

    # ---- New weights ----

    def update(
        self,
        weights: Mapping[str, Any],
        names: Mapping[str, str | None] | Callable[[str], str | None] | None = None,
        strict: bool = True,
    ) -> None:
        """Give the plan new weights, in memory: within a training loop, whose chains then come from these kernels.

        weights: {name: array}, of NumPy arrays or anything that is one on the CPU or by a `detach().cpu().numpy()` of its
            own, such as the tensors of a PyTorch module's state_dict(). Sizes of 1 may be missing or more than in the file.
        names: the names in the file by those in `weights`, for files whose tensors are called otherwise: a mapping, in
            which names that are the same may be missing, or a function. None as a name in the file leaves a tensor out.
            A prefix that all names of the file have may be missing: exporters put a module into another.
        strict: whether a name that the file does not have is an error; else it is left out, unless it says that the module
            computes with other weights than it keeps.

        Tensors that are not given keep their values. All of it is done or, where something is raised, nothing. Other
        plans keep theirs. The weights have to be what the file has: an exporter merges batch norms into the layers before
        them, and computes weight norms and spectral norms, so that tensors with the names of the module's have other values
        in the file. A state_dict() with such norms is refused, also without `strict`; what the exporter makes of the module
        of the moment, load(export(module)).tensors, is taken. Raises ArgumentError for these, an unknown name, a tensor
        that is given twice, another shape, or values that are not finite; and where the file has none of the names.
        """
        values, count = values_of(weights, names, strict, self.model.tensors)
        with self._turn():
            library().gs_plan_update(self._handle, values, count)

    # ---- Evaluating ----

    def _images(self, x, name="x"):
        """x as contiguous float32 (n, C, H, W); one image may come without its n, images of one channel without C, and
        points as (n, D)."""
        shape = self.model.info.shape
        array = numbers(name, x)
        if array.shape[1:] == shape:
            return array
        if array.shape == shape:
            return array[np.newaxis]
        if shape[1:] == (1, 1) and array.ndim == 2 and array.shape[1] == shape[0]:
            return array.reshape(-1, *shape)
        if shape[0] == 1 and array.ndim == 3 and array.shape[1:] == shape[1:]:
            return array.reshape(-1, *shape)
        raise ArgumentError(f"{name}: found an array of shape {array.shape}, expected (n, {', '.join(map(str, shape))})")

    def _labels(self, labels, n, name="labels"):
        """Labels as (n) int32, or None for "none" everywhere. One number stands for all images."""
        if labels is None:
            return None
        if not self.model.info.labels:
            raise ArgumentError(f"{name}: the network {self.model.info.name} takes none")
        return classes(name, labels, n, self.model.info.labels, not self.model.info.needs_label)

    def _sigma(self, sigma):
        if sigma is None and self.model.info.takes_sigma:
            raise ArgumentError(f"sigma: the network {self.model.info.name} needs a noise level")
        return 1.0 if sigma is None else real("sigma", sigma)

    def evaluate(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray | tuple[np.ndarray, ...]:
        """The network's outputs as they are.

        x: images, (n, C, H, W), all finite. sigma: the noise level, in units of the pixels; networks that take none ignore it.
        labels: (n) whole numbers, one for all images, or None.

        Returns the first output: (n) energies, (n, C, H, W) of the other kinds that have the shape of x (of points (n,
        D)), of a decoder its images, else (n, size); of a classifier with features (logits, features). Raises ArgumentError for a sigma or
        label out of range, and for an x that is not finite.
        """
        x, info = self._images(x), self.model.info
        labels, sigma = self._labels(labels, len(x)), self._sigma(sigma)
        out = [np.empty((len(x), size), dtype=np.float32) for size in info.output_sizes]
        pointers = (ctypes.c_void_p * 2)(*(address(o) for o in out))
        with self._turn():
            library().gs_plan_evaluate(self._handle, address(x), sigma, address(labels), len(x), pointers)
        if info.kind == "energy":
            return out[0].reshape(len(x))
        if info.kind != "classifier":
            return out[0].reshape(len(x), *self._drawn_shape)
        return out[0] if len(out) == 1 else tuple(out)

    def _energy(self, x, sigma, labels, wants_energy, wants_gradient):
        x = self._images(x)
        labels, sigma = self._labels(labels, len(x)), self._sigma(sigma)
        energy = np.empty(len(x), dtype=np.float32) if wants_energy else None
        gradient = np.empty((len(x), *self._result_shape), dtype=np.float32) if wants_gradient else None
        with self._turn():
            library().gs_plan_gradient(
                self._handle, address(x), sigma, address(labels), len(x), address(energy), address(gradient)
            )
        return energy, gradient

    def _expect(self, kind, what):
        if self.model.info.kind != kind:
            raise UnsupportedError(f"{what}: the network {self.model.info.name} is a {self.model.info.kind}, expected an {kind}")

    def energy(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """Energies E(x), (n), of an energy network. Arguments as of `evaluate`."""
        self._expect("energy", "energy")
        return self.evaluate(x, sigma, labels)

    def gradient(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """Gradients dE/dx, (n, C, H, W), of an energy network, in units of energy per pixel value. Arguments as of
        `evaluate`."""
        self._expect("energy", "gradient")
        return self._energy(x, sigma, labels, False, True)[1]

    def energy_and_gradient(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(E(x), dE/dx) in one go, (n) and (n, C, H, W)."""
        self._expect("energy", "energy_and_gradient")
        return self._energy(x, sigma, labels, True, True)

    def score(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """The score: the gradient of log p(x; sigma) with respect to x, (n, C, H, W), of any network but a classifier.

        It is -dE/dx of an energy, (D - x) / sigma^2 of a denoiser, -epsilon / sigma of a noise model. Arguments as of
        `evaluate`. Raises UnsupportedError for other kinds, ArgumentError where float32 cannot hold sigma or its square.
        """
        kind = self.model.info.kind
        if kind == "energy":
            return -self.gradient(x, sigma, labels)
        if kind not in ("score", "denoiser", "noise"):
            raise UnsupportedError(f"score: the network {self.model.info.name} is a {kind}, which has none")
        x = self._images(x).reshape(-1, *self._result_shape)
        out = self.evaluate(x, sigma, labels)
        if kind == "score":
            return out
        if sigma is None:
            raise ArgumentError("sigma: the score of a denoiser or noise model needs a noise level")
        return (out - x) / level(sigma, 2) if kind == "denoiser" else -out / level(sigma, 1)

    def denoise(self, x: ArrayLike, sigma: float, labels: ArrayLike | None = None) -> np.ndarray:
        """Denoised images D(x, sigma) = E[x0 | x] = x + sigma^2 score, (n, C, H, W). Arguments as of `evaluate`."""
        x = self._images(x).reshape(-1, *self._result_shape)
        if self.model.info.kind == "denoiser":
            return self.evaluate(x, sigma, labels)
        sigma = real("sigma", sigma)
        if self.model.info.kind == "noise":
            return x - np.float32(sigma) * self.evaluate(x, sigma, labels)
        return x + level(sigma, 2) * self.score(x, sigma, labels)

    def product(
        self, x: ArrayLike, v: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(F(x), v^T dF/dx): the first output and a vector-Jacobian product, by reverse mode, of a network that is no
        energy, and a plan made with gradient=True.

        x, sigma, labels: as of `evaluate`. v: a vector for each image, of F's shape, (n, C, H, W).

        Returns F(x), as `evaluate` does, and the product, of the shape of x. Raises ArgumentError as `evaluate` does, and
        for an energy or a plan without the gradient.
        """
        x, info = self._images(x), self.model.info
        labels, sigma = self._labels(labels, len(x)), self._sigma(sigma)
        v = numbers("v", v)
        if v.size != len(x) * info.output_sizes[0]:
            raise ArgumentError(f"v: found an array of shape {v.shape}, expected a vector of F's shape for each of {len(x)} images")
        out = np.empty((len(x), *self._drawn_shape), dtype=np.float32)
        product = np.empty((len(x), *self._result_shape), dtype=np.float32)
        with self._turn():
            library().gs_plan_product(
                self._handle, address(x), address(v), sigma, address(labels), len(x), address(out), address(product)
            )
        return out, product

    # ---- Sampling ----

    def sample(self, n: int = 64, **options: Any) -> Images:
        """Draw n samples: `Images`, (n, C, H, W) float32 in the network's data range; of networks of points, (n, D).

        Arguments are those of `run`. Doubts about the result are Python warnings.
        """
        run = self.run(n, **options)
        for line in run.warnings:
            warnings.warn(line, stacklevel=2)
        return run.images

    def run(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        sampler: str | None = None,
        labels: ArrayLike | str | None = None,
        label: int | None = None,
        first: int = 0,
        init: ArrayLike | None = None,
        compose: Iterable[tuple] = (),
        weight: float = 1.0,
        trajectory: bool = False,
        trace: bool | Iterable[str] = False,
        progress: Callable[[float, int, int], bool | None] | None = None,
        **settings: Any,
    ) -> Run:
        """Draw n samples, and keep what is known of the chains: a `Run`, whose `images` are (n, C, H, W).

        seed: any number from 0; sample k of a seed is the same whatever else is drawn, on every CPU, and by the program.
        sampler: a name, as of `samplers()`; None: the network's own.
        labels: (n) classes, "all" for 0, 1 ... in turn, "data" as frequent as in the training data, or None: of networks
            that need a label "data", or all equally often where the file does not say.
        label: one class for all samples; as labels=label.
        first: the number of the first chain, to draw more of the same seed.
        init: (n, C, H, W) states in which chains begin, noise included, or the latents of a decoder; None: noise.
        compose: further networks of a product of densities: (plan, weight) or (plan, weight, labels) each.
        weight: of this network in the product.
        trajectory: whether to keep the states on the way. trace: True keeps energies, gradient norms and
            acceptance of samplers at one noise level, and `stats` of those that accept by energies. For long chains name the
            arrays to keep: "energy", "gradient_norm", "acceptance", "stats.leapfrog" and the other fields of `Stats`. Figures
            per chain (`step_size`, `rate`, `inverse_mass`) are kept with any.
        progress: a function of (part done, chains finished, n), called now and then; False from it stops the run. It cannot
            use the plans of the run.
        settings: those of `settings()` that the sampler reads, by name: steps=30, sigmas=(0.02, 1), clamp=True.

        Ctrl-C interrupts it. Raises ArgumentError for a setting out of its range, UnsupportedError where the sampler
        cannot draw from this kind of network, DivergedError where a chain left the finite numbers, InterruptedSampling
        where `progress` asked to stop; its `result` is the images that were finished.
        """
        if label is not None:
            if labels is not None:
                raise TypeError("label and labels: expected one of them")
            labels = label
        drawing = Drawing(self, n, seed, first, sampler, settings)
        drawing.take_labels(labels)
        drawing.take_terms(compose, weight)
        if init is not None:
            drawing.begin_at(init)
        if trajectory:
            drawing.keep_trajectory()
        if isinstance(trace, (int, np.bool_)):
            trace = bool(trace)
        if trace is not None and trace is not False:
            drawing.keep_trace(trace)
        return drawing.draw(progress)

    def walk(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        sampler: str | None = None,
        labels: ArrayLike | str | None = None,
        first: int = 0,
        init: ArrayLike | None = None,
        state: dict[str, np.ndarray] | None = None,
        **settings: Any,
    ) -> Walk:
        """Chains that stop and go on between their steps: a `Walk`, of langevin, mala, hmc or barker. Its samples are the
        same bytes as those of `run`, wherever it stopped.

        n, seed, sampler, labels, first, init, settings: as of `run`.
        state: that of a `Walk` of the same arguments, at which this one goes on; None: its chains begin.

        Raises ArgumentError for a sampler that goes down noise levels or a state that does not fit, and, once it goes, for
        one that does not stop between its steps; others as `run` does.
        """
        drawing = Drawing(self, n, seed, first, sampler, settings)
        drawing.take_labels(labels)
        drawing.take_terms((), 1.0)
        if init is not None:
            drawing.begin_at(init)
        return Walk(drawing, state)

    def restore(
        self,
        y: ArrayLike,
        operator: str | Operator = "none",
        *,
        noise: float = 0.0,
        method: str | None = None,
        labels: ArrayLike | None = None,
        seed: int = 0,
        first: int = 0,
        progress: Callable[[float, int, int], bool | None] | None = None,
        **settings: Any,
    ) -> Run:
        """Draw images given measurements y = A x + noise of them: a `Run`, whose `images` are (n, C, H, W).

        y: (n, ...) measurements, as `Operator.measure` gives them, in units of the pixels; the same one several times gives
            several images.
        operator: A, an `Operator` or its text, "mask:left" or "pool:4".
        noise: standard deviation of the measurements' noise.
        method: a name, as of `methods()`; None: the first. "pigdm" and "dps" need a plan with gradient=True.
        labels: (n) classes, one for all, or None.
        seed, first, progress, settings: as of `run`.

        Raises ArgumentError for an unknown method, an operator that does not fit, a setting out of its range, or a plan
        without the gradient; others as `run` does.
        """
        if not isinstance(operator, Operator):
            operator = Operator(operator, self.model.info.shape)
        y, names = operator._measurements(y), [known.name for known in methods()]
        if method is not None and method not in names:
            raise ArgumentError(f"method {method!r} is unknown: expected one of {', '.join(names)}")
        drawing = Drawing(self, len(y), seed, first, method or names[0], settings)
        drawing.take_measurement(y, operator, noise)
        drawing.take_labels(labels)
        drawing.take_terms((), 1.0)
        return drawing.draw(progress)

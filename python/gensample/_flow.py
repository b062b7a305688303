"""The probability flow of a network: `encode`, `decode`, `interpolate`, `likelihood`."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import INT_MOST, address, numbers, pair, real, whole
from ._library import HEADER, ArgumentError, Progress, library, struct
from ._model import Model, load
from ._plan import Plan


def plan_of(network):
    """The plan of a network: a Plan, a Model, or what `load` takes."""
    return network if isinstance(network, Plan) else (network if isinstance(network, Model) else load(network))._plan()


def _differentiated(network):
    """The same, with the network's derivative where one is made here."""
    if isinstance(network, Plan):
        return network
    return (network if isinstance(network, Model) else load(network)).plan(gradient=True)


def _options(plan, n, labels, steps, sigmas, **further):
    low, high = (0.0, 0.0) if sigmas is None else pair("sigmas", sigmas)
    of_image = plan._labels(labels, n)
    options = struct(
        "gs_flow_options",
        steps=whole("steps", steps, 0, INT_MOST),
        sigma_low=low,
        sigma_high=high,
        labels=address(of_image),
        **further,
    )
    return options, of_image  # which has to live as long


def _follow(name, network, x, labels, steps, sigmas, progress):
    plan = plan_of(network)
    x = plan._images(x)
    options, kept = _options(plan, len(x), labels, steps, sigmas)
    out = np.empty_like(x)
    with Progress(options, progress, [plan]), plan._turn():
        getattr(library(), name)(plan._handle, address(x), len(x), ctypes.byref(options), address(out))
    return out.reshape(len(x), *plan._result_shape)


def encode(
    network: str | Model | Plan,
    images: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    steps: int = 0,
    sigmas: tuple[float, float] | None = None,
    progress: Callable[[float], bool | None] | None = None,
) -> np.ndarray:
    """Latents of images: the probability-flow ODE (Song et al. 2021, equation 13) from the lowest to the highest noise level.

    network: a Plan, a Model, or what `load` takes, which knows noise levels. images: (n, C, H, W), finite, in its data
    range. labels: as of `Plan.evaluate`. steps: of the ODE, of four evaluations each, 2 ... 4096; 0: 32. sigmas: (lowest,
    highest) noise level in units of the pixels; None: the network's. progress: a function of the part that is done; False
    from it stops.

    Returns (n, C, H, W) float32, in units of the pixels: nearly highest-level times standard normal numbers. Raises
    ArgumentError for a label, level or number of steps out of range, UnsupportedError for a classifier, a decoder or a network
    without noise levels, DivergedError where a state is not finite.
    """
    return _follow("gs_encode", network, images, labels, steps, sigmas, progress)


def decode(
    network: str | Model | Plan,
    latents: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    steps: int = 0,
    sigmas: tuple[float, float] | None = None,
    progress: Callable[[float], bool | None] | None = None,
) -> np.ndarray:
    """Images of latents, (n, C, H, W): the same ODE downwards. What `encode` made becomes the image again, within the error of
    the steps. Values are not clipped to the data range. Arguments as of `encode`."""
    return _follow("gs_decode", network, latents, labels, steps, sigmas, progress)


def slerp(a: ArrayLike, b: ArrayLike, t: float | ArrayLike) -> np.ndarray:
    """Spherical interpolation (Shoemake 1985) between two arrays of one shape, which are taken as vectors: (sin((1 - t) w) a +
    sin(t w) b) / sin w, w being the angle between them; the straight line where they point the same or opposite ways. t: 0 ... 1,
    one number or several, (frames). Returns an array of that shape, or (frames, ...)."""
    a, b, ts = numbers("a", a), numbers("b", b), numbers("t", t, np.float64)
    if a.shape != b.shape or ts.ndim > 1:
        raise ArgumentError(f"slerp: arrays of shapes {a.shape} and {b.shape}, t of {ts.shape}, expected the same, and one axis")
    out = np.empty((ts.size, *a.shape), dtype=np.float32)
    for frame, part in zip(out, ts.reshape(-1)):
        library().gs_slerp(address(a), address(b), a.size, float(part), address(frame))
    return out if ts.ndim else out[0]


def interpolate(
    network: str | Model | Plan,
    a: ArrayLike,
    b: ArrayLike,
    frames: int = 11,
    *,
    labels: ArrayLike | None = None,
    steps: int = 0,
    sigmas: tuple[float, float] | None = None,
    latents: bool = False,
    progress: Callable[[float], bool | None] | None = None,
) -> np.ndarray:
    """The way from each image of `a` to that of `b`: both are encoded, and what lies on the arc between their latents is decoded.

    network, steps, sigmas, progress: as of `encode`. a, b: (n, C, H, W) images, or with `latents` latents, as
    `sigmas[1] * rng.standard_normal(...)`. frames: per pair, at least 2, of which the first and the last are those images as
    encoded and decoded again. labels: (n), of the pairs, one for all, or None.

    Returns (n, frames, C, H, W) float32. Raises as `encode`.
    """
    plan, count = plan_of(network), whole("frames", frames, 2, 65536)
    a, b = plan._images(a, "a"), plan._images(b, "b")
    if a.shape != b.shape:
        raise ArgumentError(f"interpolate: {len(a)} and {len(b)} images, expected as many of both")
    of_pair = plan._labels(labels, len(a))
    options = {"steps": steps, "sigmas": sigmas, "progress": progress}
    if not latents:
        a, b = (encode(plan, x, labels=of_pair, **options).reshape(a.shape) for x in (a, b))
    t = np.arange(count) / (count - 1)
    between = np.concatenate([slerp(p, q, t) for p, q in zip(a, b)]) if len(a) else a
    of_frame = None if of_pair is None else np.repeat(of_pair, count)
    shape = plan._result_shape
    return decode(plan, between, labels=of_frame, **options).reshape(len(a), count, *shape)


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """Log-likelihoods of images: arrays (n) of float64 but for `steps`."""

    nats: np.ndarray  # log p(x), the natural logarithm of the density in units of the pixels
    error: np.ndarray  # its standard error by the choice of directions; 0 where traces are exact, NaN of one probe
    bits: np.ndarray  # bits per dimension; of dequantised images log2(levels / width of the range) is added
    bits_error: np.ndarray  # the standard error of that
    prior: np.ndarray  # log N(x'; 0, highest level^2) of the latent x'
    volume: np.ndarray  # the rest: the change of volume on the way
    change: np.ndarray  # by how many nats the last doubling of steps changed it; NaN without a tolerance
    steps: np.ndarray  # steps that were taken last, int

    def __str__(self):
        n, error = len(self.nats), self.nats.std(ddof=1) / len(self.nats) ** 0.5 if len(self.nats) > 1 else float("nan")
        return f"{n} images: log p {self.nats.mean():.6g} +- {error:.2g} nats, {self.bits.mean():.4g} bits per dimension"


def likelihood(
    network: str | Model | Plan,
    images: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    dequantize: int = 0,
    probes: int = 0,
    trace: str | None = None,
    steps: int = 0,
    tolerance: float = 0.0,
    sigmas: tuple[float, float] | None = None,
    seed: int = 0,
    progress: Callable[[float], bool | None] | None = None,
) -> Likelihood:
    """Log-likelihoods under the network's probability flow (Song et al. 2021, equation 39): log N(x'; 0, sigma_high^2 I) of the
    latent x' plus the integral of d - tr dD/dx over log sigma.

    network, images, labels, steps, sigmas, progress: as of `encode`; a Plan of a network that is no energy should be made with
    `gradient=True`, else differences stand for its Jacobian. dequantize: levels that pixels have, as 256 of bytes:
    each becomes uniform in its level's share of the data range; 0: they are taken as they are. trace: "signs" or "normal":
    directions in which traces are estimated (Hutchinson 1990), or "exact"; None: exact up to 16 dimensions, unless `probes`
    says otherwise, else signs. probes: directions per image and level; 0: 2. tolerance: steps are doubled, image by image,
    until the likelihood changes by no more than this many nats or than its standard error; 0: they are not. seed: of
    directions and dequantisation.

    Returns a `Likelihood`. Raises as `encode`.
    """
    plan = _differentiated(network)
    x = plan._images(images, "images")
    methods = {name[len("GS_TRACE_") :].lower(): value for name, value in HEADER.enums["gs_trace_method"].items()}
    if trace is not None and trace not in methods:
        raise ArgumentError(f"trace: found {trace!r}, expected one of {', '.join(list(methods)[1:])}")
    options, kept = _options(
        plan,
        len(x),
        labels,
        steps,
        sigmas,
        tolerance=real("tolerance", tolerance),
        trace=methods[trace or "default"],
        probes=whole("probes", probes, 0, INT_MOST),
        dequantize=whole("dequantize", dequantize, 0, INT_MOST),
        seed=whole("seed", seed),
    )
    of = (type(struct("gs_likelihood")) * len(x))()
    with Progress(options, progress, [plan]), plan._turn():
        library().gs_likelihood_measure(plan._handle, address(x), len(x), ctypes.byref(options), of)
    return Likelihood(**{f.name: np.array([getattr(one, f.name) for one in of]) for f in dataclasses.fields(Likelihood)})

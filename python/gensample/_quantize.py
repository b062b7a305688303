"""Networks made ready for integers: `quantize`."""

from __future__ import annotations

import ctypes
import dataclasses
import os
from collections.abc import Callable

from numpy.typing import ArrayLike

from ._arguments import INT_MOST, address, numbers, path_of, real, whole, word
from ._library import HEADER, ArgumentError, FileError, Progress, library, struct, text
from ._model import Model, find, load
from .exporter.output import written_beside
from .exporter.problem import ExportError

_DTYPES = {
    "int8": "GS_DTYPE_INT8",
    "int16": "GS_DTYPE_INT16",
    "bf16": "GS_DTYPE_BF16",
    "bf16-exact": "GS_DTYPE_BF16_EXACT",
    "f32": "GS_DTYPE_F32",
}


@dataclasses.dataclass(frozen=True)
class QuantizedLayer:
    """A layer that could be computed in integers. Errors are as in `Quantized`, in the worst band."""

    node: str  # its name
    dtype: str  # type of its products: "int8", "int16" or "f32"
    domain: str | None  # domain of its products in integers, "direct", "winograd-f4" or "winograd-f5"; None: float32
    operations: int  # 2 x multiply-adds per image
    error: tuple[float, float]  # error of the outputs if this layer alone is computed in 8 bits, and in 16 bits
    error_rms: tuple[float, float]  # root of the mean squared error, likewise


@dataclasses.dataclass(frozen=True)
class Quantized:
    """A weight file that `quantize` made, and what is known of it. Errors are those of images of other chains, or other
    images, than those by which scales were chosen, over the largest element of the outputs in float32."""

    bytes: bytes  # the file
    layers: tuple[QuantizedLayer, ...]  # those that could be computed in integers
    ends: tuple[float, ...]  # noise levels at which bands end but the last, which has no end
    error: tuple[float, ...]  # by band: the largest error of an image, the mean over images
    error_max: tuple[float, ...]  # by band: the largest error of all
    error_rms: tuple[float, ...]  # by band: root of the mean squared error
    states: int  # states by which scales were chosen
    operations: int  # of the network, per image
    operations_in: tuple[int, int]  # those of layers in 8 bits, and in 16 bits

    def model(self) -> Model:
        """The network of the new file."""
        return load(self.bytes)

    def save(self, path: str | os.PathLike) -> None:
        """Write the file, which appears under its name when it is complete."""
        try:
            written_beside(path_of("path", path, "a path"), self.bytes)
        except ExportError as problem:
            raise FileError(str(problem)) from None

    def __str__(self):
        shares = [100 * part / self.operations if self.operations else 0 for part in self.operations_in]
        worst = max(self.error, default=0)
        return f"{shares[0]:.3g} % of the operations in int8, {shares[1]:.3g} % in int16, error {100 * worst:.3g} %"


def quantize(
    source: str | os.PathLike,
    dtype: str = "int8",
    weights: str = "f32",
    images: ArrayLike | None = None,
    n: int = 0,
    bands: int = 0,
    error: float = 0,
    threads: int = 0,
    isa: str | None = None,
    progress: Callable[[float], bool | None] | None = None,
    direct: bool = False,
) -> Quantized:
    """Make a weight file that says how a network is computed in integers of 8 bits, of 16 bits, or in
    float32, layer by layer.

    source: a weight file or the name of a shipped network, as `load` takes them.
    dtype: the type in which the network is computed by default: "int8", "int16" (no layer in 8 bits), "bf16", "bf16-exact" or
        "f32"; only the first two are calibrated.
    weights: how weights are stored: "f32", or "f16" or "bf16" in half the bytes.
    images: (n, C, H, W) images to calibrate on, as a classifier needs them; None: chains of the network's own sampler.
    n: number of chains; 0: 128.
    bands: bands of noise levels, 1 ... 16; 0: one per level of the sampler, at most 8.
    error: how large `Quantized.error` may be, 0: 0.015; layers are in 16 bits rather than 8, or stay in float32, until it is no larger.
    threads, isa: as for `Model.plan`. The file is the same bytes for all.
    progress: called with the part of the work that is done, 0 ... 1; returning False stops it.
    direct: whether layers in 8 bits are computed as they are rather than by Winograd's transform: with more products, but less
        error, so that more layers may be in 8 bits; faster where the processor has AMX.

    Returns a `Quantized`. Raises ArgumentError, FileError and FormatError as `load`; UnsupportedError where no layer can
    be computed in integers with so small an error; InterruptedSampling.
    """
    if dtype not in _DTYPES:
        raise ArgumentError(f"dtype: found {dtype!r}, expected one of {', '.join(_DTYPES)}")
    options = struct("gs_quantize_options")
    options.dtype = HEADER.constants[_DTYPES[dtype]]
    options.weights = word("weights", weights)
    options.direct = bool(direct)
    options.bands = whole("bands", bands, 0, INT_MOST)
    options.error = real("error", error)
    options.threads = whole("threads", threads, 0, INT_MOST)
    options.isa = word("isa", isa)
    options.n = whole("n", n)
    path = find(path_of("source", source, "a path or a name of a weight file"))
    array = None
    if images is not None:
        shape = load(os.fsdecode(path)).info.shape
        array = numbers("images", images)
        if array.ndim != 4 or array.shape[1:] != shape:
            raise ArgumentError(f"images: found an array of shape {array.shape}, expected (n, {', '.join(map(str, shape))})")
        options.images, options.n = address(array), len(array)
    handle = ctypes.c_void_p()
    with Progress(options, progress):
        library().gs_quantize(path, ctypes.byref(options), ctypes.byref(handle))
    try:
        return _read(HEADER.structs["gs_quantized"].from_address(handle.value))
    finally:
        library().gs_quantized_free(handle)


def _doubles(address, count):
    return tuple((ctypes.c_double * count).from_address(address)) if address and count else ()


def _read(made):
    kind = HEADER.structs["gs_quantized_layer"]
    layers = (kind * made.layers).from_address(made.layer) if made.layers else ()
    return Quantized(
        bytes=ctypes.string_at(made.bytes, made.size),
        layers=tuple(
            QuantizedLayer(
                text(l.node), text(library().gs_dtype_name(l.dtype)), l.domain and text(l.domain), l.operations,
                tuple(l.error), tuple(l.error_rms),
            )
            for l in layers
        ),
        ends=_doubles(made.ends, made.bands - 1),
        error=_doubles(made.error, made.bands),
        error_max=_doubles(made.error_most, made.bands),
        error_rms=_doubles(made.error_rms, made.bands),
        states=made.states,
        operations=made.operations,
        operations_in=tuple(made.operations_in),
    )

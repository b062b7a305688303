"""Networks: `load`, `Model`."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import pathlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import path_of, word
from ._images import Images
from ._library import HEADER, PACKAGE, SOURCE, FileError, Owned, library, rows_of, text
from ._plan import Plan
from ._sampling import Run
from ._settings import _options, _resolved

_KINDS = {value: name[len("GS_KIND_") :].lower() for name, value in HEADER.enums["gs_kind"].items()}


# ---- Finding and loading ----


def models_folder() -> pathlib.Path:
    """The folder of the shipped networks: the environment's GENSAMPLE_MODELS, else the package's, else the source
    tree's; a pathlib.Path."""
    given = os.environ.get("GENSAMPLE_MODELS")
    if given:
        return pathlib.Path(given)
    inside = PACKAGE / "models"
    return inside if inside.is_dir() else SOURCE / "models"


def shipped() -> list[str]:
    """The names of the shipped networks, which `load` takes: a list of str."""
    return sorted(path.stem for path in models_folder().glob("*.bin"))


def load(source: str | os.PathLike | bytes | bytearray | memoryview, name: str | None = None) -> Model:
    """Load a network.

    source: the path of a weight file (models/FORMAT.md); the name of a shipped network, as of `shipped()`: "ncsn"; a
        density: "moons", "mixture:means=-2/0,2/0" (see `density`); or a weight file's bytes.
    name: what to call bytes in messages.

    A name without a folder that is a file in the current folder is that file. Returns a `Model`. Raises FileError
    where there is no such file, FormatError where its content is not what models/FORMAT.md demands.
    """
    lib, handle = library(), ctypes.c_void_p()
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        lib.gs_model_load_memory(word("name", name), data, len(data), ctypes.byref(handle))
        return Model(handle)
    path = path_of("source", source, "a path, a name or the bytes of a weight file")
    densities = {text(row.name) for row in rows_of(lib.gs_density_get, "gs_density_info")}
    if not os.path.exists(path) and path.split(":")[0] in densities:
        lib.gs_model_create_density(word("source", path), ctypes.byref(handle))
        return Model(handle)
    lib.gs_model_load(find(path), ctypes.byref(handle))
    return Model(handle)


def find(path):
    """The file of a path, or of the name of a shipped network, as C takes it."""
    if not os.path.exists(path) and not os.path.dirname(path):
        inside = models_folder() / (path if path.endswith(".bin") else path + ".bin")
        if not inside.exists():
            raise FileError(f"{path}: no such file, no shipped network and no density: there are {', '.join(shipped())}")
        path = inside
    return os.fsencode(path)


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """What a weight file says of its network."""

    name: str  # lower case
    kind: str  # what its first output is: "energy", "score", "denoiser", "noise", "classifier" or "decoder"
    shape: tuple[int, int, int]  # (C, H, W) of x: of images, of a decoder that of its latents
    image: tuple[int, int, int]  # (C, H, W) of what `sample` draws: of a decoder that of its images, else `shape`
    range: tuple[float, float]  # (low, high) of clean pixels, of a decoder those of its images
    takes_sigma: bool  # whether the noise level is an input
    sigma: tuple[float, float] | None  # (lowest, highest) noise level of its training, in units of the pixels; None where it takes none
    labels: int  # classes K: labels are 0 ... K - 1; 0 where it takes none
    needs_label: bool  # whether every image needs one of them, as the network knows none without
    shares: tuple[float, ...] | None  # frequency of each class in the training data; None where the file does not say
    ladder: tuple[float, ...]  # discrete noise levels, decreasing
    outputs: int  # 1, or 2 for a classifier with features
    output_sizes: tuple[int, ...]  # elements per image of each output
    parameters: int  # numbers that the network computes with
    operations: int  # 2 x multiply-adds per image
    hash: str  # SHA-256 of the file
    rejects: bool  # of a classifier: the last logit stands for none of the classes
    provenance: dict[str, str]  # what the file says about where it comes from


class Model(Owned):
    """A network, from `load`. Immutable: any number of threads and plans may use it.

    `info` is its `ModelInfo`. `plan` makes it ready to run with settings of your choice; the methods that compute
    (`sample`, `score`, `energy`, `gradient`, `denoise`, `evaluate`, `update`) use a plan with the defaults, which is
    made when it is first needed.
    """

    _free = "gs_model_free"

    def __init__(self, handle):
        self._handle = handle
        self._default, self._lock = None, threading.Lock()
        self.info = self._read_info()

    def __repr__(self):
        i = self.info
        return f"<gensample.Model {i.name}: {i.kind} of {'x'.join(map(str, i.shape))}, {i.parameters:,} parameters>"

    def _read_info(self):
        lib = library()
        i = lib.gs_model_get_info(self._handle).contents
        value, provenance = ctypes.c_char_p(), {}
        while True:
            key = lib.gs_model_get_provenance(self._handle, len(provenance), ctypes.byref(value))
            if key is None:
                break
            provenance[text(key)] = text(value.value)
        return ModelInfo(
            name=text(i.name),
            kind=_KINDS.get(i.kind, "unknown"),
            shape=tuple(i.shape),
            image=tuple(i.image),
            range=tuple(i.range),
            takes_sigma=bool(i.takes_sigma),
            sigma=tuple(i.sigma) if i.takes_sigma else None,
            labels=i.labels,
            needs_label=bool(i.needs_label),
            shares=_doubles(i.shares, i.labels) if i.shares else None,
            ladder=_doubles(i.ladder, i.ladder_length),
            outputs=i.outputs,
            output_sizes=tuple(i.output_size[: i.outputs]),
            parameters=i.parameters,
            operations=i.operations,
            hash=text(i.hash),
            rejects=bool(i.rejects),
            provenance=provenance,
        )

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """The file's tensors, {name: float32 array, read-only, in the model's memory}."""
        lib, found = library(), {}
        while True:
            name = lib.gs_model_get_tensor_name(self._handle, len(found))
            if name is None:
                return found
            data, shape = ctypes.c_void_p(), (ctypes.c_size_t * 6)()
            rank = lib.gs_model_get_tensor(self._handle, name, ctypes.byref(data), shape)
            sizes = tuple(shape[:rank])
            count = int(np.prod(sizes, dtype=np.int64))
            memory = (ctypes.c_float * count).from_address(data.value) if count else (ctypes.c_float * 0)()
            memory._model = self  # which owns the memory
            array = np.frombuffer(memory, dtype=np.float32).reshape(sizes)
            array.flags.writeable = False
            found[text(name)] = array

    def defaults(self, sampler: str | None = None, **settings: Any) -> dict[str, Any]:
        """The settings with which `sample` would draw, {name: value}, with the sampler's name as "sampler".

        sampler, settings: those that are given already. Raises ArgumentError where one is out of its range.
        """
        options = _options(sampler, settings)
        library().gs_sample_resolve(self._handle, ctypes.byref(options))
        return _resolved(options)

    def plan(
        self,
        threads: int = 0,
        isa: str | None = None,
        backend: str | None = None,
        block: int = 0,
        gradient: bool | None = None,
        dtype: str | None = None,
    ) -> Plan:
        """Make the network ready to run: choose kernels, pack weights, lay out memory.

        threads: 1 ... 1024; 0: as many as this process may use.
        isa: the instruction set, as of `isas()`; None: the environment's GENSAMPLE_ISA, else the best.
        backend: "native" (None) or "onednn".
        block: images per thread at a time, 1 ... 64; 0: chosen. It never changes results.
        gradient: whether `gradient` and `sample` of an energy will be called; None: of energies, with the native backend.
        dtype: the type of the numbers that products multiply, "f32", "bf16", "bf16-exact" or, of quantised files, "int8"; None: the file's.

        Results are the same bytes whatever threads and block are and, where `Plan.info.exact` says so, isa. Returns a `Plan`. Raises ArgumentError for an
        option out of its range, UnsupportedError for what this CPU or build cannot do.
        """
        return Plan(self, threads, isa, backend, block, gradient, dtype)

    def _plan(self):
        with self._lock:
            if self._default is None:
                self._default = self.plan()
            return self._default

    def sample(self, n: int = 64, **options: Any) -> Images:
        """`Plan.sample` with the default plan."""
        return self._plan().sample(n, **options)

    def run(self, n: int = 64, **options: Any) -> Run:
        """`Plan.run` with the default plan."""
        return self._plan().run(n, **options)

    def update(
        self,
        weights: Mapping[str, Any],
        names: Mapping[str, str | None] | Callable[[str], str | None] | None = None,
        strict: bool = True,
    ) -> None:
        """`Plan.update` with the default plan; the model and other plans keep the weights of the file."""
        self._plan().update(weights, names, strict)

    def evaluate(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray | tuple[np.ndarray, ...]:
        """`Plan.evaluate` with the default plan."""
        return self._plan().evaluate(x, sigma, labels)

    def energy(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """`Plan.energy` with the default plan."""
        return self._plan().energy(x, sigma, labels)

    def gradient(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """`Plan.gradient` with the default plan."""
        return self._plan().gradient(x, sigma, labels)

    def score(
        self, x: ArrayLike, sigma: float | None = None, labels: ArrayLike | None = None
    ) -> np.ndarray:
        """`Plan.score` with the default plan."""
        return self._plan().score(x, sigma, labels)

    def denoise(self, x: ArrayLike, sigma: float, labels: ArrayLike | None = None) -> np.ndarray:
        """`Plan.denoise` with the default plan."""
        return self._plan().denoise(x, sigma, labels)


def _doubles(address, count):
    return tuple((ctypes.c_double * count).from_address(address)) if count else ()

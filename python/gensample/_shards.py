"""Many samples, of which few are in memory: `stream`, `QualitySums`, and runs in shards, `Shards`."""

from __future__ import annotations

import collections.abc
import ctypes
import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, classes, whole
from ._images import Images
from ._library import ArgumentError, FormatError, Owned, library, struct
from ._measure import Quality, _classes_of, _judge, _quality_of
from ._model import Model
from ._plan import Plan

BLOCK = 1024


def stream(
    source: Model | Plan, n: int, *, block: int = BLOCK, first: int = 0, labels: ArrayLike | str | None = None, **options: Any
) -> Iterator[Images]:
    """Draw n samples as `Plan.run` does, and give them block by block, so that memory does not grow with n.

    source: a model or a plan.
    block: samples in each block, the last of which may be shorter; every block size gives the same samples.
    first: the number of the first chain.
    labels: as of `Plan.run`, (n) where they are an array.
    options: other arguments of `Plan.run`, but for init, trajectory and trace.

    Yields `Images` (up to block, C, H, W). Raises what `Plan.run` raises, while blocks are drawn.
    """
    for name in ("init", "trajectory", "trace"):
        if name in options:
            raise ArgumentError(f"{name}: a stream has none; expected Plan.run for it")
    n, block, first = whole("n", n, 0, 2**60), whole("block", block, 1), whole("first", first)
    given = np.asarray(labels) if labels is not None and not isinstance(labels, str) else None
    if given is not None and given.ndim and len(given) != n:
        raise ArgumentError(f"labels: found {len(given)}, expected n, which is {n}")
    return _blocks(source, n, block, first, labels, given, options)


def _blocks(source, n, block, first, labels, given, options):
    model = source.model if isinstance(source, Plan) else source
    for at in range(0, n, block):
        count = min(block, n - at)
        own = labels
        if isinstance(labels, str) and labels == "all" and model.info.labels:
            own = (at + np.arange(count)) % model.info.labels
        elif given is not None and given.ndim:
            own = given[at : at + count]
        yield source.run(count, first=first + at, labels=own, **options).images


class QualitySums(Owned):
    """Sums from which a judge's figures of any number of images are found without keeping them.

        sums = gensample.QualitySums()
        for images in gensample.stream(model, 100000):
            sums.add(images)
        print(sums.quality())

    judge: as of `quality`.
    """

    _free = "gs_quality_sums_free"

    def __init__(self, judge: str | Model | Plan | None = None):
        self._plan, handle = _judge(judge), ctypes.c_void_p()
        library().gs_quality_sums_create(self._plan._handle, ctypes.byref(handle))
        self._handle = handle.value

    def add(self, images: ArrayLike, labels: ArrayLike | None = None) -> None:
        """Add images, (n, C, H, W) in the judge's data range, with requested labels, (n); None: those that they know.
        Raises ArgumentError as `quality` does."""
        if labels is None:
            labels = getattr(images, "labels", None)
        x = self._plan._images(images, "images")
        of_image = None if labels is None else classes("labels", labels, len(x), _classes_of(self._plan))
        with self._plan._turn():
            library().gs_quality_sums_add(self._handle, address(x), address(of_image), len(x))

    def numbers(self) -> np.ndarray:
        """The sums, float64, to be kept or sent elsewhere; the same for every way to cut images into calls of `add`."""
        numbers = np.empty(library().gs_quality_sums_size(self._handle))
        with self._plan._turn():
            library().gs_quality_sums_get(self._handle, address(numbers))
        return numbers

    def join(self, numbers: ArrayLike) -> None:
        """Add the `numbers` of other images by the same judge. Raises ArgumentError where there are more or fewer,
        FormatError where they cannot be sums."""
        numbers = np.ascontiguousarray(numbers, dtype=np.float64)
        size = library().gs_quality_sums_size(self._handle)
        if numbers.shape != (size,):
            raise ArgumentError(f"numbers: found shape {numbers.shape}, expected ({size},) of this judge")
        with self._plan._turn():
            library().gs_quality_sums_join(self._handle, address(numbers))

    def quality(self) -> Quality:
        """The `Quality` of all images added. Raises ArgumentError if there are none."""
        found = struct("gs_quality")
        with self._plan._turn():
            library().gs_quality_sums_measure(self._handle, ctypes.byref(found))
        return _quality_of(found)


@dataclasses.dataclass(frozen=True)
class Shard:
    """A finished shard of a run."""

    number: int  # from 0
    first: int  # its first chain
    count: int  # chains
    path: pathlib.Path  # its file, or its folder of pictures
    bytes: int  # of the file, or of all pictures
    sha256: str  # of the file, or of all pictures one after the other


class Shards(collections.abc.Sequence):
    """A run in shards, as `gensample --shard-size` writes it: a sequence of its finished `Shard`s.

    folder: that of the run. Raises FileNotFoundError without a manifest, FormatError where it is none.

    `settings` is a dictionary of the run's settings, `n` the number of all its chains, `count` that of all its shards.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = pathlib.Path(folder)
        path = self.folder / "manifest.json"
        try:
            text = path.read_bytes()
            head = json.loads(text)
            if head["manifest"] != 1:
                raise ValueError("another version of manifests")
            if hashlib.sha256(text[: text.index(b'\n "head_sha256": ') + 1]).hexdigest() != head["head_sha256"]:
                raise ValueError("what the run is was changed after it was written")
            self.settings, self.n = dict(head["settings"]), int(head["n"])
            self.model, self.hash, self.format = str(head["model"]), str(head["hash"]), str(head["format"])
            self.count = -(-self.n // int(head["shard_size"]))
            self._shards = [self._shard(record) for record in head["shards"]]
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as problem:
            raise FormatError(f"{path}: this is no manifest of gensample, or is damaged: {problem!r}") from None

    def _shard(self, record):
        number = int(record["shard"])
        name = f"shard-{number:05}" + ("" if self.format == "png" else f".{self.format}")
        return Shard(
            number, int(record["first"]), int(record["count"]), self.folder / name, int(record["bytes"]), str(record["sha256"])
        )

    def __len__(self) -> int:
        return len(self._shards)

    def __getitem__(self, i):
        return self._shards[i]

    def arrays(self) -> Iterator[np.ndarray]:
        """The samples of each finished shard, in order, as an array that reads the file where it is looked at. Raises
        ArgumentError for formats other than npy."""
        if self.format != "npy":
            raise ArgumentError(f"{self.folder}: its shards are {self.format}, expected npy")
        return (np.load(shard.path, mmap_mode="r") for shard in self)

    def damaged(self) -> list[Shard]:
        """The finished shards whose bytes are not those that were written."""
        return [shard for shard in self if _hash_of(shard.path) != shard.sha256]


def _hash_of(path):
    """The hash of a file, or of the files of a folder one after the other; None: it cannot be read."""
    digest = hashlib.sha256()
    try:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            with open(file, "rb") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()

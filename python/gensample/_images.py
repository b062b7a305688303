"""Images as arrays that show themselves: `Images`."""

from __future__ import annotations

import math
import os
import pathlib
import struct
import zlib

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import INT_MOST, whole
from ._library import ArgumentError

GAP, BACKGROUND, MOST_SHOWN, MOST_PIXELS = 2, 64, 1024, 1 << 28  # as in the program's pictures


class Images(np.ndarray):
    """Images, (n, C, H, W) float32: a NumPy array that also knows its data range and labels, shows itself in notebooks
    as a picture, and saves itself.

    `range` is (low, high), the values of black and white; `labels` is the array (n) of the classes that were asked for,
    or None. Both go along with slices of whole images, images[3:7] or images[images.labels == 3]; other results of
    NumPy's functions have the range, and labels only if their length still fits.
    """

    range: tuple[float, float] = (0.0, 1.0)
    labels: np.ndarray | None = None

    def __new__(cls, pixels: ArrayLike, range: tuple[float, float] = (0.0, 1.0), labels: ArrayLike | None = None) -> Images:
        images = np.asarray(pixels, dtype=np.float32).view(cls)
        images.range = (float(range[0]), float(range[1]))
        images.labels = None if labels is None else np.asarray(labels)
        return images

    def __array_finalize__(self, other):
        if isinstance(other, Images):
            self.range = other.range
            fits = other.labels is not None and self.ndim == other.ndim and len(self) == len(other.labels)
            self.labels = other.labels if fits else None

    def __getitem__(self, key):
        part = super().__getitem__(key)
        first = key[0] if isinstance(key, tuple) and key else key
        if isinstance(part, Images) and self.labels is not None and first is not None and first is not Ellipsis:
            labels = np.asarray(self.labels)[first]
            part.labels = labels if part.ndim == self.ndim and len(labels) == len(part) else None
        return part

    def __reduce__(self):
        function, arguments, state = super().__reduce__()
        return function, arguments, (state, self.range, self.labels)

    def __setstate__(self, state):
        super().__setstate__(state[0])
        self.range, self.labels = state[1:]

    def _four(self):
        if self.ndim > 4 or self.ndim < 2:
            raise ValueError(f"a picture of an array of shape {self.shape}: expected images, (n, C, H, W)")
        pixels = np.asarray(self).reshape((1,) * (4 - self.ndim) + self.shape)
        if pixels.shape[1] not in (1, 3):
            raise ValueError(f"a picture of images with {pixels.shape[1]} channels: expected 1 or 3")
        return pixels

    def grid(self, rows: int | None = None, columns: int | None = None, scale: int = 1) -> np.ndarray:
        """The images side by side, as the program's .png files have them: (height, width, C) bytes, black to white.

        rows, columns: of the grid; by default it is close to square and shows at most 1024. scale: pixels are drawn as
        scale x scale pixels. Raises ValueError for arrays that are no images of 1 or 3 channels, or more than 2^28 pixels.
        """
        pixels = self._four()
        n, channels, height, width = pixels.shape
        rows, columns = (
            None if count is None else whole(name, count, 1, INT_MOST) for name, count in (("rows", rows), ("columns", columns))
        )
        scale = whole("scale", scale, 1, INT_MOST)
        shown = min(n, MOST_SHOWN)
        if columns is None:
            columns = math.ceil(shown / rows) if rows else max(1, math.isqrt(max(shown - 1, 0)) + (shown > 1))
        if rows is None:
            rows = max(1, math.ceil(shown / columns))
        tall, wide = (count * (size + GAP) + GAP for count, size in ((rows, height), (columns, width)))
        if tall * wide * scale**2 > MOST_PIXELS:
            found = f"a picture of {tall * scale} x {wide * scale} pixels"
            raise ArgumentError(f"rows {rows}, columns {columns}, scale {scale}: {found}, expected at most {MOST_PIXELS}")
        canvas = np.full((tall, wide, channels), BACKGROUND, dtype=np.uint8)
        low, high = np.float32(self.range[0]), np.float32(self.range[1])
        shades = np.nan_to_num((pixels - low) / (high - low) * np.float32(255), nan=0)
        shades = (np.clip(shades, 0, 255) + np.float32(0.5)).astype(np.uint8)
        for k in range(min(n, rows * columns)):
            y, x = GAP + k // columns * (height + GAP), GAP + k % columns * (width + GAP)
            canvas[y : y + height, x : x + width] = shades[k].transpose(1, 2, 0)
        return canvas.repeat(scale, 0).repeat(scale, 1)

    def png(self, rows: int | None = None, columns: int | None = None, scale: int = 1) -> bytes:
        """The bytes of a PNG file of `grid`."""
        return _png(self.grid(rows, columns, scale))

    def save(
        self, path: str | os.PathLike, rows: int | None = None, columns: int | None = None, scale: int = 1
    ) -> None:
        """Write the images to a file: .png a grid, .npy float32, .npz the same with labels, as the program does.

        Raises ValueError for another ending, OSError where the file cannot be written.
        """
        ending = pathlib.Path(path).suffix.lower()
        if ending == ".png":
            pathlib.Path(path).write_bytes(self.png(rows, columns, scale))
        elif ending == ".npy":
            np.save(path, np.asarray(self))
        elif ending == ".npz":
            labels = {} if self.labels is None else {"labels": np.asarray(self.labels, dtype=np.int32)}
            np.savez(path, samples=np.asarray(self), **labels)
        else:
            raise ValueError(f"{path}: expected a name that ends in .png, .npy or .npz")

    def _repr_png_(self) -> bytes | None:
        """What notebooks show; None, so that they show the numbers, where the array is no images."""
        if self.ndim not in (3, 4) or self.size == 0 or self.shape[-3] not in (1, 3):
            return None
        smallest = max(1, min(self.shape[-2:]))
        return self.png(scale=max(1, 56 // smallest) if self.ndim == 3 or len(self) <= 64 else 1)


def _png(pixels):
    height, width, channels = pixels.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    lines = np.zeros((height, 1 + width * channels), dtype=np.uint8)
    lines[:, 1:] = pixels.reshape(height, -1)
    data = zlib.compress(lines.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")

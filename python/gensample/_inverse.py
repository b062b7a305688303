"""Linear operators of inverse problems: `Operator`, `operators`."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, numbers, real, whole, word
from ._library import ArgumentError, Owned, library, rows_of, text


@dataclasses.dataclass(frozen=True)
class OperatorKind:
    """A kind of operator, as `operators()` lists them."""

    name: str  # "pool"
    parameters: str  # what follows the name after a colon: "K"
    help: str  # what A x is


def operators() -> tuple[OperatorKind, ...]:
    """The kinds of linear operators of the library: a tuple of `OperatorKind`."""
    rows = rows_of(library().gs_operator_get, "gs_operator_info")
    return tuple(OperatorKind(text(r.name), text(r.parameters), text(r.help)) for r in rows)


class Operator(Owned):
    """A linear operator A that makes measurements A x of images x. `shape` is that of images, `measured_shape` that of
    measurements.

    what: its text, "NAME" or "NAME:PARAMETER,PARAMETER", as of `operators()`: "mask:left", "pool:4"; or a mask, (H, W) of
        1 where pixels are seen and 0 where they are hidden.
    shape: (C, H, W) of the images.

    Raises ArgumentError for an unknown name, a parameter out of its range, or images that it cannot be applied to.
    """

    _free = "gs_operator_free"

    def __init__(self, what: str | ArrayLike, shape: Sequence[int]) -> None:
        self.shape, self._handle = tuple(whole("shape", side, 1, 4096) for side in shape), ctypes.c_void_p()
        if len(self.shape) != 3:
            raise ArgumentError(f"shape: found {shape!r}, expected (C, H, W)")
        sides, lib = (ctypes.c_int * 3)(*self.shape), library()
        if isinstance(what, str):
            lib.gs_operator_create(word("operator", what), sides, ctypes.byref(self._handle))
        else:
            mask = numbers("mask", what)
            if mask.shape != self.shape[1:]:
                raise ArgumentError(f"mask: found an array of shape {mask.shape}, expected {self.shape[1:]}")
            lib.gs_operator_create_mask(address(mask), sides, ctypes.byref(self._handle))
        lib.gs_operator_shape(self._handle, sides)
        self.measured_shape = tuple(sides)

    def __repr__(self):
        return f"<gensample.Operator of images {self.shape}, which measures {self.measured_shape}>"

    @staticmethod
    def _as(name, value, shape):
        array = numbers(name, value)
        if array.shape[1:] != shape:
            raise ArgumentError(f"{name}: found an array of shape {array.shape}, expected (n, {', '.join(map(str, shape))})")
        return array

    def _measurements(self, y):
        return self._as("y", y, self.measured_shape)

    def apply(self, x: ArrayLike) -> np.ndarray:
        """A x of images x, (n, C, H, W)."""
        x = self._as("x", x, self.shape)
        y = np.empty((len(x), *self.measured_shape), dtype=np.float32)
        library().gs_operator_apply(self._handle, address(x), len(x), address(y))
        return y

    def adjoint(self, y: ArrayLike) -> np.ndarray:
        """A^T y of measurements y."""
        y = self._measurements(y)
        x = np.empty((len(y), *self.shape), dtype=np.float32)
        library().gs_operator_adjoint(self._handle, address(y), len(y), address(x))
        return x

    def solve(self, y: ArrayLike, rho: float = 0.0) -> np.ndarray:
        """A^T (A A^T + rho I)^-1 y of measurements y; the pseudo-inverse for rho = 0."""
        y = self._measurements(y)
        x = np.empty((len(y), *self.shape), dtype=np.float32)
        library().gs_operator_solve(self._handle, address(y), real("rho", rho), len(y), address(x))
        return x

    def measure(self, x: ArrayLike, noise: float = 0.0, *, seed: int = 0, first: int = 0) -> np.ndarray:
        """A x + noise z of images x, (n, C, H, W), with standard normal numbers z that belong to seed and image; `first` is
        the number of the first. The program's `restore` has the same."""
        x = self._as("x", x, self.shape)
        y = np.empty((len(x), *self.measured_shape), dtype=np.float32)
        library().gs_operator_measure(
            self._handle, address(x), real("noise", noise), whole("seed", seed), whole("first", first), len(x), address(y)
        )
        return y

"""Densities that need no file: `density`, `densities`."""

from __future__ import annotations

import ctypes
import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import address, numbers, real, room, whole, word
from ._library import ArgumentError, Owned, library, rows_of, text
from ._model import Model


@dataclasses.dataclass(frozen=True)
class DensityKind:
    """A kind of density, as `densities()` lists them."""

    name: str  # "gaussian"
    help: str  # what it is
    formula: str  # p(x) in terms of its parameters
    source: str  # where it comes from
    parameters: dict[str, tuple[str, str]]  # {name: (default as it is written, what it is)}


def densities() -> tuple[DensityKind, ...]:
    """The kinds of densities of the library: a tuple of `DensityKind`."""
    lib, found = library(), []
    for row in rows_of(lib.gs_density_get, "gs_density_info"):
        parameters = {}
        # the row's array, which ends with a parameter without a name
        for p in rows_of(_walk(row.parameters, "gs_density_parameter"), "gs_density_parameter"):
            parameters[text(p.name)] = (text(p.value), text(p.help))
        found.append(DensityKind(text(row.name), text(row.help), text(row.formula), text(row.source), parameters))
    return tuple(found)


def _walk(address, name):
    from ._library import HEADER

    kind = HEADER.structs[name]

    def get(i):
        at = address + i * ctypes.sizeof(kind)
        return at if kind.from_address(at).name else None

    return get


class Density(Owned):
    """A density with its parameters, from `density`: exact samples, and energies in closed form. `dim` is the number of
    coordinates D, `log_z` the logarithm of the integral of exp(-E). `model()` is it as a network, for samplers."""

    _free = "gs_density_free"

    def __init__(self, description: str) -> None:
        self._handle, self.description = ctypes.c_void_p(), _described(description)
        lib = library()
        lib.gs_density_create(word("description", description), ctypes.byref(self._handle))
        self.dim = lib.gs_density_dimensions(self._handle)
        self.log_z = lib.gs_density_log_z(self._handle)

    def __repr__(self):
        return f"<gensample.Density {self.description}: {self.dim} coordinates>"

    def model(self) -> Model:
        """The density as a network of kind energy and shape (D, 1, 1): a `Model`."""
        handle = ctypes.c_void_p()
        library().gs_density_model(self._handle, ctypes.byref(handle))
        return Model(handle)

    def _evaluate(self, x, sigma, wants_energy, wants_gradient):
        array = numbers("x", x, np.float64)
        if array.size % self.dim or (array.ndim > 1 and array.shape[1] != self.dim):
            raise ArgumentError(f"x: found an array of shape {array.shape}, expected (n, {self.dim})")
        points = array.reshape(-1, self.dim)
        energy = np.empty(len(points)) if wants_energy else None
        gradient = np.empty(points.shape) if wants_gradient else None
        library().gs_density_energy(
            self._handle,
            address(points),
            real("sigma", sigma),
            len(points),
            address(energy),
            address(gradient),
        )
        return energy, gradient

    def energy(self, x: ArrayLike, sigma: float = 0.0) -> np.ndarray:
        """Energies E(x), (n) float64, of points (n, D), in closed form, to a relative error of about 1e-13.

        sigma: noise level; above 0 only for Gaussians and mixtures of them. Raises UnsupportedError where there is no
        closed form at this noise level.
        """
        return self._evaluate(x, sigma, True, False)[0]

    def gradient(self, x: ArrayLike, sigma: float = 0.0) -> np.ndarray:
        """Gradients dE/dx, (n, D) float64; arguments as of `energy`."""
        return self._evaluate(x, sigma, False, True)[1]

    def score(self, x: ArrayLike, sigma: float = 0.0) -> np.ndarray:
        """The score -dE/dx, (n, D) float64; arguments as of `energy`."""
        return -self.gradient(x, sigma)

    def draw(self, n: int, sigma: float = 0.0, seed: int = 0, first: int = 0) -> np.ndarray:
        """Independent samples of the density with noise of this level, exact ones rather than those of chains: (n, D)
        float32. Sample k of a seed is the same whatever else is drawn; first: the number of the first."""
        n = whole("n", n, 0, 2**60)
        out = room("n", n, self.dim)
        library().gs_density_draw(
            self._handle, real("sigma", sigma), whole("seed", seed), whole("first", first), n, address(out)
        )
        return out


def density(description: str, **parameters: Any) -> Density:
    """A density that needs no file (docs/densities.md): a `Density`.

    description: its name, "moons", or name and parameters, "mixture:means=-2/0,2/0,sd=0.5".
    parameters: more of them, by name: sd=0.5, means="-2/0,2/0", log_z=1.

    Raises ArgumentError for an unknown name, or a value out of its range.
    """
    more = ",".join(f"{name.replace('_', '-')}={_written(value)}" for name, value in parameters.items())
    return Density(_described(description) + ((":" if ":" not in description else ",") + more if more else ""))


def _described(description):
    if not isinstance(description, str):
        raise ArgumentError(f'description: found {description!r}, expected a str, as "moons:sd=0.1"')
    return description


def _written(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, np.ndarray)):
        return ",".join("/".join(map(str, v)) if isinstance(v, (list, tuple, np.ndarray)) else str(v) for v in value)
    return str(value)

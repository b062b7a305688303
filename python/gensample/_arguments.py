"""Arguments of users as the library wants them. Each function takes the argument's name first, and raises ArgumentError
with that name where the value is not what was expected: nothing is rounded, cut off or wrapped on its way to C."""

import operator
import os

import numpy as np

from ._library import ArgumentError, OutOfMemoryError

INT_MOST = 2**31 - 1


def _shown(value):
    """The value in a message, short whatever it is."""
    shown = f"an array of shape {value.shape}" if getattr(value, "ndim", 0) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _one(value):
    """Whether it may be one number: no truth value, text or array."""
    return not isinstance(value, (bool, np.bool_, str, bytes, complex, np.complexfloating)) and not getattr(value, "ndim", 0)


def whole(name, value, least=0, most=2**64 - 1):
    """A whole number from least to most as int; a float that is whole is one."""
    found = None
    if _one(value):
        try:
            found = operator.index(value)
        except TypeError:
            if isinstance(value, (float, np.floating)) and float(value).is_integer():
                found = int(value)
    if found is None:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected a whole number")
    if not least <= found <= most:
        raise ArgumentError(f"{name} {_shown(found)}: expected {least} ... {'2^64 - 1' if most == 2**64 - 1 else most}")
    return found


def real(name, value):
    """One number as float, which is not NaN; the library knows its range."""
    try:
        found = float(value) if _one(value) else np.nan
    except (TypeError, ValueError, OverflowError):
        found = np.nan
    if found != found:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected a number")
    return found


def pair(name, value):
    """Two numbers, as a tuple of float."""
    try:
        values = tuple(value)
    except TypeError:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected a pair, (low, high)") from None
    if len(values) != 2:
        raise ArgumentError(f"{name}: found {len(values)} values, expected a pair, (low, high)")
    return tuple(real(name, v) for v in values)


def word(name, value, what="a str"):
    """A str as C takes it, whole; None as NULL."""
    if value is None:
        return None
    try:
        found = value.encode() if isinstance(value, str) else None
    except UnicodeEncodeError:  # half of a surrogate pair
        found = None
    if found is None:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected {what}")
    if b"\0" in found:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected {what} without the character NUL")
    return found


def path_of(name, value, what):
    """A path as str, whichever of Python's types it has."""
    try:
        found = os.fsdecode(value)
    except (TypeError, UnicodeError):
        found = "\0"
    if "\0" in found:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected {what}")
    return found


def _array(name, value):
    """An array of whatever has one: of tensors of PyTorch too."""
    try:
        return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name}: found {_shown(value)}, expected an array of numbers") from None


def level(sigma, power):
    """A noise level to the power 1 or 2 as float32, in which scores are computed."""
    sigma = real("sigma", sigma)
    least, most = {1: (1e-37, 1e30), 2: (1e-18, 1e18)}[power]
    if not least <= sigma <= most:
        raise ArgumentError(f"sigma {sigma:g}: expected {least:g} ... {most:g}, so that float32 holds its power {power}")
    found = np.float32(sigma)
    return found if power == 1 else found * found


def numbers(name, value, dtype=np.float32, finite=True):
    """An array of real numbers as a contiguous one of this type, without a copy where it is that already."""
    array = _array(name, value)
    if array.dtype.kind not in "fiub":
        what = _shown(value) if array.dtype.kind in "OUS" and not array.ndim else f"an array of {array.dtype}"
        raise ArgumentError(f"{name}: found {what}, expected real numbers")
    with np.errstate(over="ignore"):
        made = np.ascontiguousarray(array, dtype=dtype).reshape(array.shape)
    if finite and not np.isfinite(made).all():
        bad = array[~np.isfinite(made)].flat[0]
        found = "NaN" if bad != bad else f"{float(bad):g}"
        raise ArgumentError(f"{name}: found {found}, expected finite numbers that {np.dtype(dtype)} can hold")
    return made


def classes(name, value, n, count, none=True):
    """Labels 0 ... count - 1, and `count` where there is `none`, as (n) int32; one number stands for all."""
    array = _array(name, value)
    if array.dtype.kind not in "iu" and array.size:
        raise ArgumentError(f"{name}: found {_shown(value)}, expected whole numbers")
    if array.ndim == 0:
        array = np.full(n, array)
    if array.shape != (n,):
        raise ArgumentError(f"{name}: found an array of shape {array.shape}, expected ({n},)")
    outside = array[(array < 0) | (array >= count + none)]
    if len(outside):
        or_none = f", or {count} for none" if none else ""
        raise ArgumentError(f"{name}: found label {outside[0]}, expected 0 ... {count - 1}{or_none}")
    return np.ascontiguousarray(array, dtype=np.int32)


def address(array):
    """Where the elements of a contiguous array are; NULL without one."""
    return None if array is None else array.ctypes.data


def room(name, n, *shape, dtype=np.float32):
    """An array of (n, *shape), not set."""
    try:
        return np.empty((n, *shape), dtype=dtype)
    except (ValueError, MemoryError):
        raise OutOfMemoryError(f"{name} {n}: there is no memory for an array of shape {(n, *shape)}") from None

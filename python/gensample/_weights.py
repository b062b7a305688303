"""New weights as `Plan.update` takes them, by the names of a file."""

import re
from collections.abc import Mapping

from ._arguments import address, numbers, word
from ._library import HEADER, ArgumentError


# What batch norms, weight norms and spectral norms keep. An exporter multiplies them into the weights of layers, which may
# be called in the file as they are in the module.
_COMPUTED = re.compile(r"(^|\.)(running_mean|running_var|weight_g|weight_v|weight_u|weight_orig)$|(^|\.)parametrizations\.")


def _few(names):
    """The first of some names, for a message."""
    return ", ".join(list(names)[:3]) + (" ..." if len(names) > 3 else "")


def values_of(weights, names, strict, tensors):
    """The gs_tensor_values of these weights, an array of them, and how many. Arguments as of `Plan.update`, and the file's
    tensors."""
    given, renamed = {}, {key: name for key, name in _renamed(weights, names).items() if name is not None}
    prefix = _common_prefix(tensors, list(renamed.values()))
    for key, name in renamed.items():
        name = prefix + name
        if name in given:
            raise ArgumentError(f"weights: {key}: the tensor {name} is given twice")
        if name not in tensors and _COMPUTED.search(key):
            raise ArgumentError(
                f"weights: {key}: the module computes with other weights than it keeps, and the file has those of the "
                "computation; expected them, as in load(export(module)).tensors, or None for this name in `names`"
            )
        if strict or name in tensors:
            given[name] = _in_shape(numbers(f"weights: {key}", weights[key]), tensors.get(name))
    if renamed and not given:
        raise ArgumentError(f"weights: the file has none of these names, {_few(renamed)}; it has {_few(tensors)}")
    values = (HEADER.structs["gs_tensor_values"] * max(1, len(given)))()
    for entry, (name, array) in zip(values, given.items()):
        if array.ndim > len(entry.shape):
            raise ArgumentError(f"{name}: found an array of {array.ndim} dimensions, expected at most {len(entry.shape)}")
        entry.name, entry.rank, entry.data = word("weights", name), array.ndim, address(array)
        entry.shape[: array.ndim] = array.shape
    values.arrays = given  # which own the memory
    return values, len(given)


def _renamed(weights, names):
    """The names in the file, or None, by those in `weights`."""
    if not isinstance(weights, Mapping):
        raise ArgumentError(f"weights: found a {type(weights).__name__}, expected a mapping of names to arrays")
    if not (names is None or callable(names) or isinstance(names, Mapping)):
        raise ArgumentError(f"names: found a {type(names).__name__}, expected a mapping, a function or None")
    renamed = {}
    for key in weights:
        if not isinstance(key, str):
            raise ArgumentError(f"weights: found the name {key!r}, expected a str")
        renamed[key] = names(key) if callable(names) else (names or {}).get(key, key)
        if not isinstance(renamed[key], (str, type(None))):
            raise ArgumentError(f"names: found {renamed[key]!r} for {key}, expected a str or None")
    return renamed


def _common_prefix(tensors, names):
    """What is missing before all of these names to be tensors', "net." for example; "" where nothing is."""
    if not names or any(name in tensors for name in names):
        return ""
    prefixes = {t[: -len(n)] for t in tensors for n in names if t.endswith("." + n)}
    return max(sorted(prefixes), key=lambda p: sum(p + n in tensors for n in names), default="")


def _in_shape(array, tensor):
    """The array in the tensor's shape if they differ in sizes of 1 only."""
    if tensor is not None and [d for d in array.shape if d > 1] == [d for d in tensor.shape if d > 1]:
        return array.reshape(tensor.shape)
    return array

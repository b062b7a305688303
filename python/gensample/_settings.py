"""The settings of samplers, by the library's own list."""

from __future__ import annotations

import ctypes
import dataclasses

import numpy as np

from ._arguments import INT_MOST, pair, real, whole, word
from ._library import HEADER, ArgumentError, library, rows_of, struct, text


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting of samplers, as `settings()` lists them.

    `name` is the keyword of `sample`; `kind` is "int", "float", "bool", "pair" or "list"; `least` and `most` are its range;
    `none` says whether None, for none of it, is allowed; `help` says what it is, in units of `unit`.
    """

    name: str
    kind: str
    least: float
    most: float
    none: bool
    unit: str
    help: str
    _kind: int = dataclasses.field(repr=False)
    _offset: int = dataclasses.field(repr=False)
    _option: str = dataclasses.field(repr=False)
    _network: bool = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Sampler:
    """A sampler, as `samplers()` lists them: its name, what it does, the names of the settings that it reads, whether it
    goes down noise levels, and whether it is for decoders."""

    name: str
    help: str
    settings: tuple[str, ...]
    steps_most: int
    descends: bool
    decodes: bool


_KINDS = HEADER.enums["gs_setting_kind"]
_WORDS = {
    "GS_SETTING_KIND_STEPS": ("int", ctypes.c_int),
    "GS_SETTING_KIND_INT": ("int", ctypes.c_int),
    "GS_SETTING_KIND_COUNT": ("int", ctypes.c_int),
    "GS_SETTING_KIND_REAL": ("float", ctypes.c_double),
    "GS_SETTING_KIND_WEIGHT": ("float", ctypes.c_double),
    "GS_SETTING_KIND_SIGNED": ("float", ctypes.c_double),
    "GS_SETTING_KIND_YES_NO": ("bool", ctypes.c_int),
    "GS_SETTING_KIND_PAIR": ("pair", ctypes.c_double),
    "GS_SETTING_KIND_LIST": ("list", ctypes.c_double),
}
_BY_VALUE = {value: _WORDS[name] for name, value in _KINDS.items()}
_NONE = (_KINDS["GS_SETTING_KIND_COUNT"], _KINDS["GS_SETTING_KIND_WEIGHT"])

_rows = None


def settings() -> tuple[Setting, ...]:
    """Every setting of samplers, in the order of the program's help: a tuple of `Setting`."""
    global _rows
    if _rows is None:
        _rows = tuple(
            Setting(
                name=text(row.key),
                kind=_BY_VALUE[row.kind][0],
                least=row.least,
                most=row.most,
                none=row.kind in _NONE,
                unit=text(row.unit),
                help=text(row.help),
                _kind=row.kind,
                _offset=row.offset,
                _option=text(row.name),
                _network=row.network,
            )
            for row in rows_of(library().gs_setting_get, "gs_setting_info")
        )
    return _rows


def samplers() -> tuple[Sampler, ...]:
    """Every sampler of the library, the default first: a tuple of `Sampler`."""
    return _samplers(library().gs_sampler_get)


def methods() -> tuple[Sampler, ...]:
    """Every method of `Plan.restore`, the default first: a tuple of `Sampler`."""
    return _samplers(library().gs_restorer_get)


def _samplers(get):
    found = []
    for row in rows_of(get, "gs_sampler_info"):
        words = text(row.parameters).split()
        reads = tuple(s.name for s in settings() if s._network or s._option in words)
        found.append(Sampler(text(row.name), text(row.help), reads, row.steps_max, bool(row.descends), bool(row.decodes)))
    return tuple(found)


def _put(options, setting, value):
    """Set a field of gs_sample_options. None of what may be none is -1 there, since 0 means the default."""
    kind_name, kind = _BY_VALUE[setting._kind]
    if kind_name == "pair":
        values = pair(setting.name, value)
    elif kind_name == "list":
        values = _numbers(setting, value)
    elif kind_name == "bool":
        if not isinstance(value, (bool, int, np.bool_)):
            raise ArgumentError(f"{setting.name}: found {value!r}, expected True or False")
        values = (1 if value else -1,)
    else:
        values = (_number(setting, kind_name, value),)
    for i, one in enumerate(values):
        kind.from_buffer(options, setting._offset + i * ctypes.sizeof(kind)).value = one


def _numbers(setting, value):
    """The numbers of a list; None is not given."""
    if value is None:
        return []
    most = HEADER.constants["GS_RUNGS_MAX"]
    if isinstance(value, str) or not hasattr(value, "__len__") or not 2 <= len(value) <= most:
        raise ArgumentError(f"{setting.name}: found {value!r}, expected 2 to {most} numbers")
    return [_number(setting, "float", one) for one in value]


def _number(setting, kind_name, value):
    """The field's number of a setting that is one."""
    if value is None and setting.none:
        return -1
    if value is None:
        raise ArgumentError(f"{setting.name}: found None, expected a number")
    found = whole(setting.name, value, -INT_MOST, INT_MOST) if kind_name == "int" else real(setting.name, value)
    if found == 0 and setting.none:
        return -1
    if found == 0 or (setting.none and found < 0):
        raise ArgumentError(f"{setting.name} {value}: expected {setting.least:g} ... {setting.most:g}")
    return found


def _get(options, setting):
    word, kind = _BY_VALUE[setting._kind]
    count = {"pair": 2, "list": HEADER.constants["GS_RUNGS_MAX"]}.get(word, 1)
    values = [kind.from_buffer(options, setting._offset + i * ctypes.sizeof(kind)).value for i in range(count)]
    if word == "pair":
        return tuple(values)
    if word == "list":
        return tuple(values[: values.index(0)] if 0 in values else values) or None
    if setting.none and values[0] == -1:
        return None
    return values[0] > 0 if word == "bool" else values[0]


def _options(sampler, given):
    """gs_sample_options with these settings. Raises TypeError for a name that is none."""
    options = struct("gs_sample_options")
    options.sampler = word("sampler", sampler)
    by_name = {s.name: s for s in settings()}
    for name, value in given.items():
        if name not in by_name:
            raise TypeError(f"{name}: no setting of samplers; they are {', '.join(by_name)}")
        _put(options, by_name[name], value)
    return options


def _resolved(options):
    """The settings that the sampler of resolved options reads, by name, and the sampler's name."""
    name = text(options.sampler)
    reads = next(s.settings for s in (*samplers(), *methods()) if s.name == name)
    return {"sampler": name} | {s.name: _get(options, s) for s in settings() if s.name in reads}

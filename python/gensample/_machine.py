"""What runs here: `version`, `isas`, `backends`."""

from __future__ import annotations

import ctypes

from ._library import library, text


def version() -> str:
    """The library's version, "0.1.0"."""
    return text(library().gs_version())


def isas() -> dict[str, bool]:
    """The instruction sets of this build, from the narrowest to the widest: {name: whether this CPU can run it}."""
    found, supported = {}, ctypes.c_bool()
    while True:
        name = library().gs_isa_name(len(found), ctypes.byref(supported))
        if name is None:
            return found
        found[text(name)] = supported.value


def backends() -> dict[str, str | None]:
    """The backends, "native" first: {name: what it is, or None where this build lacks it}."""
    found, built, about = {}, ctypes.c_bool(), ctypes.create_string_buffer(400)
    while True:
        name = library().gs_backend_name(len(found), ctypes.byref(built), about, len(about))
        if name is None:
            return found
        found[text(name)] = text(about.value) if built.value else None

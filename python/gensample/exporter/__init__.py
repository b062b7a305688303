"""From PyTorch modules to weight files (needs PyTorch): `export`, and back: `Network`. Both are imported when they are first
used, so that the command gensample-export can say what is missing where PyTorch is."""

import importlib

_WHERE = {"Network": "network", "Unsupported": "writing", "export": "writing"}

__all__ = ["Network", "Unsupported", "export"]


def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("." + _WHERE[name], __name__), name)

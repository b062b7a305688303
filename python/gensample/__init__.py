"""gensample: generative sampling of neural networks on plain CPUs.

    import gensample
    images = gensample.load("ncsn").sample(64, seed=1)
    print(gensample.quality(images))
    images.save("digits.png")

NumPy arrays in, NumPy arrays out, without a copy; Python's lock is released while the library computes. The same
network, seed and settings give the same bytes on every CPU, and as the program does. Everything is explained in
docs/python.md; `help(gensample.load)` and so on say what each function takes, gives and raises.

Names are imported when they are first used, so that the programs of this package start at once, and so that its weight
files and exporter work without the library.
"""

import importlib
import pathlib
import re

# Type checkers read the list of names in __init__.pyi too.
_TEXT = pathlib.Path(__file__).with_suffix(".pyi").read_text("utf-8")
_WHERE = {
    name: module
    for module, names in re.findall(r"^from \.([\w.]+) import (\([^()]*\)|.*)$", _TEXT, re.MULTILINE)
    for name in re.findall(r"\b\w+ as (\w+)", names)
}

__all__ = ["__version__", *sorted(_WHERE)]


def __getattr__(name):
    if name == "__version__":
        from ._library import HEADER

        value = HEADER.constants["GS_VERSION"]
    elif name in _WHERE:
        try:
            value = getattr(importlib.import_module("." + _WHERE[name], __name__), name)
        except ModuleNotFoundError as problem:
            if problem.name != "torch":
                raise
            raise ImportError(f"gensample.{name} needs PyTorch: pip install 'gensample[export]'") from None
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *__all__])

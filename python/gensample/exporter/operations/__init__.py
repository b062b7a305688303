"""The operations of a weight file, as src/op/ has them in C: OPERATIONS, a row each (record.py) in a file per family."""

import importlib
import pkgutil

from .record import OPERATIONS  # noqa: F401

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")

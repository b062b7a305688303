"""PyTorch operations that become other operations of a weight file, several, or none: one handler f(e, a) each, as in
operations/, where those are that have a counterpart."""

import importlib
import pkgutil

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")

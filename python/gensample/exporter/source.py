"""Modules from users' source files: `path.py:Class` or `package.module:Class`, made with the arguments of --args."""

import ast
import importlib
import inspect
import sys
from pathlib import Path

from torch import nn

from .call import RAISED, place_of, sentence
from .expression import Arguments
from .problem import ExportError, several


def imported(where):
    """The Python module of `path.py` or `package.module`. A file that belongs to a package is imported as part of it,
    so that its relative imports work, any other by its own name, with its folder in the path, as when it is run."""
    if not where.endswith(".py"):
        sys.path.insert(0, "")
        name = where
    else:
        path = Path(where).resolve()
        if not path.is_file():
            raise ExportError(f"--module {where}", "no such file")
        parts, folder = [path.stem], path.parent
        while (folder / "__init__.py").is_file():
            parts.insert(0, folder.name)
            folder = folder.parent
        if len(parts) == 1 and uses_relative_imports(path):
            parts, folder = [path.parent.name, path.stem], path.parent.parent
        sys.path.insert(0, str(folder))
        name = ".".join(parts)
        known = sys.modules.get(name)
        if known and Path(getattr(known, "__file__", None) or "").resolve() != path:
            del sys.modules[name]
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ExportError(
            f"--module {where}", f"needs the module '{error.name}', which is not installed{place_of(error)}"
        ) from None
    except RAISED as error:
        raise ExportError(f"--module {where}", f"cannot be imported: {sentence(error)}{place_of(error)}") from None


def uses_relative_imports(path):
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(n, ast.ImportFrom) and n.level for n in ast.walk(tree))


def factory(text):
    """What `where:Name` names: a class or a function that makes a module."""
    where, colon, name = text.rpartition(":")
    if not colon or (len(where) == 1 and "\\" in name):
        where, name = text, ""
    found = imported(where)
    own = [
        n
        for n, v in vars(found).items()
        if inspect.isclass(v) and issubclass(v, nn.Module) and v.__module__ == found.__name__
    ]
    if not name:
        raise ExportError(f"--module {text}", f"expected {where}:CLASS, of {several(own, 20)}")
    for part in name.split("."):
        if not hasattr(found, part):
            raise ExportError(f"--module {text}", f"has no '{part}'; its modules are {several(own, 20)}")
        found = getattr(found, part)
    return found


def required(make):
    """Names of the arguments that must be given, and of all."""
    try:
        parameters = [
            p for p in inspect.signature(make).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        ]
    except (TypeError, ValueError):
        return [], []
    return [p.name for p in parameters if p.default is p.empty], [p.name for p in parameters]


def made(text, args, checkpoint):
    """(module, sentences): what `text` names, with arguments as text, or else with those that the checkpoint holds."""
    make = factory(text)
    if isinstance(make, nn.Module):
        return make, []
    if not callable(make):
        raise ExportError(f"--module {text}", "is neither a class nor a function")
    notes = []
    if args is not None:
        positional, keywords = Arguments(args, "--args").evaluate({})
    else:
        positional, keywords = [], {}
        needed, names = required(make)
        key, stored = checkpoint.arguments(names) if checkpoint is not None else (None, {})
        if stored and set(needed) <= set(stored):
            keywords = stored
            notes.append(
                f"arguments of '{key}' in the checkpoint: {', '.join(f'{k}={v!r}' for k, v in stored.items())}"
            )
        elif needed:
            raise ExportError(
                f"--module {text}", f"needs the arguments {several(needed)}; give them, as --args '{needed[0]}=1'"
            )
    try:
        module = make(*positional, **keywords)
    except ExportError:
        raise
    except RAISED as error:
        what = f"cannot be made with ({args or ', '.join(keywords)}): {sentence(error)}{place_of(error)}"
        raise ExportError(f"--module {text}", what) from None
    if not isinstance(module, nn.Module):
        raise ExportError(f"--module {text}", f"makes a {type(module).__name__}; expected a torch.nn.Module")
    return module, notes

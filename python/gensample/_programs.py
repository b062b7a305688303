"""The programs gensample and genbench of a wheel, as commands."""

import os
import sys

from ._library import PACKAGE


def _run(name):
    path = PACKAGE / "bin" / name
    if not path.exists():
        sys.exit(
            f"{name}: this package was built without it; pip install builds gensample always, and genbench where "
            "Google Benchmark and a C++ compiler are"
        )
    os.execv(path, [name, *sys.argv[1:]])


def gensample():
    _run("gensample")


def genbench():
    _run("genbench")

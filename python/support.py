"""What the tests of the exporter share."""

import contextlib
import io
from pathlib import Path

from torch import nn

from gensample.exporter import cli
from gensample.exporter.api import Export

ROOT = Path(__file__).resolve().parents[1]


def has(package):
    try:
        __import__(package)
    except ImportError:
        return False
    return True


def job_of(module, kind, **options):
    """The export of a module, of images of 4 x 4 unless it is told otherwise."""
    return Export(module, kind, {"data": (1, 4, 4)} | options)


def module_of(signature, body="return x"):
    """A module whose forward has this signature."""
    space = {}
    exec(f"def forward(self, {signature}):\n    {body}\n", space)
    return type("Made", (nn.Module,), {"forward": space["forward"]})()


def run(*argv):
    """(status, what is printed, what is printed as an error) of the program."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main([str(a) for a in argv])
        except SystemExit as stop:
            status = stop.code
    return status, out.getvalue(), err.getvalue()

"""What the tests share: the build's programs, and what they print."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

import gensample

BUILD = pathlib.Path(os.environ["GENSAMPLE_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Case(unittest.TestCase):
    """A test with a folder of its own, `self.folder`."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def program(self, *arguments):
        """What the program gensample prints."""
        command = [str(BUILD / "gensample"), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def drawn(self, *arguments):
        """The array that the program writes."""
        self.program(*arguments, "--out", "out.npy", "--quiet")
        return np.load(self.folder / "out.npy")

    def reported(self, *arguments):
        return json.loads(self.program(*arguments, "--json", "--out", "out.npy"))

    def assertSameBytes(self, a, b):
        self.assertEqual(a.shape, b.shape)
        self.assertEqual(a.dtype, b.dtype)
        self.assertEqual(np.ascontiguousarray(a).tobytes(), np.ascontiguousarray(b).tobytes())

    def assertFails(self, kind, words, call, *arguments, **named):
        with self.assertRaises(kind) as caught:
            call(*arguments, **named)
        self.assertIn(words, str(caught.exception))
        return caught.exception


_plans = {}


def plan(name, **options):
    """A plan of a shipped network, kept."""
    key = name, tuple(sorted(options.items()))
    if key not in _plans:
        _plans[key] = gensample.load(name).plan(**options)
    return _plans[key]

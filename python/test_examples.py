"""The examples of python/examples run, and compute what they say."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import gensample
from gensample._library import library

EXAMPLES = Path(__file__).resolve().parent / "examples"


class Examples(unittest.TestCase):
    def setUp(self):
        try:
            library()
        except ImportError:
            self.skipTest("libgensample is not built")

    def example(self, name, *arguments):
        done = subprocess.run([sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_chains_are_those_of_pytorch(self):
        self.assertIn("end at the same pixels", self.example("contrastive_divergence.py", "--check"))

    def test_training(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "net.bin"
            printed = self.example("contrastive_divergence.py", "--steps", "12", "--out", out)
            self.assertEqual([line.split(":")[0] for line in printed.splitlines()], ["step 0", "step 10", "step 11"])
            energy = gensample.load(out).energy(np.zeros((3, 1, 28, 28)))
        self.assertTrue(np.isfinite(energy).all())


if __name__ == "__main__":
    unittest.main()

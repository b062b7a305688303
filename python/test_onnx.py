"""Tests of networks from ONNX.

python test_onnx.py [-v]
"""

import sys
import tempfile
import unittest
from pathlib import Path

import torch

from gensample import weightfile
from support import ROOT, has, run


@unittest.skipUnless(has("onnx"), "onnx is not installed")
class Onnx(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.out = self.folder / "net.bin"

    def onnx_of(self, name):
        sys.path.insert(0, str(ROOT / "bench" / "peers"))
        from to_onnx import build

        path = self.folder / f"{name}.onnx"
        path.write_bytes(build(*weightfile.read(ROOT / "tests" / "golden" / f"{name}.bin"), None).SerializeToString())
        return path

    def test_there_and_back(self):
        for name, options in (
            ("tiny", ()),
            ("tiny-cond", ("--labels", 10)),
            ("zoo", ("--labels", 3, "--data", "4x12x8")),
        ):
            with self.subTest(name):
                path = self.onnx_of(name)
                status, out, err = run(
                    path, "--kind", "denoiser", "--schedule", "ve:0.01,30", "--out", self.out, *options
                )
                self.assertEqual((status, err), (0, ""))

    def test_refused(self):
        path = self.onnx_of("tiny")
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) // 2])
        status, _, err = run(path, "--kind", "denoiser", "--schedule", "ve:0.01,30", "--out", self.out)
        self.assertEqual(status, 1)
        self.assertIn("is no ONNX model that can be read", err)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

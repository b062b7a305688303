"""Networks made ready for integers."""

import unittest

import numpy as np
from support import SOURCE, Case

import gensample
from gensample import weightfile

SMALL = SOURCE / "tests" / "golden" / "energy.bin"


class Quantising(Case):
    def test_file(self):
        made = gensample.quantize(SMALL, n=4)
        self.assertTrue(0 < max(made.error) <= 0.015)
        self.assertEqual(len(made.error), len(made.ends) + 1)
        self.assertTrue(all(a <= b for a, b in zip(made.error, made.error_max)))
        self.assertIn("winograd-f4", [layer.domain for layer in made.layers])
        self.assertEqual(made.operations, gensample.load(SMALL).info.operations)
        made.save(self.folder / "made.bin")
        self.program("quantize", SMALL, "other.bin", "-n", 4, "--quiet")
        self.assertEqual((self.folder / "made.bin").read_bytes(), (self.folder / "other.bin").read_bytes())
        model, _ = weightfile.read(self.folder / "made.bin")
        self.assertEqual(model["quantization"]["dtype"], "int8")
        old, new = gensample.load(SMALL), made.model()
        for name, values in old.tensors.items():
            self.assertSameBytes(values, new.tensors[name])

    def test_weights(self):
        made = gensample.quantize("ncsn", dtype="f32", weights="bf16")
        old, new = gensample.load("ncsn").tensors, made.model().tensors
        for name, values in old.items():
            np.testing.assert_allclose(new[name], values, rtol=2**-8)
        model, tensors = weightfile.parse(made.bytes)
        self.assertSameBytes(tensors["stem.weight"], new["stem.weight"])
        narrow = {name: "BF16" for name, values in tensors.items() if values.ndim > 1}
        _, again = weightfile.parse(weightfile.write(model, tensors, narrow))
        self.assertSameBytes(again["stem.weight"], new["stem.weight"])

    def test_images(self):
        images = np.random.default_rng(1).random((8, 1, 28, 28), np.float32)
        made = gensample.quantize("judge", images=images, error=0.5)
        self.assertEqual(made.states, 4)
        self.assertIn("% of the operations in int8", str(made))

    def test_direct(self):
        usual, direct = gensample.quantize(SMALL, n=4), gensample.quantize(SMALL, n=4, direct=True)
        self.assertNotEqual(usual.bytes, direct.bytes)
        self.assertEqual({l.domain for l in direct.layers if l.dtype == "int8"}, {"direct"})

    def test_refusals(self):
        wrong = {"dtype": "int4", "weights": "f8", "bands": 17, "error": -1, "isa": "mmx"}
        for name, what in wrong.items():
            words = str(what) if name == "isa" else name
            self.assertFails(gensample.ArgumentError, words, gensample.quantize, SMALL, **{name: what})
        self.assertFails(gensample.ArgumentError, "1 images", gensample.quantize, SMALL, n=1)
        self.assertFails(gensample.ArgumentError, "classifier", gensample.quantize, "judge")
        self.assertFails(gensample.ArgumentError, "images", gensample.quantize, "judge", images=np.zeros((2, 1, 4, 4)))
        self.assertFails(gensample.FileError, "no such file", gensample.quantize, "no-such")
        self.assertFails(gensample.UnsupportedError, "integers", gensample.quantize, SMALL, n=4, error=1e-9)
        stopped = {"n": 4, "progress": lambda part: False}
        self.assertFails(gensample.InterruptedSampling, "interrupted", gensample.quantize, SMALL, **stopped)


if __name__ == "__main__":
    unittest.main()

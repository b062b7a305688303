"""Images restored from measurements in Python are the program's; operators are linear maps; mistakes are refused."""

import unittest

import numpy as np
from support import Case, plan

import gensample

RANDOM = np.random.default_rng(3)


class Restoring(Case):
    def setUp(self):
        super().setUp()
        self.images = np.clip(plan("ncsn").sample(3, seed=2, steps=5), 0, 1).astype(np.float32)
        np.save(self.folder / "x.npy", self.images)

    def test_as_the_program(self):
        """The program clips what it writes."""
        for method, words in (("diffpir", "mask:left"), ("pigdm", "pool:4"), ("sdedit", "none")):
            with self.subTest(method):
                operator = gensample.Operator(words, (1, 28, 28))
                measured = operator.measure(self.images, 0.1, seed=5)
                made = plan("ncsn", gradient=True)
                run = made.restore(measured, operator, noise=0.1, method=method, seed=5, steps=4)
                drawn = self.drawn(
                    "restore", "--model", "ncsn", "--input", "x.npy", "--operator", words, "--noise", 0.1,
                    "--method", method, "--seed", 5, "--steps", 4,
                )
                self.assertSameBytes(np.clip(np.asarray(run.images), 0, 1), drawn)
                self.assertEqual((run.settings["sampler"], run.settings["steps"]), (method, 4))
                self.assertEqual(run.evaluations, 8 if method == "pigdm" else 4)

    def test_operators(self):
        names = [kind.name for kind in gensample.operators()]
        self.assertIn("mask", names)
        mask = gensample.Operator(np.eye(4), (2, 4, 4))
        x, y = RANDOM.standard_normal((2, 5, 2, 4, 4)).astype(np.float32)
        np.testing.assert_array_equal(mask.apply(x), x * np.eye(4, dtype=np.float32))
        blur = gensample.Operator("blur:0.8", (2, 4, 4))
        self.assertAlmostEqual(float((blur.apply(x) * y).sum()), float((x * blur.adjoint(y)).sum()), places=4)
        np.testing.assert_allclose(blur.apply(blur.solve(blur.apply(x))), blur.apply(x), atol=1e-5)
        self.assertEqual(gensample.Operator("pool:2", (3, 4, 6)).measured_shape, (3, 2, 3))

    def test_products(self):
        """v^T dF/dx of a random v, against a central difference along a random u."""
        made, h = plan("ncsn", gradient=True), 0.02
        x, v, u = RANDOM.standard_normal((3, 1, 1, 28, 28)).astype(np.float32)
        _, product = made.product(x, v, 1.0)
        ends = [made.evaluate(x + s * np.float32(h) * u, 1.0).astype(np.float64) for s in (1, -1)]
        slope = float((v * (ends[0] - ends[1])).sum() / (2 * h))
        self.assertLess(abs(slope - float((product * u).sum())), 0.02 * float(np.linalg.norm(product) * np.linalg.norm(u)))

    def test_mistakes(self):
        y = np.zeros((1, 1, 28, 28))
        made = gensample.load("ncsn").plan()
        self.assertFails(gensample.ArgumentError, "expected one of diffpir", made.restore, y, method="magic")
        self.assertFails(gensample.ArgumentError, "gradient", made.restore, y, method="dps")
        self.assertFails(gensample.ArgumentError, "fog", made.restore, y, "fog")
        self.assertFails(gensample.ArgumentError, "expected (n, 1, 7, 7)", made.restore, y, "pool:4")
        self.assertFails(gensample.ArgumentError, "noise", made.restore, y, noise=-1)
        self.assertFails(gensample.ArgumentError, "mask", gensample.Operator, np.ones((3, 3)), (1, 28, 28))
        self.assertFails(gensample.ArgumentError, "method of restoring", made.sample, 1, sampler="dps")


if __name__ == "__main__":
    unittest.main()

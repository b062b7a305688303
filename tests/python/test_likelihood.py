"""Likelihoods, latents, classes, images of another kind, and near copies: as the program finds them."""

import csv
import unittest

import numpy as np
from support import Case, plan

import gensample

MIXTURE = "mixture:means=-2/0,2/0,sd=0.5"


class Flow(Case):
    def setUp(self):
        super().setUp()
        self.density = gensample.density(MIXTURE)
        self.points = self.density.draw(20, seed=3)

    def test_likelihood(self):
        found = gensample.likelihood(MIXTURE, self.points)
        wanted = -self.density.energy(self.points)
        self.assertLess(np.abs(found.nats - wanted).max(), 0.1)  # the prior lacks the data's variance
        self.assertTrue((found.error == 0).all() and (found.steps == 32).all() and np.isnan(found.change).all())
        self.assertIn("20 images: log p", str(found))
        rough = gensample.likelihood(MIXTURE, self.points, steps=4, tolerance=0.01, trace="normal", probes=3)
        self.assertTrue((rough.steps > 4).any() and (rough.error > 0).all())

    def test_latents(self):
        latents = gensample.encode(MIXTURE, self.points, steps=64)
        back = gensample.decode(MIXTURE, latents, steps=64)
        self.assertEqual((latents.shape, back.shape), ((20, 2), (20, 2)))
        self.assertLess(np.abs(back - self.points).max(), 1e-3)
        frames = gensample.interpolate(MIXTURE, self.points[:3], self.points[3:6], frames=5, steps=64)
        self.assertEqual(frames.shape, (3, 5, 2))
        self.assertLess(np.abs(frames[:, 0] - self.points[:3]).max(), 1e-3)
        self.assertLess(np.abs(frames[:, -1] - self.points[3:6]).max(), 1e-3)
        same = gensample.interpolate(MIXTURE, latents[:3], latents[3:6], frames=5, latents=True, steps=64)
        np.testing.assert_array_equal(frames, same)

    def test_arcs(self):
        half = gensample.slerp([3, 0], [0, 3], 0.5)
        np.testing.assert_allclose(half, [3 * 0.5**0.5] * 2, rtol=1e-6)
        self.assertEqual(gensample.slerp([3, 0], [0, 3], [0, 0.5, 1]).shape, (3, 2))

    def test_as_the_program(self):
        np.save(self.folder / "points.npy", self.points)
        self.program("likelihood", MIXTURE, "--input", "points.npy", "--out", "nats.csv")
        with open(self.folder / "nats.csv", newline="") as file:
            wanted = [float(row["nats"]) for row in csv.DictReader(file)]
        np.testing.assert_allclose(gensample.likelihood(MIXTURE, self.points).nats, wanted, rtol=1e-8)

    def test_refused(self):
        for wrong in ({"trace": "some"}, {"steps": 1}, {"probes": -1}, {"sigmas": (1, 2, 3)}, {"dequantize": 1}):
            with self.subTest(wrong), self.assertRaises(gensample.ArgumentError):
                gensample.likelihood(MIXTURE, self.points, **wrong)
        with self.assertRaises(gensample.UnsupportedError):
            gensample.encode("gaussian:dim=2,levels=no", self.points)
        with self.assertRaises(gensample.ArgumentError):
            gensample.slerp([1, 2], [1, 2, 3], 0.5)


class Classes(Case):
    def test_probabilities(self):
        images = plan("ncsn-cond").sample(2, labels=[3, 7], seed=1)
        found = gensample.class_probabilities("ncsn-cond", np.clip(images, 0, 1), levels=4, sigmas=(0.1, 1))
        self.assertEqual((found.p.shape, found.error.shape), ((2, 10), (2, 10)))
        np.testing.assert_allclose(found.p.sum(axis=1), 1)
        np.testing.assert_array_equal(found.classes, [3, 7])
        judged = gensample.calibration(found, [3, 7])
        self.assertEqual((judged.n, judged.accuracy, sum(judged.bin_count)), (2, 1, 2))
        self.assertAlmostEqual(judged.log_loss, -found.log_p[[0, 1], [3, 7]].mean())
        self.assertIn("accuracy 1", str(judged))

    def test_refused(self):
        x = np.zeros((1, 1, 28, 28))
        for wrong in ({"method": "guess"}, {"prior": [1, 2]}, {"levels": 1}, {"sigmas": (5, 9000)}):
            with self.subTest(wrong), self.assertRaises(gensample.ArgumentError):
                gensample.class_probabilities("ncsn-cond", x, **wrong)
        with self.assertRaises(gensample.UnsupportedError):
            gensample.class_probabilities("ncsn-cond", x, method="energy")
        with self.assertRaises(gensample.ArgumentError):
            gensample.calibration(np.log([[0.5, 0.5]]), [2])


class Strange(Case):
    def test_scores(self):
        density = gensample.density(MIXTURE)
        known, strange = density.draw(50), np.column_stack([np.zeros(40), np.linspace(2, 4, 40)])
        for by in ("energy", "gradient", "denoising", "likelihood"):
            a, b = (gensample.novelty(MIXTURE, x, by, steps=16, draws=4) for x in (known, strange))
            area, error = gensample.auroc(a, b)
            pairs = (b[:, None] > a).mean() + (b[:, None] == a).mean() / 2
            self.assertAlmostEqual(area, pairs)
            self.assertTrue(area > 0.9 and 0 <= error < 0.1)
            x, y = gensample.roc(a, b)
            self.assertTrue(x[0] == 0 and y[-1] == 1 and (np.diff(y) >= 0).all())
        with self.assertRaises(gensample.ArgumentError):
            gensample.novelty(MIXTURE, known, "guess")
        with self.assertRaises(gensample.ArgumentError):
            gensample.auroc([], [1])

    def test_near_copies(self):
        rng = np.random.default_rng(1)
        training, fresh = rng.random((200, 1, 4, 4)), rng.random((50, 1, 4, 4))
        copied = gensample.nearness(training[:20], training, fresh)
        self.assertEqual((copied.copies, copied.nearer, copied.held_out, copied.distance), (20, 1, True, 0))
        apart = gensample.nearness(fresh, training)
        self.assertEqual((apart.copies, apart.real, apart.held_out), (0, 200, False))
        self.assertTrue(abs(apart.nearer - 0.5) < 5 * apart.error)
        self.assertIn("20 copies", str(copied))
        with self.assertRaises(gensample.ArgumentError):
            gensample.nearness(fresh, training[:, :, :3])


if __name__ == "__main__":
    unittest.main()

"""Decoders, and networks that need a label for every image: what Python draws is what the program draws."""

import unittest

import numpy as np
from support import Case

import gensample
from gensample import weightfile


class Decoders(Case):
    def decoder(self, labels=0, **more):
        """Latents of four numbers are images of 3 x 2 x 2, through a transposed convolution."""
        random = np.random.default_rng(0)
        tensors = {"w": random.normal(size=(4, 3, 2, 2))}
        nodes = [{"name": "out", "op": "conv_transpose2d", "inputs": ["x"], "tensors": {"weight": "w"}}]
        if labels:
            tensors["e"] = random.normal(size=(labels, 4))
            nodes[0]["inputs"] = ["z"]
            nodes[:0] = [
                {"name": "row", "op": "embedding", "inputs": ["label"], "tensors": {"weight": "e"}},
                {"name": "z", "op": "add", "inputs": ["x", "row"]},
            ]
        model = {
            "name": "decoder",
            "kind": "decoder",
            "data": {"shape": [4, 1, 1], "range": [-1, 1]},
            "inputs": ["x"] + ["label"] * bool(labels),
            "graph": {"nodes": nodes, "outputs": ["out"]},
        }
        if labels:
            model |= {"labels": labels, "unlabelled": False}
        path = self.folder / "decoder.bin"
        path.write_bytes(weightfile.write(model | more, tensors))
        return gensample.load(path)

    def test_samples(self):
        model = self.decoder()
        self.assertEqual((model.info.kind, model.info.shape, model.info.image), ("decoder", (4, 1, 1), (3, 2, 2)))
        images = model.sample(6, seed=3)
        self.assertEqual(images.shape, (6, 3, 2, 2))
        self.assertSameBytes(images, self.drawn("--model", "decoder.bin", "-n", 6, "--seed", 3))
        self.assertSameBytes(model.sample(2, seed=3, first=4), images[4:])
        latents = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
        made = model.evaluate(latents)
        self.assertEqual(made.shape, (5, 3, 2, 2))
        self.assertSameBytes(np.asarray(model.sample(5, init=latents)), made)

    def test_needed_labels(self):
        model = self.decoder(labels=3)
        self.assertTrue(model.info.needs_label)
        self.assertSameBytes(model.sample(7, seed=2), self.drawn("--model", "decoder.bin", "-n", 7, "--seed", 2))
        self.assertSameBytes(model.sample(3, label=1), self.drawn("--model", "decoder.bin", "-n", 3, "--label", 1))
        self.assertFails(gensample.ArgumentError, "needs a label", model.evaluate, np.zeros((1, 4)))
        self.assertFails(gensample.ArgumentError, "expected 0 ... 2", model.sample, 2, label=3)

    def test_refusals(self):
        model = self.decoder()
        self.assertFails(gensample.UnsupportedError, "expected decode", model.sample, 2, sampler="heun")
        self.assertFails(ValueError, "trajectory", model.plan().run, 2, trajectory=True)
        self.assertFails(gensample.UnsupportedError, "which has none", model.score, np.zeros((1, 4)))
        self.assertFails(gensample.UnsupportedError, "decoder", model.denoise, np.zeros((1, 4)), 1)


if __name__ == "__main__":
    unittest.main()

"""What is no argument is refused by an error that names it; nothing is wrapped, rounded or cut off on its way to C."""

import unittest

import numpy as np
from support import Case, plan

import gensample

X = np.zeros((4, 1, 28, 28), np.float32)


class Arguments(Case):
    def refuses(self, words, call, *arguments, **named):
        with self.subTest(words):
            self.assertFails(gensample.ArgumentError, words, call, *arguments, **named)

    def test_whole_numbers(self):
        network, labelled = plan("ncsn"), plan("ncsn-cond")
        for label in (2**40, 2**32 + 7, -1, 11):
            self.refuses(f"labels: found label {label}", labelled.sample, 1, labels=[label])
            self.refuses(f"labels: found label {label}", labelled.sample, 1, label=label)
        self.refuses("labels: found label 99", gensample.quality, X, labels=[99] * 4)
        self.refuses("labels: found an array of shape (3,)", gensample.quality, X, labels=[1, 2, 3])
        for n in (2.5, "3", True, None, np.ones(2)):
            self.refuses("n: found", network.sample, n)
        for seed in (1.9, None, "1", float("nan"), float("inf")):
            self.refuses("seed: found", network.sample, 1, seed=seed)
        self.refuses("seed 18446744073709551616: expected", network.sample, 1, seed=2**64)
        self.refuses("n 100000000000000000000: expected", network.sample, 10**20)
        self.assertFails(gensample.OutOfMemoryError, "n 100000000000000", network.sample, 10**14)
        self.refuses("steps: found nan", network.sample, 1, steps=float("nan"))
        self.refuses("steps 4294967297", network.sample, 1, steps=2**32 + 1)
        self.refuses("threads: found 1.5", network.model.plan, threads=1.5)
        self.refuses("threads 4294967297", network.model.plan, threads=2**32 + 1)
        self.refuses("block 4294967297", network.model.plan, block=2**32 + 1)
        self.refuses("draws 4294967297", gensample.loss, network, X, draws=2**32 + 1)
        self.refuses("n -1", gensample.density("moons").draw, -1)
        self.refuses("dim 4294967299", gensample.rejection, 1, 2**32 + 3, 1.1)
        images = network.sample(np.int64(2), seed=np.uint64(3), steps=4)
        self.assertSameBytes(images, network.sample(2.0, seed=3, steps=4.0))
        for name in ("rows", "columns", "scale"):
            self.refuses(f"{name} 0: expected 1", images.grid, **{name: 0})

    def test_numbers(self):
        network = plan("ncsn")
        self.refuses("sigmas: found None", network.sample, 1, sigmas=None)
        self.refuses("sigmas: found 1", network.sample, 1, sigmas=1)
        self.refuses("sigma: found an array of shape (4,)", network.score, X, np.ones(4))
        self.refuses("sigma: found 'x'", network.denoise, X, "x")
        self.refuses("weight: found None", network.sample, 1, weight=None)
        self.refuses("mu: found an array of shape (2,)", gensample.rejection, 10, 5, 1.1, mu=[1, 2])
        self.refuses("isa: found 3", network.model.plan, isa=3)
        for sigma in (1e-30, 1e25):
            self.refuses(f"sigma {sigma:g}: expected 1e-18 ... 1e+18", network.score, X, sigma)
            self.refuses(f"sigma {sigma:g}: expected 1e-18 ... 1e+18", plan("ebm").denoise, X, sigma)
        self.assertTrue(np.isfinite(network.score(X, 1e-18)).all())

    def test_words(self):
        for source in (3, None, ["ncsn"], "ncsn\0", "a/b\0.bin"):
            self.refuses(f"source: found {source!r}, expected a path, a name or", gensample.load, source)
        self.refuses("source: found", gensample.load, "moons:\ud800")
        self.refuses("name: found 3", gensample.load, b"", 3)
        for description in (3, None, b"moons"):
            self.refuses(f"description: found {description!r}", gensample.density, description)
            self.refuses(f"description: found {description!r}", gensample.Density, description)
        self.refuses("description: found 'moons\\x00'", gensample.density, "moons\0")
        self.refuses("isa: found 'scalar\\x00'", plan("ncsn").model.plan, isa="scalar\0")
        self.refuses("sampler: found 'heun\\x00'", plan("ncsn").sample, 1, sampler="heun\0")

    def test_pictures(self):
        images = gensample.Images(X)
        for options in (dict(scale=10**6), dict(rows=10**9, columns=10**9), dict(rows=10**7)):
            self.refuses("pixels, expected at most 268435456", images.grid, **options)
        self.refuses("scale 500: a picture of 31000 x 31000 pixels", images.save, "/nowhere.png", scale=500)

    def test_arrays(self):
        network = plan("ncsn")
        self.refuses("init: found 'x'", network.sample, 1, init="x")
        self.refuses("init: found an array of shape (3,)", network.sample, 1, init=np.zeros(3))
        self.refuses("init: found an array of complex", network.sample, 4, init=X * 1j)
        self.refuses("init: found 1e+300", network.sample, 4, init=X + np.float64(1e300))
        self.refuses("x: found [[1], [2, 3]]", network.denoise, [[1], [2, 3]], 1)
        self.refuses("progress: found 3", network.sample, 1, progress=3)
        nothing = X * np.nan
        self.refuses("images: found NaN", gensample.quality, nothing)
        self.refuses("images: found NaN", gensample.loss, network, nothing)
        self.refuses("x: found NaN", network.denoise, nothing, 1)
        self.refuses("x: found inf", plan("ebm").energy, X + np.inf, 1)
        self.refuses("x: found NaN", plan("ebm").gradient, nothing, 1)
        self.refuses("x: found NaN", gensample.density("moons").energy, [[np.nan, 0]])

    def test_compose(self):
        network = plan("ncsn")
        for compose in (None, network, [network], [(network,)], [(network.model, 1.0)]):
            self.refuses("compose: found", network.sample, 1, compose=compose)
        self.refuses("compose: weight: found 'x'", network.sample, 1, compose=[(network, "x")])

    def test_weights(self):
        made = gensample.load("ebm-document").plan()
        self.refuses("weights: found a list", made.update, [1])
        self.refuses("weights: found the name 3", made.update, {3: np.zeros(1)})
        self.refuses("weights: found 'out.bias\\x00'", made.update, {"out.bias\0": [0]})
        self.refuses("weights: out.bias: found 'abc'", made.update, {"out.bias": "abc"})
        self.refuses("weights: out.bias: found an array of complex", made.update, {"out.bias": [1j]})
        self.refuses("names: found a int", made.update, {"out.bias": [0]}, names=3)


if __name__ == "__main__":
    unittest.main()

"""Loading, evaluating, new weights, pictures, judging, densities and rejection."""

import copy
import gc
import importlib.util
import os
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import unittest
import zlib

import numpy as np
from support import SOURCE, Case, plan

import gensample



def png_pixels(data):
    """Height, width and rows of a PNG file without filters, as ours are."""
    at, blocks = 8, {}
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        blocks[kind] = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + blocks[kind])
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", blocks[b"IHDR"][:10])
    assert depth == 8
    lines = np.frombuffer(zlib.decompress(blocks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3 if colour == 2 else 1)


class Loading(Case):
    def test_info(self):
        info = gensample.load("ncsn-cond").info
        inspected = self.program("inspect", SOURCE / "models/ncsn-cond.bin")
        self.assertEqual((info.name, info.kind, info.shape, info.range), ("ncsn-cond", "denoiser", (1, 28, 28), (0, 1)))
        self.assertEqual((info.labels, info.takes_sigma, info.outputs), (10, True, 1))
        self.assertIn(info.hash, inspected)
        self.assertIn(f"{info.parameters} parameters", inspected)
        self.assertAlmostEqual(sum(info.shares), 1)
        self.assertTrue(all(a > b for a, b in zip(info.ladder, info.ladder[1:])))
        self.assertEqual(info.provenance["data licence"], "CC BY-SA 3.0")

    def test_ways(self):
        path = SOURCE / "models/ebm-document.bin"
        wanted = gensample.load("ebm-document").info
        for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), "ebm-document.bin"):
            self.assertEqual(gensample.load(source).info, wanted)
        self.assertIn("ncsn", gensample.shipped())

    def test_tensors(self):
        from gensample import weightfile

        _, wanted = weightfile.read(SOURCE / "models/ebm-document.bin")
        tensors = gensample.load("ebm-document").tensors  # which keep their model alive
        gc.collect()
        self.assertEqual(set(tensors), set(wanted))
        for name, tensor in tensors.items():
            self.assertSameBytes(tensor, wanted[name])
            self.assertFalse(tensor.flags.writeable)

    def test_refused(self):
        problem = self.assertFails(gensample.FileError, "there are ebm, ebm-cond", gensample.load, "nonsense")
        self.assertIsInstance(problem, OSError)
        self.assertFails(gensample.FileError, "No such file", gensample.load, "/nowhere/net.bin")
        problem = self.assertFails(gensample.FormatError, "mine: ", gensample.load, b"nonsense", "mine")
        self.assertEqual(problem.status, gensample.Status.FORMAT)
        self.assertFails(gensample.FormatError, "", gensample.load, b"")
        self.assertFails(gensample.ArgumentError, "sd", gensample.load, "gaussian:sd=-1")
        model = gensample.load("ncsn")
        self.assertFails(gensample.ArgumentError, "no instruction set", model.plan, isa="mmx")
        self.assertFails(gensample.ArgumentError, "threads -1", model.plan, threads=-1)
        self.assertFails(gensample.ArgumentError, "block 65", model.plan, block=65)
        self.assertFails(gensample.ArgumentError, "backend", model.plan, backend="gpu")
        self.assertFails(gensample.UnsupportedError, "gradient", gensample.load("judge").plan, gradient=True)

    def test_plan(self):
        made = plan("ebm-document", threads=1)
        self.assertEqual(len(made.describe()), made.info.steps)
        self.assertEqual(str(made).splitlines(), made.describe())
        self.assertEqual((made.info.threads, made.info.backend), (1, "native"))
        self.assertIn("conv2d_adjoint", str(made))
        self.assertIn("ebm-document", repr(made))

    def test_copies(self):
        for held in (gensample.load("ncsn"), plan("ncsn"), gensample.density("moons")):
            for call in (pickle.dumps, copy.copy, copy.deepcopy):
                self.assertFails(TypeError, "can be neither pickled nor copied", call, held)

    def test_machine(self):
        self.assertEqual(gensample.version(), gensample.__version__)
        self.assertTrue(gensample.isas()["scalar"])
        self.assertEqual(next(iter(gensample.backends())), "native")

    def test_imports(self):
        """What the package imports, and what it does not."""
        code = "import sys, gensample; print('numpy' in sys.modules); gensample.load; print('torch' in sys.modules)"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        self.assertEqual(out.split(), ["False", "False"])
        self.assertTrue((pathlib.Path(gensample.__file__).parent / "py.typed").exists())
        for name in gensample.__all__:
            if name == "export" and not importlib.util.find_spec("torch"):
                self.assertFails(ImportError, "gensample[export]", getattr, gensample, name)
            else:
                self.assertTrue(name == "__version__" or getattr(gensample, name).__doc__, name)
        self.assertFails(AttributeError, "nonsense", getattr, gensample, "nonsense")

    def test_no_library(self):
        environment = os.environ | {"GENSAMPLE_LIBRARY": "/nowhere.so"}
        code = "import gensample; gensample.load('ncsn')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        self.assertIn("ImportError: /nowhere.so", done.stderr)


class Evaluating(Case):
    def golden(self, name):
        return np.load(SOURCE / "tests/golden" / f"{name}.npy")

    def assertNear(self, found, wanted):
        self.assertEqual(found.shape, wanted.shape)
        self.assertLess(abs(found - wanted).max(), 1e-4 * abs(wanted).max())

    def test_energy(self):
        x, network = self.golden("ebm-document.x").astype(np.float32)[0], plan("ebm-document")
        energy, gradient = self.golden("ebm-document.out"), self.golden("ebm-document.gradient")
        self.assertNear(network.energy(x), energy.reshape(len(x)))
        self.assertNear(network.gradient(x), gradient.reshape(x.shape))
        both = network.energy_and_gradient(x)
        self.assertSameBytes(both[0], network.energy(x))
        self.assertSameBytes(both[1], network.gradient(x))
        self.assertSameBytes(network.score(x), -network.gradient(x))
        self.assertFails(gensample.UnsupportedError, "expected an energy", plan("ncsn").energy, x, 1)

    def test_denoiser(self):
        x, network = np.random.default_rng(0).normal(size=(3, 1, 28, 28)).astype(np.float32), plan("ncsn")
        clean = network.denoise(x, 0.5)
        self.assertSameBytes(clean, network.evaluate(x, 0.5))
        np.testing.assert_allclose(network.score(x, 0.5), (clean - x) / 0.25, rtol=1e-6)
        self.assertFails(ValueError, "needs a noise level", network.evaluate, x)
        self.assertFails(gensample.ArgumentError, "sigma", network.evaluate, x, -1)
        self.assertFails(gensample.UnsupportedError, "has none", plan("judge").score, x, 1)
        noisy = plan("ebm").denoise(x, 0.5)
        np.testing.assert_allclose(noisy, x - np.float32(0.25) * plan("ebm").gradient(x, 0.5), rtol=1e-5, atol=1e-5)

    def test_shapes(self):
        network = plan("ncsn-cond")
        x = np.zeros((2, 1, 28, 28))
        whole = network.evaluate(x, 1, [3, 4])
        self.assertSameBytes(network.evaluate(x[0], 1, 3), whole[:1])
        self.assertSameBytes(network.evaluate(x[:, 0], 1, [3, 4]), whole)
        self.assertSameBytes(network.evaluate(np.asfortranarray(x), 1, [3, 4]), whole)
        self.assertEqual(network.evaluate(x[:0], 1).shape, (0, 1, 28, 28))
        self.assertFails(ValueError, "expected (n, 1, 28, 28)", network.evaluate, np.zeros((2, 28)), 1)
        self.assertFails(gensample.ArgumentError, "label", network.evaluate, x, 1, [3, 12])
        logits, features = plan("judge").evaluate(x)
        self.assertEqual((len(logits), len(features)), (2, 2))
        points = gensample.load("moons")
        self.assertEqual(points.evaluate(np.zeros((5, 2)), 1).shape, (5,))
        self.assertEqual(points.gradient(np.zeros((5, 2)), 1).shape, (5, 2))
        self.assertEqual(points.score(np.zeros((5, 2)), 1).shape, (5, 2))
        self.assertEqual(points.sample(3).shape, (3, 2))


class Updating(Case):
    """New weights; tests/test_update.c has what the library refuses."""

    def setUp(self):
        super().setUp()
        from gensample import weightfile

        self.model, tensors = weightfile.read(SOURCE / "models/ebm-document.bin")
        self.new = {name: np.float32(0.9) * value for name, value in tensors.items()}
        self.wanted = gensample.load(weightfile.write(self.model, self.new)).sample(4, seed=1)

    def test_same_bytes(self):
        source = gensample.load("ebm-document")
        made, other = source.plan(threads=2), source.plan(threads=1)
        before = other.sample(4, seed=1)
        made.update(self.new)
        self.assertSameBytes(made.sample(4, seed=1), self.wanted)
        self.assertSameBytes(other.sample(4, seed=1), before)
        made.update(source.tensors)
        self.assertSameBytes(made.sample(4, seed=1), before)
        source.update(self.new)
        self.assertSameBytes(source.sample(4, seed=1), self.wanted)

    def prefixed(self, prefix):
        """The file with other names of tensors."""
        from gensample import weightfile

        model, tensors = weightfile.read(SOURCE / "models/ebm-document.bin")
        for node in model["graph"]["nodes"]:
            node["tensors"] = {role: prefix + name for role, name in node.get("tensors", {}).items()}
        model["graph"]["nodes"] = [{k: v for k, v in node.items() if v} for node in model["graph"]["nodes"]]
        return weightfile.write(model, {prefix + name: value for name, value in tensors.items()})

    def test_names(self):
        class Tensor:  # as PyTorch's
            def __init__(self, value):
                self.value = value

            def detach(self):
                return self

            def cpu(self):
                return self

            def numpy(self):
                return self.value.astype(np.float64)

        state = {"net." + name: Tensor(value) for name, value in self.new.items()}
        state["net.out.weight"] = Tensor(self.new["out.weight"].reshape(1, 64, 1, 1))
        made = gensample.load("ebm-document").plan()
        self.assertFails(gensample.ArgumentError, "no tensor of this name", made.update, state)
        self.assertFails(gensample.ArgumentError, "none of these names", made.update, state, strict=False)
        made.update(state, names=lambda name: name[4:])
        self.assertSameBytes(made.sample(4, seed=1), self.wanted)
        made = gensample.load(self.prefixed("net.module.")).plan()
        made.update(self.new)
        self.assertSameBytes(made.sample(4, seed=1), self.wanted)
        made = gensample.load("ebm-document").plan()
        made.update(state | {"steps": Tensor(np.zeros(3))}, names={k: k[4:] for k in state} | {"steps": None})
        self.assertSameBytes(made.sample(4, seed=1), self.wanted)

    def test_computed_weights(self):
        """A module's own weights are no substitute for those that an exporter computed from them."""
        made = gensample.load("ebm-document").plan()
        before = made.sample(2)
        for name in (
            "norms.0.running_mean",
            "running_var",
            "convs.0.weight_g",
            "convs.0.weight_orig",
            "convs.0.parametrizations.weight.original0",
        ):
            state = self.new | {name: np.zeros(32)}
            for strict in (True, False):
                self.assertFails(gensample.ArgumentError, f"weights: {name}: the module", made.update, state, strict=strict)
        self.assertSameBytes(made.sample(2), before)
        made.update(state | {"steps": np.zeros(1)}, names={name: None}, strict=False)
        self.assertSameBytes(made.sample(4, seed=1), self.wanted)
        made.update({})

    def test_refused(self):
        made = gensample.load("ebm-document").plan()
        before = made.sample(2)
        twice = self.new | {"out.offset": np.zeros(1)}
        self.assertFails(ValueError, "out.bias is given twice", made.update, twice, names={"out.offset": "out.bias"})
        self.assertFails(gensample.ArgumentError, "NaN", made.update, self.new | {"out.bias": [np.nan]})
        self.assertFails(gensample.ArgumentError, "expected (64)", made.update, self.new | {"convs.1.bias": np.zeros(63)})
        self.assertFails(ValueError, "7 dimensions", made.update, {"out.bias": np.zeros((2,) * 7)})
        self.assertSameBytes(made.sample(2), before)


class Pictures(Case):
    def test_grid(self):
        """The pixels of the program's pictures."""
        for name, n, options in (("ncsn", 5, {}), ("ncsn", 7, dict(rows=2, columns=4)), ("ncsn", 1, dict(scale=3))):
            words = ["--grid", f"{options['rows']}x{options['columns']}"] if "rows" in options else []
            words += ["--scale", options["scale"]] if "scale" in options else []
            self.program("--model", name, "-n", n, "--out", "out.pgm", *words)
            header, _, rest = (self.folder / "out.pgm").read_bytes().partition(b"255\n")
            width, height = map(int, re.findall(rb"\d+", header.replace(b"P5", b""))[-2:])
            images = plan(name).sample(n)
            grid = images.grid(**options)
            self.assertSameBytes(grid, np.frombuffer(rest, np.uint8).reshape(height, width, 1))
            self.assertSameBytes(png_pixels(images.png(**options)), grid)

    def test_saved(self):
        images = plan("ncsn-cond").sample(3, labels=[1, 2, 3])
        for ending in ("png", "npy", "npz"):
            images.save(self.folder / f"a.{ending}")
        self.assertSameBytes(np.load(self.folder / "a.npy"), np.asarray(images))
        archive = np.load(self.folder / "a.npz")
        self.assertSameBytes(archive["samples"], np.asarray(images))
        self.assertEqual(list(archive["labels"]), [1, 2, 3])
        self.program("view", "a.npz", "--out", "view.png")
        self.program("view", "a.png", "--out", "view.png")
        self.assertFails(ValueError, "ends in .png", images.save, "a.gif")

    def test_notebooks(self):
        images = plan("ncsn").sample(3)
        self.assertEqual(images._repr_png_()[:4], b"\x89PNG")
        self.assertEqual(images[0]._repr_png_()[:4], b"\x89PNG")
        self.assertIsNone(images.mean(axis=(1, 2, 3))._repr_png_())
        self.assertIsNone(images[:0]._repr_png_())
        colour = gensample.Images(np.random.default_rng(0).random((4, 3, 8, 8)))
        self.assertEqual(png_pixels(colour.png()).shape, (22, 22, 3))

    def test_array(self):
        images = plan("ncsn-cond").sample(6, labels="all")
        self.assertEqual(list(images[2:4].labels), [2, 3])
        self.assertEqual(list(images[images.labels % 2 == 0].labels), [0, 2, 4])
        self.assertIsNone(images[0].labels)
        self.assertEqual(images[0].range, (0, 1))
        self.assertEqual(list((images * 2).labels), [0, 1, 2, 3, 4, 5])
        self.assertEqual(images[..., :3].shape, (6, 1, 28, 3))
        again = pickle.loads(pickle.dumps(images))
        self.assertSameBytes(again, images)
        self.assertEqual((again.range, list(again.labels)), (images.range, list(images.labels)))


class Judging(Case):
    def test_quality(self):
        """The program's figures."""
        words = ("--model", "ncsn-cond", "--label", "all", "-n", 30, "--quality")
        theirs = self.reported(*words)["quality"]
        images = plan("ncsn-cond").sample(30, labels="all")
        found = gensample.quality(images, compare=True)
        self.assertEqual(found.n, 30)
        for ours, name in ((found.frechet, "frechet"), (found.confident, "confident"), (found.agreement, "agreement")):
            self.assertEqual(ours, theirs[name] if not isinstance(theirs[name], dict) else theirs[name]["value"], name)
        self.assertEqual(list(found.shares), theirs["shares"])
        self.assertIn("precision", str(found))
        self.assertEqual(gensample.classify(images).shape, (30,))
        self.assertGreater((gensample.classify(images) == images.labels).mean(), 0.8)
        self.assertSameBytes(gensample.classify(images, judge="judge2"), gensample.classify(images, plan("judge2")))
        self.assertFails(gensample.ArgumentError, "", gensample.quality, images, judge="ncsn")

    def test_loss(self):
        images = plan("ncsn").sample(6, seed=1)
        levels, mean = gensample.loss(plan("ncsn"), images, sigmas=[1, 0.5])
        self.assertEqual([level.sigma for level in levels], [1, 0.5])
        self.assertAlmostEqual(mean.loss, np.mean([level.loss for level in levels]))
        self.assertFails(gensample.UnsupportedError, "classifier", gensample.loss, "judge", images, sigmas=[1])

    def test_pairs(self):
        a = np.zeros((2, 1, 28, 28), np.float32)
        self.assertAlmostEqual(gensample.psnr(a, a + 0.1), 20, places=4)
        self.assertEqual(list(gensample.ssim(a, a)), [1, 1])
        self.assertEqual(gensample.ssim(a[0], a[0]), 1)
        self.assertFails(ValueError, "the same", gensample.psnr, a, a[0])


class Others(Case):
    def test_densities(self):
        kinds = {kind.name: kind for kind in gensample.densities()}
        self.assertIn("sd", kinds["gaussian"].parameters)
        density = gensample.density("gaussian", dim=3, mean=1, sd=0.5)
        self.assertEqual((density.dim, density.log_z), (3, 0))
        x = density.draw(4000, seed=1)
        self.assertSameBytes(density.draw(10, seed=1, first=90), x[90:100])
        np.testing.assert_allclose(x.mean(0), 1, atol=0.05)
        np.testing.assert_allclose(density.score(x[:5]), (1 - x[:5].astype(float)) / 0.25, rtol=1e-6)
        model = density.model()
        np.testing.assert_allclose(model.energy(x[:5], 0.3), density.energy(x[:5], 0.3), rtol=1e-4)
        self.assertEqual(gensample.density("mixture", means=[(-2, 0), (2, 0)], levels=True).dim, 2)
        self.assertFails(gensample.ArgumentError, "unknown", gensample.density, "nonsense")
        self.assertFails(gensample.UnsupportedError, "", gensample.density("funnel").energy, x[:, :2], 1.0)
        self.assertFails(ValueError, "expected (n, 3)", density.energy, np.zeros((2, 4)))

    def test_rejection(self):
        found = gensample.rejection(20, 3, 1.5, seed=5)
        self.assertSameBytes(found.samples, self.drawn("rejection", "--dim", 3, "--ratio", 1.5, "--seed", 5, "-n", 20))
        moved = gensample.rejection(20, 3, 1.5, mu=[1, 2, 3], sigma=2, seed=5)
        np.testing.assert_allclose(moved.samples, [1, 2, 3] + 2 * found.samples, rtol=1e-5, atol=1e-5)
        self.assertEqual(found.accepted, 20)
        self.assertAlmostEqual(found.acceptance, 1.5**-3)
        counted = gensample.rejection(0, 3, 1.5, proposals=1000, algorithm="early")
        self.assertEqual((counted.proposals, counted.samples, counted.algorithm), (1000, None, "early"))
        self.assertIn("radius", gensample.algorithms())
        self.assertFails(gensample.ArgumentError, "ratio", gensample.rejection, 1, 3, 0.5)


if __name__ == "__main__":
    unittest.main()

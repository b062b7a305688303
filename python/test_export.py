"""Tests of the exporter: what it exports is the same function, and what it cannot express is refused by name.

python test_export.py [-v]
"""

import copy
import math
import re
import sys
import tempfile
import unittest
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from cases.layers import Attention
from gensample import exporter, weightfile
from gensample.exporter import Network
from gensample.exporter.operations import OPERATIONS

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "models"), str(ROOT / "models" / "train")]
import export as shipped  # noqa: E402
import energy  # noqa: E402
from ncsn import trained  # noqa: E402
from stroke import stroke_width  # noqa: E402
from unet import UNet  # noqa: E402

SHAPE = (4, 6, 8)
INFO = {
    "name": "test",
    "kind": "denoiser",
    "data": {"shape": list(SHAPE), "range": [0, 1], "sigma": [0.01, 30]},
    "inputs": ["x", "sigma", "label"],
    "labels": 3,
}


class Body(nn.Module):
    """A forward function, with layers at hand as m.NAME."""

    def __init__(self, f, **layers):
        super().__init__()
        self.f, self.layers = f, nn.ModuleDict(layers)

    def forward(self, *inputs):
        return self.f(self.layers, *inputs)


def exported(f, inputs=3, **layers):
    """The nodes and tensors of f(layers, x, sigma, label); export() itself compares the results."""
    torch.manual_seed(0)
    net = Body(f, **layers).eval()
    for name, t in net.state_dict().items():
        if t.is_floating_point():
            t.copy_(torch.rand(t.shape) + 0.5 if name.endswith("var") else torch.randn(t.shape))
    given = (torch.randn(4, *SHAPE), torch.tensor([0.01, 0.3, 2.0, 30.0]), torch.arange(4))[:inputs]
    model, tensors = weightfile.parse(exporter.export(net, given, INFO | {"inputs": INFO["inputs"][:inputs]}))
    return model["graph"]["nodes"], tensors


def ops(f, **layers):
    return [n["op"] for n in exported(f, 1, **layers)[0]]


class Rows(unittest.TestCase):
    def test_operations_are_those_of_the_library(self):
        rows = (ROOT / "src" / "op" / "ops.def").read_text()
        self.assertEqual(set(OPERATIONS), set(re.findall(r"^GS_OP\(\w+, (\w+)\)$", rows, re.MULTILINE)))


class Expressed(unittest.TestCase):
    def test_file_is_read_as_written(self):
        for name in ("tiny", "tiny-cond", "zoo"):
            with self.subTest(name):
                raw = (ROOT / "tests" / "golden" / f"{name}.bin").read_bytes()
                model, tensors = weightfile.parse(raw)
                self.assertEqual(weightfile.write(model, tensors), raw)

    def test_arithmetic(self):
        self.assertEqual(ops(lambda m, x: 3 - 2 * x), ["affine", "affine"])
        self.assertEqual(ops(lambda m, x: -x), ["neg"])
        self.assertEqual(ops(lambda m, x: x**2 + x * x), ["square", "square", "add"])
        self.assertEqual(ops(lambda m, x: 2 / (x.square() + 1)), ["square", "affine", "reciprocal", "affine"])
        self.assertEqual(ops(lambda m, x: torch.rsqrt(x**2 + 1)), ["square", "affine", "sqrt", "reciprocal"])
        self.assertEqual(ops(lambda m, x: torch.add(x, x.tanh(), alpha=2)), ["tanh", "affine", "add"])
        self.assertEqual(ops(lambda m, x: x.clamp(min=0)), ["relu"])
        self.assertEqual(ops(lambda m, x: x), ["affine"])
        for f in (F.mish, F.selu, F.logsigmoid, F.celu, lambda x: F.softplus(x, beta=2), lambda x: x**3, torch.expm1):
            exported(lambda m, x, f=f: f(x), 1)

    def test_in_place(self):
        def f(m, x):
            h = m.act(x * 2)
            h += 1
            return h.mul_(x)

        self.assertEqual(ops(f, act=nn.ReLU(inplace=True)), ["affine", "relu", "affine", "mul"])

    def test_vanishing(self):
        f = lambda m, x: m.drop(m.same(x)).contiguous().clone().view_as(x).expand(-1, -1, -1, -1).tanh()
        self.assertEqual(ops(f, drop=nn.Dropout(0.3), same=nn.Identity()), ["tanh"])
        f = lambda m, x, s, y: x * m.e(y)[:, :, None, None] / s.view(-1, 1, 1, 1)
        self.assertEqual([n["op"] for n in exported(f, e=nn.Embedding(4, 4))[0]], ["embedding", "mul", "div"])

    def test_batch_norm(self):
        layers = lambda: {"conv": nn.Conv2d(4, 4, 3, padding=1, bias=False), "norm": nn.BatchNorm2d(4)}
        self.assertEqual(ops(lambda m, x: m.norm(m.conv(x)), **layers()), ["conv2d"])
        self.assertEqual(
            ops(lambda m, x: m.conv(m.norm(x)), **layers()), ["constant", "mul", "constant", "add", "conv2d"]
        )
        twice = ops(lambda m, x: m.norm(m.conv(x)) + m.conv(x).relu(), **layers())
        self.assertEqual(sorted(twice), ["add", "conv2d", "conv2d", "relu"])
        shared = ops(lambda m, x: (lambda h: m.norm(h) + h)(m.conv(x)), **layers())
        self.assertEqual(shared, ["conv2d", "constant", "mul", "constant", "add", "add"])
        up = {"conv": nn.ConvTranspose2d(4, 6, 2, 2, groups=2), "norm": nn.BatchNorm2d(6)}
        self.assertEqual(ops(lambda m, x: m.norm(m.conv(x)), **up), ["conv_transpose2d"])
        f = lambda m, x: m.norm(m.first(x.flatten(1))).view(-1, *SHAPE)
        self.assertEqual(ops(f, first=nn.Linear(192, 192), norm=nn.BatchNorm1d(192)), ["reshape", "linear", "reshape"])

    def test_weight_norm_is_folded(self):
        conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 1))
        self.assertEqual(ops(lambda m, x: m.conv(x), conv=conv), ["conv2d"])

    def test_weights_used_twice_are_stored_once(self):
        nodes, tensors = exported(lambda m, x: m.conv(m.conv(x)), 1, conv=nn.Conv2d(4, 4, 1))
        self.assertEqual((len(nodes), sorted(tensors)), (2, ["layers.conv.bias", "layers.conv.weight"]))

    def test_shapes(self):
        self.assertEqual(ops(lambda m, x: torch.cat(x.chunk(2, 1)[::-1], 1)), ["slice", "slice", "concat"])
        self.assertEqual(ops(lambda m, x: x * x[:, 1][:, None]), ["slice", "mul"])
        self.assertEqual(ops(lambda m, x: x[:, -1:] + x), ["slice", "add"])
        self.assertEqual(ops(lambda m, x: x - x.mean((2, 3), keepdim=True)), ["mean", "sub"])
        self.assertEqual(ops(lambda m, x: x - x.mean((1, 2, 3))[:, None, None, None]), ["mean", "sub"])
        self.assertEqual(ops(lambda m, x: x * x.sum(1, keepdim=True)), ["sum", "mul"])
        exported(lambda m, x: torch.cat([x, torch.ones_like(x[:, :1])], 1)[:, 1:], 1)
        exported(lambda m, x: torch.cat([x[:, :3], x.mean((1, 2, 3), keepdim=True).expand(-1, 1, 6, 8)], 1), 1)

    def test_softmax(self):
        self.assertEqual(ops(lambda m, x: nn.Softmax(-1)(x)), ["softmax"])
        self.assertEqual(ops(lambda m, x: x.softmax(1)), ["permute", "softmax", "permute"])
        nodes, _ = exported(lambda m, x: x * x.mean((2, 3)).softmax(-1)[:, :, None, None], 1)
        self.assertEqual([n["op"] for n in nodes], ["mean", "softmax", "mul"])
        last = lambda dim: lambda m, x: x.permute(0, 2, 3, 1).softmax(dim).permute(0, 3, 1, 2)
        for dim, names in ((-1, ["permute", "softmax", "permute"]), (2, ["softmax"])):
            nodes, _ = exported(last(dim), 1)
            self.assertEqual([n["op"] for n in nodes], names)
            self.assertTrue(all(n["attributes"]["over"] == "last" for n in nodes if n["op"] == "softmax"))

    def test_channels_last(self):
        def convnext(m, x):
            h = m.norm(m.depth(x).permute(0, 2, 3, 1))
            h = m.gain.weight[0] * m.down(F.gelu(m.up(h)))
            return x + h.permute(0, 3, 1, 2)

        layers = {"depth": nn.Conv2d(4, 4, 5, padding=2, groups=4), "norm": nn.LayerNorm(4), "up": nn.Linear(4, 16)}
        layers |= {"down": nn.Linear(16, 4), "gain": nn.Embedding(1, 4)}
        expected = ["conv2d", "layer_norm", "conv2d", "gelu", "conv2d", "constant", "mul", "add"]
        self.assertEqual(ops(convnext, **layers), expected)

    def test_attention_is_recognised(self):
        for style in "timm written biased masked einsums openai additive".split():
            with self.subTest(style):
                found = ops(lambda m, x: m.a(x), a=Attention(style))
                self.assertEqual(found.count("attention"), 1)
                self.assertFalse({"matmul", "softmax"} & set(found), found)
        self.assertEqual(
            set(ops(lambda m, x: m.a(x), a=Attention("timm"))), {"conv2d", "slice", "attention", "permute"}
        )

    def test_what_depends_on_the_label_is_a_table(self):
        f = lambda m, x, s, y: x + m.l(F.silu(m.e(y)) * (y == 3)[:, None])[:, :, None, None]
        nodes, tensors = exported(f, e=nn.Embedding(4, 6), l=nn.Linear(6, 4))
        self.assertEqual([n["op"] for n in nodes], ["embedding", "add"])
        self.assertEqual([t.shape for t in tensors.values()], [(4, 4)])

    def test_weights_of_half_precision(self):
        net = nn.Conv2d(4, 4, 3, padding=1)
        given, info = (torch.randn(3, *SHAPE),), INFO | {"inputs": ["x"]}
        raws = [exporter.export(m.eval(), given, info) for m in (copy.deepcopy(net).half(), net.half().float())]
        self.assertEqual(*raws)

    def test_networks_without_a_row_for_no_label(self):
        given = (torch.randn(3, *SHAPE), torch.tensor([0.1, 1.0, 10.0]), torch.arange(3))
        for labels in (3, 1):
            net = Body(lambda m, x, s, y: x * m.e(y)[:, :, None, None], e=nn.Embedding(labels, 4))
            inputs = (*given[:2], given[2] % labels)
            with self.assertRaisesRegex(exporter.Unsupported, f"a table of {labels} rows for labels 0 ... {labels}"):
                exporter.export(net, inputs, INFO | {"labels": labels})
            raw = exporter.export(net, inputs, INFO | {"labels": labels, "unlabelled": False})
            model, tensors = weightfile.parse(raw)
            self.assertEqual((model["labels"], model["unlabelled"], len(tensors)), (labels, False, 1))

    def test_moves_along_one_dimension_are_one(self):
        self.assertEqual(ops(lambda m, x: x.roll(3, 2).flip(2).roll(1, 2)), ["resample"])
        self.assertEqual(ops(lambda m, x: x.flip(3).flip(3).tanh()), ["tanh"])

    def test_transpositions_cost_nothing(self):
        f = (
            lambda m, x: m.c(x.transpose(2, 3).flatten(2).mT.reshape(-1, 8, 6, 4).permute(0, 3, 2, 1))
            .view(-1, 2, 2, 6, 8)
            .relu()
        )
        self.assertEqual(ops(lambda m, x: f(m, x).flatten(1, 2), c=nn.Conv2d(4, 4, 1)), ["conv2d", "relu"])

    def test_padding_same(self):
        self.assertEqual(
            ops(lambda m, x: m.c(x), c=nn.Conv2d(4, 4, (3, 5), padding="same", dilation=(1, 2))), ["conv2d"]
        )

    def test_classifier(self):
        nodes, _ = exported(lambda m, x: (m.out(x.flatten(1)), x.mean((2, 3))), 1, out=nn.Linear(192, 5))
        self.assertEqual([n["op"] for n in nodes], ["reshape", "linear", "mean"])


class Refused(unittest.TestCase):
    CASES = {
        "operation sort": lambda m, x, s, y: x.sort(1)[0],
        "softmax over the batch": lambda m, x, s, y: x.softmax(0),
        "mean over the batch": lambda m, x, s, y: x - x.mean(0, keepdim=True),
        "random operation": lambda m, x, s, y: x + torch.randn_like(x),
        "which takes the batch apart": lambda m, x, s, y: x.view(2, 8, 6, 8).relu().view(4, 4, 6, 8),
        "convolution with a computed weight": lambda m, x, s, y: F.conv2d(x, s.view(4, 1, 1, 1), groups=4),
        "a table of 4 rows for labels 0 ... 3": lambda m, x, s, y: x * m.e(y + 1)[:, :, None, None],
        "indexed by what depends on x": lambda m, x, s, y: x * m.e(x.mean((1, 2, 3)).long())[:, :, None, None],
        "mixes the images": lambda m, x, s, y: x.flatten(1) @ x.flatten(1).T,
        "mixes the labels": lambda m, x, s, y: x * y.float().mean(),
        "dropout in training mode": lambda m, x, s, y: F.dropout(x, training=True),
        "selection from the batch": lambda m, x, s, y: x + x[:1],
        "differs from image to image": lambda m, x, s, y: x + torch.arange(len(x))[:, None, None, None],
        "cannot trace the module": lambda m, x, s, y: x if x.sum() > 0 else -x,
    }

    def test_by_name(self):
        for what, f in self.CASES.items():
            with self.subTest(what), self.assertRaises(exporter.Unsupported) as caught:
                exported(f, e=nn.Embedding(4, 4))
            self.assertIn(what, str(caught.exception))

    def test_all_at_once_with_place_and_advice(self):
        class Several(nn.Module):
            def __init__(self):
                super().__init__()
                self.c = nn.Conv2d(4, 4, 1)

            def forward(self, x):
                h = self.c(x).sort(1)[0]
                h = h + torch.fft.fft2(h).real
                return self.c(h.relu()) - x.mean(0)

        with self.assertRaises(exporter.Unsupported) as caught:
            exporter.export(Several().eval(), (torch.randn(4, *SHAPE),), INFO | {"inputs": ["x"]})
        line = Several.forward.__code__.co_firstlineno
        expected = (
            "operation sort .*; a file has no order",
            "operation fft.*; a file has real numbers",
            "mean over .*; let each image",
        )
        self.assertEqual(len(caught.exception.refusals), 3)
        for i, (refusal, what) in enumerate(zip(caught.exception.refusals, expected), 1):
            self.assertRegex(refusal, rf"test_export.py:{line + i}: the module \(.*\): {what}")

    def test_module_is_named(self):
        with self.assertRaisesRegex(
            exporter.Unsupported, "module layers.up .*conv3d|module layers.up .*three dimensions"
        ):
            exported(lambda m, x: m.up(x[:, None]), 1, up=nn.Conv3d(1, 4, 3, padding=1))

    def test_not_finite(self):
        with self.assertRaisesRegex(ValueError, "not all values are finite"):
            weightfile.write({}, {"a": [float("inf")]})


class Energies(unittest.TestCase):
    NETWORKS = {
        "best": lambda: energy.Energy([16, 16], [1, 1], True),
        "thick": lambda: energy.Attribute([16, 16], [1, 1]),
        "document": lambda: energy.Course([16, 16]),
    }

    def test_gradient_of_the_file_is_the_modules(self):
        for recipe, build in self.NETWORKS.items():
            with self.subTest(recipe):
                torch.manual_seed(0)
                net = build()
                for p in net.parameters():
                    nn.init.normal_(p, std=0.1)
                checkpoint = {"recipe": recipe, "config": net.config, "module": net.state_dict()}
                checkpoint |= {
                    "step": 1,
                    "seconds": 1,
                    "machine": "a test's",
                    "range": [0, 1],
                    "sampler": {"sampler": "langevin"},
                }
                model, tensors = weightfile.parse(shipped.export_energy(checkpoint, "test", None))
                self.assertEqual(model["kind"], "energy")
                given = [torch.rand(3, 1, 28, 28, dtype=torch.float64)]
                given += [torch.tensor([0.02, 0.5, 20.0], dtype=torch.float64)] if "sigma" in model["inputs"] else []
                given += [torch.tensor([0, 9, 10])] if "label" in model["inputs"] else []
                (e, g), (f, h) = (energy.gradient(m.double(), *given) for m in (Network(model, tensors), net))
                self.assertEqual(e.shape, (3, 1))
                self.assertLess((e - f).abs().max(), 1e-6 * f.abs().max())
                self.assertLess((g - h).abs().max(), 1e-5 * h.abs().max())

    def test_settings_of_the_shipped_ones(self):
        net = energy.Energy([16, 16], [1, 1], True)
        checkpoint = {"recipe": "best", "config": net.config, "module": net.state_dict(), "step": 1, "seconds": 1, "machine": "a test's"}
        sampling = {"sampler": "consistency", "steps": 30, "sigma_low": 0.01, "sigma_high": 10.0}
        for name, drop in (("ebm-cond", False), ("ebm", True)):
            with self.subTest(name):
                made, _ = weightfile.parse(shipped.export_energy(checkpoint, name, None, drop, **sampling))
                file, _ = weightfile.read(Path(shipped.__file__).parent / f"{name}.bin")
                for key in set(file) - {"graph", "provenance"}:
                    self.assertEqual(made[key], file[key])

    def test_null_label_becomes_constant(self):
        torch.manual_seed(0)
        net = energy.Energy([16, 16], [1, 1], True)
        for p in net.parameters():
            nn.init.normal_(p, std=0.1)
        x, sigma = torch.rand(2, 1, 28, 28), torch.tensor([0.1, 3.0])
        for label, same in ((10, True), (3, False)):
            e, f = net(x, sigma, torch.full((2,), label)), energy.without_labels(net)(x, sigma)
            self.assertEqual(torch.allclose(e, f, rtol=1e-5), same)

    def test_mixture_is_one_of_gaussians(self):
        torch.manual_seed(0)
        mixture, sigma = energy.Mixture(False, components=4, rank=2, pixels=16).double(), 0.7
        axes = torch.linalg.qr(torch.randn(4, 16, 2, dtype=torch.float64))[0].transpose(1, 2)
        means, weight = torch.randn(4, 16, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
        with torch.no_grad():
            mixture.project.weight.copy_(torch.cat([means, axes.flatten(0, 1)]))
            mixture.project.bias.copy_(torch.cat([torch.zeros(4), -(axes @ means[:, :, None]).flatten()]))
            mixture.square.copy_(means.square().sum(1))
            mixture.spread.normal_()
            mixture.rest.normal_()
            mixture.weight.copy_(weight)
        own = torch.eye(16) * (mixture.rest.exp() + sigma**2)[:, None, None]
        extra = axes * (mixture.spread.exp() - mixture.rest.exp()[:, None])[:, :, None]
        normal = torch.distributions.MultivariateNormal(means, own + axes.transpose(1, 2) @ extra)
        x = torch.randn(5, 1, 4, 4, dtype=torch.float64)
        want = -torch.logsumexp(weight + normal.log_prob(x.flatten(1)[:, None]), 1) - 8 * math.log(2 * math.pi)
        got = mixture(x, torch.full((5,), sigma, dtype=torch.float64))[:, 0]
        self.assertLess((got - want).abs().max(), 1e-9)

    def test_tutorial_energy_has_its_sign(self):
        torch.manual_seed(0)
        net = shipped.TutorialEnergy()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tutorial.ckpt"
            torch.save({"state_dict": {f"cnn.{k}": v for k, v in net.state_dict().items()}}, path)
            model, tensors = weightfile.parse(shipped.export_uva(path, "test"))
        x = torch.rand(2, 1, 28, 28)
        self.assertLess((Network(model, tensors)(x) + net.cnn_layers(x)).abs().max(), 1e-6)
        self.assertEqual((model["kind"], model["data"]["range"]), ("energy", [-1, 1]))

    def test_stroke_width(self):
        bars = torch.zeros(3, 1, 28, 28)
        for i, width in enumerate((1, 3, 5)):
            bars[i, :, 2:26, 10 : 10 + width] = 1
        want = [2 * w * 24 / (2 * (w + 24)) for w in (1, 3, 5)]
        for noise in (0, 0.02):
            widths = stroke_width((bars + noise * torch.randn(bars.shape)).clamp(0, 1)).tolist()
            for got, expected in zip(widths, want):
                self.assertAlmostEqual(got, expected, delta=0.05)
        self.assertEqual(stroke_width(torch.zeros(1, 1, 28, 28)).item(), 0)


class Shipped(unittest.TestCase):
    def test_training_goes_on_from_weight_files(self):
        for name in ("ncsn", "ncsn-cond"):
            with self.subTest(name):
                path = ROOT / "models" / f"{name}.bin"
                config, weights = trained(path)
                net = UNet(**config).eval()
                net.load_state_dict(weights)
                inputs = shipped.denoiser_inputs(config)
                with torch.no_grad():
                    self.assertTrue(torch.equal(net(*inputs), Network.load(path).eval()(*inputs)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

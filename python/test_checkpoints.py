"""Tests of checkpoints: every layout, and what is refused.

python test_checkpoints.py [-v]
"""

import argparse
import math
import os
import tempfile
import unittest
from pathlib import Path

import torch
from torch import nn

from gensample.exporter.checkpoint import Checkpoint, put
from gensample.exporter.problem import ExportError
from support import has


class Tiny(nn.Module):
    """With a batch norm, a buffer and nested parts."""

    def __init__(self, width=4, depth=1):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width))
        self.blocks = nn.ModuleList([nn.Conv2d(width, width, 1) for _ in range(depth)])
        self.head = nn.Conv2d(width, 1, 3, padding=1)
        self.register_buffer("gain", torch.ones(1))

    def forward(self, x, t):
        h = self.stem(x).relu()
        for block in self.blocks:
            h = h + block(h)
        return self.gain * self.head(h) * t[:, None, None, None]


def random(module, seed):
    generator = torch.Generator().manual_seed(seed)
    for v in module.state_dict().values():
        if v.is_floating_point():
            v.copy_(torch.rand(v.shape, generator=generator) + 0.1)
    return module


class Layouts(unittest.TestCase):
    """The weights arrive, however they were saved."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.net, self.average = random(Tiny(), 1), random(Tiny(), 2)
        self.state, self.other = self.net.state_dict(), self.average.state_dict()

    def loaded(self, content, path="c.pt", module=None, **options):
        path = self.folder / path
        torch.save(content, path)
        module = module or Tiny()
        self.notes = put(Checkpoint(path), module, **options)
        return module

    def assert_is(self, module, wanted):
        for (k, a), b in zip(module.state_dict().items(), wanted.state_dict().values()):
            self.assertTrue(torch.equal(a, b), k)

    def test_one_copy(self):
        prefixed = lambda p, s=None: {p + k: v for k, v in (s or self.state).items()}
        optimizer = {"state": {0: {"exp_avg": torch.zeros(4, 1, 3, 3)}}, "param_groups": [{"lr": 1e-3}]}
        for name, content in {
            "plain": self.state,
            "nested": {"model": self.state, "epoch": 3, "optimizer": optimizer},
            "deeper": {"checkpoint": {"model": {"net": self.state}}},
            "state_dict": {"state_dict": self.state},
            "params": {"params": self.state, "losses": [0.1, 0.2]},
            "DataParallel": prefixed("module."),
            "compiled": prefixed("_orig_mod."),
            "both": prefixed("_orig_mod.module."),
            "compiled inside": {k.replace("stem.", "stem._orig_mod."): v for k, v in self.state.items()},
            "Lightning": {
                "state_dict": prefixed("model.") | {"loss.weight": torch.ones(3)},
                "pytorch-lightning_version": "2.0",
            },
            "tutorial": {"state_dict": prefixed("cnn.")},
            "latent diffusion": {"state_dict": prefixed("model.diffusion_model.") | {"betas": torch.ones(10)}},
            "namespace": {"model": self.state, "args": argparse.Namespace(width=4)},
            "AveragedModel": {"n_averaged": torch.tensor(5), **prefixed("module.")},
            "half": {k: v.half() if v.is_floating_point() else v for k, v in self.state.items()},
        }.items():
            with self.subTest(name):
                got = self.loaded(content)
                if name != "half":
                    self.assert_is(got, self.net)

    def test_averages(self):
        prefixed = lambda p, s: {p + k: v for k, v in s.items()}
        shadow = [v.detach() for _, v in self.average.named_parameters()]
        for name, content, exact in (
            ("beside", {"model": self.state, "ema": self.other}, True),
            ("named", {"model": self.state, "model_ema": self.other}, True),
            ("inside", {"model": self.state, "ema": {"decay": 0.99, "module": self.other}}, True),
            ("prefix", prefixed("online_model.", self.state) | prefixed("ema_model.", self.other), True),
            ("trainer", {"model": prefixed("model.", self.state), "ema": prefixed("ema_model.", self.other)}, True),
            (
                "ema_pytorch",
                {
                    "model": prefixed("model.", self.state),
                    "ema": prefixed("online_model.model.", self.state) | prefixed("ema_model.model.", self.other),
                },
                True,
            ),
            ("list", {"model": self.state, "ema": {"decay": 0.99, "shadow_params": shadow}}, False),
            (
                "LitEma",
                prefixed("model.", self.state) | {"model_ema." + k.replace(".", ""): v for k, v in self.other.items()},
                True,
            ),
        ):
            with self.subTest(name):
                self.assert_is(self.loaded(content), self.net)
                self.assertIn("--ema takes", " ".join(self.notes))
                got = self.loaded(content, ema=True)
                self.assertTrue(torch.equal(got.head.weight, self.average.head.weight))
                if exact:
                    self.assert_is(got, self.average)
        self.assert_is(self.loaded({"a": self.state, "b": self.other}, weights="b"), self.average)
        self.assert_is(self.loaded({"ema": self.other}), self.average)
        with self.assertRaisesRegex(ExportError, "no averaged copy.*model"):
            self.loaded({"model": self.state}, ema=True)
        for named in ("model", "mod"):
            both = {"model": self.state, "ema": self.other}
            why = f"--ema {named}: names no averaged copy, but model; .*: ema; --weights"
            with self.assertRaisesRegex(ExportError, why):
                self.loaded(both, ema=named)
        only = {"model": self.state, "ema": prefixed("online_model.", self.state)}
        with self.assertRaisesRegex(ExportError, "no averaged copy.*ema.online_model"):
            self.loaded(only, ema=True)
        several = {"model": self.state, "ema_fast": self.state, "ema_slow": self.other}
        for ema in (True, "ema"):
            with self.assertRaisesRegex(ExportError, "more than one such copy: ema_fast, ema_slow; name one"):
                self.loaded(several, ema=ema)
        self.assert_is(self.loaded(several, ema="slow"), self.average)
        self.assert_is(self.loaded(several | {"ema_slow": self.state}, ema=True), self.net)
        with self.assertRaisesRegex(ExportError, "copies found: a, b"):
            self.loaded({"a": self.state, "b": self.other}, weights="c")

    def test_parametrizations(self):
        old, new = nn.utils.weight_norm, nn.utils.parametrizations.weight_norm
        spectral, newer = nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm
        for a, b in ((old, old), (new, new), (old, new), (spectral, spectral), (newer, newer), (spectral, newer)):
            saved, into = random(nn.Sequential(a(nn.Conv2d(2, 3, 3))), 1), nn.Sequential(b(nn.Conv2d(2, 3, 3)))
            with self.subTest(f"{a.__module__} into {b.__module__}"):
                self.loaded(saved.state_dict(), module=into)
                x = torch.ones(1, 2, 5, 5)
                self.assertTrue(torch.allclose(saved.eval()(x), into.eval()(x), atol=1e-5))

    @unittest.skipUnless(has("safetensors"), "safetensors is not installed")
    def test_safetensors(self):
        from safetensors.torch import save_file

        save_file({f"model.{k}": v for k, v in self.state.items()}, self.folder / "c.safetensors")
        module = Tiny()
        put(Checkpoint(self.folder / "c.safetensors"), module)
        self.assert_is(module, self.net)

    def test_missing_buffers(self):
        got = self.loaded({k: v for k, v in self.state.items() if k != "gain"})
        self.assertEqual(got.gain.item(), 1)
        self.assertIn("gain: not in the checkpoint", self.notes[0])

    def test_misfits(self):
        for name, content, why in (
            ("missing", {k: v for k, v in self.state.items() if "head" not in k}, "missing: head.weight, head.bias"),
            ("unexpected", self.state | {"tail.weight": torch.ones(1)}, "unexpected: tail.weight"),
            (
                "size",
                random(Tiny(8), 1).state_dict(),
                r"stem.0.weight of shape \(8, 1, 3, 3\), the module's is \(4, 1, 3, 3\)",
            ),
            ("other", {"encoder.a": torch.ones(3)}, "keys found: encoder.a; expected: gain"),
            ("no tensors", {"epoch": 3, "note": "text"}, "keys found: epoch, note"),
            ("a number", 5, "keys found: none"),
            ("infinite", self.state | {"head.bias": torch.tensor([math.inf])}, "head.bias.*not all finite"),
        ):
            with self.subTest(name), self.assertRaisesRegex(ExportError, why):
                self.loaded(content)

    def test_hostile(self):
        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {path}.ran",)

        path = self.folder / "evil"
        torch.save({"model": self.state, "x": Evil()}, self.folder / "evil.pt")
        torch.save(self.net, self.folder / "whole.pt")
        torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), self.folder / "script.pt")
        (self.folder / "empty.pt").write_bytes(b"")
        (self.folder / "text.pt").write_text("not a checkpoint")
        (self.folder / "random.pt").write_bytes(bytes(i * 37 % 251 for i in range(4096)))
        (self.folder / "random2.pt").write_bytes(b"\x80" + bytes(i * 37 % 251 for i in range(4096)))
        (self.folder / "short.safetensors").write_bytes(b"\xff" * 20)
        raw = (self.folder / "evil.pt").read_bytes()
        (self.folder / "cut.pt").write_bytes(raw[: len(raw) // 2])
        for name, why in (
            ("evil.pt", r"more than tensors \((posix|nt|os).system\)"),
            ("whole.pt", "more than tensors .*Tiny.*state_dict"),
            ("script.pt", "TorchScript"),
            ("empty.pt", "no checkpoint that can be read"),
            ("text.pt", "no checkpoint that can be read; expected"),
            ("random.pt", "no checkpoint that can be read; expected"),
            ("random2.pt", "no checkpoint that can be read; expected"),
            (".", "is a folder; expected the file"),
            ("cut.pt", "no checkpoint that can be read"),
            ("short.safetensors", "no checkpoint that can be read|needs the package"),
            ("nowhere.pt", "no such file"),
        ):
            with self.subTest(name), self.assertRaisesRegex(ExportError, why):
                Checkpoint(self.folder / name)
        self.assertFalse(Path(f"{path}.ran").exists())


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

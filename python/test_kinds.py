"""Tests of kinds and schedules, with networks that are known, of Gaussian data.

python test_kinds.py [-v]
"""

import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gensample.exporter.checkpoint import Checkpoint
from gensample.exporter.kinds import KINDS
from gensample.exporter.problem import ExportError
from gensample.exporter.schedules import SCHEDULES, schedule
from support import job_of

MEAN, DEVIATION = 0.3, 0.4  # of the Gaussian data whose networks are known


def discrete(kept):
    """(a, s) by time of a table of alphas_cumprod, between steps as the exporter's table has them."""
    sigmas = np.sqrt((1 - kept) / kept)

    def signal(t):
        sigma = np.exp(np.interp(t, np.arange(len(kept)), np.log(sigmas)))
        a = 1 / np.sqrt(1 + sigma**2)
        return a, a * sigma

    return signal


def linear(first, last, steps, power=1):
    return discrete(np.cumprod(1 - np.linspace(first ** (1 / power), last ** (1 / power), steps) ** power))


def cosine_table(steps):
    f = [math.cos((i / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for i in range(steps + 1)]
    return discrete(np.cumprod([1 - min(1 - b / a, 0.999) for a, b in zip(f[:-1], f[1:])]))


def vp(t):
    a = np.exp(-0.25 * t**2 * 19.9 - 0.5 * t * 0.1)
    return a, np.sqrt(1 - a**2)


def sub_vp(t):
    a = vp(t)[0]
    return a, 1 - a**2


def of_ladder(t):
    return np.ones_like(t), np.exp(np.interp(t, np.arange(10), np.linspace(0, math.log(0.01), 10)))


# What a network's author would write: signal and noise by the time that the network is given.
SIGNALS = {
    "ddpm-linear:1000": linear(1e-4, 0.02, 1000),
    "ddpm-linear:400,0.0001,0.03": linear(1e-4, 0.03, 400),
    "ddpm-scaled-linear:1000": linear(0.00085, 0.012, 1000, 2),
    "ddpm-cosine:500": cosine_table(500),
    "vp": vp,
    "sub-vp": sub_vp,
    "cosine": lambda t: (np.cos(np.pi * t / 2), np.sin(np.pi * t / 2)),
    "ve:0.01,50": lambda t: (np.ones_like(t), t),
    "geometric:1,0.01,10": of_ladder,
    "flow": lambda t: (1 - t, t),
    "edm": lambda t: (1 / np.sqrt(np.exp(8 * t) + 0.25), np.exp(4 * t) / np.sqrt(np.exp(8 * t) + 0.25)),
}


class Gaussian(nn.Module):
    """The network of data N(MEAN, DEVIATION^2) that predicts `kind` from x_t and t."""

    def __init__(self, signal, kind, reverse=False):
        super().__init__()
        self.signal, self.kind, self.reverse = signal, kind, reverse

    def forward(self, x, t):
        t = t.numpy()
        a, s = (torch.as_tensor(v)[:, None, None, None] for v in self.signal(1 - t if self.reverse else t))
        variance = a**2 * DEVIATION**2 + s**2
        clean = (MEAN * s**2 + a * DEVIATION**2 * x) / variance
        noise = (x - a * clean) / s
        ratio = s / a
        return {
            "noise": lambda: noise,
            "x0": lambda: clean,
            "score": lambda: -noise / s,
            "v": lambda: a * noise - s * clean,
            "velocity": lambda: (noise - clean) * (-1 if self.reverse else 1),
            "edm": lambda: (clean - 0.25 / (ratio**2 + 0.25) * x / a) / (0.5 * ratio / torch.sqrt(ratio**2 + 0.25)),
            "energy": lambda: ((x - a * MEAN) ** 2 / (2 * variance)).sum((1, 2, 3)),
        }[self.kind]()


def denoised(wrapped, x, sigma):
    """D of a wrapped module, from what its kind of file means (FORMAT.md)."""
    v = sigma.reshape(-1, 1, 1, 1)
    if wrapped.file == "energy":
        x.requires_grad_(True)
        with torch.enable_grad():
            return x - v**2 * torch.autograd.grad(wrapped(x, sigma).sum(), x)[0]
    out = wrapped(x, sigma)
    return {"noise": x - v * out, "score": x + v**2 * out, "denoiser": out}[wrapped.file]


class Rows(unittest.TestCase):
    """Every kind under every schedule computes the denoiser of Gaussian data, which is known."""

    def check(self, kind, text, reverse=False):
        module = Gaussian(SIGNALS[text], kind, reverse)
        job = job_of(module, kind, schedule=text, reverse=reverse)
        wrapped = job.wrap()
        low, high = job.schedule.sigma
        sigma = torch.tensor(np.geomspace(low * 1.001, high * 0.999, 7))
        x = MEAN + DEVIATION * torch.randn(7, 1, 4, 4, dtype=torch.float64)
        x = x + sigma[:, None, None, None] * torch.randn(x.shape, dtype=torch.float64)
        v = sigma[:, None, None, None] ** 2
        want = (DEVIATION**2 * x + v * MEAN) / (DEVIATION**2 + v)
        error = ((denoised(wrapped, x, sigma) - want).abs().amax((1, 2, 3)) / sigma.clamp(min=1)).max().item()
        self.assertLess(error, 2e-5, f"{kind} under {text}")

    def test_all(self):
        torch.manual_seed(0)
        for text in SIGNALS:
            only = {"edm": "edm"}.get(text)
            for kind in (only,) if only else ("noise", "x0", "score", "v", "energy"):
                with self.subTest(kind=kind, schedule=text):
                    self.check(kind, text)
        self.check("velocity", "flow")
        self.check("velocity", "flow", reverse=True)

    def test_every_row_is_tested(self):
        tested = {t.split(":")[0] for t in SIGNALS} | {"ddpm-sigmoid", "betas", "alphas-cumprod", "sigmas"}
        self.assertEqual(tested, set(SCHEDULES))
        self.assertEqual(
            {"denoiser", "x0"} | {"noise", "score", "v", "velocity", "edm", "energy"},
            set(KINDS) - {"jem", "classifier", "decoder"},
        )
        for f in list(SCHEDULES.values()) + list(KINDS.values()):
            self.assertTrue(f.__doc__)

    def test_sigmoid(self):
        made = schedule("ddpm-sigmoid:1000")
        self.assertTrue(0 < made.sigma[0] < 0.1 and made.sigma[1] > 50)

    def test_tables(self):
        betas = np.linspace(1e-4, 0.02, 100)
        with tempfile.TemporaryDirectory() as folder:
            for name, value in (("betas", betas), ("alphas-cumprod", np.cumprod(1 - betas))):
                np.save(Path(folder) / "t.npy", value)
                (Path(folder) / "t.txt").write_text("\n".join(map(repr, value.tolist())))
                for path in ("t.npy", "t.txt"):
                    made = schedule(f"{name}:{folder}/{path}")
                    self.assertAlmostEqual(made.sigma[1], schedule("ddpm-linear:100").sigma[1])
            np.save(Path(folder) / "falling.npy", betas[::-1])
            with self.assertRaisesRegex(ExportError, "turn the table round"):
                schedule(f"betas:{Path(folder) / 'falling.npy'}")
            torch.save({"diffusion": {"betas": torch.tensor(betas)}}, Path(folder) / "c.pt")
            made = schedule("betas:betas", checkpoint=Checkpoint(Path(folder) / "c.pt"))
            self.assertAlmostEqual(made.sigma[1], schedule("ddpm-linear:100").sigma[1], places=5)
            np.save(Path(folder) / "s.npy", np.geomspace(0.01, 1, 10))
            self.assertEqual(len(schedule(f"sigmas:{folder}/s.npy").ladder), 10)

    def test_little_noise_is_told(self):
        for text, told in (("ddpm-linear:50", True), ("ddpm-linear:1000", False), ("flow", False), ("geometric:0.5,0.01,9", False)):
            job = job_of(Gaussian(SIGNALS["flow"], "noise"), "noise", schedule=text)
            job.warn_of_little_noise()
            with self.subTest(text):
                self.assertEqual("below the width of the data range" in " ".join(job.notes), told)

    def test_times(self):
        for text, time, at in (
            ("ddpm-linear:10", None, 3.0),
            ("ddpm-linear:10", "(i + 1) / T", 0.4),
            ("ve:0.01,50", "log(sigma)", None),
            ("vp", "999 * t", None),
            ("ve:0.01,50", "0.6931471805599453", None),
        ):
            made = schedule(text, time)
            sigma = torch.exp(made.points[3:4]) if at else torch.tensor([2.0], dtype=torch.float64)
            want = at or {"ve": math.log(2.0), "vp": 999 * schedule("vp").time(sigma).item()}[text.split(":")[0]]
            self.assertAlmostEqual(made.time(sigma).item(), want, places=5)

    def test_zero_terminal_signal(self):
        kept = np.cos(np.linspace(0, 1, 11) * math.pi / 2) ** 2
        kept[-1] = 0
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "t.npy", kept)
            made = schedule(f"alphas-cumprod:{folder}/t.npy")
        self.assertTrue(math.isfinite(made.sigma[1]) and len(made.points) == 9)

    def test_refused(self):
        for text, why in (
            ("ddpm", "known are"),
            ("ddpm-linear:many", "expected ddpm-linear:T"),
            ("ddpm-linear:1", "whole number"),
            ("ddpm-linear:1e9", "whole number"),
            ("ve:1", "expected ve:LOW,HIGH"),
            ("ve:50,0.01", "0 < LOW < HIGH"),
            ("ve:0.1,inf", "expected ve:LOW,HIGH"),
            ("geometric:0.01,1,10", "HIGH above LOW"),
            ("betas:nowhere.npy", "neither a file"),
            ("ddpm-linear:100,0.02,1e-4", "beta 1 is 0.0197.* after 0.02: expected betas that do not decrease"),
            ("ddpm-scaled-linear:100,0.02,1e-4", "do not decrease"),
            ("vp:20,0.1", "BETA_MIN <= BETA_MAX"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ExportError, why):
                schedule(text)
        for time, why in (
            ("j + 1", "expected an expression of"),
            ("i", "no meaning"),
            ("__import__('os')", "expected"),
            ("t.__class__", "not taken"),
            ("t / T", "no meaning"),
            ("1 / (t - t)", "^--time '1 / .t - t.': gives times that are not finite"),
        ):
            with self.subTest(time), self.assertRaisesRegex(ExportError, why):
                schedule("ve:0.1,1", time)
        with self.assertRaisesRegex(ExportError, "^--time 'i / 0': gives times that are not finite"):
            schedule("ddpm-linear:10", "i / 0")


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

"""Tests of whole networks in the style of public repositories, in tests/architectures.

python test_architectures.py [-v]
"""

import argparse
import math
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from gensample import weightfile
from gensample.exporter.source import made
from support import ROOT, run

ARCHITECTURES = ROOT / "tests" / "architectures"
RANGE = ("--range", "-1,1")
CASES = {
    "dit": ("dit.py:DiT", "--kind", "noise", "--schedule", "ddpm-linear:1000", "--labels", 10, *RANGE),
    "dit-rope": ("dit_rope.py:DiT", "--kind", "velocity", "--schedule", "flow", "--labels", 10, *RANGE),
    "pixel-transformer": ("pixel_transformer.py:PixelTransformer", "--kind", "edm", "--schedule", "edm", *RANGE),
    "uvit": ("uvit.py:UViT", "--kind", "noise", "--schedule", "ddpm-scaled-linear:1000", "--data", "3x32x32", *RANGE),
    "ddpm-unet": (
        "ddpm_unet.py:Unet",
        "--args",
        "16, channels=1, resnet_block_groups=4",
        "--kind",
        "x0",
        "--schedule",
        "ddpm-sigmoid:1000",
        *RANGE,
    ),
    "adm": (
        "adm/unet.py:UNetModel",
        "--args",
        "32, 3, 16, 6, 1, (2,), num_classes=10",
        "--kind",
        "noise",
        "--schedule",
        "ddpm-cosine:1000",
        "--data",
        "3x32x32",
        "--labels",
        10,
        *RANGE,
    ),
    "context-unet": (
        "context_unet.py:ContextUnet",
        "--args",
        "1",
        "--kind",
        "noise",
        "--schedule",
        "ddpm-cosine:400",
        "--time",
        "(i + 1) / T",
        "--labels",
        10,
    ),
    "ncsn": ("ncsn.py:CondRefineNetDilated", "--kind", "score", "--schedule", "geometric:1,0.01,10"),
    "flow": (
        "flow_unet.py:FlowUNet",
        "--kind",
        "velocity",
        "--schedule",
        "flow",
        "--reverse",
        "--data",
        "3x32x32",
        *RANGE,
    ),
    "flow-points": (
        "flow_unet.py:PointFlow",
        "--kind",
        "velocity",
        "--schedule",
        "flow",
        "--reverse",
        "--data",
        2,
        "--range",
        "-3,3",
    ),
    "energy": ("energy_sn.py:EnergyModel", "--kind", "energy", "--negate", "--labels", 10),
    "pixelcnn": ("pixelcnn.py:PixelCNN", "--kind", "energy", "--negate"),
    "coupling": ("coupling.py:RealNVP", "--kind", "energy", "--data", 2, "--range", "-3,3"),
    "vae": ("vae.py:VAE", "--kind", "decoder", "--method", "decode", "--data", 16),
}


FIXED = ("pos_embed", "weight_u", "weight_v", "time.0.weight", "mask", "masks")  # what is no weight


def untrained(name, *options):
    """An architecture with random weights that matter: gains near 1, and outputs of about 1."""
    given = dict(zip(options[::2], options[1::2]))
    module, _ = made(f"{ARCHITECTURES}/{name}", given.get("--args"), None)
    generator = torch.Generator().manual_seed(3)
    for key, v in module.state_dict().items():
        if not v.is_floating_point() or key.endswith(FIXED):
            continue
        random = torch.randn(v.shape, generator=generator)
        if key.endswith("running_var"):
            v.copy_(torch.exp(0.3 * random))
        elif v.dim() >= 2 and not key.endswith(".g"):
            v.copy_(random / math.sqrt(v[0].numel()))
        else:
            v.copy_((1 if key.endswith(("weight", ".g", "beta")) else 0) + 0.2 * random)
    return module


def program():
    """The built program gensample, or None."""
    found = Path(os.environ.get("GENSAMPLE_BUILD", ROOT / "build")) / "gensample"
    return found if found.is_file() else None


class Architectures(unittest.TestCase):
    """Files in the style of public repositories come in untouched, by the command line alone, and are sampled."""

    LAYOUTS = {
        "dit": lambda s: {"model": s, "ema": s, "args": argparse.Namespace(image_size=28)},
        "uvit": lambda s: {f"_orig_mod.{k}": v for k, v in s.items()},
        "ddpm-unet": lambda s: {
            "step": 5,
            "model": {f"model.{k}": v for k, v in s.items()},
            "ema": {f"ema_model.{k}": v for k, v in s.items()},
        },
        "ncsn": lambda s: [{f"module.{k}": v for k, v in s.items()}, {"state": {}, "param_groups": []}],
        "flow": lambda s: {"net_model": s, "ema_model": s, "optim": {}, "step": 1},
        "context-unet": lambda s: {f"nn_model.{k}": v for k, v in s.items()} | {"sqrtab": torch.ones(401)},
        "vae": lambda s: {"state_dict": {f"model.{k}": v for k, v in s.items()}},
    }

    def check(self, name):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        where, *options = CASES[name]
        torch.manual_seed(0)
        module = untrained(where, *options)
        torch.save(self.LAYOUTS.get(name, lambda s: s)(module.state_dict()), folder / "net.pt")
        status, out, err = run(
            folder / "net.pt", "--module", f"{ARCHITECTURES}/{where}", *options, "--out", folder / "net.bin"
        )
        self.assertEqual((status, err), (0, ""), out)
        error, gradient = re.search(r"largest error (\S+)(?: \(of the gradient (\S+)\))?", out).groups()
        self.assertLess(float(error), 1e-5)  # 4e-6 at most was seen, and 8e-6 of gradients
        self.assertLess(float(gradient or 0), 3e-5)
        if program():
            model, _ = weightfile.read(folder / "net.bin")
            self.sample(folder, model)

    def sample(self, folder, model):
        """Two samples by few steps, from little noise, as random weights take none away."""
        options = ["--label", "all"] if "label" in model["inputs"] else []
        if "sigma" in model["inputs"]:
            options += ["--sampler", "heun", "--steps", "2", "--sigmas", f"{max(0.1, model['data']['sigma'][0])},1"]
        elif model["kind"] == "energy":
            options += ["--sampler", "langevin", "--steps", "2"]
        command = [program(), "--model", folder / "net.bin", "-n", "2", *options, "--out", folder / "x.npy"]
        ran = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        drawn = np.load(folder / "x.npy")
        shape = {"decoder": [1, 28, 28]}.get(model["kind"], model["data"]["shape"])
        shape = shape[:1] if shape[1:] == [1, 1] else shape
        self.assertEqual(drawn.shape, (2, *shape))
        self.assertTrue(np.isfinite(drawn).all())


for case in CASES:
    setattr(Architectures, f"test_{case.replace('-', '_')}", lambda self, case=case: self.check(case))


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

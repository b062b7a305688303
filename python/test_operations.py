"""Modules of one operation each: the exporter takes them, the file computes the same, and so does the library.

python test_operations.py [-v]
python test_operations.py --table    # the lines of models/README.md that say what is taken

export() itself compares each file with its module in float64; here are the gradients with respect to x, and what the
library computes, where there is one: the environment's GENSAMPLE_LIBRARY, or that of a build in this tree. CASES=TEXT
takes the cases whose names contain this text. The cases, in the folder cases, make the table of models/README.md.
"""

import copy
import math
import os
import re
import sys
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn

import gensample
from gensample._library import library
from cases import GROUPS, INFO, SHAPE
from gensample import exporter, weightfile
from gensample.exporter import Network
from gensample.exporter.wide import wide

ROOT = Path(__file__).resolve().parents[1]


class Body(nn.Module):
    def __init__(self, f, layers):
        super().__init__()
        self.f, self.m = f, nn.ModuleDict(layers)

    def forward(self, x, sigma, label):
        return self.f(self.m, x, sigma, label)


def build(case):
    f, layers = case if isinstance(case, tuple) else (case, {})
    net = Body(f, copy.deepcopy(layers)).eval()
    generator = torch.Generator().manual_seed(0)
    for name, t in net.state_dict().items():
        if t.is_floating_point() and "spectral" not in name and not re.search("weight_[uv]$|_orig$", name):
            noise = torch.randn(t.shape, generator=generator)
            t.copy_(
                noise.abs() + 0.5 if name.endswith("var") else noise / max(1, t[0].numel() if t.dim() > 1 else 1) ** 0.5
            )
    return net


def example():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(4, *SHAPE, generator=generator)
    return x, torch.tensor([0.05, 0.3, 2.2, 30.0]), torch.arange(4)


def exported(case):
    """(module, model, tensors, raw) of a case, as an energy where the module's results are not of the image's shape."""
    net = build(case)
    raw = exporter.export(net, example(), INFO | {"kind": "denoiser"})
    return net, *weightfile.parse(raw), raw


def weighted(result):
    """A number per image of a module's result, made with a factor of its own for each element."""
    flat = result.flatten(1) if result.dim() > 1 else result[:, None]
    return flat @ factors(flat.shape[1], flat.dtype)


def factors(n, dtype):
    return torch.linspace(-1, 1, n, dtype=dtype).cos()


def gradient(net, given):
    x, *rest = (t.double() if t.is_floating_point() else t for t in given)
    x.requires_grad_(True)
    try:
        (g,) = torch.autograd.grad(weighted(net(x, *rest)).sum(), x, allow_unused=True)
    except RuntimeError as error:
        if "is not implemented" in str(error):
            return None
        raise
    return torch.zeros_like(x) if g is None else g


def as_kind(kind, model, tensors):
    """A file with the numbers of a network's result as those of a classifier, or with one made of them as an energy."""
    sizes = Network(model, tensors)(*example())[0].shape
    nodes, n = list(model["graph"]["nodes"]), math.prod(sizes)
    output = model["graph"]["outputs"][0]
    if len(sizes) > 1:
        nodes.append({"name": "numbers", "op": "reshape", "inputs": [output], "attributes": {"shape": [n]}})
        output = "numbers"
    if kind == "energy":
        nodes.append({"name": "energy", "op": "linear", "inputs": [output], "tensors": {"weight": "factors"}})
        output, tensors = "energy", tensors | {"factors": factors(n, torch.float32)[None].numpy()}
    graph = {"nodes": nodes, "outputs": [output]}
    return weightfile.write({k: graph if k == "graph" else v for k, v in (model | {"kind": kind}).items()}, tensors)


def by_library(kind, model, tensors, method, given):
    """What the library computes with a file, all images at their own noise levels."""
    plan = gensample.load(as_kind(kind, model, tensors)).plan(threads=1)
    rows = [getattr(plan, method)(x[None].numpy(), s.item(), y[None].numpy()) for x, s, y in zip(*given)]
    return torch.from_numpy(np.concatenate(rows)).double()


def library_is_there():
    try:
        library()
    except ImportError:
        return False
    return True


def table():
    """The lines of models/README.md that say what is taken."""
    rows = ["| what | cases of the test |", "|---|---|"]
    for title, cases in GROUPS.items():
        rows.append(f"| {title} | {len(cases)}: {'; '.join(cases)} |".replace("**", r"\*\*"))
    return "\n".join(rows) + "\n"


class Operations(unittest.TestCase):
    def test_table_is_that_of_the_readme(self):
        text = (ROOT / "models" / "README.md").read_text()
        self.assertIn(table(), text, "models/README.md: expected the lines of `python test_operations.py --table`")

    def near(self, got, want, tolerance):
        self.assertEqual(got.shape, want.shape)
        self.assertLessEqual((got - want).abs().max(), tolerance * want.abs().max() + 1e-12)

    def test_there_are_enough(self):
        self.assertGreater(sum(map(len, GROUPS.values())), 150)

    def test_exported(self):
        """Each case's file against its module: gradients through PyTorch, and both through the library if there is one."""
        library, given = library_is_there(), example()
        self.assertTrue(library or "GENSAMPLE_LIBRARY" not in os.environ, "the library that is named cannot be loaded")
        for title, cases in GROUPS.items():
            for name, case in cases.items():
                if os.environ.get("CASES", "") not in f"{title}: {name}":
                    continue
                with self.subTest(f"{title.split(':')[0]}: {name}"):
                    self.one(case, given, library)

    def one(self, case, given, library):
        net, model, tensors, _ = exported(case)
        with wide(gradients=True):
            slope = gradient(net.double(), given)
            value = net(*(t.double() if t.is_floating_point() else t for t in given)).detach()
        if slope is not None:
            self.near(gradient(Network(model, tensors).double(), given), slope, 1e-4)
        if not library:
            return
        self.near(by_library("classifier", model, tensors, "evaluate", given), value.reshape(len(value), -1), 1e-5)
        if slope is not None:
            self.near(by_library("energy", model, tensors, "gradient", given), slope, 1e-4)


if __name__ == "__main__":
    if "--table" in sys.argv:
        sys.exit(print(table(), end=""))
    torch.set_num_threads(1)
    unittest.main()

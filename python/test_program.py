"""Tests of the program gensample-export.

python test_program.py [-v]
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch

import gensample
from gensample import weightfile
from gensample.exporter import cli
from gensample.exporter.call import NAMES
from gensample.exporter.kinds import KINDS
from gensample.exporter.schedules import SCHEDULES
from support import ROOT, run

SOURCE = """
import torch
from torch import nn

class Tiny(nn.Module):
    def __init__(self, width, depth=1):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, x, t):
        return self.b(torch.relu(self.a(x) * t[:, None, None, None]))

class Energy(nn.Module):
    def __init__(self, classes=0):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.SiLU(), nn.Flatten(), nn.Linear(4, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)

def fails(width):
    raise ValueError("no width")

CONSTANT = 3
"""


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "nets.py").write_text(SOURCE)
        self.nets = self.folder / "nets.py"
        self.space = space = {}
        exec(SOURCE, space)
        torch.manual_seed(0)
        torch.save(space["Tiny"](4).state_dict(), self.folder / "tiny.pt")
        torch.save(
            {"state_dict": space["Tiny"](4).state_dict(), "hyper_parameters": {"width": 4, "lr": 1e-3}},
            self.folder / "l.ckpt",
        )
        torch.save(space["Energy"]().state_dict(), self.folder / "energy.pt")
        self.out = self.folder / "Net One.bin"

    def export(self, checkpoint="tiny.pt", module="Tiny", **options):
        options = dict(args="4", kind="noise", schedule="flow", data="1x4x4", range="-1,1", out=self.out) | options
        argv = [self.folder / checkpoint, "--module", f"{self.nets}:{module}"]
        for k, v in options.items():
            argv += [f"--{k}"] if v is True else [f"--{k}", v] if v is not None else []
        return run(*argv)

    def test_a_file(self):
        status, out, err = self.export()
        self.assertEqual((status, err), (0, ""))
        model, tensors = weightfile.read(self.out)
        self.assertEqual((model["name"], model["kind"], model["inputs"]), ("net-one", "noise", ["x", "sigma"]))
        self.assertEqual(model["data"]["range"], [-1, 1])
        self.assertTrue({"a.weight", "b.bias"} < set(tensors))
        self.assertEqual(model["default"]["sampler"], "dpmpp-2m")
        self.assertRegex(out, "name 'net-one'.*small letters")
        self.assertRegex(out, r"largest error \d")
        self.assertEqual(os.listdir(self.folder).count("Net One.bin"), 1)
        self.assertFalse([n for n in os.listdir(self.folder) if n.startswith(".")])

    def test_arguments_of_the_checkpoint(self):
        status, out, err = self.export("l.ckpt", args=None)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("hyper_parameters", out)

    def test_package(self):
        package = self.folder / "package"
        package.mkdir()
        (package / "parts.py").write_text(SOURCE)
        (package / "net.py").write_text("from .parts import Tiny\n\ndef make(width):\n    return Tiny(width)\n")
        self.nets = package / "net.py"
        self.assertEqual(self.export(module="make")[0], 0)
        (package / "__init__.py").write_text("")
        self.assertEqual(self.export(module="make")[0], 0)
        status, out, err = run(
            self.folder / "tiny.pt",
            "--module",
            "package.net:make",
            "--args",
            "4",
            "--kind",
            "noise",
            "--schedule",
            "flow",
            "--data",
            "1x4x4",
            "--out",
            self.out,
        )
        self.assertEqual((status, err), (0, ""))

    def test_constants_made_of_whole_numbers(self):
        for made in ("torch.arange(4) / 4", "torch.linspace(0, 1, 4)"):
            for moved in ("to(t.device)", 'to("cpu")'):
                self.nets.write_text(
                    "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    def forward(self, x, t):\n"
                    f"        f = ({made}).{moved}\n"
                    "        return x * (t[:, None] * f).cos().sum(1)[:, None, None, None]\n"
                )
                name = f"{self.nets}:Net"
                with self.subTest(made, moved=moved):
                    argv = ("--untrained", "--module", name, "--kind", "noise", "--schedule", "flow", "--out", self.out)
                    self.assertEqual(run(*argv)[::2], (0, ""))

    def test_energy(self):
        status, out, err = self.export("energy.pt", "Energy", args=None, kind="energy", schedule=None, negate=True)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("of the gradient", out)

    def test_ladder_and_defaults(self):
        self.export(kind="score", schedule="geometric:1,0.01,10", default="steps_per_level=7")
        model, _ = weightfile.read(self.out)
        self.assertEqual(model["default"]["sampler"], "annealed-langevin")
        self.assertEqual((model["default"]["steps_per_level"], len(model["data"]["ladder"])), (7, 10))

    def test_refused_in_a_sentence(self):
        os.mkfifo(self.folder / "pipe")
        cases = [
            (dict(module="Nothing"), "nets.py:Nothing: has no 'Nothing'; its modules are Tiny, Energy"),
            (dict(module="CONSTANT"), "neither a class nor a function"),
            (dict(module="fails"), r"cannot be made with \(4\): ValueError: no width .*nets.py:\d+"),
            (dict(args=None), "needs the arguments width"),
            (dict(args="width=__import__('os')"), "not taken"),
            (dict(args="8"), "of another size"),
            (dict(kind="nose"), "known are noise"),
            (dict(data="7"), r"fails when it is called with \(x, t\)"),
            (dict(out=self.folder / "no" / "net.bin"), "there is no folder"),
            (dict(out=self.folder), "is a folder"),
            (dict(out=self.folder / "pipe"), "is no regular file"),
            (dict(checkpoint="no.pt"), "no such file"),
            (dict(null="some"), "expected the number"),
            (dict(default="steps"), "expected SETTING=VALUE"),
        ]
        for options, why in cases:
            with self.subTest(why):
                status, out, err = self.export(**options)
                self.assertEqual(status, 1)
                self.assertRegex(err, "(?s)^gensample-export: .*" + why)
                self.assertNotIn("Traceback", err)
        self.assertFalse(self.out.exists())

    def test_a_module_that_exits(self):
        for text in ("sys.exit(3)", "class Tiny:\n    def __init__(self, width): sys.exit(3)"):
            self.nets.write_text(f"import sys\n{text}\n")
            sys.modules.pop("nets", None)
            with self.subTest(text):
                status, _, err = self.export()
                self.assertEqual(status, 1)
                self.assertRegex(err, r"cannot be (imported|made with .*): SystemExit: 3 \(.*nets.py:\d\)")

    def test_logs_of_the_trace_are_not_shown(self):
        for text, why in (
            ("return x if x.sum() > 0 else 2 * x", "branches that depend on values"),
            ("return torch.view_as_real(torch.fft.fft(x)).sum(-1)", "a file has real numbers"),
            (
                "torch.set_grad_enabled(True); z = x.detach().requires_grad_()\n"
                "        return torch.autograd.grad(z.exp().sum(), z)[0]",
                "export the energy itself, as kind 'energy'",
            ),
        ):
            source = "import torch\n\nclass Net(torch.nn.Module):\n    def forward(self, x, t):\n        " + text
            self.nets.write_text(source)
            name = f"{self.nets}:Net"
            argv = ("--untrained", "--module", name, "--kind", "noise", "--schedule", "flow", "--out", self.out)
            code = f"import sys; from gensample.exporter.cli import main; sys.exit(main({[str(a) for a in argv]}))"
            environment = os.environ | {"PYTHONPATH": str(ROOT / "python")}
            ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
            with self.subTest(text):
                self.assertEqual(ran.returncode, 1)
                self.assertRegex(ran.stderr, rf"^gensample-export: .*nets.py.*{why}.*\n$")

    def test_a_reader_that_goes(self):
        argv = [sys.executable, "-m", "gensample.exporter", "--list"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "python")}
        with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            program.stdout.close()
            self.assertEqual(program.stderr.read(), b"")

    def test_usage(self):
        self.assertEqual(run("--out", "a.bin", "--kind", "noise")[0], 2)
        self.assertEqual(run("a.pt", "--out", "a.bin", "--kind", "noise")[0], 2)
        self.assertEqual(run("a.pt", "--kind", "noise", "--module", "a.py:A")[0], 2)
        self.assertEqual(run("--nonsense")[0], 2)
        status, _, err = run("--kind", "noise", "--out", "a.bin", "--module", "a.py:A", "--ema", "a.pt")
        self.assertEqual(status, 2)
        self.assertIn("--ema took 'a.pt' as the name of a copy: give the checkpoint first", err)
        status, out, _ = run("--help")
        self.assertEqual(status, 0)
        self.assertTrue(all(name in out for name in (*KINDS, *NAMES, "--null INDEX", "default 0,1")))
        status, out, _ = run("--list")
        self.assertEqual(status, 0)
        self.assertTrue(all(f"`{name}" in out for name in (*KINDS, *SCHEDULES)))

    def test_document_has_the_tables(self):
        document = (ROOT / "docs" / "export.md").read_text().splitlines()
        missing = [line for line in cli.tables() if line not in document]
        self.assertEqual(missing, [], "docs/export.md: put in the tables of gensample-export --list")

    def test_what_the_file_cannot_express_leaves_no_file(self):
        (self.folder / "nets.py").write_text(
            "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n"
            "    def forward(self, x, t):\n        return torch.fft.fft2(x).real + torch.fft.fft(x).real\n"
        )
        status, out, err = run(
            "--untrained", "--module", f"{self.nets}:Net", "--kind", "noise", "--schedule", "flow", "--out", self.out
        )
        self.assertEqual((status, self.out.exists()), (1, False))
        self.assertIn("fft", err)

    def test_missing_import(self):
        (self.folder / "nets.py").write_text("import no_such_package\n")
        status, _, err = self.export()
        self.assertRegex(err, "needs the module 'no_such_package', which is not installed.*nets.py:1")

    def test_import_of_gensample_is_without_torch(self):
        code = "import sys, gensample; sys.exit('torch' in sys.modules)"
        environment = os.environ | {"PYTHONPATH": str(ROOT / "python")}
        self.assertEqual(subprocess.run([sys.executable, "-c", code], env=environment).returncode, 0)

    def test_from_python(self):
        said = []
        tiny = self.space["Tiny"](4)
        raw = gensample.export(
            tiny, kind="v", schedule="cosine", data=(1, 6, 6), name="v", report=said.append, out=self.out
        )
        self.assertEqual(raw, self.out.read_bytes())
        self.assertIn("largest error", said[-1])

    def test_library_checks(self):
        try:
            from gensample._library import library

            library()
        except ImportError:
            self.skipTest("libgensample is not built")
        status, _, err = self.export(default="sampler=quick")
        self.assertEqual((status, self.out.exists()), (1, False))
        self.assertRegex(err, "the library refuses the file: .*quick")
        status, out, err = self.export()
        self.assertIn("by the library in float32", out)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()

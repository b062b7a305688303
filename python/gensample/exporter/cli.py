"""The program gensample-export."""

import argparse
import importlib
import os
import sys
from pathlib import Path

EXAMPLES = """
examples:
  gensample-export net.pt --module unet.py:UNet --args 'dim=64' --kind noise --schedule ddpm-linear:1000 \\
      --data 1x28x28 --range -1,1 --labels 10 --out net.bin
  gensample-export flow.ckpt --module nets.py:Flow --kind velocity --schedule flow --out flow.bin
  gensample-export energy.pt --module ebm.py:Energy --kind energy --negate --range -1,1 --out energy.bin
  gensample-export net.onnx --kind denoiser --schedule ve:0.002,80 --out net.bin
"""


def options():
    """The options by group: name, metavar (None: a switch), help, and what else argparse is told of it."""
    return {
        None: [
            ("--out", "FILE.bin", "the weight file to write"),
            ("--list", None, "show kinds and schedules, with their formulas"),
        ],
        "the module": [
            ("--module", "WHERE:NAME", "its class, or a function that makes it: net.py:UNet or package.nets:UNet"),
            ("--args", "ARGS", "what it is made with, as in a call: '64, depth=3'; default: the checkpoint's, or none"),
            ("--ema", "PATH", "take averaged weights instead of the last ones", dict(nargs="?", const=True)),
            ("--weights", "PATH", "take the copy of the weights of this name in the checkpoint"),
            ("--untrained", None, "take the weights with which the module is made, without a checkpoint"),
            ("--call", "ARGS", f"how it is called: 'x, t, y=y' of {rows('call', 'NAMES')}; default: by names"),
            ("--method", "NAME", "the method or part that is called instead of the module itself, as decode"),
            ("--output", "NAME", "which of its results: a key, an attribute or a number from 0"),
        ],
        "what it predicts": [
            ("--kind", "KIND", f"what the network returns: {rows('kinds', 'KINDS')} (--list)"),
            ("--schedule", "S", "how noise was added in training: ddpm-linear:1000, flow, ve:0.01,50 ... (--list)"),
            ("--time", "EXPR", "its time, of i (step, from 0), T, t and sigma: '(i + 1) / T'; default: the schedule's"),
            ("--negate", None, "it returns the negative, as f = -E"),
            ("--reverse", None, "flow: its time goes from noise at 0 to data at 1"),
        ],
        "the data": [
            ("--data", "CxHxW", "one sample's shape; 2: points (default %(default)s)", dict(default="1x28x28")),
            ("--image", "CxHxW", "the images' shape where --data is another: 784 of an MLP, or latents of a decoder"),
            ("--range", "LOW,HIGH", "values of the training data (default %(default)s)", dict(default="0,1")),
            ("--labels", "K", "number of classes, if it takes labels", dict(type=int, default=0)),
            ("--null", "INDEX", "its label for 'no label' (default: K); none: it has none"),
        ],
        "the file": [
            ("--name", "NAME", "the network's name (default: the file's)"),
            ("--default", "SETTINGS", "settings for sampling: 'sampler=heun,steps=20,sigmas=0.02:80'"),
        ],
    }


def rows(module, table):
    """The names of a table's rows, in a module that needs PyTorch."""
    try:
        return ", ".join(getattr(importlib.import_module(f".{module}", __package__), table))
    except ImportError:
        return "..."


def parser(groups):
    p = argparse.ArgumentParser(
        prog="gensample-export",
        usage="gensample-export CHECKPOINT --module FILE.py:CLASS --kind KIND --out FILE.bin [OPTION...]",
        description="Bring a network from PyTorch or ONNX into a weight file of gensample.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    weights = "the weights: PyTorch's .pt, .pth, .ckpt, safetensors, or a model.onnx"
    p.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=weights)
    for title, own in groups.items():
        group = p.add_argument_group(title) if title else p
        for name, metavar, text, *more in own:
            told = dict(metavar=metavar, **(more[0] if more else {})) if metavar else dict(action="store_true")
            group.add_argument(name, help=text, **told)
    return p


def joined(argv, groups):
    """The arguments, with values that begin with a minus, as --range -1,1, joined to their options by '=', as argparse
    would take them for options."""
    options = {name: metavar for own in groups.values() for name, metavar, *_ in own}
    out = []
    for a in argv:
        if out and options.get(out[-1]) and a.startswith("-") and a.partition("=")[0] not in options:
            out[-1] += f"={a}"
        else:
            out.append(a)
    return out


def usage(message):
    print(f"gensample-export: {message} (gensample-export --help shows everything)", file=sys.stderr)
    return 2


def tables():
    """The rows of KINDS and SCHEDULES as two tables in Markdown, which docs/export.md has too."""
    from .kinds import KINDS
    from .schedules import SCHEDULES

    text = lambda entry: " ".join(entry.__doc__.split()).replace("|", "\\|")
    usual = lambda f: ",".join(f"{v:g}" for v in f.numbers.values() if v is not None)
    names = {}
    for name, cls in KINDS.items():
        names.setdefault(cls, []).append(f"`{name}`")
    lines = ["| `--kind` | kind of the file | what the network returns |", "|---|---|---|"]
    lines += [f"| {', '.join(own)} | {cls.file} | {text(cls)} |" for cls, own in names.items()]
    lines += ["", "| `--schedule` | how noise was added |", "|---|---|"]
    for name, f in SCHEDULES.items():
        default = f" Default: {usual(f)}." if usual(f) else ""
        lines.append(f"| `{name}{':' * bool(f.usage)}{f.usage}` | {text(f)}{default} |")
    return lines


def null_of(text):
    from .problem import ExportError

    if text is None or text == "none":
        return text
    try:
        return int(text)
    except ValueError:
        raise ExportError(
            f"--null {text}", "expected the number of the label that stands for no label, or none"
        ) from None


def is_onnx(path):
    return path is not None and Path(path).suffix.lower() == ".onnx"


def load(args):
    """(module, checkpoint or None, sentences)."""
    if is_onnx(args.checkpoint):
        from .from_onnx import load as load_onnx

        return load_onnx(args.checkpoint), None, []
    from .checkpoint import Checkpoint, put
    from .source import made

    checkpoint = Checkpoint(args.checkpoint) if args.checkpoint else None
    module, notes = made(args.module, args.args, checkpoint)
    if checkpoint:
        notes += put(checkpoint, module, args.ema or False, args.weights)
    else:
        notes.append("the weights are those with which the module is made")
    return module, checkpoint, notes


def run(args):
    from .api import DEFAULTS, exported
    from .output import writable, written_beside
    from .problem import ExportError

    writable(args.out)
    options = {k: v for k, v in vars(args).items() if k in DEFAULTS} | {"null": null_of(args.null)}
    module, options["checkpoint"], notes = load(args)
    result = exported(module, args.kind, args.name or Path(args.out).stem, options)
    for note in notes + result.notes:
        print(f"{args.out}: {note}")
    if not result.check.good:
        raise ExportError(args.out, f"{result.check}: that is more than rounding, and the file was not written")
    written_beside(args.out, result.raw)
    nodes, numbers = result.size
    print(f"{args.out}: {result.model['kind']} '{result.model['name']}', {nodes} nodes, {numbers:,} weights")
    print(f"{args.out}: {result.check}")
    return 0


def refusals(error, args):
    """All places of a module that a file cannot express, a line each."""
    lines = [line.replace("module net.module.", "module ") for line in str(error).splitlines()]
    what = args.module or args.checkpoint
    if len(lines) == 1:
        return f"{what}: {lines[0]}"
    return "\n  ".join([f"{what}: a weight file cannot express it, for {len(lines)} reasons:"] + lines)


def main(argv=None):
    groups = options()
    args = parser(groups).parse_args(joined(sys.argv[1:] if argv is None else argv, groups))
    if not args.list:
        for name in ("kind", "out"):
            if not getattr(args, name):
                return usage(f"--{name} is missing")
        if not args.checkpoint and isinstance(args.ema, str):
            took = f"--ema took '{args.ema}' as the name of a copy: give the checkpoint first"
            return usage(f"the checkpoint is missing; {took}")
        if not args.checkpoint and not args.untrained:
            return usage("the checkpoint is missing; --untrained takes the module as it is made")
        if not args.module and not is_onnx(args.checkpoint):
            return usage("--module is missing: where the network's class is, as net.py:UNet")
    try:
        import torch
    except ImportError:
        print("gensample-export: PyTorch is missing: pip install gensample[export]", file=sys.stderr)
        return 1
    from .problem import ExportError
    from .writing import Unsupported

    try:
        with torch.no_grad():
            status = run(args) if not args.list else print("\n".join(tables())) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # of whoever read a part, as head; nothing more is written, at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Unsupported as error:
        print(f"gensample-export: {refusals(error, args)}", file=sys.stderr)
        return 1
    except ExportError as error:
        print(f"gensample-export: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

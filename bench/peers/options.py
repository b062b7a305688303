"""The command line of run.sh, which asks what must be installed before the rest can be imported.

As a program: checks the arguments and prints the libraries that they need.
"""

import argparse
import os
from pathlib import Path

from machine import ROOT
from peers import NAMES, TYPES

ABOUT = """This project beside peers, measured in one job on one machine.

Networks: evaluations per second by ONNX Runtime, OpenVINO, LiteRT, ExecuTorch, ncnn and PyTorch, and energies' gradients by
PyTorch, of the very weight files. Rejection sampling: proposals per second by NumPy and SciPy. What is computed is
compared first. Then everybody is measured once a round, in random order, and each round gives one ratio, ours over
theirs. The report is genbench's own (bench/README.md). Peers that are missing are installed first.
"""
SUITES = ("evaluations", "rejection")
QUICK = {"rounds": 3, "seconds": 0.4, "batch": [64], "model": ["ncsn", "ebm"]}
FULL = {"rounds": 5, "seconds": 1.5, "batch": [1, 64], "model": None}
# Networks with random weights (networks.make), and those of them that are measured unless networks are named.
MADE = ("tutorial", "transformer-7", "transformer-14", "attention-7", "attention-14")
ALSO = ("transformer-7", "transformer-14")


def words(known=None):
    """Parses words separated by commas."""

    def parse(text):
        for word in text.split(","):
            if known and word not in known:
                raise argparse.ArgumentTypeError(f'"{word}" is unknown, expected one of {", ".join(known)}')
        return text.split(",")

    return parse


def positive(kind):
    """Parses a number above 0."""

    def parse(text):
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def whole_numbers(text):
    return [positive(int)(word) for word in text.split(",")]


def parse():
    form = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="run.sh", description=ABOUT, formatter_class=form)
    add = p.add_argument
    add("--quick", action="store_true", help="two networks, one batch, short rounds: a few minutes")
    add("--check", action="store_true", help="only compare outputs of networks; no report")
    add("--peers", type=words(NAMES), default=NAMES, metavar="NAME,...", help=f"of {', '.join(NAMES)}")
    add("--suite", type=words(SUITES), default=SUITES, metavar="NAME,...", help=f"of {', '.join(SUITES)}")
    add("--dtype", type=words(TYPES), default=TYPES, metavar="NAME,...", help=f"of networks, of {', '.join(TYPES)}")
    add("--model", type=words(), metavar="FILE,...", help=f"weight files or names of shipped networks, or of {', '.join(MADE)}")
    add("--batch", type=whole_numbers, metavar="B,...", help="images per call (default 1,64)")
    add("--threads", type=positive(int), default=len(os.sched_getaffinity(0)), metavar="T", help="default: all")
    add("--rounds", type=positive(int), metavar="R", help="default 5")
    add("--seconds", type=positive(float), metavar="S", help="of each measurement (default 1.5)")
    add("--sigma", type=positive(float), default=0.5, metavar="S", help="noise level (default 0.5)")
    add("--label", type=int, default=0, metavar="K", help="for networks that take one (default 0)")
    add("--dim", type=positive(int), default=784, metavar="D", help="of rejection sampling (default 784)")
    add("--ratio", type=positive(float), default=1.01, metavar="R", help="of rejection sampling (default 1.01)")
    add("--isa", metavar="NAME", help="instruction set of ours (default: the best)")
    add("--seed", type=int, default=0, metavar="S", help="of the order of measurements (default 0)")
    add("--build", type=Path, default=ROOT / "build", metavar="FOLDER", help="where genbench and gensample are")
    add("--json", type=Path, default=Path("peers.json"), metavar="FILE", help="the report (default peers.json)")
    args = p.parse_args()
    if "f32" not in args.dtype:
        p.error("--dtype: f32 must be among them, since types that this build lacks are held against it")
    for name, value in (QUICK if args.quick else FULL).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    return args


if __name__ == "__main__":
    print(*parse().peers)

"""Network evaluations per second: this project beside ONNX Runtime, in one run on one machine.

    ./setup.sh
    .venv/bin/python ort.py --model ../../models/ncsn.bin --threads 2

Both compute the same network from the same weight file in float32 (to_onnx.py). Outputs are compared first; then
rounds of `genbench eval` and of ONNX Runtime alternate, in random order, and each round gives one ratio.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import to_onnx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))
import weightfile  # noqa: E402

TOLERANCE = 1e-5  # of the largest output


def parse():
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("--model", type=Path, default=ROOT / "models" / "ncsn.bin")
    p.add_argument("--genbench", type=Path, default=ROOT / "build" / "genbench")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--batch", type=int, nargs="+", default=[1, 8, 16, 32, 64, 128])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2, help="of each measurement")
    p.add_argument("--sigma", type=float, default=0.5)
    p.add_argument("--label", type=int, default=0, help="for networks with labels")
    p.add_argument("--dynamic", action="store_true", help="leave the batch open in the ONNX model")
    p.add_argument("--isa", help="instruction set of ours; default: the best")
    p.add_argument("--seed", type=int, default=0, help="of the order of rounds")
    p.add_argument("--json", type=Path, help="also write every measurement there")
    p.add_argument("--check", action="store_true", help="compare the outputs only")
    return p.parse_args()


class Ours:
    name = "gensample"

    def __init__(self, args, model, batch):
        self.command = [args.genbench, "eval", "--model", args.model, "--threads", args.threads, "--batch", batch]
        self.command += ["--sigma", args.sigma] * ("sigma" in model["inputs"])
        self.command += ["--label", args.label] * ("label" in model["inputs"])
        self.command += ["--isa", args.isa] if args.isa else []

    def run(self, *more):
        done = subprocess.run([str(c) for c in [*self.command, *more]], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("ort.py: genbench failed")
        return json.loads(done.stdout)

    def output(self, x):
        with tempfile.TemporaryDirectory() as folder:
            given, got = Path(folder, "x"), Path(folder, "out")
            x.tofile(given)
            self.run("--seconds", 0, "--input", given, "--dump", got)
            return np.fromfile(got, np.float32).reshape(len(x), -1)

    def measure(self, x, seconds):
        return self.run("--seconds", seconds)["evaluations_per_second"]


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, args, model, tensors, batch):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        graph = to_onnx.build(model, tensors, None if args.dynamic else batch).SerializeToString()
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.given = {"sigma": np.full((1, 1), args.sigma, np.float32)} if "sigma" in model["inputs"] else {}
        self.given |= {"label": np.full(batch, args.label)} if "label" in model["inputs"] else {}

    def output(self, x):
        return self.session.run(None, self.given | {"x": x})[0].reshape(len(x), -1)

    def measure(self, x, seconds):
        given, evaluations = self.given | {"x": x}, 0
        self.session.run(None, given)
        start = now = time.perf_counter()
        while now - start < seconds:
            self.session.run(None, given)
            evaluations += len(x)
            now = time.perf_counter()
        return evaluations / (now - start)


def compare(ours, peer, x):
    """The largest difference of the outputs over the largest output; too large a one ends the run."""
    a, b = ours.output(x), peer.output(x)
    difference = float(np.abs(a - b).max() / np.abs(b).max())
    if not difference <= TOLERANCE:
        sys.exit(f"ort.py: outputs differ by {difference:.3g} of the largest, expected at most {TOLERANCE}")
    return difference


def stolen():
    """(ticks stolen by the hypervisor, all ticks) since boot."""
    try:
        ticks = [int(v) for v in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except OSError:
        return 0, 1
    return ticks[7], sum(ticks)


def cpu_name():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def rounds(args, model, tensors, batch, order):
    shape = model["data"]["shape"]
    x = np.random.default_rng(1).normal(size=(batch, *shape)).astype(np.float32)
    pair = [Ours(args, model, batch), OnnxRuntime(args, model, tensors, batch)]
    row = {"batch": batch, "difference": compare(*pair, x)} | {p.name: [] for p in pair}
    for _ in range(0 if args.check else args.rounds):
        order.shuffle(pair)
        for p in pair:
            row[p.name].append(p.measure(x, args.seconds))
    return row


def table_row(row):
    ours, peer = row[Ours.name], row[OnnxRuntime.name]
    if not ours:
        return f"| {row['batch']} | {row['difference']:.1e} |"
    ratios = [a / b for a, b in zip(ours, peer)]
    cells = f"{statistics.median(ours):.0f} | {statistics.median(peer):.0f}"
    return (
        f"| {row['batch']} | {cells} | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {row['difference']:.1e} |"
    )


def main():
    args = parse()
    model, tensors = weightfile.read(args.model)
    version = f"ONNX Runtime {onnxruntime.__version__}"
    print(
        f"{model['name']} ({weightfile.file_hash(args.model)[:12]}), {cpu_name()}, {args.threads} threads, {version},"
    )
    print(f"{args.rounds} rounds of {args.seconds:g} s each, evaluations/s\n")
    columns = (
        ["batch"] + ([] if args.check else ["gensample", "ONNX Runtime", "ratio, median", "least"]) + ["difference"]
    )
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    before, rows, order = stolen(), [], random.Random(args.seed)
    for batch in args.batch:
        rows.append(rounds(args, model, tensors, batch, order))
        print(table_row(rows[-1]), flush=True)
    after = stolen()
    share = (after[0] - before[0]) / max(1, after[1] - before[1])
    print(f"\nStolen CPU time {100 * share:.1f} %{'' if share < 0.02 else ': INVALID, expected under 2 %'}")
    if args.json:
        context = {"model": model["name"], "hash": weightfile.file_hash(args.model), "cpu": cpu_name()}
        context |= {"threads": args.threads, "seconds": args.seconds, "peer": version, "stolen": share}
        args.json.write_text(json.dumps({"context": context, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

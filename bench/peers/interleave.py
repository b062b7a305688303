"""What the scripts that measure this project beside a peer share: rounds of both in random order, one ratio a round."""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))
import weightfile  # noqa: E402

SCRIPT = Path(sys.argv[0]).name


def parser(description):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--genbench", type=Path, default=ROOT / "build" / "genbench")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2, help="of each measurement")
    p.add_argument("--sigma", type=float, default=0.5)
    p.add_argument("--label", type=int, default=0, help="for networks with labels")
    p.add_argument("--isa", help="instruction set of ours; default: the best")
    p.add_argument("--seed", type=int, default=0, help="of the order of rounds")
    p.add_argument("--json", type=Path, help="also write every measurement there")
    p.add_argument("--check", action="store_true", help="compare the outputs only")
    return p


class Ours:
    name = "gensample"

    def __init__(self, args, model, batch, *more):
        self.command = [args.genbench, "eval", "--model", args.model, "--threads", args.threads, "--batch", batch]
        self.command += ["--sigma", args.sigma] * ("sigma" in model["inputs"])
        self.command += ["--label", args.label] * ("label" in model["inputs"])
        self.command += ["--isa", args.isa] if args.isa else []
        self.command += more

    def run(self, *more):
        done = subprocess.run([str(c) for c in [*self.command, *more]], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{SCRIPT}: genbench failed")
        return json.loads(done.stdout)

    def output(self, x):
        with tempfile.TemporaryDirectory() as folder:
            given, got = Path(folder, "x"), Path(folder, "out")
            x.tofile(given)
            self.run("--seconds", 0, "--input", given, "--dump", got)
            return np.fromfile(got, np.float32)

    def measure(self, x, seconds):
        return self.run("--seconds", seconds)["evaluations_per_second"]


def compare(ours, peer, x, tolerance):
    """The largest difference of the outputs over the largest output; too large a one ends the run."""
    a, b = ours.output(x), peer.output(x).ravel()
    difference = float(np.abs(a - b).max() / np.abs(b).max())
    if not difference <= tolerance:
        sys.exit(f"{SCRIPT}: outputs differ by {difference:.3g} of the largest, expected at most {tolerance}")
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


def rounds(args, model, batch, ours, peers, tolerance, order):
    """One row of the table: every measurement of ours and of the peers."""
    x = np.random.default_rng(1).normal(size=(batch, *model["data"]["shape"])).astype(np.float32)
    row = {"batch": batch, "difference": max(compare(ours, peer, x, tolerance) for peer in peers)}
    row |= {p.name: [] for p in (ours, *peers)}
    everybody = [ours, *peers]
    for _ in range(0 if args.check else args.rounds):
        order.shuffle(everybody)
        for p in everybody:
            row[p.name].append(p.measure(x, args.seconds))
    return row


def table_row(row, peers):
    """Each round gives one ratio, ours over the best peer of that round."""
    if not row[Ours.name]:
        return f"| {row['batch']} | {row['difference']:.1e} |"
    ratios = [ours / max(theirs) for ours, *theirs in zip(row[Ours.name], *(row[name] for name in peers))]
    cells = " | ".join(f"{statistics.median(row[name]):.0f}" for name in (Ours.name, *peers))
    return (
        f"| {row['batch']} | {cells} | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {row['difference']:.1e} |"
    )


def run(args, version, peers_of, batches, unit, tolerance, *more):
    """Measure at each batch beside peers_of(model, tensors, batch), print the table, write the JSON."""
    model, tensors = weightfile.read(args.model)
    print(f"{model['name']} ({weightfile.file_hash(args.model)[:12]}), {cpu_name()}, {args.threads} threads, {version},")
    print(f"{args.rounds} rounds of {args.seconds:g} s each, {unit}\n")
    before, rows, order = stolen(), [], random.Random(args.seed)
    for batch in batches:
        peers = peers_of(model, tensors, batch)
        names = [p.name for p in peers]
        if not rows:
            measured = [] if args.check else [Ours.name, *names, "ratio, median", "least"]
            columns = ["batch", *measured, "difference"]
            print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
        rows.append(rounds(args, model, batch, Ours(args, model, batch, *more), peers, tolerance, order))
        print(table_row(rows[-1], names), flush=True)
    after = stolen()
    share = (after[0] - before[0]) / max(1, after[1] - before[1])
    print(f"\nStolen CPU time {100 * share:.1f} %{'' if share < 0.02 else ': INVALID, expected under 2 %'}")
    if args.json:
        context = {"model": model["name"], "hash": weightfile.file_hash(args.model), "cpu": cpu_name()}
        context |= {"threads": args.threads, "seconds": args.seconds, "peer": version, "stolen": share}
        context |= {"load": os.getloadavg()[0]}
        args.json.write_text(json.dumps({"context": context, "rows": rows}, indent=1) + "\n")

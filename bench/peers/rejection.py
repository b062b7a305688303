"""Rejection sampling per second: this project's algorithms beside NumPy's and SciPy's, in one run on one machine.

    ./setup.sh
    .venv/bin/python rejection.py --threads 2

Everybody draws from N(0, I) in D dimensions by rejection from N(0, ratio^2 I). NumPy draws a batch of proposals
(`standard_normal`), adds up squares (`einsum`) and compares with log u, in the type and batch that are fastest here; its
generator is sequential, so there is a row with a generator for each thread too. SciPy asks `scipy.stats.norm` for
proposals and both densities. NumPy's `chisquare` decides from the radius as our `radius` does. Rounds alternate in random
order, and each gives the ratio of every row to NumPy's plain one. A row whose acceptance over all rounds is more than 4
standard deviations from 1/M is no row, and ends the run.
"""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import scipy
import scipy.stats

import interleave

SCORE_MAX = 4


class Ours:
    def __init__(self, args, algorithm):
        self.name, self.threads = f"gensample {algorithm}", args.threads
        self.command = [args.gensample, "rejection", "--algorithm", algorithm, "--dim", args.dim]
        self.command += ["--ratio", args.ratio, "--threads", args.threads, "--json"]
        self.command += ["--isa", args.isa] if args.isa else []
        self.wanted, self.seed = 100, 0

    def measure(self, seconds):
        """(proposals, accepted, seconds) of a run about that long, for the speed of the last one."""
        self.seed += 1
        command = [*self.command, "-n", self.wanted, "--seed", self.seed]
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("rejection.py: gensample failed")
        report = json.loads(done.stdout)
        self.wanted = max(100, min(2_000_000, int(seconds * report["accepted_per_second"])))
        return report["proposals"], report["accepted"], report["seconds"]


class Peer:
    """A function of (generator) that makes a batch of proposals and returns their number and the accepted samples."""

    def __init__(self, name, batch, threads=1):
        self.name, self.batch, self.threads = name, batch, threads
        self.generators = [np.random.default_rng(i) for i in range(threads)]

    def work(self, rng, seconds):
        proposals = accepted = 0
        start = now = time.perf_counter()
        while now - start < seconds:
            n, samples = self.batch(rng)
            proposals += n
            accepted += len(samples)
            now = time.perf_counter()
        return proposals, accepted

    def measure(self, seconds):
        start = time.perf_counter()
        if self.threads == 1:
            done = [self.work(self.generators[0], seconds)]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                done = list(pool.map(self.work, self.generators, [seconds] * self.threads))
        return sum(d[0] for d in done), sum(d[1] for d in done), time.perf_counter() - start


def numpy_plain(args, dtype, size):
    steepness = (args.ratio**2 - 1) / 2

    def batch(rng):
        z = rng.standard_normal((size, args.dim), dtype=dtype)
        square = np.einsum("ij,ij->i", z, z)
        accepted = square * steepness <= -np.log(rng.random(size))
        return size, args.ratio * z[accepted]

    return batch


def numpy_radius(args, size):
    steepness = (args.ratio**2 - 1) / 2

    def batch(rng):
        square = rng.chisquare(args.dim, size)
        square = square[square * steepness <= -np.log(rng.random(size))]
        z = rng.standard_normal((len(square), args.dim))
        return size, args.ratio * z * np.sqrt(square / np.einsum("ij,ij->i", z, z))[:, None]

    return batch


def scipy_plain(args, size):
    p, q = scipy.stats.norm(), scipy.stats.norm(scale=args.ratio)
    log_m = args.dim * math.log(args.ratio)

    def batch(rng):
        x = q.rvs((size, args.dim), random_state=rng)
        accepted = np.log(rng.random(size)) <= p.logpdf(x).sum(1) - q.logpdf(x).sum(1) - log_m
        return size, x[accepted]

    return batch


def fastest(args, make, choices):
    """The batch of make(args, *choice) with most proposals a second, and its choice."""

    def speed(choice):
        proposals, _, seconds = Peer("", make(args, *choice)).measure(0.2)
        return proposals / seconds

    best = max(choices, key=speed)
    return make(args, *best), best


def contestants(args):
    sizes = (64, 256, 1024, 4096)
    plain, (dtype, size) = fastest(args, numpy_plain, [(t, n) for t in (np.float32, np.float64) for n in sizes])
    radius, _ = fastest(args, numpy_radius, [(n,) for n in (1 << 12, 1 << 14, 1 << 16)])
    with_scipy, _ = fastest(args, scipy_plain, [(n,) for n in sizes])
    print(f"NumPy's best: {dtype.__name__}, batches of {size}\n")
    return [
        Peer("NumPy", plain),
        Peer(f"NumPy, {args.threads} threads", plain, args.threads),
        Peer("NumPy, radius", radius),
        Peer("SciPy", with_scipy),
        *(Ours(args, a) for a in ("plain", "early", "radius")),
    ]


def print_table(rows, base):
    print("| | threads | proposals/s | accepted/s | proposals beside NumPy's | accepted beside NumPy's, median | least |")
    print("|---|---|---|---|---|---|---|")
    for c, runs in rows.items():
        speeds = [[r[i] / r[2] for r in runs] for i in (0, 1)]
        # Few of NumPy's proposals are accepted in a round: its accepted samples are its proposals times 1/M.
        ratios = [[run[i] / run[2] / (b[0] / b[2] * m) for run, b in zip(runs, rows[base])] for i, m in ((0, 1), (1, base.share))]
        cells = [f"{statistics.median(v):.4g}" for v in (*speeds, ratios[0], ratios[1])]
        print(f"| {c.name} | {c.threads} | {' | '.join(cells)} | {min(ratios[1]):.4g} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gensample", type=Path, default=interleave.ROOT / "build" / "gensample")
    p.add_argument("--dim", type=int, default=784)
    p.add_argument("--ratio", type=float, default=1.01)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2, help="of each measurement")
    p.add_argument("--isa", help="instruction set of ours; default: the best")
    p.add_argument("--seed", type=int, default=0, help="of the order of rounds")
    p.add_argument("--json", type=Path, help="also write every measurement there")
    args = p.parse_args()

    print(f"D = {args.dim}, ratio {args.ratio}, {interleave.cpu_name()}, {args.threads} threads, ", end="")
    print(f"NumPy {np.__version__}, SciPy {scipy.__version__}, {args.rounds} rounds of {args.seconds:g} s each")
    before = interleave.stolen()
    everybody = contestants(args)
    base, share = everybody[0], args.ratio**-args.dim
    base.share = share
    rows, order, shuffled = {c: [] for c in everybody}, random.Random(args.seed), list(everybody)
    for c in everybody * 3:
        c.measure(args.seconds / 4)
    for _ in range(args.rounds):
        order.shuffle(shuffled)
        for c in shuffled:
            rows[c].append(c.measure(args.seconds))
    for c, runs in rows.items():
        n, k = sum(r[0] for r in runs), sum(r[1] for r in runs)
        z = (k - n * share) / math.sqrt(n * share * (1 - share))
        print(f"{c.name}: {k} of {n} accepted, {k / n:.4g}, 1/M = {share:.4g}, z = {z:.2f}")
        if abs(z) > SCORE_MAX:
            sys.exit(f"rejection.py: {c.name}: the acceptance is {z:.1f} standard deviations from 1/M")
    print()
    print_table(rows, base)
    after = interleave.stolen()
    stolen = (after[0] - before[0]) / max(1, after[1] - before[1])
    print(f"\nStolen CPU time {100 * stolen:.1f} %{'' if stolen < 0.02 else ': INVALID, expected under 2 %'}")
    if args.json:
        context = {"cpu": interleave.cpu_name(), "threads": args.threads, "dim": args.dim, "ratio": args.ratio}
        context |= {"numpy": np.__version__, "scipy": scipy.__version__, "stolen": stolen, "load": os.getloadavg()[0]}
        measured = {c.name: [dict(zip(("proposals", "accepted", "seconds"), r)) for r in runs] for c, runs in rows.items()}
        args.json.write_text(json.dumps({"context": context, "rows": measured}, indent=1) + "\n")


if __name__ == "__main__":
    main()

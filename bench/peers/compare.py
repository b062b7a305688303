"""Measures, in one job on one machine, what options.py describes; run.sh starts it."""

import os
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import by_type
import cells
import networks
import rejection
import report
from machine import ROOT, Failure, Programs, Stopwatch
from options import ALSO, MADE, parse
from worker import Worker

EXIT_INTERRUPTED = 130


def find_models(args, programs, folder):
    """The paths of the weight files that genbench can read."""
    shipped = {path.stem: path for path in sorted((ROOT / "models").glob("*.bin"))}
    paths = []
    for name in args.model or (*shipped, *ALSO):
        path = shipped.get(name, Path(name))
        if name in MADE:
            path = folder / f"{name}.bin"
            Worker(networks.__name__, "make", (name, path), args.threads).close()
        if not path.is_file():
            raise Failure(f"{name}: no weight file, and no name of a shipped network ({', '.join(shipped)})")
        programs.evaluate(path, 1, "--seconds", 0)
        paths.append(path)
    return paths


def make_cells(args, programs, folder):
    made = []
    if "evaluations" in args.suite:
        for path in find_models(args, programs, folder):
            made += [cells.network_cell(args, programs, path, batch, folder) for batch in args.batch]
    if "rejection" in args.suite and not args.check:
        made.append(cells.rejection_cell(args, programs))
    made = [cell for cell in made if cell.rivals]
    if not made:
        raise Failure("nothing to measure: these peers compute none of this")
    return made


class Run:
    """Measures cell after cell in rounds, and reports all."""

    def __init__(self, args, programs, made):
        self.args, self.programs, self.cells = args, programs, made
        self.order, self.count = random.Random(args.seed), 0
        self.started, self.start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), time.perf_counter()
        self.peak = self.best = 0

    def measure(self, contender):
        """One repetition; the peak before it is the one measured after the last."""
        before = self.peak
        with Stopwatch() as watch:
            repetition = contender.measure(self.args.seconds)
        self.calibrate()
        repetition.order, repetition.peak = self.count, (before, self.peak)
        repetition.wall_s, repetition.stolen_s = watch.wall_s, watch.stolen_s
        self.count += 1
        contender.row.repetitions.append(repetition)

    def calibrate(self):
        self.peak = self.programs.peak()
        self.best = max(self.peak, self.best)

    def rounds(self, cell):
        self.calibrate()
        for _ in range(self.args.rounds):
            everybody = cell.live()
            self.order.shuffle(everybody)
            for contender in everybody:
                cell.attempt(contender, self.measure, contender)

    def work(self, cell):
        say(f"{cell.title}: {len(cell.contenders)} programs")
        try:
            cell.open()
            if not self.args.check:
                self.rounds(cell)
        finally:
            cell.close()
            cell.compare()

    def judge(self, cell, interrupted):
        for row in cell.rows:
            row.doubt(interrupted, self.programs.doubts)
            row.summarise(self.best)

    def write(self, complete, interrupted=False):
        run = {"complete": complete, "interrupted": interrupted, "started": self.started, "seed": self.args.seed}
        run |= {"elapsed_s": time.perf_counter() - self.start, "command": ["bench/peers/run.sh", *sys.argv[1:]]}
        rows = [row for cell in self.cells for row in cell.rows]
        run |= {"types": [by_type.report(found) for found in by_type.standings(rows)]}
        report.write(self.args.json, rows, self.programs.machine, run)

    def all(self):
        """Returns the exit status. The file is written before the first cell and after every cell, so that measurements
        are kept."""
        if not self.args.check:
            self.write(False)
        interrupted = False
        for cell in self.cells:
            try:
                if not interrupted:
                    self.work(cell)
            except KeyboardInterrupt:
                interrupted = True
            if not self.args.check:
                self.judge(cell, interrupted)
                self.write(False)
            print_table(cell, self.args.check)
        if self.args.check:
            return EXIT_INTERRUPTED if interrupted else wrong_outputs(self.cells)
        self.write(not interrupted, interrupted)
        lines = by_type.table(row for cell in self.cells for row in cell.rows)
        print("\nBy type, with the best batch for each, and at the least\n", *lines, "", sep="\n") if lines else None
        print(f"The report is {self.args.json}{'; interrupted' if interrupted else ''}")
        failed = sum(row.failed for cell in self.cells for row in cell.rows)
        return EXIT_INTERRUPTED if interrupted else bool(failed)


def wrong_outputs(made):
    return any(row.failed or row.wrong for cell in made for row in cell.rows)


def print_table(cell, check):
    columns = ("", "difference", "rms", "") if check else ("", *cell.columns, "")
    print(f"\n{cell.title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    marked = False
    for row in cell.rows:
        value = f"{statistics.median(row.rates()):.4g}" if row.repetitions else ""
        figures = cell.cells_of(row)
        figures = figures[-2:] if check else [value, *figures]
        marked = marked or any(f.endswith(" !") for f in figures)
        fine = not row.why or (check and row.checked and not row.wrong)
        outcome = "" if fine else f"INVALID: {'; '.join(row.why)}"
        print(f"| {cell.label(row)} | {' | '.join(figures)} | {outcome} |")
    if marked:
        print("\n! one of the two figures is INVALID")
    sys.stdout.flush()


def say(text):
    print(f"run.sh: {text}", file=sys.stderr, flush=True)


def main():
    args = parse()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, too
    try:
        programs = Programs(args.build, args.threads, args.isa)
        with tempfile.TemporaryDirectory() as folder:
            made = make_cells(args, programs, Path(folder))
            return Run(args, programs, made).all()
    except Failure as error:
        say(error)
        return 1
    except OSError as error:
        say(f"{error.filename}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        say("interrupted before anything was measured")
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

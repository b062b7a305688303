"""The machine and this project's programs: how busy others keep it, its multiply-add peak, and genbench's report."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT / "models" / "judge.bin"
POLL_S = 0.1
WARM_UP_BATCH, WARM_UP_S = 64, 0.05


class Failure(Exception):
    """Why a row cannot be measured."""


def processor_times(pid):
    """{thread: (seconds it ran, seconds it was ready and did not run)}; empty if the system does not report it."""
    times = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            ran, waited = path.read_text().split()[:2]
        except OSError:  # the thread has ended
            continue
        times[path.parent.name] = int(ran) * 1e-9, int(waited) * 1e-9
    return times


def spent(before, after):
    """(CPU seconds, seconds of waiting) of all threads between two processor_times."""
    return tuple(sum(t[i] - before.get(thread, (0, 0))[i] for thread, t in after.items()) for i in (0, 1))


def stolen():
    """CPU seconds that the hypervisor took from the processors we may use, since boot."""
    try:
        lines = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line.startswith("cpu")]
    except OSError:
        return 0
    ours = {f"cpu{i}" for i in os.sched_getaffinity(0)}
    return sum(int(line[8]) for line in lines if line[0] in ours) / os.sysconf("SC_CLK_TCK")


def call(command):
    """(standard output, (CPU seconds, seconds of waiting)) of a program, whose times are read while it runs. It is a
    process group of its own, because we handle interruptions."""
    command = [str(c) for c in command]
    times, streams = {}, {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    try:
        child = subprocess.Popen(command, text=True, preexec_fn=os.setpgrp, **streams)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}; build it first") from error
    while True:
        try:
            out, errors = child.communicate(timeout=POLL_S)
        except subprocess.TimeoutExpired:
            times |= processor_times(child.pid)
            continue
        except BaseException:
            child.kill()
            raise
        break
    if child.returncode:
        raise Failure((errors.strip().splitlines() or [f"{command[0]}: exit status {child.returncode}"])[-1])
    return out, spent({}, times)


class Programs:
    """build/genbench and build/gensample with the settings of the run; `machine` is a short report by genbench, which
    describes program, build and machine. Failure: they do not exist or do not run."""

    def __init__(self, build, threads, isa):
        self.build = build
        self.options = ["--threads", threads, *(["--isa", isa] if isa else [])]
        self.narrow = {}  # by path, type and further options
        self.isa = self.evaluate(JUDGE, 1, "--seconds", 0)[0]["isa"]
        self.machine = self.describe()
        self.doubts = [r for r in self.machine["genbench"]["rows"][0]["reasons"] if r.startswith("the build")]

    def evaluate(self, model, batch, *more):
        """The output of `genbench eval`, and its times."""
        command = [self.build / "genbench", "eval", "--model", model, "--batch", batch, *self.options, *more]
        out, times = call(command)
        return json.loads(out), times

    def typed(self, path, dtype, inputs, folder, data):
        """(the weight file to evaluate in this type, options for that): the file itself, or what `gensample quantize`
        makes of it with these options for its data. Failure: this build cannot compute it in this type."""
        options = [] if dtype == "f32" else ["--dtype", dtype]
        key = (path, dtype, "--gradient" in inputs)
        if key not in self.narrow:
            self.narrow[key] = self.find_typed(path, dtype, [*inputs, *options], folder, data)
        if isinstance(self.narrow[key], Failure):
            raise self.narrow[key]
        return self.narrow[key], options

    def find_typed(self, path, dtype, options, folder, data):
        """The path, or why there is none."""
        try:
            return self.tried(path, dtype, options)
        except Failure as error:
            if dtype != "int8" or "--gradient" in options:
                return error
            why = error
        made = Path(folder, f"{Path(path).stem}-{dtype}.bin")
        try:
            call([self.build / "gensample", "quantize", path, made, "--dtype", dtype, *data])
            return self.tried(made, dtype, options)
        except Failure as error:
            return Failure(f"{why}; and {error}")

    def tried(self, path, dtype, options):
        ran = self.evaluate(path, 1, *options, "--seconds", 0)[0].get("dtype", dtype)
        if ran != dtype:
            raise Failure(f"genbench computes it in {ran}")
        return path

    def reject(self, algorithm, dim, ratio, n, seed):
        """The output of `gensample rejection`, and its times."""
        command = [self.build / "gensample", "rejection", "--algorithm", algorithm, "--dim", dim, "--ratio", ratio]
        out, times = call([*command, "-n", n, "--seed", seed, "--json", *self.options])
        return json.loads(out), times

    def draw(self, n, path):
        """Draws n digits of the shipped network into a .npy file."""
        call([self.build / "gensample", "--model", ROOT / "models" / "ncsn.bin", "-n", n, "--out", path, "--quiet"])

    def peak(self):
        """FLOP/s of multiply-adds, after some work on all threads, so that each has found a processor of its own."""
        return self.evaluate(JUDGE, WARM_UP_BATCH, "--seconds", WARM_UP_S)[0]["peak_flops"]

    def describe(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "machine.json")
            what = ["--suite", "machine", f"--benchmark_filter=/fma/.*/isa:{self.isa}/f32$", "--repetitions", 1]
            what.append("--benchmark_min_time=0.01")
            call([self.build / "genbench", *what, *self.options, "--json", report])
            return json.loads(report.read_text())


class Stopwatch:
    """How long something takes, and how much of that was stolen: `with Stopwatch() as s: ...`, s.wall_s, s.stolen_s."""

    def __enter__(self):
        self.start, self.before = time.perf_counter(), stolen()
        return self

    def __exit__(self, *_):
        self.wall_s, self.stolen_s = time.perf_counter() - self.start, stolen() - self.before

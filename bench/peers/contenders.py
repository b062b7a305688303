"""The contenders: this project's programs and its peers. Each has a row, and

    open()              make everything that measuring needs
    output()            for networks, the result for the cell's images
    measure(seconds)    a Repetition
    close()

which raise Failure if they cannot do it."""

import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from machine import Failure, processor_times, spent
from report import Repetition
from worker import Worker

ACCEPTED_LEAST, ACCEPTED_MOST = 100, 2_000_000


def program(title, package):
    """The name with its version."""
    try:
        return f"{title} {version(package)}"
    except PackageNotFoundError:
        return title


class Ours:
    """genbench eval of the weight file `path`; `inputs` are its options for the noise level, the label, the gradient and
    the type."""

    def __init__(self, row, programs, task, path, inputs):
        self.row, self.programs, self.task, self.path, self.inputs = row, programs, task, path, inputs

    def call(self, *more):
        return self.programs.evaluate(self.path, self.row.batch, *self.inputs, *more)

    def open(self):
        pass

    def output(self):
        with tempfile.TemporaryDirectory() as folder:
            given, got = Path(folder, "x"), Path(folder, "out")
            self.task.x.tofile(given)
            told, _ = self.call("--seconds", 0, "--input", given, "--dump", got)
            self.row.operations = self.row.batch * told["operations"]
            return np.fromfile(got, np.float32)

    def measure(self, seconds):
        told, (cpu, waited) = self.call("--seconds", seconds)
        return Repetition(told["batches"], told["seconds"], cpu_s=cpu, waited_s=waited)

    def close(self):
        pass


class OurRejection:
    """gensample rejection, for as many accepted samples as take about this time at the last measurement's speed."""

    def __init__(self, row, programs, task, algorithm):
        self.row, self.programs, self.task, self.algorithm = row, programs, task, algorithm
        self.wanted, self.seed = ACCEPTED_LEAST, 0

    def open(self):
        self.measure(0.1)
        self.measure(0.1)

    def measure(self, seconds):
        self.seed += 1
        told, (cpu, waited) = self.programs.reject(
            self.algorithm, self.task.dim, self.task.ratio, self.wanted, self.seed
        )
        self.wanted = max(ACCEPTED_LEAST, min(ACCEPTED_MOST, int(seconds * told["accepted_per_second"])))
        return Repetition(told["proposals"], told["seconds"], told["accepted"], cpu_s=cpu, waited_s=waited)

    def close(self):
        pass


class Theirs:
    """An object of class `make` of a module, constructed with `arguments` in a process of its own."""

    def __init__(self, row, peer, module, make, arguments):
        self.row, self.peer, self.make = row, peer, (module, make, arguments, row.threads)
        self.worker = None

    def open(self):
        self.worker = Worker(*self.make)

    def output(self):
        return self.worker.call("output")

    def measure(self, seconds):
        before = processor_times(self.worker.pid)
        measured = self.worker.call("measure", seconds)
        cpu, waited = spent(before, processor_times(self.worker.pid))
        return Repetition(*measured, cpu_s=cpu, waited_s=waited)

    def close(self):
        if self.worker:
            self.worker.close()
        self.worker = None

"""Peers that compute networks: a file per library, whose classes the rows of peers.py name. What a peer needs is
imported in the peer's own process."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from machine import ROOT, Failure

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "models"), str(ROOT / "python")]


@dataclass
class Task:
    """A network on a batch: sigma and label are None if it takes none; `others` are images for calibration."""

    path: str
    threads: int
    x: np.ndarray
    sigma: float | None
    label: int | None
    gradient: bool
    others: np.ndarray


class Network:
    """Derived classes have run(), one call on the whole batch, and output(), its result as a flat array: the first
    output, or energies and then gradients."""

    def measure(self, seconds):
        """(calls, seconds) for calls one after the other."""
        calls = 0
        self.run()
        start = now = time.perf_counter()
        while now - start < seconds:
            self.run()
            calls += 1
            now = time.perf_counter()
        return calls, now - start


def converted(script, *arguments, python=sys.executable):
    """What a script of this folder writes to standard output, in a process of its own, since what converts a network
    has no place in the process that is measured."""
    command = [str(a) for a in (python, HERE / script, *arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise Failure(f"{script}: exit status {done.returncode}: {last}")
    return done.stdout


def onnx_model(task):
    return converted("to_onnx.py", task.path, len(task.x))


def onnx_int8(task):
    """What to_int8.py makes of it."""
    given = onnx_inputs(task, task.others)
    given |= {"label": given["label"][: len(task.x)]} if "label" in given else {}
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, **given)
        file.flush()
        return converted("to_int8.py", task.path, len(task.x), file.name)


def onnx_inputs(task, x):
    given = {"x": x}
    given |= {} if task.sigma is None else {"sigma": np.full((1, 1), task.sigma, np.float32)}
    return given | ({} if task.label is None else {"label": np.full(len(x), task.label)})


def make(name, path):
    """Write a network with random weights: the published energy (zoo.tutorial), or one of transformer.py."""
    if name != "tutorial":
        import transformer

        return transformer.write(path, name)
    import export
    import torch
    import zoo

    info = {"name": "tutorial", "kind": "energy", "data": {"shape": [1, 28, 28], "range": [-1, 1]}}
    info |= {"inputs": ["x"], "provenance": {"training": "none, random weights"}}
    path.write_bytes(export.export(zoo.tutorial(), (torch.rand(2, 1, 28, 28),), info))

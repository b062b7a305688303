"""Peers that compute networks, each a row of PEERS. What a peer needs is imported in the peer's own process."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from machine import ROOT, Failure

sys.path.insert(0, str(ROOT / "models"))


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


def onnx_inputs(task, x):
    given = {"x": x}
    given |= {} if task.sigma is None else {"sigma": np.full((1, 1), task.sigma, np.float32)}
    return given | ({} if task.label is None else {"label": np.full(len(x), task.label)})


def onnx_model(task):
    """Made by another process, since the rows of operations import PyTorch, which has no place in these peers'."""
    command = [sys.executable, str(Path(__file__).parent / "to_onnx.py"), task.path, str(len(task.x))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


class OnnxRuntime(Network):
    def __init__(self, task):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = task.threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(onnx_model(task), options, providers=["CPUExecutionProvider"])
        self.given = onnx_inputs(task, task.x)

    def run(self):
        return self.session.run(None, self.given)

    def output(self):
        return self.run()[0].ravel()


class OpenVino(Network):
    """int8 is NNCF's quantisation after training, calibrated on noisy images; everything else is then f32."""

    def __init__(self, task, dtype):
        import openvino

        core = openvino.Core()
        if dtype == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Failure("this CPU has no bf16")
        model = core.read_model(onnx_model(task), b"")
        if dtype == "int8":
            model = self.quantise(model, task)
        settings = {"INFERENCE_NUM_THREADS": task.threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        settings |= {"INFERENCE_PRECISION_HINT": "bf16" if dtype == "bf16" else "f32"}
        self.request = core.compile_model(model, "CPU", settings).create_infer_request()
        self.given = onnx_inputs(task, task.x)
        for name, value in self.given.items():
            self.request.set_tensor(name, openvino.Tensor(value, shared_memory=True))

    @staticmethod
    def quantise(model, task):
        os.environ["NNCF_CI"] = "1"  # it would report usage to its makers
        import nncf

        n = len(task.x)
        batches = [task.others[i : i + n] for i in range(0, len(task.others) - n + 1, n)]
        data = nncf.Dataset(batches, lambda x: onnx_inputs(task, np.ascontiguousarray(x)))
        # This type of model leaves normalisations in f32, which halves the error and is no slower.
        more = {"preset": nncf.QuantizationPreset.MIXED, "model_type": nncf.ModelType.TRANSFORMER}
        return nncf.quantize(model, data, subset_size=len(batches), **more)

    def run(self):
        self.request.infer()

    def output(self):
        self.run()
        return self.request.get_output_tensor(0).data.astype(np.float32).ravel()


class PyTorch(Network):
    def __init__(self, task, compiled, last):
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(sys.prefix, "compiled"))
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(task.threads)
        os.environ["TORCHINDUCTOR_FREEZING"] = "1"  # weights are constants: packed once, for its fastest kernels
        import torch
        from network import Network as Module

        torch.set_num_threads(task.threads)
        layout = {"memory_format": torch.channels_last if last else torch.contiguous_format}
        net = Module.load(task.path).eval().requires_grad_(False)
        for t in net.buffers() if last else ():
            t.data = t.contiguous(**layout) if t.dim() == 4 else t
        self.torch, self.gradient = torch, task.gradient
        self.net = torch.compile(net, dynamic=False) if compiled else net
        self.given = [torch.tensor(task.x).contiguous(**layout)]
        self.given += [] if task.sigma is None else [torch.full((1,), task.sigma)]
        self.given += [] if task.label is None else [torch.full((len(task.x),), task.label)]

    def run(self):
        x, *more = self.given
        if not self.gradient:
            with self.torch.no_grad():
                return self.net(x, *more)
        x = x.detach().requires_grad_(True)
        energy = self.net(x, *more)
        return energy.detach(), self.torch.autograd.grad(energy.sum(), x)[0]

    def output(self):
        results = self.run()
        if self.gradient:
            return np.concatenate([r.numpy().ravel() for r in results])
        return (results[0] if isinstance(results, tuple) else results).numpy().ravel()


@dataclass(frozen=True)
class Peer:
    """A row: its name for `--peers`, the package whose version it reports, the class with its arguments."""

    library: str
    title: str
    package: str
    make: type
    options: tuple = ()
    variant: str = ""
    dtype: str = "f32"
    gradients: bool = False  # whether it computes gradients
    quick: bool = True  # whether it is also measured in quick runs


PEERS = [
    Peer("onnxruntime", "ONNX Runtime", "onnxruntime", OnnxRuntime),
    *(Peer("openvino", "OpenVINO", "openvino", OpenVino, (t,), dtype=t) for t in ("f32", "bf16", "int8")),
    Peer("pytorch", "PyTorch", "torch", PyTorch, (False, False), "eager", gradients=True),
    Peer("pytorch", "PyTorch", "torch", PyTorch, (False, True), "eager, channels last", gradients=True),
    Peer("pytorch", "PyTorch", "torch", PyTorch, (True, False), "compiled", gradients=True),
    Peer("pytorch", "PyTorch", "torch", PyTorch, (True, True), "compiled, channels last", gradients=True, quick=False),
]


def tutorial(path):
    """Write the published energy network (zoo.tutorial) with random weights."""
    import export
    import torch
    import zoo

    info = {"name": "tutorial", "kind": "energy", "data": {"shape": [1, 28, 28], "range": [-1, 1]}}
    info |= {"inputs": ["x"], "provenance": {"training": "none, random weights"}}
    path.write_bytes(export.export(zoo.tutorial(), (torch.rand(2, 1, 28, 28),), info))

"""PyTorch. bf16 is its "autocast": convolutions and products in bf16, the rest as it decides."""

import os
import sys
from pathlib import Path

import numpy as np

from networks import Network


class PyTorch(Network):
    def __init__(self, task, compiled, last, dtype="f32"):
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(sys.prefix, "compiled"))
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(task.threads)
        os.environ["TORCHINDUCTOR_FREEZING"] = "1"  # weights are constants: packed once, for its fastest kernels
        import torch
        from gensample.exporter import Network as Module

        torch.set_num_threads(task.threads)
        layout = {"memory_format": torch.channels_last if last else torch.contiguous_format}
        net = Module.load(task.path).eval().requires_grad_(False)
        for t in net.buffers() if last else ():
            t.data = t.contiguous(**layout) if t.dim() == 4 else t
        self.torch, self.gradient = torch, task.gradient
        self.cast = torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16")
        self.net = torch.compile(net, dynamic=False) if compiled else net
        self.given = [torch.tensor(task.x).contiguous(**layout)]
        self.given += [] if task.sigma is None else [torch.full((1,), task.sigma)]
        self.given += [] if task.label is None else [torch.full((len(task.x),), task.label)]

    def run(self):
        x, *more = self.given
        if not self.gradient:
            with self.torch.no_grad(), self.cast:
                return self.net(x, *more)
        x = x.detach().requires_grad_(True)
        energy = self.net(x, *more)
        return energy.detach(), self.torch.autograd.grad(energy.sum(), x)[0]

    def output(self):
        results = self.run()
        if self.gradient:
            return np.concatenate([r.numpy().ravel() for r in results])
        return (results[0] if isinstance(results, tuple) else results).float().numpy().ravel()

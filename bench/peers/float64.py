"""What a network computes in float64, by PyTorch's module of the weight file. All contenders are compared with it."""

import numpy as np
import torch

from networks import Network


class Float64(Network):
    def __init__(self, task):
        from gensample.exporter import Network as Module

        torch.set_num_threads(task.threads)
        self.task, self.net = task, Module.load(task.path).double().eval().requires_grad_(False)

    def output(self):
        """As that of the peers: the first output, or energies and then gradients."""
        task = self.task
        x = torch.tensor(task.x, dtype=torch.float64).requires_grad_(task.gradient)
        # The noise level is the number that the peers are given, which is a float32.
        more = [] if task.sigma is None else [torch.full((1,), np.float32(task.sigma), dtype=torch.float64)]
        more += [] if task.label is None else [torch.full((len(x),), task.label)]
        y = self.net(x, *more)
        y = y[0] if isinstance(y, tuple) else y
        results = [y.detach(), torch.autograd.grad(y.sum(), x)[0]] if task.gradient else [y]
        return np.concatenate([r.numpy().ravel() for r in results])

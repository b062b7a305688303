"""ExecuTorch with XNNPACK, in int8 by PyTorch's quantisation after training, which to_executorch.py does."""

import tempfile

import numpy as np
import torch
from executorch.extension.pybindings import portable_lib
from executorch.runtime import Runtime

from networks import Network, converted


class ExecuTorch(Network):
    def __init__(self, task):
        n = len(task.x)
        more = {} if task.sigma is None else {"sigma": np.full(1, task.sigma, np.float32)}
        more |= {} if task.label is None else {"label": np.full(n, task.label)}
        batches = task.others[: len(task.others) // n * n].reshape(-1, *task.x.shape)
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            np.savez(file, x=batches, **more)
            file.flush()
            self.program = converted("to_executorch.py", task.path, file.name)  # the library keeps no copy
        portable_lib._unsafe_reset_threadpool(task.threads)  # else it takes as many as there are cores
        self.loaded = Runtime.get().load_program(self.program)
        self.method = self.loaded.load_method("forward")
        self.given = [torch.tensor(task.x), *map(torch.tensor, more.values())]

    def run(self):
        return self.method.execute(self.given)

    def output(self):
        return self.run()[0].numpy().ravel()

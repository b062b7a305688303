"""ncnn, of the model that pnnx makes of PyTorch's module. It computes one image per call, with noise level and label
fixed in the model: a single one on all threads, else as many at a time as there are threads. Each of these has one
thread and a copy of the model, which is faster than one model for all."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ncnn
import numpy as np

from machine import Failure
from networks import Network, converted


def load(folder, threads):
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    for name, read in (("param", net.load_param), ("bin", net.load_model)):
        if read(os.fspath(Path(folder, f"model.ncnn.{name}"))):
            raise Failure(f"ncnn does not read the model.ncnn.{name} that pnnx made")
    return net


class Ncnn(Network):
    def __init__(self, task):
        workers = min(task.threads, len(task.x))
        with tempfile.TemporaryDirectory() as folder:
            converted("to_ncnn.py", task.path, task.sigma, task.label, folder)
            self.nets = [load(folder, task.threads if workers == 1 else 1) for _ in range(workers)]
        self.given = [np.ascontiguousarray(x) for x in task.x]
        self.pool = ThreadPoolExecutor(workers)

    def part(self, i):
        """The first outputs of every image that worker i takes; their copies keep ncnn from writing into them."""
        outputs = []
        for x in self.given[i :: len(self.nets)]:
            extractor = self.nets[i].create_extractor()
            extractor.input("in0", ncnn.Mat(x).clone())
            outputs.append(extractor.extract("out0")[1])
        return outputs

    def run(self):
        workers = len(self.nets)
        return [self.part(0)] if workers == 1 else list(self.pool.map(self.part, range(workers)))

    def output(self):
        parts, workers = self.run(), len(self.nets)
        return np.concatenate([np.array(parts[i % workers][i // workers]).ravel() for i in range(len(self.given))])

"""LiteRT, of a graph in its own order of channels, which to_litert.py builds. int8 is its quantisation of weights, with
ranges of activations found at run time, and full its quantisation of everything, calibrated on noisy images."""

import tempfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from networks import HERE, Network, converted


class LiteRt(Network):
    def __init__(self, task, dtype):
        given = {"sigma": np.full((1, 1), task.sigma or 0, np.float32)}
        given["label"] = np.full(len(task.x), task.label or 0, np.int32)
        self.interpreter = Interpreter(model_content=self.model(task, dtype, given), num_threads=task.threads)
        self.interpreter.allocate_tensors()
        given["x"] = np.ascontiguousarray(task.x.transpose(0, 2, 3, 1))
        self.given = {i["index"]: given[self.name_of(i)] for i in self.interpreter.get_input_details()}
        self.out = self.interpreter.get_output_details()[0]["index"]

    @staticmethod
    def model(task, dtype, given):
        python = Path(HERE, ".venv-litert", "bin", "python")
        if dtype != "full":
            return converted("to_litert.py", task.path, len(task.x), dtype, python=python)
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            np.savez(file, x=task.others, **given)
            file.flush()
            return converted("to_litert.py", task.path, len(task.x), "int8", file.name, python=python)

    @staticmethod
    def name_of(detail):
        """The signature's name for an input: "serving_default_x:0" is x."""
        return detail["name"].removeprefix("serving_default_").split(":")[0]

    def run(self):
        for index, value in self.given.items():
            self.interpreter.set_tensor(index, value)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.out)

    def output(self):
        return self.run().ravel()

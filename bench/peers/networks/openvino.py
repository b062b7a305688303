"""OpenVINO."""

import os

import numpy as np
import openvino

from machine import Failure
from networks import Network, onnx_inputs, onnx_int8, onnx_model


class OpenVino(Network):
    """int8 is NNCF's quantisation after training, calibrated on noisy images, and qdq ONNX Runtime's; everything else is
    then f32."""

    def __init__(self, task, dtype):
        core = openvino.Core()
        if dtype == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Failure("this CPU has no bf16")
        model = core.read_model(onnx_int8(task) if dtype == "qdq" else onnx_model(task), b"")
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

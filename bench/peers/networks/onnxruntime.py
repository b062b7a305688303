"""ONNX Runtime. int8 is its own static quantisation of convolutions and products, calibrated on noisy images."""

import onnxruntime

from networks import Network, onnx_inputs, onnx_int8, onnx_model


class OnnxRuntime(Network):
    def __init__(self, task, dtype):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = task.threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        model = onnx_int8(task) if dtype == "int8" else onnx_model(task)
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.given = onnx_inputs(task, task.x)

    def run(self):
        return self.session.run(None, self.given)

    def output(self):
        return self.run()[0].ravel()

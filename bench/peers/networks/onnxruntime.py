"""ONNX Runtime."""

import onnxruntime

from networks import Network, onnx_inputs, onnx_model


class OnnxRuntime(Network):
    def __init__(self, task):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = task.threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(onnx_model(task), options, providers=["CPUExecutionProvider"])
        self.given = onnx_inputs(task, task.x)

    def run(self):
        return self.session.run(None, self.given)

    def output(self):
        return self.run()[0].ravel()

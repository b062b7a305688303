"""Network evaluations per second: this project beside ONNX Runtime, in one run on one machine.

    ./setup.sh
    .venv/bin/python ort.py --model ../../models/ncsn.bin --threads 2

Both compute the same network from the same weight file in float32 (to_onnx.py). Outputs are compared first; then
rounds of `genbench eval` and of ONNX Runtime alternate, in random order, and each round gives one ratio.
"""

import time
from pathlib import Path

import numpy as np
import onnxruntime

import interleave
import to_onnx

TOLERANCE = 1e-5  # of the largest output


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, args, model, tensors, batch):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        graph = to_onnx.build(model, tensors, None if args.dynamic else batch).SerializeToString()
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.given = {"sigma": np.full((1, 1), args.sigma, np.float32)} if "sigma" in model["inputs"] else {}
        self.given |= {"label": np.full(batch, args.label)} if "label" in model["inputs"] else {}

    def output(self, x):
        return self.session.run(None, self.given | {"x": x})[0]

    def measure(self, x, seconds):
        given, evaluations = self.given | {"x": x}, 0
        self.session.run(None, given)
        start = now = time.perf_counter()
        while now - start < seconds:
            self.session.run(None, given)
            evaluations += len(x)
            now = time.perf_counter()
        return evaluations / (now - start)


def main():
    p = interleave.parser(__doc__.splitlines()[0])
    p.add_argument("--model", type=Path, default=interleave.ROOT / "models" / "ncsn.bin")
    p.add_argument("--batch", type=int, nargs="+", default=[1, 8, 16, 32, 64, 128])
    p.add_argument("--dynamic", action="store_true", help="leave the batch open in the ONNX model")
    args = p.parse_args()
    peers = lambda model, tensors, batch: [OnnxRuntime(args, model, tensors, batch)]
    version = f"ONNX Runtime {onnxruntime.__version__}"
    interleave.run(args, version, peers, args.batch, "evaluations/s", TOLERANCE)


if __name__ == "__main__":
    main()

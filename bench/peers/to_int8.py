"""A weight file's graph as an ONNX model in int8, by ONNX Runtime's static quantisation:

    python to_int8.py FILE BATCH INPUTS

writes the model's bytes to standard output. INPUTS is an .npz file with images to calibrate with (x), and the noise
level and label of all. Convolutions and products are quantised, weights per channel; everything else stays in float32.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization

import to_onnx
from gensample import weightfile


class Batches(quantization.CalibrationDataReader):
    """Inputs by name, a batch at a time."""

    def __init__(self, given, batch):
        x = given["x"]
        same = {name: given[name] for name in given if name != "x"}
        self.batches = iter([{"x": x[i : i + batch]} | same for i in range(0, len(x) - batch + 1, batch)])

    def get_next(self):
        return next(self.batches, None)


def quantise(path, batch, given, folder):
    plain, narrow = (str(Path(folder, name)) for name in ("plain.onnx", "int8.onnx"))
    onnx.save(to_onnx.build(*weightfile.read(path), batch), plain)
    quantization.quantize_static(
        plain,
        narrow,
        Batches(given, batch),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Gemm", "MatMul"],
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    return Path(narrow).read_bytes()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        result = quantise(sys.argv[1], int(sys.argv[2]), dict(np.load(sys.argv[3])), folder)
    sys.stdout.buffer.write(result)

"""A weight file's graph for ExecuTorch's XNNPACK, through PyTorch, in int8:

    python to_executorch.py FILE INPUTS

writes the program's bytes to standard output. INPUTS is an .npz file with batches to calibrate with (x, of which the
first is as large as those to compute), and what else the network takes. Weights have a scale per channel, activations
one per tensor.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config
from executorch.exir import to_edge_transform_and_lower
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from gensample.exporter import Network  # noqa: E402


def convert(path, x, *more):
    """x: (batches, N, C, H, W)."""
    net = Network.load(path).eval().requires_grad_(False)
    given = (x[0], *more)
    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(torch.export.export(net, given).module(), quantizer)
    for batch in x:
        prepared(batch, *more)
    exported = torch.export.export(convert_pt2e(prepared), given)
    return to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()]).to_executorch().buffer


if __name__ == "__main__":
    given = np.load(sys.argv[2])
    inputs = [torch.tensor(given[name]) for name in ("x", "sigma", "label") if name in given]
    sys.stdout.buffer.write(convert(sys.argv[1], *inputs))

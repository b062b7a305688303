"""Energies with their gradients per second: this project beside PyTorch's autograd, in one run on one machine.

    ./setup.sh torch
    .venv/bin/python torch_gradient.py --threads 2

Both compute E and dE/dx of the same network from the same weight file in float32; without --model, of random weights
in the shape of a published energy network (zoo.tutorial). Energies and gradients are compared first; then rounds of
`genbench eval --gradient` and of PyTorch, eager and compiled, in its default memory format and with channels last,
alternate in random order. Each round gives one ratio, ours over the best of PyTorch's four.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import interleave
import export  # noqa: E402, from models/
import zoo  # noqa: E402
from network import Network  # noqa: E402

TOLERANCE = 1e-5  # of the largest energy or gradient


class Torch:
    def __init__(self, args, model, tensors, batch, compiled, last):
        self.name = f"PyTorch {'compiled' if compiled else 'eager'}{', channels last' if last else ''}"
        self.format = torch.channels_last if last else torch.contiguous_format
        net = Network(model, tensors).eval().requires_grad_(False)
        if last:
            for t in net.buffers():
                if t.dim() == 4:
                    t.data = t.contiguous(memory_format=torch.channels_last)
        self.net = torch.compile(net) if compiled else net
        self.given = [torch.full((batch,), args.sigma)] * ("sigma" in model["inputs"])
        self.given += [torch.full((batch,), args.label)] * ("label" in model["inputs"])

    def gradient(self, x):
        x = x.detach().requires_grad_(True)
        energy = self.net(x, *self.given)
        return energy.detach(), torch.autograd.grad(energy.sum(), x)[0]

    def output(self, x):
        energy, gradient = self.gradient(torch.tensor(x).contiguous(memory_format=self.format))
        return np.concatenate([energy.ravel().numpy(), gradient.numpy().ravel()])

    def measure(self, x, seconds):
        x, evaluations = torch.tensor(x).contiguous(memory_format=self.format), 0
        for _ in range(3):
            self.gradient(x)
        start = now = time.perf_counter()
        while now - start < seconds:
            self.gradient(x)
            evaluations += len(x)
            now = time.perf_counter()
        return evaluations / (now - start)


def random_weights(path):
    info = {"name": "tutorial-random", "kind": "energy", "data": {"shape": [1, 28, 28], "range": [-1, 1]}}
    info |= {"inputs": ["x"], "provenance": {"training": "none, random weights"}}
    path.write_bytes(export.export(zoo.tutorial(), (torch.rand(2, 1, 28, 28),), info))


def main():
    p = interleave.parser(__doc__.splitlines()[0])
    p.add_argument("--model", type=Path, help="a weight file of an energy")
    p.add_argument("--batch", type=int, nargs="+", default=[64])
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        if not args.model:
            args.model = Path(folder, "tutorial.bin")
            random_weights(args.model)
        kinds = [(c, last) for c in (False, True) for last in (False, True)]
        peers = lambda model, tensors, batch: [Torch(args, model, tensors, batch, *kind) for kind in kinds]
        version = f"PyTorch {torch.__version__}"
        interleave.run(args, version, peers, args.batch, "gradients/s", TOLERANCE, "--gradient")


if __name__ == "__main__":
    main()

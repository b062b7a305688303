"""A weight file's graph for ncnn, through PyTorch and pnnx:

    python to_ncnn.py FILE SIGMA LABEL FOLDER

writes model.ncnn.param and model.ncnn.bin, for one image, in float32. Noise level and label, None where the network
takes none, become constants.
"""

import subprocess
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from gensample.exporter import Network  # noqa: E402


class Fixed(torch.nn.Module):
    """The network's first output, of x alone."""

    def __init__(self, net, more):
        super().__init__()
        self.net, self.more = net, more

    def forward(self, x):
        y = self.net(x, *self.more)
        return y[0] if isinstance(y, tuple) else y


def main():
    path, sigma, label, folder = sys.argv[1:]
    net = Network.load(path).eval().requires_grad_(False)
    more = [] if sigma == "None" else [torch.full((1,), float(sigma))]
    more += [] if label == "None" else [torch.full((1,), int(label))]
    shape = (1, *net.model["data"]["shape"])
    traced = torch.jit.trace(Fixed(net, more), torch.zeros(shape))
    file = Path(folder, "model.pt")
    traced.save(file)
    pnnx = Path(sys.executable).parent / "pnnx"
    sizes = ",".join(map(str, shape))
    subprocess.run([pnnx, file, f"inputshape=[{sizes}]", "fp16=0"], check=True, cwd=folder)


if __name__ == "__main__":
    main()

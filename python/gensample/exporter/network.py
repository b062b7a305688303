"""`Network`: a weight file as a PyTorch module, in float32 or float64."""

import torch
from torch import nn

from .. import weightfile
from .operations import OPERATIONS


class Network(nn.Module):
    """A weight file as a module: it maps x (N, C, H, W), and sigma (N) and labels (N) if it takes them, to its outputs.

    `Network.load(path)` computes in float32, `.double()` in float64.
    """

    def __init__(self, model, tensors):
        super().__init__()
        self.model, self.names = model, {name: f"t{i}" for i, name in enumerate(tensors)}
        for name, value in tensors.items():
            self.register_buffer(self.names[name], torch.tensor(value))

    @classmethod
    def load(cls, path):
        return cls(*weightfile.read(path))

    def tensor(self, name):
        return getattr(self, self.names[name])

    def forward(self, *inputs):
        known = {}
        for name, value in zip(self.model["inputs"], inputs, strict=True):
            known[name] = value if name == "x" else value.reshape(-1, 1)
        n = len(inputs[0])
        for node in self.model["graph"]["nodes"]:
            tensors = {role: self.tensor(name) for role, name in node.get("tensors", {}).items()}
            arguments = [known[name] for name in node["inputs"]]
            value = OPERATIONS[node["op"]].reference(node.get("attributes", {}), tensors, *arguments)
            known[node["name"]] = value if arguments else value.expand(n, *value.shape)
        outputs = tuple(known[name] for name in self.model["graph"]["outputs"])
        return outputs if len(outputs) > 1 else outputs[0]

"""`Network`: a weight file as a PyTorch module, in float32 or float64."""

import torch
import torch.nn.functional as F
from torch import nn

import weightfile


def _align(value, rank):
    """A value (N, ...) with sizes of 1 appended, so that `rank` dimensions follow the batch."""
    return value.reshape(value.shape + (1,) * (rank + 1 - value.dim()))


def _binary(f):
    def apply(a, t, x, y):
        rank = max(x.dim(), y.dim()) - 1
        return f(_align(x, rank), _align(y, rank))

    return apply


def _group_norm(a, t, x, groups=None):
    return F.group_norm(x, groups or a["groups"], t.get("weight"), t.get("bias"), a.get("eps", 1e-5))


def _layer_norm(a, t, x):
    over, eps, weight, bias = a.get("over", "channels"), a.get("eps", 1e-5), t.get("weight"), t.get("bias")
    if over == "all":
        return F.layer_norm(x, x.shape[1:], weight, bias, eps)
    return F.layer_norm(x.movedim(1, -1), (x.shape[1],), weight, bias, eps).movedim(-1, 1)


def _reduce(f):
    def apply(a, t, x):
        over = a["over"]
        if over == "channels" and x.dim() == 4:
            return f(x, 1, keepdim=True)
        if over == "positions" and x.dim() == 4:
            return f(x, (2, 3))
        if over == "all":
            return f(x.flatten(1), 1, keepdim=True)
        raise ValueError(f"no reduction over {over} of rank {x.dim() - 1}")

    return apply


def _avg_pool(a, t, x):
    kernel = a["kernel"]
    count = bool(a.get("count_padding", 1))
    return F.avg_pool2d(x, kernel, a.get("stride", kernel), a.get("padding", [0, 0]), count_include_pad=count)


OPERATIONS = {
    "conv2d": lambda a, t, x: F.conv2d(
        x,
        t["weight"],
        t.get("bias"),
        a.get("stride", [1, 1]),
        a.get("padding", [0, 0]),
        a.get("dilation", [1, 1]),
        a.get("groups", 1),
    ),
    "linear": lambda a, t, x: F.linear(x, t["weight"], t.get("bias")),
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "instance_norm": lambda a, t, x: _group_norm(a, t, x, x.shape[1]),
    "relu": lambda a, t, x: F.relu(x),
    "leaky_relu": lambda a, t, x: F.leaky_relu(x, a.get("slope", 0.01)),
    "silu": lambda a, t, x: F.silu(x),
    "gelu": lambda a, t, x: F.gelu(x, approximate=a.get("approximate", "none")),
    "elu": lambda a, t, x: F.elu(x, a.get("alpha", 1.0)),
    "tanh": lambda a, t, x: torch.tanh(x),
    "sigmoid": lambda a, t, x: torch.sigmoid(x),
    "softplus": lambda a, t, x: F.softplus(x, threshold=40),
    "exp": lambda a, t, x: torch.exp(x),
    "log": lambda a, t, x: torch.log(x),
    "sqrt": lambda a, t, x: torch.sqrt(x),
    "sin": lambda a, t, x: torch.sin(x),
    "cos": lambda a, t, x: torch.cos(x),
    "reciprocal": lambda a, t, x: torch.reciprocal(x),
    "neg": lambda a, t, x: -x,
    "square": lambda a, t, x: x * x,
    "add": _binary(torch.add),
    "sub": _binary(torch.sub),
    "mul": _binary(torch.mul),
    "div": _binary(torch.div),
    "affine": lambda a, t, x: x * a.get("scale", 1.0) + a.get("shift", 0.0),
    "concat": lambda a, t, *x: torch.cat(x, 1),
    "slice": lambda a, t, x: x[:, a["begin"] : a["end"]],
    "reshape": lambda a, t, x: x.reshape(-1, *a["shape"]),
    "upsample_nearest": lambda a, t, x: F.interpolate(x, scale_factor=[float(s) for s in a["scale"]], mode="nearest"),
    "avg_pool": _avg_pool,
    "max_pool": lambda a, t, x: F.max_pool2d(x, a["kernel"], a.get("stride", a["kernel"]), a.get("padding", [0, 0])),
    "adaptive_avg_pool": lambda a, t, x: F.adaptive_avg_pool2d(x, a["size"]),
    "embedding": lambda a, t, x: F.embedding(x.flatten(), t["weight"]),
    "pixel_shuffle": lambda a, t, x: F.pixel_shuffle(x, a["factor"]),
    "pixel_unshuffle": lambda a, t, x: F.pixel_unshuffle(x, a["factor"]),
    "sum": _reduce(torch.sum),
    "mean": _reduce(torch.mean),
}


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
            if node["op"] == "constant":
                value = tensors["value"].expand(n, *tensors["value"].shape)
            else:
                arguments = [known[name] for name in node["inputs"]]
                value = OPERATIONS[node["op"]](node.get("attributes", {}), tensors, *arguments)
            known[node["name"]] = value
        outputs = tuple(known[name] for name in self.model["graph"]["outputs"])
        return outputs if len(outputs) > 1 else outputs[0]

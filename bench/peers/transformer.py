"""Networks of side x side tokens of 64 channels with random weights: `write(path, name)`, where the name is

    transformer-SIDE  a small diffusion transformer, as Peebles & Xie 2023, "Scalable diffusion models with transformers",
                      for x (1, 28, 28), whose patches are the tokens. Each of its blocks has attention of 4 heads and a
                      layer of 4 times the channels; the noise level shifts, scales and gates both.
    attention-SIDE    attention of 4 heads alone: x (64, side, side) plus a table is queries, keys and values.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from gensample import weightfile  # noqa: E402

SIDE, CHANNELS, HEADS, BLOCKS, WIDER = 28, 64, 4, 4, 4


class Graph:
    """Nodes, named by their number, and tensors, named by their number."""

    def __init__(self, seed):
        self.random, self.nodes, self.tensors = np.random.default_rng(seed), [], {}

    def node(self, op, *inputs, weights=None, **attributes):
        name = f"n{len(self.nodes)}"
        node = {"name": name, "op": op, "inputs": list(inputs), "attributes": attributes, "tensors": {}}
        for role, value in (weights or {}).items():
            node["tensors"][role] = f"t{len(self.tensors)}"
            self.tensors[node["tensors"][role]] = value
        self.nodes.append(node)
        return name

    def draw(self, *shape, scale=1.0):
        return (scale * self.random.standard_normal(shape)).astype(np.float32)

    def conv(self, x, inputs, outputs, kernel=1):
        shape = (outputs, inputs, kernel, kernel)
        weights = {"weight": self.draw(*shape, scale=(inputs * kernel**2) ** -0.5), "bias": self.draw(outputs, scale=0.1)}
        return self.node("conv2d", x, weights=weights, stride=[kernel, kernel])

    def linear(self, x, inputs, outputs):
        weights = {"weight": self.draw(outputs, inputs, scale=inputs**-0.5), "bias": self.draw(outputs, scale=0.1)}
        return self.node("linear", x, weights=weights)

    def parts(self, x, count, channels):
        return [self.node("slice", x, begin=i * channels, end=(i + 1) * channels) for i in range(count)]

    def normed(self, x, shift, scale):
        """Layer normalisation over channels, times 1 + scale, plus shift."""
        h = self.node("layer_norm", x, over="channels", eps=1e-6)
        return self.node("add", self.node("mul", h, self.node("affine", scale, shift=1)), shift)

    def residual(self, x, h, gate):
        return self.node("add", x, self.node("mul", h, gate))


def block(g, x, condition):
    c = CHANNELS
    shift, scale, gate, shift2, scale2, gate2 = g.parts(g.linear(condition, c, 6 * c), 6, c)
    q, k, v = g.parts(g.conv(g.normed(x, shift, scale), c, 3 * c), 3, c)
    x = g.residual(x, g.conv(g.node("attention", q, k, v, heads=HEADS), c, c), gate)
    h = g.node("gelu", g.conv(g.normed(x, shift2, scale2), c, WIDER * c), approximate="tanh")
    return g.residual(x, g.conv(h, WIDER * c, c), gate2)


def table(g, side):
    return g.node("constant", weights={"value": g.draw(CHANNELS, side, side)})


def transformer(side):
    """(the model of FORMAT.md, its tensors)."""
    g, c, patch = Graph(side), CHANNELS, SIDE // side
    x = g.node("add", g.conv("x", 1, c, patch), table(g, side))
    condition = g.linear(g.node("silu", g.linear(g.node("log", "sigma"), 1, c)), c, c)
    condition = g.node("silu", condition)
    for _ in range(BLOCKS):
        x = block(g, x, condition)
    shift, scale = g.parts(g.linear(condition, c, 2 * c), 2, c)
    g.node("pixel_shuffle", g.conv(g.normed(x, shift, scale), c, patch**2), factor=patch)
    model = {"kind": "noise", "inputs": ["x", "sigma"], "labels": 0}
    model["data"] = {"shape": [1, SIDE, SIDE], "range": [-1, 1], "sigma": [0.01, 30]}
    return model, g


def attention(side):
    g = Graph(side)
    x = g.node("add", "x", table(g, side))
    g.node("attention", x, x, x, heads=HEADS)
    model = {"kind": "denoiser", "inputs": ["x"], "labels": 0}
    model["data"] = {"shape": [CHANNELS, side, side], "range": [-1, 1]}
    return model, g


def write(path, name):
    what, side = name.split("-")
    model, g = {"transformer": transformer, "attention": attention}[what](int(side))
    model["name"] = name
    model["graph"] = {"nodes": g.nodes, "outputs": [g.nodes[-1]["name"]]}
    model["provenance"] = {"training": "none, random weights"}
    Path(path).write_bytes(weightfile.write(model, g.tensors))

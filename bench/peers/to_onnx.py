"""A weight file's graph as an ONNX model: `build(model, tensors, batch)`, or

    python to_onnx.py FILE BATCH

which writes the model's bytes to standard output. What an operation becomes is its row's (gensample.exporter.operations).

Inputs: x (N, C, H, W), sigma (1, 1) and label (N), as far as the network takes them; what depends on sigma alone is
computed once per call, as in our own plans. N is `batch`, or left open if that is None.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from gensample import weightfile  # noqa: E402
from gensample.exporter.operations import OPERATIONS  # noqa: E402

OPSET = 20


class Builder:
    """Values are ONNX names; `shape` has each one's shape without the batch, `once` those that are the same for all."""

    def __init__(self, tensors, batch, group_norm="instance"):
        self.tensors, self.batch, self.group_norm = tensors, batch, group_norm
        self.nodes, self.constants, self.shape, self.once, self.count = [], {}, {}, set(), 0

    def fresh(self, hint):
        self.count += 1
        return f"{hint}_{self.count}"

    def constant(self, value, hint="c"):
        """Add an initialiser; equal small ones are shared."""
        value = np.ascontiguousarray(value)
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(value, self.fresh(hint))
        return self.constants[key].name

    def node(self, op, inputs, shape, once=None, **attributes):
        out = self.fresh(op.lower())
        self.nodes.append(helper.make_node(op, inputs, [out], **attributes))
        self.shape[out] = tuple(shape)
        if once is None:
            known = [i for i in inputs if i in self.shape]
            once = all(i in self.once for i in known)
        if once:
            self.once.add(out)
        return out

    def tensor(self, name, shape=None):
        value = self.tensors[name]
        return self.constant(value if shape is None else value.reshape(shape), name)

    def reshape(self, v, shape):
        """Reshape to `shape`, which excludes the batch."""
        if self.shape[v] == tuple(shape):
            return v
        return self.node("Reshape", [v, self.constant(np.array([-1, *shape], np.int64))], shape)

    def every(self, v):
        """The value repeated for each image, if it was computed once for all."""
        if v not in self.once or self.batch == 1:
            return v
        if self.batch is None:
            raise NotImplementedError("mixing values of sigma alone with others needs a fixed batch")
        target = self.constant(np.array([self.batch, *self.shape[v]], np.int64))
        return self.node("Expand", [v, target], self.shape[v], once=False)

    def same(self, op, *xs):
        """An operation of these inputs, whose shapes are aligned at the left."""
        rank = max(len(self.shape[x]) for x in xs)
        xs = [self.reshape(x, self.shape[x] + (1,) * (rank - len(self.shape[x]))) for x in xs]
        return self.node(op, xs, tuple(max(sizes) for sizes in zip(*(self.shape[x] for x in xs))))

    def weights(self, names):
        """The tensors `weight` and `bias`, as far as there are any."""
        return [self.tensor(names[role]) for role in ("weight", "bias") if role in names]

    def scaled(self, v, weight, bias):
        """v weight + bias with one number per channel; each may be None."""
        ones = (1, -1) + (1,) * (len(self.shape[v]) - 1)
        for op, name in (("Mul", weight), ("Add", bias)):
            if name:
                v = self.node(op, [v, self.tensor(name, ones)], self.shape[v])
        return v


def build(model, tensors, batch=None, group_norm="instance"):
    """The ONNX model; group_norm: lowered to "instance" or "layer" normalisation."""
    b, n = Builder(tensors, batch, group_norm), batch or "N"
    values, inputs = {}, []
    for name in model["inputs"]:
        shape = {"x": [n, *model["data"]["shape"]], "sigma": [1, 1], "label": [n]}[name]
        kind = TensorProto.INT64 if name == "label" else TensorProto.FLOAT
        inputs.append(helper.make_tensor_value_info(name, kind, shape))
        b.shape[name] = (1,) if name == "label" else tuple(shape[1:])
        values[name] = name
    b.once.add("sigma")
    for node in model["graph"]["nodes"]:
        arguments = [values[i] for i in node["inputs"]]
        attributes, roles = node.get("attributes", {}), node.get("tensors", {})
        onnx = OPERATIONS[node["op"]].onnx
        same = isinstance(onnx, str)
        values[node["name"]] = b.same(onnx, *arguments) if same else onnx(b, attributes, roles, *arguments)
    outputs = [
        helper.make_tensor_value_info(b.every(values[o]), TensorProto.FLOAT, None) for o in model["graph"]["outputs"]
    ]
    graph = helper.make_graph(b.nodes, model["name"], inputs, outputs, list(b.constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


if __name__ == "__main__":
    sys.stdout.buffer.write(build(*weightfile.read(sys.argv[1]), int(sys.argv[2])).SerializeToString())

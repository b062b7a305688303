"""A weight file's graph as an ONNX model: `build(model, tensors, batch)`.

Inputs: x (N, C, H, W), sigma (1, 1) and label (N), as far as the network takes them; what depends on sigma alone is
computed once per call, as in our own plans. N is `batch`, or left open if that is None.
"""

import math

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
SIMPLE = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "sin": "Sin",
    "cos": "Cos",
    "reciprocal": "Reciprocal",
    "neg": "Neg",
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
}
HANDLERS = {}


def handles(*names):
    def register(f):
        HANDLERS.update(dict.fromkeys(names, f))
        return f

    return register


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

    def scaled(self, v, weight, bias):
        """v weight + bias with one number per channel; each may be None."""
        ones = (1, -1) + (1,) * (len(self.shape[v]) - 1)
        for op, name in (("Mul", weight), ("Add", bias)):
            if name:
                v = self.node(op, [v, self.tensor(name, ones)], self.shape[v])
        return v


@handles(*SIMPLE)
def _(b, n, a, t, *xs):
    rank = max(len(b.shape[x]) for x in xs)
    xs = [b.reshape(x, b.shape[x] + (1,) * (rank - len(b.shape[x]))) for x in xs]
    shape = tuple(max(sizes) for sizes in zip(*(b.shape[x] for x in xs)))
    return b.node(SIMPLE[n["op"]], xs, shape)


@handles("silu")
def _(b, n, a, t, x):
    return b.node("Mul", [x, b.node("Sigmoid", [x], b.shape[x])], b.shape[x])


@handles("square")
def _(b, n, a, t, x):
    return b.node("Mul", [x, x], b.shape[x])


@handles("leaky_relu")
def _(b, n, a, t, x):
    return b.node("LeakyRelu", [x], b.shape[x], alpha=float(a.get("slope", 0.01)))


@handles("elu")
def _(b, n, a, t, x):
    return b.node("Elu", [x], b.shape[x], alpha=float(a.get("alpha", 1)))


@handles("gelu")
def _(b, n, a, t, x):
    return b.node("Gelu", [x], b.shape[x], approximate=a.get("approximate", "none"))


@handles("affine")
def _(b, n, a, t, x):
    for op, value, same in (("Mul", a.get("scale", 1), 1), ("Add", a.get("shift", 0), 0)):
        if value != same:
            x = b.node(op, [x, b.constant(np.float32(value))], b.shape[x])
    return x


@handles("constant")
def _(b, n, a, t):
    value = b.tensors[t["value"]]
    name = b.constant(value[None], t["value"])
    b.shape[name] = value.shape
    b.once.add(name)
    return name


@handles("conv2d")
def _(b, n, a, t, x):
    weight = b.tensors[t["weight"]]
    stride, padding, dilation = a.get("stride", [1, 1]), a.get("padding", [0, 0]), a.get("dilation", [1, 1])
    kernel = weight.shape[2:]
    sizes = zip(b.shape[x][1:], padding, dilation, kernel, stride)
    shape = [(s + 2 * p - d * (k - 1) - 1) // r + 1 for s, p, d, k, r in sizes]
    inputs = [x, b.tensor(t["weight"])] + ([b.tensor(t["bias"])] if "bias" in t else [])
    options = {"strides": stride, "pads": padding * 2, "dilations": dilation, "kernel_shape": list(kernel)}
    return b.node("Conv", inputs, [len(weight), *shape], group=a.get("groups", 1), **options)


@handles("linear")
def _(b, n, a, t, x):
    inputs = [x, b.tensor(t["weight"])] + ([b.tensor(t["bias"])] if "bias" in t else [])
    return b.node("Gemm", inputs, [len(b.tensors[t["weight"]])], transB=1)


@handles("group_norm", "instance_norm")
def group_norm(b, n, a, t, x):
    """Instance or layer normalisation of each group seen as one channel, then the scale and shift of each channel."""
    shape = b.shape[x]
    groups, eps = a.get("groups", shape[0]), float(a.get("eps", 1e-5))
    flat = b.reshape(x, (groups, math.prod(shape) // groups))
    if b.group_norm == "instance":
        ones, zeros = b.constant(np.ones(groups, np.float32)), b.constant(np.zeros(groups, np.float32))
        y = b.node("InstanceNormalization", [flat, ones, zeros], b.shape[flat], epsilon=eps)
    else:
        ones = b.constant(np.ones(b.shape[flat][1], np.float32))
        y = b.node("LayerNormalization", [flat, ones], b.shape[flat], axis=-1, epsilon=eps)
    return b.scaled(b.reshape(y, shape), t.get("weight"), t.get("bias"))


@handles("layer_norm")
def _(b, n, a, t, x):
    shape, eps = b.shape[x], float(a.get("eps", 1e-5))
    every = a.get("over", "channels") == "all" or len(shape) == 1
    order = [0, *range(2, len(shape) + 1), 1]
    y = x if every else b.node("Transpose", [x], shape[1:] + shape[:1], perm=order)
    weight = b.tensor(t["weight"]) if "weight" in t else b.constant(np.ones(shape if every else shape[0], np.float32))
    inputs = [y, weight] + ([b.tensor(t["bias"])] if "bias" in t else [])
    y = b.node("LayerNormalization", inputs, b.shape[y], axis=1 if every else -1, epsilon=eps)
    return y if every else b.node("Transpose", [y], shape, perm=[0, len(shape), *range(1, len(shape))])


@handles("concat")
def _(b, n, a, t, *xs):
    if len({x in b.once for x in xs}) > 1:
        xs = [b.every(x) for x in xs]
    return b.node("Concat", xs, (sum(b.shape[x][0] for x in xs),) + b.shape[xs[0]][1:], axis=1)


@handles("slice")
def _(b, n, a, t, x):
    begin, end, axis = (b.constant(np.array([v], np.int64)) for v in (a["begin"], a["end"], 1))
    return b.node("Slice", [x, begin, end, axis], (a["end"] - a["begin"],) + b.shape[x][1:])


@handles("reshape")
def _(b, n, a, t, x):
    return b.reshape(x, a["shape"])


@handles("upsample_nearest")
def _(b, n, a, t, x):
    c, h, w = b.shape[x]
    scales = b.constant(np.array([1, 1, *a["scale"]], np.float32))
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return b.node("Resize", [x, "", scales], (c, h * a["scale"][0], w * a["scale"][1]), **options)


@handles("avg_pool", "max_pool")
def _(b, n, a, t, x):
    kernel, padding = a["kernel"], a.get("padding", [0, 0])
    stride = a.get("stride", kernel)
    sizes = [(s + 2 * p - k) // r + 1 for s, p, k, r in zip(b.shape[x][1:], padding, kernel, stride)]
    options = {"kernel_shape": kernel, "strides": stride, "pads": padding * 2}
    if n["op"] == "avg_pool":
        options["count_include_pad"] = a.get("count_padding", 1)
    return b.node("AveragePool" if n["op"] == "avg_pool" else "MaxPool", [x], [b.shape[x][0], *sizes], **options)


def windows(size, parts):
    """The matrix (parts, size) of adaptive average pooling."""
    m = np.zeros((parts, size), np.float32)
    for i in range(parts):
        first, last = i * size // parts, -((i + 1) * -size // parts)
        m[i, first:last] = 1 / (last - first)
    return m


@handles("adaptive_avg_pool")
def _(b, n, a, t, x):
    (c, h, w), (oh, ow) = b.shape[x], a["size"]
    rows = b.node("MatMul", [b.constant(windows(h, oh)), x], (c, oh, w))
    return b.node("MatMul", [rows, b.constant(windows(w, ow).T)], (c, oh, ow))


@handles("embedding")
def _(b, n, a, t, x):
    return b.node("Gather", [b.tensor(t["weight"]), x], b.tensors[t["weight"]].shape[1:], axis=0)


@handles("pixel_shuffle")
def _(b, n, a, t, x):
    (c, h, w), r = b.shape[x], a["factor"]
    return b.node("DepthToSpace", [x], (c // r**2, h * r, w * r), blocksize=r, mode="CRD")


@handles("pixel_unshuffle")
def _(b, n, a, t, x):
    (c, h, w), r = b.shape[x], a["factor"]
    shape = (c * r * r, h // r, w // r)
    if c == 1:
        return b.node("SpaceToDepth", [x], shape, blocksize=r)
    y = b.reshape(x, (c, h // r, r, w // r, r))
    return b.reshape(b.node("Transpose", [y], (c, r, r, h // r, w // r), perm=[0, 1, 3, 5, 2, 4]), shape)


@handles("sum", "mean")
def _(b, n, a, t, x):
    shape, over = b.shape[x], a["over"]
    axes = {"channels": [1], "positions": [2, 3], "all": list(range(1, len(shape) + 1))}[over]
    result = {"channels": (1,) + shape[1:], "positions": shape[:1], "all": (1,)}[over]
    op = "ReduceSum" if n["op"] == "sum" else "ReduceMean"
    kept = tuple(1 if i + 1 in axes else s for i, s in enumerate(shape))
    return b.reshape(b.node(op, [x, b.constant(np.array(axes, np.int64))], kept, keepdims=1), result)


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
        values[node["name"]] = HANDLERS[node["op"]](b, node, attributes, roles, *arguments)
    outputs = [
        helper.make_tensor_value_info(b.every(values[o]), TensorProto.FLOAT, None) for o in model["graph"]["outputs"]
    ]
    graph = helper.make_graph(b.nodes, model["name"], inputs, outputs, list(b.constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)

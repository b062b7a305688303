"""A weight file's graph as a LiteRT model, with channels last:

    python to_litert.py FILE BATCH f32|int8 [INPUTS]

which writes the model's bytes to standard output and needs TensorFlow. int8 quantises weights alone, and with INPUTS
activations too: an .npz file with images to calibrate with (x), and the noise level and label of all. Inputs of the
model: x (N, H, W, C), sigma (1, 1) and label (N), as far as the network takes them; what depends on sigma alone is
computed once per call. Output: the first one, in the file's order of elements.

All values are (N, H, W, C), with sizes of 1 where they have fewer dimensions, so that operations on two of them line up
their channels. N is 1 for what depends on sigma alone.
"""

import math
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from gensample import weightfile  # noqa: E402

BINARY = {"add": tf.add, "sub": tf.subtract, "mul": tf.multiply, "div": tf.divide}
UNARY = {
    "relu": tf.nn.relu,
    "silu": lambda x: x * tf.sigmoid(x),
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "softplus": tf.nn.softplus,
    "exp": tf.exp,
    "log": tf.math.log,
    "sqrt": tf.sqrt,
    "sin": tf.sin,
    "cos": tf.cos,
    "reciprocal": lambda x: 1 / x,
    "neg": tf.negative,
    "square": lambda x: x * x,
}


def rank_of(x):
    """The dimensions that the file's value has, of which this one has all that are not 1."""
    return 3 if x.shape[2] > 1 else 2 if x.shape[1] > 1 else 1


def padded(x, padding, value=0.0):
    top, left = padding
    return tf.pad(x, [[0, 0], [top, top], [left, left], [0, 0]], constant_values=value) if top or left else x


def is_same(n, reach, stride, padding):
    """Whether TensorFlow's "same" padding of n elements, which may be uneven, begins and ends where this one does."""
    size = -(n // -stride)
    whole = max((size - 1) * stride + reach + 1 - n, 0)
    return whole // 2 == padding and (n + 2 * padding - reach - 1) // stride + 1 == size


def conv2d(a, t, x):
    """Padding that keeps the size is an option of the convolution, other padding a step of its own."""
    weight = t["weight"]
    stride, padding, dilation = (a.get(k, [d, d]) for k, d in (("stride", 1), ("padding", 0), ("dilation", 1)))
    groups, kernel = a.get("groups", 1), weight.shape[2:]
    sizes = zip(x.shape[1:3], dilation, kernel, stride, padding)
    same = all(is_same(n, d * (k - 1), s, p) for n, d, k, s, p in sizes)
    x = x if same else padded(x, padding)
    options = {"padding": "SAME" if same else "VALID", "dilations": dilation}
    if groups == weight.shape[0] == x.shape[3] > 1:
        y = tf.nn.depthwise_conv2d(x, weight.transpose(2, 3, 0, 1), [1, *stride, 1], **options)
    else:
        y = tf.nn.conv2d(x, weight.transpose(2, 3, 1, 0), stride, **options)
    return tf.nn.bias_add(y, t["bias"]) if "bias" in t else y


def narrow(x):
    """(N, 1, 1, C) as (N, C)."""
    return tf.reshape(x, (x.shape[0], x.shape[3]))


def wide(x):
    return tf.reshape(x, (x.shape[0], 1, 1, x.shape[1]))


def linear(a, t, x):
    y = tf.matmul(narrow(x), t["weight"], transpose_b=True)
    return wide(tf.nn.bias_add(y, t["bias"]) if "bias" in t else y)


def scaled(x, t):
    for role, op in (("weight", tf.multiply), ("bias", tf.add)):
        if role in t:
            x = op(x, t[role].reshape(1, 1, 1, -1))
    return x


def group_norm(a, t, x):
    """Means over positions, then over the channels of a group, which a sum with zeros repeats for its channels: XNNPACK
    has that, unlike a tile, with which it would compute the network in 38 parts."""
    channels = x.shape[3]
    groups = a.get("groups", channels)
    each = channels // groups

    def mean(v):
        m = tf.reduce_mean(v, [1, 2], keepdims=True)
        if each == 1:
            return m
        m = tf.reduce_mean(tf.reshape(m, (x.shape[0], groups, each)), 2, keepdims=True)
        return tf.reshape(m + tf.zeros((1, groups, each)), (x.shape[0], 1, 1, channels))

    centered = x - mean(x)
    factor = tf.math.rsqrt(mean(centered * centered) + a.get("eps", 1e-5))
    if "weight" in t:
        factor = factor * t["weight"].reshape(1, 1, 1, -1)
    y = centered * factor
    return y + t["bias"].reshape(1, 1, 1, -1) if "bias" in t else y


def layer_norm(a, t, x):
    every = a.get("over", "channels") == "all"
    axes = [1, 2, 3] if every else [3]
    centered = x - tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(centered * centered, axes, keepdims=True)
    y = centered * tf.math.rsqrt(variance + a.get("eps", 1e-5))
    if not every:
        return scaled(y, t)
    for role, op in (("weight", tf.multiply), ("bias", tf.add)):
        if role in t:
            y = op(y, unflattened(t[role].reshape(1, *t[role].shape)))
    return y


def unflattened(x):
    """From the file's order of elements (N, C, H, W), of which the last may be missing."""
    n, c, h, w = (*x.shape, 1, 1)[:4]
    if max(h, w) > 1:
        return tf.transpose(tf.reshape(x, (n, c, h, w)), (0, 2, 3, 1))
    return tf.reshape(x, (n, 1, 1, c))


def flattened(x):
    """To the file's order of elements, (N, C, H, W)."""
    return tf.transpose(x, (0, 3, 1, 2)) if max(x.shape[1:3]) > 1 else tf.reshape(x, (x.shape[0], x.shape[3], 1, 1))


def reshape(a, t, x):
    return unflattened(tf.reshape(flattened(x), (x.shape[0], *a["shape"])))


def pool(op, a, t, x):
    kernel, padding = a["kernel"], a.get("padding", [0, 0])
    x = padded(x, padding, -math.inf if op is tf.nn.max_pool2d else 0)
    return op(x, kernel, a.get("stride", kernel), "VALID")


def avg_pool(a, t, x):
    y = pool(tf.nn.avg_pool2d, a, t, x)
    if not max(a.get("padding", [0, 0])) or a.get("count_padding", 1):
        return y
    return y / pool(tf.nn.avg_pool2d, a, t, tf.ones((1, *x.shape[1:3], 1)))


def adaptive_avg_pool(a, t, x):
    (h, w), size = x.shape[1:3], a["size"]
    if h % size[0] == 0 and w % size[1] == 0:
        return tf.nn.avg_pool2d(x, (h // size[0], w // size[1]), (h // size[0], w // size[1]), "VALID")
    for axis, (n, parts) in enumerate(zip((h, w), size), 1):
        bounds = [(i * n // parts, -((i + 1) * -n // parts)) for i in range(parts)]
        means = [tf.reduce_mean(tf.gather(x, range(*ends), axis=axis), axis, keepdims=True) for ends in bounds]
        x = tf.concat(means, axis)
    return x


def reduction(op):
    def reduced(a, t, x):
        axes = {"channels": [3], "positions": [1, 2], "all": [1, 2, 3]}[a["over"]]
        return op(x, axes, keepdims=True)

    return reduced


def concat(a, t, *xs):
    n = max(x.shape[0] for x in xs)
    return tf.concat([x if x.shape[0] == n else tf.tile(x, (n, 1, 1, 1)) for x in xs], 3)


def upsample(a, t, x):
    """By equal factors without a resize, which XNNPACK lacks."""
    (h, w), (r, s) = x.shape[1:3], a["scale"]
    if r == s > 1:
        return tf.nn.depth_to_space(tf.concat([x] * r * r, 3), r)
    return tf.image.resize(x, (h * r, w * s), "nearest")


def regrouped(x, first, second):
    """Channels counted as (first, second) in the order (second, first), by a convolution, as XNNPACK has no gather."""
    order = np.arange(first * second).reshape(first, second).T.ravel()
    move = np.eye(first * second, dtype=np.float32)[:, order][None, None]
    return x if 1 in (first, second) else tf.nn.conv2d(x, move, 1, "VALID")


def pixel_shuffle(a, t, x):
    area = a["factor"] ** 2
    return tf.nn.depth_to_space(regrouped(x, x.shape[3] // area, area), a["factor"])


def pixel_unshuffle(a, t, x):
    y = tf.nn.space_to_depth(x, a["factor"])
    return regrouped(y, a["factor"] ** 2, x.shape[3])


def softmax(a, t, x):
    axis = 3 if a["over"] == "channels" else {1: 3, 2: 1, 3: 2}[rank_of(x)]
    order = [i for i in range(4) if i != axis] + [axis]
    y = tf.nn.softmax(tf.transpose(x, order)) if axis != 3 else tf.nn.softmax(x)
    return tf.transpose(y, np.argsort(order)) if axis != 3 else y


def matrices(x):
    """(N, B, M, K) of the file's (B, M, K) or (M, K)."""
    rank = rank_of(x)
    return tf.transpose(x, (0, 3, 1, 2)) if rank == 3 else tf.transpose(x, (0, 2, 3, 1))


def matmul(a, t, x, y):
    one = max(rank_of(x), rank_of(y)) == 2
    x, y = matrices(x), matrices(y)
    z = tf.matmul(x, y, transpose_a=bool(a.get("transpose_a", 0)), transpose_b=bool(a.get("transpose_b", 0)))
    return tf.transpose(z, (0, 2, 3, 1) if not one else (0, 3, 1, 2))


def attention(a, t, q, k, v, mask=None):
    """Positions by channels is the order of elements already; heads are split off and brought forward."""
    heads, shape = a["heads"], (q.shape[0], q.shape[1], q.shape[2], v.shape[3])
    q, k, v = (tf.reshape(x, (x.shape[0], x.shape[1] * x.shape[2], heads, x.shape[3] // heads)) for x in (q, k, v))
    q, k, v = (tf.transpose(x, (0, 2, 1, 3)) for x in (q, k, v))
    scores = tf.matmul(q * a.get("scale", q.shape[3] ** -0.5), k, transpose_b=True)
    if mask is not None:
        scores = scores + tf.transpose(mask, (0, 3, 1, 2))
    if a.get("causal", 0):
        scores = scores + np.triu(np.full(scores.shape[2:], -1e30, np.float32), 1)
    y = tf.matmul(tf.nn.softmax(scores), v)
    return tf.reshape(tf.transpose(y, (0, 2, 1, 3)), (max(y.shape[0], shape[0]), *shape[1:]))


def gelu(a, t, x):
    if a.get("approximate", "none") == "tanh":
        return tf.nn.gelu(x, True)
    raise NotImplementedError("gelu by the error function, which the converter does not know")


def affine(a, t, x):
    scale, shift = a.get("scale", 1), a.get("shift", 0)
    x = x * scale if scale != 1 else x
    return x + shift if shift != 0 else x


OPERATIONS = {
    **{name: lambda a, t, x, y, op=op: op(x, y) for name, op in BINARY.items()},
    **{name: lambda a, t, x, op=op: op(x) for name, op in UNARY.items()},
    "leaky_relu": lambda a, t, x: tf.nn.leaky_relu(x, a.get("slope", 0.01)),
    "elu": lambda a, t, x: tf.where(x > 0, x, a.get("alpha", 1) * (tf.exp(tf.minimum(x, 0)) - 1)),
    "gelu": gelu,
    "affine": affine,
    "conv2d": conv2d,
    "linear": linear,
    "group_norm": group_norm,
    "instance_norm": group_norm,
    "layer_norm": layer_norm,
    "avg_pool": avg_pool,
    "max_pool": lambda a, t, x: pool(tf.nn.max_pool2d, a, t, x),
    "adaptive_avg_pool": adaptive_avg_pool,
    "sum": reduction(tf.reduce_sum),
    "mean": reduction(tf.reduce_mean),
    "concat": concat,
    "slice": lambda a, t, x: x[..., a["begin"] : a["end"]],
    "reshape": reshape,
    "upsample_nearest": upsample,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "softmax": softmax,
    "matmul": matmul,
    "attention": attention,
    "constant": lambda a, t: unflattened(t["value"][None]),
    "embedding": lambda a, t, x: wide(tf.gather(t["weight"], x)),
}


def evaluate(model, tensors, batch, given):
    """The first output of the network for inputs by name, once for all images where it depends on sigma alone."""
    values = dict(given)
    if "sigma" in values:
        values["sigma"] = values["sigma"][:, :, None, None]
    for node in model["graph"]["nodes"]:
        if node["op"] not in OPERATIONS:
            raise NotImplementedError(f"operation {node['op']}")
        roles = {role: tensors[name] for role, name in node.get("tensors", {}).items()}
        arguments = [values[name] for name in node["inputs"]]
        values[node["name"]] = OPERATIONS[node["op"]](node.get("attributes", {}), roles, *arguments)
    y = values[model["graph"]["outputs"][0]]
    y = y if y.shape[0] == batch else tf.tile(y, (batch, 1, 1, 1))
    return tf.reshape(flattened(y), (batch, -1))


def calibration(names, given, batch):
    """Inputs of the network, a batch at a time."""
    x = np.ascontiguousarray(given["x"].transpose(0, 2, 3, 1))
    for i in range(0, len(x) - batch + 1, batch):
        yield [x[i : i + batch] if name == "x" else given[name] for name in names]


def convert(path, batch, dtype, given=None):
    model, tensors = weightfile.read(path)
    channels, height, width = model["data"]["shape"]
    shapes = {"x": (batch, height, width, channels), "sigma": (1, 1), "label": (batch,)}
    kinds = {"x": tf.float32, "sigma": tf.float32, "label": tf.int32}
    inputs = [tf.TensorSpec(shapes[name], kinds[name], name) for name in model["inputs"]]
    function = tf.function(
        lambda *given: evaluate(model, tensors, batch, dict(zip(model["inputs"], given))), input_signature=inputs
    ).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if dtype == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if given:
        converter.representative_dataset = lambda: calibration(model["inputs"], given, batch)
        converter.experimental_new_quantizer = False  # the new one fails at a concatenation of equal values
    return converter.convert()


if __name__ == "__main__":
    calibrating = dict(np.load(sys.argv[4])) if len(sys.argv) > 4 else None
    sys.stdout.buffer.write(convert(sys.argv[1], int(sys.argv[2]), sys.argv[3], calibrating))

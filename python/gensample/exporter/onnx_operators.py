"""Operators of ONNX on tensors: OPS, f(a, *inputs) each. `a` has the node's attributes, and `self` the network, `like`
a tensor of the type in which it runs, `inputs` and `outputs` the node's names (from_onnx.py)."""

import math

import numpy as np
import torch
import torch.nn.functional as F

OPS = {}
# Operators that are known of constants only.
CONCRETE = {"Shape", "Size", "Constant", "ConstantOfShape", "Range", "NonZero", "Mod", "EyeLike"}


def op(*names):
    def register(f):
        OPS.update(dict.fromkeys(names, f))
        return f

    return register


def ints(v):
    return [int(i) for i in np.asarray(v).reshape(-1)]


# Elementwise.


def elementwise(name, f):
    OPS[name] = lambda a, *x: f(*(a["self"].tensor(a, i, v) for i, v in enumerate(x)))


def folded(f):
    def all_of(*x):
        out = x[0]
        for v in x[1:]:
            out = f(out, v)
        return out

    return all_of


for name, f in {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Pow": torch.pow,
    "Neg": torch.neg,
    "Abs": torch.abs,
    "Exp": torch.exp,
    "Log": torch.log,
    "Sqrt": torch.sqrt,
    "Reciprocal": torch.reciprocal,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "Erf": torch.erf,
    "Floor": torch.floor,
    "Ceil": torch.ceil,
    "Round": torch.round,
    "Sign": torch.sign,
    "Relu": torch.relu,
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "Mish": F.mish,
    "HardSwish": F.hardswish,
    "Identity": lambda x: x,
    "Where": torch.where,
    "Equal": torch.eq,
    "Greater": torch.gt,
    "Less": torch.lt,
    "GreaterOrEqual": torch.ge,
    "LessOrEqual": torch.le,
    "Not": torch.logical_not,
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Min": folded(torch.minimum),
    "Max": folded(torch.maximum),
    "Sum": folded(torch.add),
    "MatMul": torch.matmul,
    "PRelu": lambda x, slope: torch.where(x < 0, slope * x, x) if slope.numel() > 1 else F.prelu(x, slope.reshape(1)),
    "GlobalAveragePool": lambda x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "GlobalMaxPool": lambda x: x.amax(tuple(range(2, x.dim())), keepdim=True),
}.items():
    elementwise(name, f)

OPS |= {
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "Elu": lambda a, x: F.elu(x, a.get("alpha", 1.0)),
    "Selu": lambda a, x: F.selu(x),
    "Celu": lambda a, x: F.celu(x, a.get("alpha", 1.0)),
    "Swish": lambda a, x: x * torch.sigmoid(a.get("alpha", 1.0) * x),
    "Gelu": lambda a, x: F.gelu(x, approximate=a.get("approximate", "none")),
    "HardSigmoid": lambda a, x: torch.clamp(a.get("alpha", 0.2) * x + a.get("beta", 0.5), 0, 1),
    "Softmax": lambda a, x: F.softmax(x, a.get("axis", -1)),
    "LogSoftmax": lambda a, x: F.log_softmax(x, a.get("axis", -1)),
    "Dropout": lambda a, x, *_: x,
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)) if a.get("axis", 1) else x.reshape(1, -1),
    "Transpose": lambda a, x: x.permute(a.get("perm") or tuple(range(x.dim()))[::-1]),
    "DepthToSpace": lambda a, x: depth_to_space(x, a["blocksize"], a.get("mode", "DCR")),
    "SpaceToDepth": lambda a, x: space_to_depth(x, a["blocksize"]),
    "CumSum": lambda a, x, axis: x.cumsum(ints(axis)[0]),
    "Tile": lambda a, x, repeats: x.repeat(*ints(repeats)),
    "Trilu": lambda a, x, k=0: (torch.triu if a.get("upper", 1) else torch.tril)(x, ints(k)[0]),
    "CastLike": lambda a, x, like: x.to(like.dtype) if isinstance(like, torch.Tensor) else x,
}


@op("Cast")
def _(a, x):
    """To any floating-point type: that in which the network runs."""
    from onnx import TensorProto

    kinds = {TensorProto.BOOL: torch.bool} | dict.fromkeys((TensorProto.INT64, TensorProto.INT32), torch.int64)
    floats = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)
    if a["to"] in floats:
        return x if x.is_floating_point() else x.to(torch.get_default_dtype())
    return x.to(kinds[a["to"]])


@op("Clip")
def _(a, x, low=None, high=None):
    low, high = (
        float(np.asarray(v).reshape(-1)[0]) if v is not None else a.get(k) for v, k in ((low, "min"), (high, "max"))
    )
    return x.clamp(low, high)


@op("Einsum")
def _(a, *x):
    return torch.einsum(a["equation"], *(a["self"].tensor(a, i, v) for i, v in enumerate(x)))


@op("Gemm")
def _(a, x, weight, bias=None):
    weight, bias = a["self"].tensor(a, 1, weight), a["self"].tensor(a, 2, bias) if bias is not None else None
    x = x.T if a.get("transA") else x
    if a.get("alpha", 1.0) == 1 and (bias is None or (a.get("beta", 1.0) == 1 and bias.dim() == 1)):
        return F.linear(x, weight if a.get("transB") else weight.T, bias)
    out = a.get("alpha", 1.0) * (x @ (weight.T if a.get("transB") else weight))
    return out if bias is None else out + a.get("beta", 1.0) * bias


# Convolutions and pools.


def padded(a, x, value=0.0):
    """(x, padding): the same at both ends is the operator's own, anything else is put on before."""
    n = x.dim() - 2
    pads = list(a.get("pads", [0] * 2 * n))
    auto = a.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        pads = [0] * 2 * n
        for i, (k, s) in enumerate(zip(a["kernel_shape"], a.get("strides", [1] * n))):
            reach = a.get("dilations", [1] * n)[i] * (k - 1) + 1
            total = max((math.ceil(x.shape[2 + i] / s) - 1) * s + reach - x.shape[2 + i], 0)
            pads[i], pads[n + i] = (total // 2, total - total // 2)[:: 1 if auto == "SAME_UPPER" else -1]
    if pads[:n] == pads[n:]:
        return x, pads[:n]
    order = [p for i in reversed(range(n)) for p in (pads[i], pads[n + i])]
    return F.pad(x, order, value=value), [0] * n


@op("Conv")
def _(a, x, weight, bias=None):
    weight, bias = a["self"].tensor(a, 1, weight), a["self"].tensor(a, 2, bias) if bias is not None else None
    n = x.dim() - 2
    a.setdefault("kernel_shape", list(weight.shape[2:]))
    x, padding = padded(a, x)
    f = {1: F.conv1d, 2: F.conv2d}[n]
    return f(x, weight, bias, a.get("strides", [1] * n), padding, a.get("dilations", [1] * n), a.get("group", 1))


@op("ConvTranspose")
def _(a, x, weight, bias=None):
    weight, bias = a["self"].tensor(a, 1, weight), a["self"].tensor(a, 2, bias) if bias is not None else None
    n = x.dim() - 2
    pads, extra = list(a.get("pads", [0] * 2 * n)), list(a.get("output_padding", [0] * n))
    if pads[:n] != pads[n:] or a.get("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in a:
        raise ValueError("padding other than the same at both ends is not known here")
    f = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[n]
    return f(
        x, weight, bias, a.get("strides", [1] * n), pads[:n], extra, a.get("group", 1), a.get("dilations", [1] * n)
    )


def pool(average):
    def run(a, x):
        n = x.dim() - 2
        kernel, ceil = a["kernel_shape"], bool(a.get("ceil_mode", 0))
        stride = a.get("strides", [1] * n)
        if not average:
            x, padding = padded(a, x, -math.inf)
            return {1: F.max_pool1d, 2: F.max_pool2d}[n](x, kernel, stride, padding, a.get("dilations", 1), ceil)
        before = x.shape
        x, padding = padded(a, x)
        if x.shape != before and not a.get("count_include_pad", 0):
            raise ValueError("uneven padding that does not count is not known here")
        return {1: F.avg_pool1d, 2: F.avg_pool2d}[n](
            x, kernel, stride, padding, ceil, bool(a.get("count_include_pad", 0))
        )

    return run


OPS |= {"AveragePool": pool(True), "MaxPool": pool(False)}


# Normalisations.


@op("BatchNormalization")
def _(a, x, *parameters):
    scale, bias, mean, var = (a["self"].tensor(a, i + 1, p) for i, p in enumerate(parameters))
    return F.batch_norm(x, mean, var, scale, bias, False, 0.0, a.get("epsilon", 1e-5))


@op("InstanceNormalization")
def _(a, x, scale, bias):
    return F.instance_norm(
        x, None, None, a["self"].tensor(a, 1, scale), a["self"].tensor(a, 2, bias), eps=a.get("epsilon", 1e-5)
    )


@op("GroupNormalization")
def _(a, x, scale, bias):
    scale, bias, groups = a["self"].tensor(a, 1, scale), a["self"].tensor(a, 2, bias), a["num_groups"]
    each = x.shape[1] // groups
    if len(scale) != x.shape[1]:  # one per group, before version 21 of the operators
        scale, bias = scale.repeat_interleave(each), bias.repeat_interleave(each)
    return F.group_norm(x, groups, scale, bias, a.get("epsilon", 1e-5))


@op("LayerNormalization")
def _(a, x, scale, bias=None):
    axis = a.get("axis", -1) % x.dim()
    scale, bias = a["self"].tensor(a, 1, scale), a["self"].tensor(a, 2, bias) if bias is not None else None
    shape = x.shape[axis:]
    return F.layer_norm(
        x, shape, scale.expand(shape), bias if bias is None else bias.expand(shape), a.get("epsilon", 1e-5)
    )


@op("RMSNormalization")
def _(a, x, scale):
    axes = tuple(range(a.get("axis", -1) % x.dim(), x.dim()))
    return x * torch.rsqrt(x.square().mean(axes, keepdim=True) + a.get("epsilon", 1e-5)) * a["self"].tensor(a, 1, scale)


@op("LpNormalization")
def _(a, x):
    axis = a.get("axis", -1)
    return x / (x.abs().sum(axis, keepdim=True) if a.get("p", 2) == 1 else x.square().sum(axis, keepdim=True).sqrt())


# Reductions.


def reduction(name, f):
    def run(a, x, axes=None):
        axes = a.get("axes") if axes is None else ints(axes)
        if not axes:
            if a.get("noop_with_empty_axes"):
                return x
            axes = list(range(x.dim()))
        return f(x, [int(i) % x.dim() for i in axes], bool(a.get("keepdims", 1)))

    OPS[name] = run


for name, f in {
    "ReduceMean": lambda x, d, k: x.mean(d, keepdim=k),
    "ReduceSum": lambda x, d, k: x.sum(d, keepdim=k),
    "ReduceMax": lambda x, d, k: x.amax(d, keepdim=k),
    "ReduceMin": lambda x, d, k: x.amin(d, keepdim=k),
    "ReduceSumSquare": lambda x, d, k: x.square().sum(d, keepdim=k),
    "ReduceL1": lambda x, d, k: x.abs().sum(d, keepdim=k),
    "ReduceL2": lambda x, d, k: x.square().sum(d, keepdim=k).sqrt(),
    "ReduceLogSumExp": lambda x, d, k: torch.logsumexp(x, d, keepdim=k),
}.items():
    reduction(name, f)


# Shapes and moves.


def batched(a, x, sizes):
    """Sizes of a model that was exported for a fixed batch, with the batch at hand."""
    fixed = a["self"].fixed_batch
    if sizes and fixed and sizes[0] == fixed and x.shape[0] != fixed and (fixed != 1 or x.dim() > 1 or len(sizes) > 1):
        return [x.shape[0]] + sizes[1:]
    return sizes


@op("Reshape")
def _(a, x, shape):
    sizes = ints(shape)
    if not a.get("allowzero", 0):
        sizes = [x.shape[i] if s == 0 else s for i, s in enumerate(sizes)]
    return x.reshape(batched(a, x, sizes))


@op("Expand")
def _(a, x, shape):
    sizes = batched(a, x, ints(shape))
    rank = max(len(sizes), x.dim())
    sizes, own = [1] * (rank - len(sizes)) + sizes, [1] * (rank - x.dim()) + list(x.shape)
    return x.expand([max(p, q) for p, q in zip(sizes, own)])


@op("Squeeze")
def _(a, x, axes=None):
    axes = a.get("axes") if axes is None else ints(axes)
    axes = [i for i, s in enumerate(x.shape) if s == 1] if axes is None else [i % x.dim() for i in axes]
    return x.reshape([s for i, s in enumerate(x.shape) if i not in axes])


@op("Unsqueeze")
def _(a, x, axes=None):
    axes = a.get("axes") if axes is None else ints(axes)
    rank = x.dim() + len(axes)
    for axis in sorted(i % rank for i in axes):
        x = x.unsqueeze(axis)
    return x


@op("Concat")
def _(a, *x):
    parts = [a["self"].tensor(a, i, v) for i, v in enumerate(x)]
    n = next(v.shape[0] for v in x if isinstance(v, torch.Tensor))
    if a["axis"] % parts[0].dim():
        parts = [p.expand(n, *p.shape[1:]) if p.shape[0] == 1 else p for p in parts]
    return torch.cat(parts, a["axis"])


@op("Split")
def _(a, x, sizes=None):
    axis, sizes = a.get("axis", 0), a.get("split") if sizes is None else ints(sizes)
    return x.split(sizes, axis) if sizes else x.split(math.ceil(x.shape[axis] / len(a["outputs"])), axis)


@op("Slice")
def _(a, x, starts=None, ends=None, axes=None, steps=None):
    starts, ends = (ints(a[k] if v is None else v) for k, v in (("starts", starts), ("ends", ends)))
    axes = ints(a.get("axes", range(len(starts))) if axes is None else axes)
    for begin, end, axis, step in zip(starts, ends, axes, ints(steps) if steps is not None else [1] * len(starts)):
        size = x.shape[axis]
        if step > 0:
            begin, end, _ = slice(begin, end, step).indices(size)
            x = x[(slice(None),) * (axis % x.dim()) + (slice(begin, end, step),)]
        else:
            chosen = range(size)[slice(begin, None if end < -size else end, step)]
            x = x.index_select(axis, torch.tensor(list(chosen)))
    return x


@op("Gather")
def _(a, x, index):
    axis = a.get("axis", 0)
    if isinstance(index, torch.Tensor):
        if axis != 0:
            raise ValueError("indices that depend on the inputs are taken along the first axis only")
        return F.embedding(index, a["self"].tensor(a, 0, x))
    if np.ndim(index) == 0:
        return x.select(axis, int(index))
    out = x.index_select(axis, torch.tensor([i % x.shape[axis] for i in ints(index)]))
    return out.reshape(x.shape[:axis] + np.shape(index) + x.shape[axis % x.dim() + 1 :]) if np.ndim(index) > 1 else out


@op("Pad")
def _(a, x, pads=None, value=None, axes=None):
    pads = ints(a["pads"] if pads is None else pads)
    axes = [i % x.dim() for i in ints(axes)] if axes is not None else list(range(x.dim()))
    both = {axis: (pads[i], pads[len(axes) + i]) for i, axis in enumerate(axes)}
    order = [p for axis in reversed(range(x.dim())) for p in both.get(axis, (0, 0))]
    mode = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}[
        a.get("mode", "constant")
    ]
    if mode == "constant":
        return F.pad(
            x, order, value=float(np.asarray(value if value is not None else a.get("value", 0.0)).reshape(-1)[0])
        )
    return F.pad(x, order[: 2 * (x.dim() - 2)], mode=mode)


@op("Resize", "Upsample")
def _(a, x, *others):
    others = (
        dict(enumerate(others))
        if "coordinate_transformation_mode" in a or len(others) > 1
        else {1: others[0] if others else a.get("scales")}
    )
    scales, sizes = others.get(1), others.get(2)
    size = ints(sizes)[-(x.dim() - 2) :] if sizes is not None and np.size(sizes) else None
    if size is None:
        size = [math.floor(s * float(f)) for s, f in zip(x.shape[2:], np.asarray(scales).reshape(-1)[2:])]
    mode, at = a.get("mode", "nearest"), a.get("coordinate_transformation_mode", "half_pixel")
    rounding = a.get("nearest_mode", "round_prefer_floor")
    if mode == "nearest" and (at, rounding) == ("asymmetric", "floor"):
        return F.interpolate(x, size, mode="nearest")
    whole = all(o % i == 0 for o, i in zip(size, x.shape[2:]))
    if mode == "nearest" and (at.endswith("half_pixel") or whole and at == "asymmetric"):
        return F.interpolate(x, size, mode="nearest-exact" if at.endswith("half_pixel") else "nearest")
    if mode == "linear" and at in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        return F.interpolate(
            x, size, mode="bilinear" if x.dim() == 4 else "linear", align_corners=at == "align_corners"
        )
    raise ValueError(f"mode {mode} with {at} is not known here")


@op("OneHot")
def _(a, index, depth, values):
    off, on = (float(v) for v in np.asarray(values).reshape(-1))
    table = torch.eye(int(np.asarray(depth).reshape(-1)[0])) * (on - off) + off
    return F.embedding(index.long(), table)


def depth_to_space(x, r, mode):
    if mode == "CRD":
        return F.pixel_shuffle(x, r)
    n, c, h, w = x.shape
    return x.reshape(n, r, r, c // r**2, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // r**2, h * r, w * r)


def space_to_depth(x, r):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // r, r, w // r, r).permute(0, 3, 5, 1, 2, 4).reshape(n, c * r * r, h // r, w // r)

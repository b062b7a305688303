"""Export a PyTorch module to a weight file (FORMAT.md).

    python export.py --kind denoiser --checkpoint runs/ncsn/checkpoint.pt --out ncsn.bin
    python export.py --kind classifier --checkpoint runs/judge/checkpoint.pt --data DIR --out judge.bin

or, for a module of your own, `export(module, example_inputs, info)`. The module is traced with torch.export; whatever
has no operation in a weight file is refused with its name and place. Constant parts are folded in float64. Every
export is read back, evaluated, and compared with the module.
"""

import argparse
import copy
import math
import operator
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch

import weightfile

TOLERANCE = 1e-6  # of the file against the module in float64, relative to the largest output


class Unsupported(Exception):
    """The module uses something a weight file can't express."""


@dataclass
class Const:
    """A tensor that does not depend on the inputs, in PyTorch's shape."""

    value: torch.Tensor
    name: str | None = None


@dataclass
class Value:
    """A result per image: its node, its shape in PyTorch with the batch, and its shape in the file.

    The file's shape may lack trailing sizes 1. `last`: PyTorch sees (N, H, W, C) where the file has (C, H, W).
    """

    name: str
    shape: tuple
    file: tuple
    last: bool = False


def short(shape):
    """A shape without its trailing sizes 1, but of rank 1 at least."""
    shape = tuple(shape)
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape or (1,)


def broadcast(a, b):
    rank = max(len(a), len(b))
    a, b = a + (1,) * (rank - len(a)), b + (1,) * (rank - len(b))
    return tuple(max(p, q) for p, q in zip(a, b))


def pair(v):
    v = list(v) if isinstance(v, (list, tuple)) else [v]
    return [int(v[0]), int(v[-1])]


HANDLERS = {}


def handles(*names):
    def register(f):
        HANDLERS.update(dict.fromkeys(names, f))
        return f

    return register


class Exporter:
    """Walks the traced program once, keeping for each of its nodes a Value, a Const or a Python object."""

    def __init__(self, module, inputs, names):
        self.program = torch.export.export(module, inputs, strict=False).run_decompositions({})
        self.batch, self.names = len(inputs[0]), names
        self.taken, self.nodes, self.constants, self.env = {"x", "sigma", "label"}, [], {}, {}
        if self.batch < 2:
            raise ValueError("the example inputs must have a batch of at least 2")
        for node in self.program.graph.nodes:
            self.node = node
            self.env[node] = getattr(self, f"_{node.op}")(node)

    # The traced program's nodes.

    def _placeholder(self, node):
        s, program = self.program.graph_signature, self.program
        for table, source in (
            (s.inputs_to_parameters, program.state_dict),
            (s.inputs_to_buffers, program.state_dict | program.constants),
            (s.inputs_to_lifted_tensor_constants, program.constants),
        ):
            if node.name in table:
                return Const(source[table[node.name]].detach(), table[node.name])
        name = self.names[s.user_inputs.index(node.name)]
        shape = tuple(node.meta["val"].shape)
        return Value(name, shape, shape[1:] if name == "x" else (1,))

    def _call_function(self, node):
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: self.env[n])
        if node.target is operator.getitem:
            return args[0][args[1]]
        if not isinstance(node.target, torch._ops.OpOverload):
            self.refuse(f"call of {node.target}")
        name = node.target._schema.name.split("::")[1]
        if torch.Tag.nondeterministic_seeded in node.target.tags:
            self.refuse(f"random operation {name}")
        flat = torch.utils._pytree.tree_leaves((args, kwargs))
        if not any(isinstance(v, Value) for v in flat):
            unwrap = lambda v: v.value if isinstance(v, Const) else v
            result = node.target(*torch.utils._pytree.tree_map(unwrap, args), **kwargs)
            return torch.utils._pytree.tree_map(lambda v: Const(v) if isinstance(v, torch.Tensor) else v, result)
        if name not in HANDLERS:
            self.refuse(f"operation {name}")
        parameters = node.target._schema.arguments
        bound = {a.name: a.default_value for a in parameters if a.has_default_value()}
        bound |= dict(zip((a.name for a in parameters), args)) | kwargs
        arguments = argparse.Namespace(name=name)
        vars(arguments).update(bound)
        return HANDLERS[name](self, arguments)

    def _output(self, node):
        values = torch.fx.node.map_arg(node.args[0], lambda n: self.env[n])
        self.results = values if isinstance(values, (tuple, list)) else (values,)

    def _get_attr(self, node):
        self.refuse("a nested program")

    # Helpers of the handlers.

    def where(self):
        stack = [path for path, _ in self.node.meta.get("nn_module_stack", {}).values() if path]
        lines = (self.node.meta.get("stack_trace") or "").strip().splitlines()
        place = f"module {stack[-1]}" if stack else "the module"
        return f"{place} ({lines[-1].strip()})" if lines else place

    def refuse(self, what):
        raise Unsupported(f"{self.where()}: {what} has no counterpart in a weight file")

    def demand(self, condition, what):
        if not condition:
            self.refuse(what)

    def shape(self):
        """PyTorch's shape of the current result."""
        shape = tuple(self.node.meta["val"].shape)
        self.demand(shape and shape[0] == self.batch, f"a result of shape {shape}, whose first size is not the batch's,")
        return shape

    def unique(self, name):
        name, count = name[-240:], 1
        while (candidate := name if count == 1 else f"{name}.{count}") in self.taken:
            count += 1
        self.taken.add(candidate)
        return candidate

    def name_for(self, op):
        """The module's path where a layer of torch.nn does the work, otherwise that path and the operation."""
        path, kind = next(reversed(self.node.meta.get("nn_module_stack", {}).values()), ("", ""))
        if path and str(kind).startswith("torch.nn.") and op not in ("reshape", "constant", "affine"):
            return self.unique(path)
        return self.unique(f"{path}.{op}" if path else op)

    def emit(self, op, inputs, file, shape=None, last=False, tensors=None, **attributes):
        """Add a node; `file` is its result's shape in the file, `shape` in PyTorch (default: the current one)."""
        self.demand(1 <= len(file) <= 3, f"a value of shape {tuple(file)}")
        name = self.name_for(op)
        tensors = {role: t if t.name else Const(t.value, f"{name}.{role}") for role, t in (tensors or {}).items() if t}
        self.nodes.append(dict(name=name, op=op, inputs=inputs, attributes=attributes, tensors=tensors))
        return Value(name, self.shape() if shape is None else shape, tuple(file), last)

    def full(self, v, rank=None):
        """The value's name with all sizes present, trailing ones too."""
        self.demand(not v.last, "this use of channels as the last dimension")
        file = v.shape[1:] or (1,)
        if rank is not None:
            self.demand(len(file) == rank, f"an input of shape {v.shape}")
        return v.name if v.file == file else self.emit("reshape", [v.name], file, shape=v.shape, shape_=list(file)).name

    def reshaped(self, v, shape):
        """The value seen by PyTorch as `shape`; a node only where the file would notice."""
        self.demand(not v.last, "a reshape with channels as the last dimension")
        file = short(shape[1:])
        if short(v.file) == file:
            return replace(v, shape=tuple(shape))
        return self.emit("reshape", [v.name], file, shape=tuple(shape), shape_=list(file))

    def per_image(self, c, rank, last=False):
        """A constant next to values of this rank in PyTorch: its part for each image, in the file's order."""
        t = c.value
        self.demand(t.dim() <= rank, f"a constant of shape {tuple(t.shape)} beside values of rank {rank}")
        t = t.reshape((1,) * (rank - t.dim()) + t.shape)
        if t.shape[0] != 1:
            self.demand(bool((t == t[:1]).all()), "a constant that differs from image to image")
        t = t[0].movedim(-1, 0) if last else t[0]
        return Const(t.reshape(short(t.shape)), c.name)

    def constant(self, c):
        """The name of a node holding a constant already in the file's shape."""
        key = (c.name or id(c.value), tuple(c.value.shape))
        if key not in self.constants:
            node = self.emit("constant", [], tuple(c.value.shape), shape=(), tensors={"value": c})
            self.constants[key] = node.name, c.value
        return self.constants[key][0]

    def affine(self, v, scale, shift):
        if scale == 1 and shift == 0:
            return v
        attributes = {k: float(s) for k, s, d in (("scale", scale, 1), ("shift", shift, 0)) if s != d}
        return replace(self.emit("affine", [v.name], v.file, shape=v.shape, **attributes), last=v.last)

    def unary(self, op, v, **attributes):
        return self.emit(op, [v.name], v.file, shape=v.shape, last=v.last, **attributes)

    def binary(self, op, a, b):
        """a op b of two values, or of a value and a constant that is no scalar."""
        v = a if isinstance(a, Value) else b
        names, files = [], []
        for t in (a, b):
            if isinstance(t, Const):
                t = self.per_image(t, len(v.shape), v.last)
                names.append(self.constant(t))
                files.append(tuple(t.value.shape))
            else:
                same = len(t.shape) == len(v.shape) and t.last == v.last
                self.demand(same, f"{op} of {v.shape} and {t.shape}, shapes of different rank,")
                names.append(t.name)
                files.append(t.file)
        return self.emit(op, names, broadcast(*files), last=v.last)

    def weights(self, what, **tensors):
        for role, t in tensors.items():
            self.demand(t is None or isinstance(t, Const), f"{what} with a computed {role}")
        return tensors


def scalar(c):
    """A number from a Python number or a constant with one element, else None."""
    if isinstance(c, (int, float)):
        return float(c)
    return c.value.item() if isinstance(c, Const) and c.value.numel() == 1 else None


# Arithmetic.


@handles("add", "sub", "rsub")
def _(e, a):
    x, y, sign = a.self, a.other, -1 if a.name == "sub" else 1
    if a.name == "rsub":
        x, y, sign = y, x, -1
    alpha = float(getattr(a, "alpha", 1))
    if alpha != 1 and a.name != "rsub":
        y = e.affine(y, alpha, 0) if isinstance(y, Value) else Const(scaled(y, alpha))
    elif alpha != 1:
        e.refuse("rsub with alpha")
    if scalar(y) is not None:
        return e.affine(x, 1, sign * scalar(y))
    if scalar(x) is not None:
        return e.affine(y, sign, scalar(x)) if sign == 1 or scalar(x) else e.unary("neg", y)
    return e.binary("add" if sign == 1 else "sub", x, y)


def scaled(c, factor):
    return torch.as_tensor(c.value if isinstance(c, Const) else c, dtype=torch.float64) * factor


@handles("mul")
def _(e, a):
    for x, y in ((a.self, a.other), (a.other, a.self)):
        if scalar(y) is not None:
            return e.affine(x, scalar(y), 0)
    if a.self is a.other:
        return e.unary("square", a.self)
    return e.binary("mul", a.self, a.other)


@handles("div")
def _(e, a):
    e.demand(getattr(a, "rounding_mode", None) is None, "division with rounding")
    if scalar(a.other) is not None:
        return e.affine(a.self, 1 / scalar(a.other), 0)
    if scalar(a.self) is not None:
        return e.affine(e.unary("reciprocal", a.other), scalar(a.self), 0)
    if isinstance(a.other, Const):
        return e.binary("mul", a.self, Const(1 / a.other.value))
    return e.binary("div", a.self, a.other)


@handles("pow")
def _(e, a):
    power = scalar(a.exponent)
    e.demand(isinstance(a.self, Value) and power in (-2, -1, -0.5, 0.5, 1, 2, 3, 4), "this power")
    v = a.self
    if abs(power) == 0.5:
        v = e.unary("sqrt", v)
    elif abs(power) in (2, 4):
        v = e.unary("square", v)
        v = e.unary("square", v) if power == 4 else v
    elif power == 3:
        v = e.emit("mul", [e.unary("square", v).name, v.name], v.file, last=v.last)
    return e.unary("reciprocal", v) if power < 0 else v


@handles("exp", "log", "sqrt", "sin", "cos", "reciprocal", "neg", "square", "relu", "silu", "tanh", "sigmoid")
def _(e, a):
    return e.unary(a.name, a.self)


@handles("rsqrt")
def _(e, a):
    return e.unary("reciprocal", e.unary("sqrt", a.self))


@handles("log1p")
def _(e, a):
    return e.unary("log", e.affine(a.self, 1, 1))


@handles("expm1")
def _(e, a):
    return e.affine(e.unary("exp", a.self), 1, -1)


@handles("log2", "log10")
def _(e, a):
    return e.affine(e.unary("log", a.self), 1 / math.log(int(a.name[3:])), 0)


@handles("leaky_relu")
def _(e, a):
    return e.unary("leaky_relu", a.self, slope=float(scalar(a.negative_slope)))


@handles("prelu")
def _(e, a):
    e.demand(scalar(a.weight) is not None, "PReLU with more than one slope")
    return e.unary("leaky_relu", a.self, slope=scalar(a.weight))


@handles("elu")
def _(e, a):
    e.demand(scalar(a.input_scale) == 1, "ELU with an input scale")
    return e.affine(e.unary("elu", a.self, alpha=float(scalar(a.alpha))), scalar(a.scale), 0)


@handles("gelu")
def _(e, a):
    return e.unary("gelu", a.self, approximate=a.approximate)


@handles("softplus")
def _(e, a):
    beta = float(scalar(a.beta))
    return e.affine(e.unary("softplus", e.affine(a.self, beta, 0)), 1 / beta, 0)


@handles("log_sigmoid", "log_sigmoid_forward")
def _(e, a):
    return e.unary("neg", e.unary("softplus", e.unary("neg", a.self)))


@handles("mish")
def _(e, a):
    v = a.self
    return e.emit("mul", [v.name, e.unary("tanh", e.unary("softplus", v)).name], v.file, last=v.last)


@handles("clamp", "clamp_min")
def _(e, a):
    e.demand(a.min is not None and getattr(a, "max", None) is None, "a clamp from above")
    low = float(a.min)
    return e.affine(e.unary("relu", e.affine(a.self, 1, -low)), 1, low)


# What leaves no node, and shapes.


@handles("dropout", "feature_dropout", "alpha_dropout", "native_dropout")
def _(e, a):
    e.demand(not a.train, "dropout in training mode")
    return a.input


@handles("clone", "alias", "contiguous", "detach", "lift_fresh_copy")
def _(e, a):
    return getattr(a, "self")


@handles("_to_copy", "to", "type_as")
def _(e, a):
    dtype = getattr(a, "dtype", None)
    e.demand(dtype is None or dtype.is_floating_point or a.self.name == "label", f"conversion to {dtype}")
    return a.self


@handles("_assert_tensor_metadata")
def _(e, a):
    return None


@handles("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full")
def _(e, a):
    fill = {"zeros": 0.0, "ones": 1.0}.get(a.name.replace("_like", "").replace("new_", ""))
    return Const(torch.full(tuple(e.node.meta["val"].shape), a.fill_value if fill is None else fill, dtype=torch.float64))


@handles("view", "_unsafe_view", "reshape", "unsqueeze", "squeeze", "flatten", "unflatten")
def _(e, a):
    return e.reshaped(a.self, e.shape())


@handles("permute", "transpose")
def _(e, a):
    dims = [d % len(a.self.shape) for d in a.dims] if a.name == "permute" else None
    if dims == list(range(len(a.self.shape))):
        return a.self
    if dims == [0, 2, 3, 1] and not a.self.last:
        e.full(a.self)
        return replace(a.self, name=e.full(a.self), shape=e.shape(), file=a.self.shape[1:], last=True)
    if dims == [0, 3, 1, 2] and a.self.last:
        return replace(a.self, shape=e.shape(), last=False)
    e.refuse(f"{a.name} other than channels to the end and back")


@handles("expand")
def _(e, a):
    shape = e.shape()
    if short(shape[1:]) == short(a.self.file):
        return replace(a.self, shape=shape)
    e.demand(len(shape) == len(a.self.shape) and not a.self.last, f"expansion of {a.self.shape} to {shape}")
    zeros = e.constant(Const(torch.zeros(short(shape[1:]), dtype=torch.float64)))
    return e.emit("add", [a.self.name, zeros], short(shape[1:]))


@handles("slice")
def _(e, a):
    shape = e.shape()
    if shape == a.self.shape:
        return a.self
    e.demand(a.dim % len(shape) == 1 and a.step == 1 and not a.self.last, "a slice other than of channels")
    begin = a.start % a.self.shape[1] if a.start else 0
    return part(e, a.self, begin, begin + shape[1], shape)


def part(e, v, begin, end, shape):
    return e.emit("slice", [v.name], (end - begin,) + v.file[1:], shape=tuple(shape), begin=begin, end=end)


@handles("select")
def _(e, a):
    v, channels = a.self, a.self.shape[1]
    e.demand(a.dim % len(v.shape) == 1 and not v.last, "a selection other than of a channel")
    i = a.index % channels
    return e.reshaped(part(e, v, i, i + 1, (v.shape[0], 1) + v.shape[2:]), e.shape())


@handles("split", "chunk", "split_with_sizes", "unbind")
def _(e, a):
    v, parts, begin = a.self, [], 0
    e.demand(a.dim % len(v.shape) == 1 and not v.last, f"{a.name} along a dimension other than channels")
    for t in e.node.meta["val"]:
        n = 1 if a.name == "unbind" else t.shape[1]
        piece = part(e, v, begin, begin + n, (v.shape[0], n) + v.shape[2:])
        parts.append(e.reshaped(piece, tuple(t.shape)) if a.name == "unbind" else piece)
        begin += n
    return parts


@handles("cat")
def _(e, a):
    shape = e.shape()
    e.demand(a.dim % len(shape) == 1, "concatenation along a dimension other than channels")
    e.demand(len(a.tensors) <= 64, "concatenation of more than 64 tensors")
    names = []
    for t in a.tensors:
        if isinstance(t, Const):
            c = e.per_image(t, len(shape))
            names.append(e.constant(Const(c.value.reshape(t.value.shape[1:]), c.name)))
        else:
            names.append(e.full(t))
    return e.emit("concat", names, shape[1:])


@handles("sum", "mean")
def _(e, a):
    v, shape = a.self, a.self.shape
    e.demand(getattr(a, "dim", None) is not None and not v.last, f"{a.name} over the batch or with channels last")
    dims, rank = {d % len(shape) for d in a.dim}, len(shape) - 1
    e.demand(dims and 0 not in dims, f"{a.name} over the batch")
    reduce = lambda name, over, file, kept: e.emit(a.name, [name], file, shape=kept, over=over)
    if dims == set(range(1, rank + 1)):
        return replace(reduce(v.name, "all", (1,), None), shape=e.shape())
    name = e.full(v)
    if rank == 2:
        name = e.emit("reshape", [name], shape[1:] + (1,), shape=shape + (1,), shape_=[*shape[1:], 1]).name
    e.demand(rank in (2, 3) and dims in ({1}, set(range(2, rank + 1))), f"{a.name} over dimensions {sorted(dims)}")
    if dims == {1}:
        kept = (shape[0], 1) + shape[2:]
        return e.reshaped(reduce(name, "channels", (kept[1:] + (1,))[:3], kept), e.shape())
    return replace(reduce(name, "positions", shape[1:2], None), shape=e.shape())


# Layers.


@handles("conv2d")
def _(e, a):
    weight, stride, dilation, padding = a.weight, pair(a.stride), pair(a.dilation), a.padding
    tensors = e.weights("a convolution", weight=weight, bias=a.bias)
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilation, weight.value.shape[2:])]
        e.demand(padding == "valid" or not any(r % 2 for r in reach), "uneven padding")
        padding = [0, 0] if padding == "valid" else [r // 2 for r in reach]
    attributes = dict(stride=stride, padding=pair(padding), dilation=dilation, groups=a.groups)
    defaults = dict(stride=[1, 1], padding=[0, 0], dilation=[1, 1], groups=1)
    attributes = {k: v for k, v in attributes.items() if v != defaults[k]}
    return e.emit("conv2d", [e.full(a.input, 3)], e.shape()[1:], tensors=tensors, **attributes)


@handles("linear")
def _(e, a):
    tensors = e.weights("a linear layer", weight=a.weight, bias=a.bias)
    if a.input.last and len(a.input.shape) == 4:
        tensors["weight"] = Const(a.weight.value[:, :, None, None], a.weight.name)
        file = e.shape()[3:] + e.shape()[1:3]
        return e.emit("conv2d", [a.input.name], file, last=True, tensors=tensors)
    return e.emit("linear", [e.full(a.input, 1)], e.shape()[1:], tensors=tensors)


@handles("matmul", "mm", "addmm")
def _(e, a):
    x, weight = (a.mat1, a.mat2) if a.name == "addmm" else (a.self, getattr(a, "other", getattr(a, "mat2", None)))
    bias = a.self if a.name == "addmm" else None
    e.demand(isinstance(x, Value) and len(x.shape) == 2, "a matrix product other than of features with a constant,")
    tensors = e.weights("a matrix product", weight=weight, bias=bias)
    tensors["weight"] = Const(weight.value.T)
    return e.emit("linear", [e.full(x, 1)], e.shape()[1:], tensors=tensors)


@handles("embedding")
def _(e, a):
    e.demand(a.indices.name == "label", "an embedding of something other than the label")
    tensors = e.weights("an embedding", weight=a.weight)
    return e.emit("embedding", ["label"], (a.weight.value.shape[1],), tensors=tensors)


@handles("group_norm")
def _(e, a):
    e.demand(len(a.input.shape) in (2, 4), f"group norm of shape {a.input.shape}")
    tensors = e.weights("a group norm", weight=a.weight, bias=a.bias)
    file = a.input.shape[1:]
    return e.emit("group_norm", [e.full(a.input)], file, tensors=tensors, groups=a.num_groups, eps=a.eps)


@handles("instance_norm")
def _(e, a):
    tensors = e.weights("an instance norm", weight=a.weight, bias=a.bias)
    if not a.use_input_stats:
        return batch_norm(e, a)[0]
    return e.emit("instance_norm", [e.full(a.input, 3)], a.input.shape[1:], tensors=tensors, eps=a.eps)


@handles("layer_norm")
def _(e, a):
    v, n, rank = a.input, len(a.normalized_shape), len(a.input.shape)
    tensors = e.weights("a layer norm", weight=a.weight, bias=a.bias)
    everything = rank in (2, 4) and n == rank - 1
    e.demand(everything or (v.last and n == 1), f"layer norm of shape {v.shape} over the last {n} dimensions")
    if v.last:
        for role, t in tensors.items():
            tensors[role] = t and Const(t.value.movedim(-1, 0), t.name)
    over, name = "all" if everything and rank == 4 else "channels", v.name if v.last else e.full(v)
    file = v.file if v.last else v.shape[1:]
    return e.emit("layer_norm", [name], file, last=v.last, tensors=tensors, over=over, eps=a.eps)


@handles("_native_batch_norm_legit_no_training")
def batch_norm(e, a):
    """A scale and a shift per channel, put into the layer before where that serves nobody else (see `fold`)."""
    e.weights("a batch norm", weight=a.weight, bias=a.bias, mean=a.running_mean, variance=a.running_var)
    e.demand(a.running_mean is not None, "batch norm without running statistics")
    scale = torch.rsqrt(a.running_var.value + a.eps)
    scale = scale * a.weight.value if a.weight else scale
    shift = (a.bias.value if a.bias else 0) - a.running_mean.value * scale
    v = a.input
    shape = tuple(e.node.meta["val"][0].shape) if a.name != "instance_norm" else e.shape()
    tensors = {"scale": Const(scale), "shift": Const(shift)}
    return (e.emit("batch_norm", [e.full(v)], v.shape[1:], shape=shape, tensors=tensors), None, None)


@handles("_native_batch_norm_legit", "batch_norm", "native_batch_norm")
def _(e, a):
    e.refuse("batch norm over the batch's own statistics")


@handles("upsample_nearest2d", "_upsample_nearest_exact2d")
def _(e, a):
    x = getattr(a, "input", None) or a.self
    scale, rest = zip(*(divmod(o, i) for o, i in zip(e.shape()[2:], x.shape[2:])))
    e.demand(not any(rest) and max(scale) <= 16, "resizing by other than whole factors up to 16")
    return e.emit("upsample_nearest", [e.full(x, 3)], e.shape()[1:], scale=list(scale))


def pool(e, a):
    kernel, padding = pair(a.kernel_size), pair(a.padding)
    stride = pair(a.stride) if a.stride else kernel
    sizes = a.self.shape[2:]
    floor = tuple((n + 2 * p - k) // s + 1 for n, p, k, s in zip(sizes, padding, kernel, stride))
    e.demand(e.shape()[2:] == floor, "pooling with ceil_mode")
    attributes = dict(kernel=kernel)
    if stride != kernel:
        attributes["stride"] = stride
    if padding != [0, 0]:
        attributes["padding"] = padding
    return attributes


@handles("avg_pool2d")
def _(e, a):
    e.demand(a.divisor_override is None, "average pooling with a divisor")
    attributes = pool(e, a)
    if "padding" in attributes:
        attributes["count_padding"] = int(a.count_include_pad)
    return e.emit("avg_pool", [e.full(a.self, 3)], e.shape()[1:], **attributes)


@handles("max_pool2d")
def _(e, a):
    e.demand(pair(a.dilation) == [1, 1], "max pooling with dilation")
    return e.emit("max_pool", [e.full(a.self, 3)], e.shape()[1:], **pool(e, a))


@handles("adaptive_avg_pool2d")
def _(e, a):
    return e.emit("adaptive_avg_pool", [e.full(a.self, 3)], e.shape()[1:], size=list(e.shape()[2:]))


@handles("pixel_shuffle", "pixel_unshuffle")
def _(e, a):
    factor = a.upscale_factor if a.name == "pixel_shuffle" else a.downscale_factor
    return e.emit(a.name, [e.full(a.self, 3)], e.shape()[1:], factor=factor)


# After the walk.


def fold(nodes, outputs):
    """Put each batch norm into the convolution or linear layer before it, or make it a product and a sum."""
    uses = {}
    for name in [i for n in nodes for i in n["inputs"]] + outputs:
        uses[name] = uses.get(name, 0) + 1
    kept, by_name, renamed = [], {}, {}
    for node in nodes:
        node["inputs"] = [renamed.get(i, i) for i in node["inputs"]]
        if node["op"] != "batch_norm":
            kept.append(node)
            by_name[node["name"]] = node
            continue
        source, name = by_name.get(node["inputs"][0]), node["name"]
        scale, shift = (node["tensors"][role].value for role in ("scale", "shift"))
        if source and source["op"] in ("conv2d", "linear") and uses[source["name"]] == 1:
            t, layer = source["tensors"], source["name"]
            weight = t["weight"].value * scale.reshape(-1, *(1,) * (t["weight"].value.dim() - 1))
            bias = shift + (t["bias"].value * scale if "bias" in t else 0)
            source["tensors"] = {"weight": Const(weight, f"{layer}.weight"), "bias": Const(bias, f"{layer}.bias")}
            uses[layer], renamed[name] = uses.get(name, 0), layer
            continue
        before = node["inputs"][0]
        for op, role, c in (("mul", "scale", scale), ("add", "shift", shift)):
            constant = dict(name=f"{name}.{role}", op="constant", inputs=[], attributes={})
            constant["tensors"] = {"value": Const(c, f"{name}.{role}")}
            last = dict(name=name if op == "add" else f"{name}.scaled", op=op, inputs=[before, constant["name"]])
            before = last["name"]
            kept += [constant, last | dict(attributes={}, tensors={})]
        by_name[name] = kept[-1]
    return kept, [renamed.get(o, o) for o in outputs]


def reachable(nodes, outputs):
    wanted = set(outputs)
    for node in reversed(nodes):
        if node["name"] in wanted:
            wanted.update(node["inputs"])
    return [n for n in nodes if n["name"] in wanted]


def collect(nodes, extra):
    """The nodes as the file has them, and the tensors in the order of use. Tensors with one name and content are one."""
    tensors, out = {}, []
    for node in nodes:
        roles = {}
        for role, c in node["tensors"].items():
            value, name, count = c.value.to(torch.float32).numpy(), c.name, 1
            while name in tensors and not (tensors[name].shape == value.shape and (tensors[name] == value).all()):
                count += 1
                name = f"{c.name}.{count}"
            tensors[name] = value
            roles[role] = name
        entry = dict(name=node["name"], op=node["op"], inputs=node["inputs"])
        if node["attributes"]:
            entry["attributes"] = {k.rstrip("_"): v for k, v in node["attributes"].items()}
        if roles:
            entry["tensors"] = roles
        out.append(entry)
    return out, tensors | {k: torch.as_tensor(v).float().numpy() for k, v in extra.items()}


def export(module, example_inputs, info, extra=None):
    """The bytes of a weight file for `module`.

    example_inputs: x (N, C, H, W), then sigma (N) and label (N) as far as `info["inputs"]` names them, N >= 2.
    info: FORMAT.md's model object without its graph. extra: tensors named reference_*.
    Raises Unsupported for what the format can't express.
    """
    twin = copy.deepcopy(module).to("cpu", torch.float64, memory_format=torch.contiguous_format).eval().requires_grad_(False)
    inputs = tuple(t.double() if t.is_floating_point() else t for t in example_inputs)
    e = Exporter(twin, inputs, info["inputs"])
    outputs = []
    for v in e.results:
        if isinstance(v, Const):
            e.refuse("an output that does not depend on the inputs")
        name = e.full(v)
        if name in info["inputs"]:
            name = e.emit("affine", [name], v.file, shape=v.shape).name
        outputs.append(name)
    nodes, outputs = fold(e.nodes, outputs)
    nodes, tensors = collect(reachable(nodes, outputs), extra or {})
    order = ("name", "kind", "data", "inputs", "labels", "default", "graph", "provenance")
    model = info | {"graph": {"nodes": nodes, "outputs": outputs}}
    raw = weightfile.write({k: model[k] for k in order if k in model}, tensors)
    check(raw, twin, inputs)
    return raw


@torch.no_grad()
def check(raw, module, inputs):
    """Compare the file's graph with the module in float64."""
    got, want = weightfile.Network(*weightfile.parse(raw)).double()(*inputs), module(*inputs)
    for a, b in zip(*((v if isinstance(v, tuple) else (v,)) for v in (got, want)), strict=True):
        if a.shape != b.shape or not (a - b).abs().max() <= TOLERANCE * b.abs().max():
            raise RuntimeError(f"the exported graph computes something else: {(a - b).abs().max() / b.abs().max():.3g}")


# The networks of train/.

sys.path.insert(0, str(Path(__file__).parent / "train"))
MNIST = "MNIST training set, 60,000 images, pixels in [0, 1]"


def provenance(checkpoint, training):
    minutes = f"{checkpoint['step']} steps in {checkpoint['seconds'] / 60:.0f} minutes on 2 CPU cores"
    out = {"data": MNIST, "data licence": "CC BY-SA 3.0", "duration": minutes, "torch": torch.__version__}
    return ({"training": training} if training else {}) | out


def ladder(low, high, levels):
    """Geometric from high to low, both exact."""
    return [high, *(high * (low / high) ** (i / (levels - 1)) for i in range(1, levels - 1)), low]


def denoiser_info(name, config, steps=12, sigma_low=0.02, patch_size=28):
    from unet import NO_LABEL, SIGMA_MAX, SIGMA_MIN

    data = {"shape": [1, patch_size, patch_size], "range": [0, 1], "sigma": [SIGMA_MIN, SIGMA_MAX]}
    return {
        "name": name,
        "kind": "denoiser",
        "data": data | {"ladder": ladder(SIGMA_MIN, SIGMA_MAX, 10)},
        "inputs": ["x", "sigma"] + (["label"] if config["conditional"] else []),
        "labels": NO_LABEL if config["conditional"] else 0,
        "default": {"sampler": "dpmpp-2m", "steps": steps, "sigmas": [sigma_low, SIGMA_MAX]},
    }


def denoiser_inputs(config):
    from unet import NO_LABEL

    sigma = torch.tensor([0.01, 0.3, 30.0])
    x = torch.rand(3, 1, 28, 28) + sigma[:, None, None, None] * torch.randn(3, 1, 28, 28)
    return (x, sigma) + ((torch.tensor([0, 7, NO_LABEL]),) if config["conditional"] else ())


def export_denoiser(checkpoint, name, training, steps=12, sigma_low=0.02):
    from unet import UNet

    net = UNet(**checkpoint["config"])
    net.load_state_dict(checkpoint["average"])
    info = denoiser_info(name, checkpoint["config"], steps, sigma_low)
    info["provenance"] = provenance(checkpoint, training)
    return export(net, denoiser_inputs(checkpoint["config"]), info)


def export_judge(checkpoint, name, training, data):
    import common
    from judge import Judge

    net = Judge()
    net.load_state_dict(checkpoint["module"])
    net.eval()
    images = common.mnist("test", data)[0]
    info = {"name": name, "kind": "classifier", "data": {"shape": [1, 28, 28], "range": [0, 1]}, "inputs": ["x"]}
    info["provenance"] = provenance(checkpoint, training) | {"reference": "features of the 10,000 MNIST test images"}
    mean, covariance = moments(features(net, images))
    return export(net, (torch.rand(2, 1, 28, 28),), info, {"reference_mean": mean, "reference_covariance": covariance})


@torch.no_grad()
def features(judge, images):
    judge = copy.deepcopy(judge).double()
    return torch.cat([judge(b.double())[1] for b in images.split(500)])


def moments(f):
    return f.mean(0), torch.cov(f.T)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--kind", choices=["denoiser", "classifier"], required=True)
    p.add_argument("--checkpoint", required=True, help="checkpoint.pt of ncsn.py (denoiser) or judge.py (classifier)")
    p.add_argument("--out", required=True, help="the weight file")
    p.add_argument("--name", help="the model's name; default: the file's")
    p.add_argument("--training", help="the training command, for the provenance")
    p.add_argument("--data", help="classifier: folder with MNIST, for the reference features")
    p.add_argument("--steps", type=int, default=12, help="denoiser: sampling steps by default")
    p.add_argument("--sigma-low", type=float, default=0.02, help="denoiser: last noise level before 0 by default")
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    checkpoint = torch.load(args.checkpoint, weights_only=False)
    name = args.name or Path(args.out).stem
    if args.kind == "denoiser":
        raw = export_denoiser(checkpoint, name, args.training, args.steps, args.sigma_low)
    else:
        raw = export_judge(checkpoint, name, args.training, args.data)
    Path(args.out).write_bytes(raw)
    model, tensors = weightfile.parse(raw)
    nodes, count = len(model["graph"]["nodes"]), sum(t.size for t in tensors.values())
    print(f"{args.out}: {nodes} nodes, {count} numbers, {len(raw)} bytes, sha256 {weightfile.file_hash(args.out)}")


if __name__ == "__main__":
    try:
        main()
    except Unsupported as error:
        raise SystemExit(f"export: {error}")

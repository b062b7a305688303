"""Trace a PyTorch module into the nodes of a weight file; the operations themselves are in operations.py."""

import argparse
import operator
from dataclasses import dataclass, replace

import torch


class Unsupported(Exception):
    """The module uses something that a weight file cannot express."""


@dataclass
class Const:
    """A tensor that does not depend on the inputs, in PyTorch's shape."""

    value: torch.Tensor
    name: str | None = None


@dataclass
class Value:
    """A result per image: its node, its shape in PyTorch with the batch, and its shape in the file.

    The file's shape may lack trailing sizes of 1. `last`: PyTorch sees (N, H, W, C) where the file has (C, H, W).
    """

    name: str
    shape: tuple
    file: tuple
    last: bool = False


def short(shape):
    """A shape without its trailing sizes of 1, but of rank 1 at least."""
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


class Tracer:
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
        self.demand(
            shape and shape[0] == self.batch, f"a result of shape {shape}, whose first size is not the batch's,"
        )
        return shape

    def unique(self, name):
        name, count = name[-240:], 1
        while (candidate := name if count == 1 else f"{name}.{count}") in self.taken:
            count += 1
        self.taken.add(candidate)
        return candidate

    def name_for(self, op):
        """The module's path if it is a layer of torch.nn, otherwise the path and the operation."""
        path, kind = next(reversed(self.node.meta.get("nn_module_stack", {}).values()), ("", ""))
        layer = str(kind).startswith("torch.nn.") and op not in ("reshape", "constant", "affine")
        if path and layer and path not in ("x", "sigma", "label"):
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
        """The value's name with all sizes present, including trailing ones."""
        self.demand(not v.last, "this use of channels as the last dimension")
        file = v.shape[1:] or (1,)
        if rank is not None:
            self.demand(len(file) == rank, f"an input of shape {v.shape}")
        return v.name if v.file == file else self.emit("reshape", [v.name], file, shape=v.shape, shape_=list(file)).name

    def reshaped(self, v, shape):
        """The value with `shape` in PyTorch; this adds a node only if the shape in the file changes."""
        self.demand(not v.last, "a reshape with channels as the last dimension")
        file = short(shape[1:])
        if short(v.file) == file:
            return replace(v, shape=tuple(shape))
        return self.emit("reshape", [v.name], file, shape=tuple(shape), shape_=list(file))

    def per_image(self, c, rank, last=False):
        """A constant used with values of this rank in PyTorch: its part for each image, in the file's order."""
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
        """a op b for two values, or for a value and a constant that is not a scalar."""
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

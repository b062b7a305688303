"""Trace a PyTorch module into the nodes of a weight file. How operations become nodes is told by handlers: those in
operations/ beside the operation that they become, and those in handlers/."""

import argparse
import contextlib
import io
import logging
import operator
import re
import warnings
from dataclasses import dataclass

import torch
from torch.export.graph_signature import OutputKind
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_leaves, tree_map

from .advice import GRADIENT, instead
from .call import place_of
from .layout import Atom, Const, Layout, Value, dimension, flat, product
from .wide import wide, widened


class Unsupported(Exception):
    """The module uses something that a weight file cannot express; `refusals` lists all such places, a sentence each."""

    def __init__(self, *refusals):
        super().__init__("\n".join(refusals))
        self.refusals, self.of_batch = refusals, False


@dataclass(eq=False)
class Table:
    """What depends on the label alone: its values for all labels, as a batch, and for the batch `Tracer.shuffled`.

    dim: which dimension is the batch's. node: that which has it in the file, once something needs one.
    """

    value: torch.Tensor
    other: torch.Tensor
    dim: int = 0
    node: Value | None = None


def pair(v):
    v = list(v) if isinstance(v, (list, tuple)) else [v]
    return [int(v[0]), int(v[-1])]


HANDLERS = {}


def handles(*names):
    def register(f):
        HANDLERS.update(dict.fromkeys(names, f))
        return f

    return register


def close(a, b):
    """Whether two results are the same but for the order of sums."""
    if not a.is_floating_point():
        return a.equal(b)
    return bool((a - b).abs().max() <= 1e-9 * b.abs().max()) or a.equal(b)


def short_name(operation):
    return operation.name().split("::")[1].split(".")[0]


def filled(graph):
    """Make what is filled in the shape of a value, as ones_like, without that value, which is then not looked at: so the
    gradient of a sum over the batch takes no such sum."""
    for node in graph.nodes:
        name = short_name(node.target) if isinstance(node.target, torch._ops.OpOverload) else None
        if name in FILLS:
            t, value = node.meta["val"], FILLS[name]
            node.args = list(t.shape), node.args[-1] if value is None else value
            node.target, node.kwargs = torch.ops.aten.full.default, {"dtype": t.dtype}


FILLS = dict(zeros_like=0, ones_like=1, full_like=None, empty_like=0, new_zeros=0, new_ones=1, new_full=None, new_empty=0)


@contextlib.contextmanager
def quiet():
    """Without PyTorch's logs, and what it prints of a graph that it cannot finish; the exception says the same."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def traced(module, inputs):
    """The exported program, in which composite operations are whole. What a module makes of whole numbers is of its
    inputs' type, as it is where the module runs."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(next((t.dtype for t in inputs if t.is_floating_point()), default))
    try:
        with quiet():
            program = torch.export.export(module, inputs, strict=False).run_decompositions({})
        filled(program.graph)
        program.graph.eliminate_dead_code()
        return program
    except Exception as error:
        what = (str(error).strip().splitlines() or [type(error).__name__])[0]
        what = re.sub(r"\.? *\((unhinted|Size-like).*|\. .*", "", what)  # its first sentence
        place = place_of(error)
        of_trace = not place or type(error).__module__.startswith("torch")  # not of the module itself
        advice = f"; write the forward function without branches that depend on values, .item() or autograd ({GRADIENT})"
        raise Unsupported(f"torch.export cannot trace the module{place}: {what}{advice if of_trace else ''}") from error
    finally:
        torch.set_default_dtype(default)


class Tracer(Layout):
    """Walks the traced program once, keeping for each of its nodes a Value, a Table, a Const or a Python object.

    labels: how many different labels there are. The batch of the example then has a row for each.
    label_tables: of each embedding of labels, its rows, and one more than the last that a label reads.
    """

    def __init__(self, module, inputs, names, labels=0):
        self.names, self.labels = names, labels
        self.images = Atom(len(inputs[0]))
        self.shuffled = torch.arange(1, labels + 1).clamp(max=labels - 1)
        self.taken, self.nodes, self.constants, self.moves, self.env = {"x", "sigma", "label"}, [], {}, {}, {}
        self.files, self.label_tables = {}, []
        self.by_name, self.products, self.varies, self.refusals, self.refused = {}, {}, {"x"}, [], set()
        if len(inputs[0]) < 2:
            raise ValueError("the example inputs must have a batch of at least 2")
        self.program = traced(module, inputs)
        self.results = self.walk(self.program.graph, self.env)

    def walk(self, graph, env):
        """What a graph returns, for its placeholders as `env` has them or as the program's signature tells."""
        for node in graph.nodes:
            if node in env:
                continue
            self.node, self.env = node, env
            try:
                env[node] = self._result(node)
            except Unsupported as error:
                if not (error.of_batch and self.refused.intersection(node.all_input_nodes)):
                    self.refusals += [r for r in error.refusals if r not in self.refusals]
                self.refused.add(node)
                env[node] = self._instead(node)
        return env.pop("output", ())

    def _result(self, node):
        try:
            return getattr(self, f"_{node.op}")(node)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RuntimeError,
            StopIteration,
            TypeError,
            ValueError,
        ) as error:
            self.node = node
            self.refuse(
                f"this form of {node.target} ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
            )

    def _instead(self, node):
        """What stands for a result that was refused, so that the rest is looked at, too."""
        meta = node.meta.get("val")
        return tree_map(lambda t: self._placeholder_value(t) if isinstance(t, torch.Tensor) else t, meta)

    def _placeholder_value(self, t):
        if not t.dim() or t.shape[0] != self.images.size or t.is_complex():
            return None
        dims, storage = self.plain(t.shape)
        return Value("x", (product(storage),), storage, dims)

    # The traced program's nodes.

    def _placeholder(self, node):
        s, program = self.program.graph_signature, self.program
        for table, source in (
            (s.inputs_to_parameters, program.state_dict),
            (s.inputs_to_buffers, program.state_dict | program.constants),
            (s.inputs_to_lifted_tensor_constants, program.constants),
        ):
            if node.name in table:
                return Const(widened(source[table[node.name]].detach()), table[node.name])
        name = self.names[s.user_inputs.index(node.name)]
        if name == "label":
            only = Const(torch.zeros(self.images.size, dtype=torch.long))
            return Table(torch.arange(self.labels), self.shuffled) if self.labels > 1 else only
        dims, storage = self.plain(node.meta["val"].shape)
        self.files[name] = tuple(node.meta["val"].shape[1:]) if name == "x" else (1,)
        return Value(name, self.files[name], storage, dims)

    def _call_function(self, node):
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: self.env[n])
        if node.target is operator.getitem:
            return None if args[0] is None else args[0][args[1]]
        if not isinstance(node.target, torch._ops.OpOverload):
            self.refuse(f"call of {node.target}")
        name = node.target._schema.name.split("::")[1]
        if name == "_assert_tensor_metadata":
            return None
        if torch.Tag.nondeterministic_seeded in node.target.tags and not self._without_chance(node, name):
            self.refuse(f"random operation {name}", name)
        flat = tree_leaves((args, kwargs))
        if any(v is None for n, v in zip(tree_leaves((node.args, node.kwargs)), flat) if isinstance(n, torch.fx.Node)):
            return None  # of a result that was refused
        if not any(isinstance(v, Value) for v in flat):
            return self._computed(node, name, args, kwargs)
        plain = name[:-1] if name.endswith("_") and not name.endswith("__") else name
        if plain not in HANDLERS:
            return self._decomposed(node, name)
        args, kwargs = tree_map(lambda v: self.looked_up(v) if isinstance(v, Table) else v, (args, kwargs))
        result = HANDLERS[plain](self, self._bound(node, plain, args, kwargs))
        if plain != name:  # in place, as some of PyTorch's own decompositions are
            self.env[node.args[0]] = result
        return result

    @staticmethod
    def _without_chance(node, name):
        """Whether a random operation computes the same each time: dropout that is switched off."""
        return "dropout" in name or name in (
            "scaled_dot_product_attention",
            "rrelu",
            "gru",
            "lstm",
            "rnn_tanh",
            "rnn_relu",
        )

    @staticmethod
    def _bound(node, name, args, kwargs):
        """The arguments of a call by their names."""
        parameters = node.target._schema.arguments
        bound = {a.name: a.default_value for a in parameters if a.has_default_value()}
        bound |= dict(zip((a.name for a in parameters), args)) | kwargs
        arguments = argparse.Namespace(name=name)
        vars(arguments).update(bound)
        return arguments

    def _computed(self, node, name, args, kwargs):
        """The result of a call whose arguments depend on labels at most: a constant, or a table for all labels."""
        tables = [v for v in tree_leaves((args, kwargs)) if isinstance(v, Table)]

        def evaluated(which):
            plain = lambda v: which(v) if isinstance(v, Table) else v.value if isinstance(v, Const) else v
            with wide():
                return node.target(*tree_map(plain, args), **tree_map(plain, kwargs))

        try:
            results = [evaluated(lambda t: t.value)] + ([evaluated(lambda t: t.other)] if tables else [])
        except IndexError:
            rows = max((v.value.shape[0] for v in tree_leaves(args) if isinstance(v, Const)), default=0)
            self.refuse(f"a table of {rows} rows for labels 0 ... {self.labels - 1}", "embedding")
        const = lambda t: Const(t) if isinstance(t, torch.Tensor) else t
        if not tables:
            return tree_map(const, results[0])
        result = tree_map(lambda a, b: self._tabulated(a, b) if isinstance(a, torch.Tensor) else a, *results)
        if name == "embedding":
            self.label_tables.append((args[0].value.shape[0], int(args[1].value.max()) + 1))
        if (
            name == "embedding"
            and args[1].node is None
            and args[1].value.equal(torch.arange(self.labels))
            and args[0].name
        ):
            width = args[0].value.shape[1]
            result.node = self.emit("embedding", ["label"], (width,), tensors={"weight": args[0]})
        return result

    def _tabulated(self, value, other):
        if value.equal(other):
            return Const(value)
        for dim, size in enumerate(value.shape):
            if size == self.labels and close(other, value.index_select(dim, self.shuffled)):
                return Table(value, other, dim)
        self.refuse("an operation that mixes the labels of a batch", "batch")

    def looked_up(self, table):
        """A table as a value: an embedding of the label."""
        if table.node is None:
            rows = table.value.movedim(table.dim, 0)
            dims, storage = self.plain(rows.shape)
            weight = Const(rows.reshape(self.labels, -1).double())
            dims = dims[1 : table.dim + 1] + dims[:1] + dims[table.dim + 1 :]
            table.node = self.emit(
                "embedding", ["label"], (weight.value.shape[1],), dims, storage, tensors={"weight": weight}
            )
        return table.node

    def _decomposed(self, node, name):
        """The result of an operation without a handler, by those that PyTorch makes of it."""
        given = [n for n in tree_leaves((node.args, node.kwargs)) if isinstance(n, torch.fx.Node)]
        given = list(dict.fromkeys(given))

        def call(*tensors):
            swap = dict(zip(given, tensors))
            a, k = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: swap[n])
            return node.target(*a, **k)

        table = {k: f for k, f in torch._decomp.core_aten_decompositions().items() if short_name(k) not in HANDLERS}
        try:
            with torch.no_grad(), warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=False):
                like = [torch.empty_like(n.meta["val"], device="cpu") for n in given]
                inner = make_fx(call, table, tracing_mode="fake")(*like)
        except Exception:  # whatever PyTorch says, the operation is refused by its own name
            inner = None
        if inner is None or any(n.target is node.target for n in inner.graph.nodes):
            self.refuse(f"operation {name}", name)
        filled(inner.graph)
        env = {}
        for place, n in zip((n for n in inner.graph.nodes if n.op == "placeholder"), given):
            env[place] = self.env[n]
        for n in inner.graph.nodes:
            n.meta |= {k: node.meta[k] for k in ("nn_module_stack", "stack_trace") if k in node.meta}
            if n.op == "get_attr":
                env[n] = Const(widened(getattr(inner, n.target)))
        outer, before = (self.node, self.env), len(self.refusals)
        result = self.walk(inner.graph, env)
        self.node, self.env = outer
        if len(self.refusals) > before:
            del self.refusals[before:]
            self.refuse(f"operation {name}", name)
        return result if isinstance(node.meta["val"], (tuple, list)) else result[0]

    def _output(self, node):
        values = torch.fx.node.map_arg(node.args[0], lambda n: self.env[n])
        values = values if isinstance(values, (tuple, list)) else (values,)
        if node.graph is self.program.graph:  # whose buffers that it writes to, as a counter, come before what it returns
            specs = self.program.graph_signature.output_specs
            values = [v for v, spec in zip(values, specs, strict=True) if spec.kind is OutputKind.USER_OUTPUT]
        self.env["output"] = values

    def _get_attr(self, node):
        self.refuse("a nested program")

    # Helpers of the handlers.

    def where(self):
        """The file and line of the current operation, and its module."""
        stack = [path for path, _ in self.node.meta.get("nn_module_stack", {}).values() if path]
        place = f"module {stack[-1]}" if stack else "the module"
        lines = [line.strip() for line in (self.node.meta.get("stack_trace") or "").strip().splitlines()]
        frames = [
            (m.groups(), code)
            for line, code in zip(lines, lines[1:])
            if (m := re.match(r'File "([^"]+)", line (\d+)', line))
        ]
        own = [f for f in frames if "/site-packages/torch/" not in f[0][0]] or frames
        return f"{own[-1][0][0]}:{own[-1][0][1]}: {place} ({own[-1][1]})" if own else place

    def refuse(self, what, advice=None):
        error = Unsupported(f"{self.where()}: {what} has no counterpart in a weight file; {instead(advice or what)}")
        error.of_batch = advice == "batch"  # which follows from an operand that was refused, perhaps
        raise error

    def demand(self, condition, what, advice=None):
        if not condition:
            self.refuse(what, advice)

    def result_shape(self):
        """PyTorch's shape of the current result, the first one of several."""
        meta = self.node.meta["val"]
        return tuple((meta[0] if isinstance(meta, (tuple, list)) else meta).shape)

    def shape(self):
        """PyTorch's shape of the current result, which begins with the batch."""
        shape = self.result_shape()
        self.demand(
            shape and shape[0] == self.images.size,
            f"a result of shape {shape}, whose first size is not the batch's,",
            "batch",
        )
        return shape

    def plain(self, shape):
        """Dimensions and storage of a value as a module's input has them: the batch, then an atom for each size."""
        self.demand(
            shape and shape[0] == self.images.size,
            f"a value of shape {tuple(shape)}, whose first size is not the batch's,",
        )
        own = [dimension(n) for n in shape[1:]]
        return ((self.images,), *own), flat(own)

    def unique(self, name):
        name, count = name[-240:], 1
        while (candidate := name if count == 1 else f"{name}.{count}") in self.taken:
            count += 1
        self.taken.add(candidate)
        return candidate

    def name_for(self, op, at=None):
        """The module's path if it is a layer of torch.nn, otherwise the path and the operation."""
        node = at or self.node
        path, kind = next(reversed(node.meta.get("nn_module_stack", {}).values()), ("", ""))
        layer = str(kind).startswith("torch.nn.") and op not in ("reshape", "constant", "affine")
        if path and layer and path not in ("x", "sigma", "label"):
            return self.unique(path)
        return self.unique(f"{path}.{op}" if path else op)

    def emit(self, op, inputs, file, dims=None, storage=None, tensors=None, at=None, **attributes):
        """Add a node and return its value.

        file: its result's shape in the file; dims and storage: as in Value, by default those of the current result in
        PyTorch's order; at: the traced node that names it.
        """
        self.demand(1 <= len(file) <= 3, f"a value of shape {tuple(file)}")
        name = self.name_for(op, at)
        tensors = {role: t if t.name else Const(t.value, f"{name}.{role}") for role, t in (tensors or {}).items() if t}
        node = dict(name=name, op=op, inputs=inputs, attributes=attributes, tensors=tensors)
        self.nodes.append(node)
        self.by_name[name], self.files[name] = node, tuple(file)
        if any(i in self.varies for i in inputs):
            self.varies.add(name)
        if dims is None:
            dims, storage = self.plain(self.shape())
        return Value(name, tuple(file), tuple(storage), tuple(dims))

    def constant(self, c):
        """The name of a node holding a constant already in the file's shape."""
        shape = tuple(c.value.shape)
        key = (c.name, shape, c.value.contiguous().numpy().tobytes())
        if key not in self.constants:
            self.constants[key] = self.emit("constant", [], shape, (), (), tensors={"value": c}).name
        return self.constants[key]

    def affine(self, v, scale, shift):
        if scale == 1 and shift == 0:
            return v
        attributes = {k: float(s) for k, s, d in (("scale", scale, 1), ("shift", shift, 0)) if s != d}
        return self.unary("affine", v, **attributes)

    def unary(self, op, v, tensors=None, **attributes):
        return self.emit(op, [v.name], v.file, v.dims, v.storage, tensors, **attributes)

    def weights(self, what, **tensors):
        for role, t in tensors.items():
            self.demand(t is None or isinstance(t, Const), f"{what} with a computed {role}")
        return tensors


def scalar(c):
    """A number from a Python number or a constant with one element, else None."""
    if isinstance(c, (bool, int, float)):
        return float(c)
    return float(c.value.item()) if isinstance(c, Const) and c.value.numel() == 1 else None

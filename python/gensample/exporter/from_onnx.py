"""Networks from ONNX files as PyTorch modules: `load`. The graph is run node by node, by a table of operators, OPS.

What does not depend on the inputs (shapes, indices) is computed by onnx's own reference, so that the table has only
what happens to images. onnx2torch does the same with modules; it has no operator for shapes computed from inputs
without rewriting them, and asks for torchvision."""

import inspect
import math
import re

import numpy as np
import torch
from torch import nn

from .call import sentence
from .onnx_operators import CONCRETE, OPS
from .problem import ExportError, several


def load(path):
    try:
        import onnx
    except ImportError:
        raise ExportError(str(path), "reading ONNX needs the package onnx: pip install onnx") from None
    try:
        model = onnx.load(str(path))
    except Exception as error:  # hostile files raise whatever they like
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ExportError(str(path), f"is no ONNX model that can be read: {lines[0][:200]}") from None
    return OnnxNetwork(model, str(path))


class OnnxNetwork(nn.Module):
    def __init__(self, model, path):
        super().__init__()
        from onnx import numpy_helper

        graph, self.path = model.graph, path
        self.version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
        self.nodes = list(graph.node)
        lacking = sorted(
            {
                n.op_type
                for n in self.nodes
                if (n.op_type not in OPS and n.op_type not in CONCRETE) or n.domain not in ("", "ai.onnx")
            }
        )
        if lacking:
            raise ExportError(path, f"uses operators of ONNX that are not known here: {several(lacking, 20)}")
        self.arrays, self.buffers_of = {}, {}
        for i, tensor in enumerate(graph.initializer):
            self.arrays[tensor.name] = value = numpy_helper.to_array(tensor)
            if value.dtype.kind == "f":
                name = re.sub(r"\W", "_", tensor.name) + (
                    f"_{i}" if hasattr(self, re.sub(r"\W", "_", tensor.name)) else ""
                )
                self.buffers_of[tensor.name] = name
                self.register_buffer(name, torch.tensor(np.asarray(value, np.float32)))
        self.inputs = [i.name for i in graph.input if i.name not in self.arrays]
        self.results = [o.name for o in graph.output]
        first = graph.input[0].type.tensor_type.shape.dim if graph.input else []
        self.fixed_batch = first[0].dim_value if first and first[0].dim_value > 0 else None
        names = [re.sub(r"\W|^(?=\d)", "_", n) for n in self.inputs]
        self.signature = inspect.Signature(
            [inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in dict.fromkeys(names)]
        )

    def forward(self, *inputs):
        known = dict(self.arrays) | dict(zip(self.inputs, inputs, strict=True)) | {"": None}
        for node in self.nodes:
            try:
                given = [known[name] for name in node.input]
                out = self.run(node, given)
            except ExportError:
                raise
            except Exception as error:
                raise ExportError(
                    f"{self.path}: node '{node.name or node.output[0]}'", f"{node.op_type}: {sentence(error)}"
                ) from error
            known |= dict(zip(node.output, out if isinstance(out, (tuple, list)) else (out,)))
        found = {name: known[name] for name in self.results}
        return found if len(found) > 1 else next(iter(found.values()))

    def run(self, node, given):
        tensors = [v for v in given if isinstance(v, torch.Tensor)]
        if node.op_type == "Shape":
            return np.array(given[0].shape, np.int64)[slice(*span(attributes_of(node)))]
        if node.op_type == "Size":
            return np.array(math.prod(given[0].shape), np.int64)
        if not tensors or node.op_type == "ConstantOfShape":
            return concrete(node, given, self.version)
        if node.op_type not in OPS:
            raise ExportError(
                f"{self.path}: node '{node.name}'", f"{node.op_type} of what depends on the inputs is not known here"
            )
        a = attributes_of(node)
        a["self"], a["like"], a["inputs"], a["outputs"] = (
            self,
            next((t for t in tensors if t.is_floating_point()), tensors[0]),
            node.input,
            node.output,
        )
        return OPS[node.op_type](a, *given)

    def tensor(self, a, i, value):
        """Input i as a tensor: one of the module's weights, or a constant of the type of the others."""
        if isinstance(value, torch.Tensor) or value is None:
            return value
        name = a["inputs"][i]
        if name in self.buffers_of:
            return getattr(self, self.buffers_of[name]).to(a["like"].dtype if a["like"].is_floating_point() else None)
        t = torch.from_numpy(np.ascontiguousarray(value).reshape(np.shape(value)))
        return t.to(a["like"].dtype) if t.is_floating_point() and a["like"].is_floating_point() else t


def attributes_of(node):
    from onnx import helper

    text = lambda v: v.decode() if isinstance(v, bytes) else v
    return {a.name: text(helper.get_attribute_value(a)) for a in node.attribute}


def span(a):
    return a.get("start", 0), a.get("end")


def concrete(node, given, version):
    """A node of constants, by onnx's own reference."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    names = [n for n in node.input if n]
    graph = helper.make_graph(
        [node],
        "constant",
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in dict.fromkeys(names)],
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in node.output if n],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])
    return ReferenceEvaluator(model).run(None, {n: v for n, v in zip(node.input, given) if n})

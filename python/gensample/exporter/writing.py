"""Write a traced module as a weight file: `export` (FORMAT.md).

The module is traced with torch.export; anything that has no operation in a weight file is refused with its name and
place. Constant parts are folded in float64. Every export is read back, evaluated, and compared with the module.
"""

import copy

import torch

from .. import weightfile
from . import handlers  # noqa: F401, registers them
from .graph import direct, fold, reachable
from .network import Network
from .layout import Const, Value
from .tracing import Table, Tracer, Unsupported
from .wide import wide

CHECKED = 12  # images for which a file is compared with its module
TOLERANCE = 1e-5  # of the file against the module in float64, relative to the largest output


def collect(nodes, extra):
    """The nodes as the file has them, and the tensors in order of use; equal name and content, same tensor."""
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


def unread(tables, info):
    """What is to be said of tables that have rows for more labels than the file will have."""
    unlabelled = info.get("unlabelled", True)
    for rows, read in tables:
        if rows > read + (not unlabelled):
            yield (
                f"the module's table of labels has {rows} rows, of which --labels {info['labels']} reads {read}: expected "
                f"--labels {rows - 1}, or {rows} where no row means 'no label', unless classes are to be left out"
            )


def export(module, example_inputs, info, extra=None, notes=None):
    """The bytes of a weight file for `module`.

    example_inputs: x (N, C, H, W), then sigma (N) and label (N) as far as `info["inputs"]` names them, N >= 2.
    info: FORMAT.md's model object without its graph. extra: tensors named reference_*. notes: a list that gets what the
    user should know.
    Raises Unsupported, with all places at once, for anything that the format cannot express.
    """
    twin = copy.deepcopy(module).to("cpu").eval().requires_grad_(False)
    half = [t for t in twin.state_dict().values() if t.dtype in (torch.float16, torch.bfloat16)]
    twin = twin.float() if half else twin
    names = info["inputs"]
    labels = info["labels"] + info.get("unlabelled", True) if "label" in names else 0
    e = Tracer(twin, outline(twin, example_inputs, labels), names, labels)
    outputs = written(e, info)
    if e.refusals:
        raise Unsupported(*e.refusals)
    if notes is not None:
        notes.extend(dict.fromkeys(unread(e.label_tables, info)))
    nodes, outputs = fold(reachable(e.nodes, outputs), outputs)
    nodes, tensors = collect(reachable(direct(nodes), outputs), extra or {})
    order = ("name", "kind", "data", "inputs", "labels", "unlabelled", "default", "graph", "provenance")
    model = info | {"graph": {"nodes": nodes, "outputs": outputs}}
    raw = weightfile.write({k: model[k] for k in order if k in model}, tensors)
    check(raw, twin, some(example_inputs, names, labels))
    return raw


def outline(module, inputs, labels):
    """Inputs for the trace, which does not read them: as many images as there are labels, in the module's own type, or
    in that of the given ones where it has no weights."""
    types = [t.dtype for t in module.state_dict().values() if t.is_floating_point()]
    count = max(labels, 2) if labels else len(inputs[0])
    empty = lambda t, dtype: torch.empty(count, *t.shape[1:], dtype=dtype)
    return tuple(empty(t, (types or [t.dtype])[0] if t.is_floating_point() else t.dtype) for t in inputs)


def some(inputs, names, labels):
    """A few of the inputs, with as many labels as possible, to compare a file with its module."""
    count = min(labels or len(inputs[0]), CHECKED)
    spaced = lambda n: torch.linspace(0, n - 1, count).round().long()
    return tuple(spaced(labels) if k == "label" else t[spaced(len(t))] for k, t in zip(names, inputs, strict=True))


def written(e, info):
    """The names of the outputs' nodes."""
    names = []
    for v in e.results:
        e.node = next(n for n in e.program.graph.nodes if n.op == "output")
        try:
            if isinstance(v, (Const, Table)):
                e.refuse("an output that does not depend on x", "output")
            if not isinstance(v, Value):
                continue
            e.demand(
                v.dims and v.dims[0] == (e.images,),
                f"an output of shape {v.shape}, whose first size is not the batch's,",
            )
            groups = list(v.dims[1:]) or [()]
            e.demand(len(groups) <= 3, f"an output of shape {v.shape}")
            v = e.arranged(v, groups)
            names.append(e.unary("affine", v).name if v.name in info["inputs"] else v.name)
        except Unsupported as error:
            e.refusals += error.refusals
    return names


@torch.no_grad()
def check(raw, module, inputs):
    """Compare the file's graph with the module in float64."""
    inputs = tuple(t.double() if t.is_floating_point() else t for t in inputs)
    got = Network(*weightfile.parse(raw)).double()(*inputs)
    module = copy.deepcopy(module).double()
    with wide():
        want = module(*inputs)
    for a, b in zip(*((v if isinstance(v, (tuple, list)) else (v,)) for v in (got, want)), strict=True):
        b = b[:, None] if b.dim() == 1 else b  # a number per image, as an energy
        if a.shape != b.shape or not (a - b).abs().max() <= TOLERANCE * b.abs().max():
            raise RuntimeError(f"the exported graph computes something else: {(a - b).abs().max() / b.abs().max():.3g}")

"""Tables indexed by the noise level or a time, and functions of them given by points."""

import torch

from .. import custom  # noqa: F401, registers gensample::interpolate
from ..layout import dimension, flat
from ..tracing import Const, Value, handles
from .arithmetic import floor, tensor
from .moves import indexed, of, replaced


def looked_up(e, table, v):
    """table[v], rows of a constant by a value that is a whole number per image."""
    e.demand(not v.storage, "a table indexed by more than one number per image", "table")
    e.demand(v.name not in e.varies, "a table indexed by what depends on x", "table")
    t = table.value.double()
    same = t.dim() == 2
    weight = table if same else Const(t.reshape(len(t), -1))
    own = [dimension(n) for n in t.shape[1:]]
    v = v if v.whole else floor(e, v)
    dims, file = (*v.dims, *own), (weight.value.shape[1],)
    return e.emit("lookup", [v.name], file, dims, flat(own), tensors={"weight": weight})


@handles("embedding")
def _(e, a):
    e.weights("an embedding", weight=a.weight)
    return looked_up(e, a.weight, a.indices)


@handles("index", "_unsafe_index")
def _(e, a):
    indices = list(a.indices)
    if isinstance(a.self, Const):
        e.demand(
            len([i for i in indices if i is not None]) == 1 and indices[0] is not None,
            "this use of computed indices",
            "table",
        )
        return looked_up(e, a.self, indices[0])
    given = [d for d, i in enumerate(indices) if i is not None]
    e.demand(all(isinstance(indices[d], Const) for d in given), "a selection by computed numbers", "gather")
    e.demand(given == list(range(given[0], given[-1] + 1)), "indices of dimensions that are not beside each other")
    shape, first = a.self.shape, given[0]
    tensors = torch.broadcast_tensors(*(indices[d].value for d in given))
    e.demand(tensors[0].dtype != torch.bool, "a selection by a mask", "gather")
    flat, count = torch.zeros_like(tensors[0]), 1
    for d, t in zip(given, tensors):
        flat, count = flat * shape[d] + t % shape[d], count * shape[d]
    v = e.regrouped(a.self, (*shape[:first], count, *shape[given[-1] + 1 :]))
    v = indexed(e, v, first, flat.reshape(-1))
    return e.regrouped(v, (*shape[:first], *flat.shape, *shape[given[-1] + 1 :]))


@handles("index_put", "_unsafe_index_put")
def _(e, a):
    given = [d for d, i in enumerate(a.indices) if i is not None]
    e.demand(
        len(given) == 1 and isinstance(a.indices[given[0]], Const) and not a.accumulate,
        "assignment to several indices",
        "gather",
    )
    index = a.indices[given[0]].value
    e.demand(index.dtype != torch.bool, "assignment by a mask", "masked_fill")
    return replaced(e, a.self, a.values, given[0], (index.reshape(-1) % of(a.self)[given[0]]).tolist())


@handles("gather", "take", "take_along_dim")
def _(e, a):
    """Of a table of one dimension by a time each, or of the same elements for all others."""
    index = getattr(a, "index", getattr(a, "indices", None))
    if isinstance(a.self, Const) and isinstance(index, Value):
        e.demand(a.self.value.dim() == 1, "a table of this shape", "table")
        return looked_up(e, a.self, index)
    e.demand(isinstance(index, Const), "a selection by computed numbers", "gather")
    dim, t = a.dim % len(a.self.dims), index.value.movedim(a.dim, 0)
    row = t.reshape(len(t), -1)
    e.demand(
        bool((row == row[:, :1]).all())
        and t.shape[1:] == torch.Size(n for d, n in enumerate(a.self.shape) if d != dim),
        "gather of elements that differ",
        "gather",
    )
    return indexed(e, a.self, dim, row[:, 0])


@handles("index_select")
def _(e, a):
    if isinstance(a.self, Const):
        e.demand(a.dim % a.self.value.dim() == 0, "a table indexed along its second dimension", "table")
        return looked_up(e, a.self, a.index)
    e.demand(isinstance(a.index, Const), "a selection by computed numbers", "gather")
    return indexed(e, a.self, a.dim % len(a.self.dims), a.index.value.reshape(-1))


@handles("one_hot")
def _(e, a):
    e.demand(a.num_classes > 0, "one_hot without a number of classes")
    return looked_up(e, Const(torch.eye(a.num_classes, dtype=torch.float64)), a.self)


@handles("interpolate")
def _(e, a):
    tensors = e.weights("an interpolation", points=a.points, values=a.values)
    e.demand(
        a.v.name not in e.varies and not a.v.storage, "interpolation of something other than the noise level", "sigma"
    )
    return e.unary("interpolate", a.v, tensors={k: Const(tensor(t), t.name) for k, t in tensors.items()})

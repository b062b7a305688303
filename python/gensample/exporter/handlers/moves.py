"""Parts, repetitions and rearrangements of elements along one dimension after another."""

import math
from dataclasses import replace

import torch

from ..layout import Atom, dimension, flat, grouped, laid_out, product
from ..tracing import Const, Value, handles
from .arithmetic import plus, tensor, times
from .shapes import expanded, squeezed


def indexed(e, v, dim, index, weight=None):
    """out[i] = sum over j of weight[i, j] v[index[i, j]] along a dimension; index -1 stands for nothing, 0.

    index: (n) or (n, t), a tensor or list; weight: like it, 1 if None.
    """
    index = torch.as_tensor(index, dtype=torch.long)
    index = index[:, None] if index.dim() == 1 else index
    group, size, n = v.dims[dim], v.shape[dim], len(index)
    if not n:
        return Const(torch.zeros(*v.shape[:dim], 0, *v.shape[dim + 1 :], dtype=torch.float64))
    if weight is None and index.shape[1] == 1 and index[:, 0].equal(torch.arange(size)):
        return v
    e.demand(e.images not in group, "a selection from the batch, or one that mixes its images,", "batch")
    if not any(a in v.storage for a in group):
        return _of_same(e, v, dim, index, weight)
    v = e.joined(v, dim)
    atom = v.dims[dim][0]
    to = dimension(n)
    dims = v.dims_with(dim, to)
    at = v.storage.index(atom)
    storage = v.storage[:at] + to + v.storage[at + 1 :]
    first, last = int(index[0, 0]), int(index[-1, -1])
    if (
        weight is None
        and at == 0
        and index.shape[1] == 1
        and first >= 0
        and index[:, 0].equal(torch.arange(first, first + n))
    ):
        if v.file[0] % size:
            v = e.arranged(v, [(atom,), v.storage[1:]])
        step = v.file[0] // size
        return e.emit(
            "slice", [v.name], (n * step, *v.file[1:]), dims, storage, begin=first * step, end=(last + 1) * step
        )
    groups = grouped(v.storage, v.file)
    if not groups or (atom,) not in groups:
        groups = [g for g in (v.storage[:at], (atom,), v.storage[at + 1 :]) if g]
        v = e.arranged(v, groups)
    axis, source = groups.index((atom,)), v.name
    if weight is None:
        source, index = _past_moves(e, source, axis, index)
    file = v.file[:axis] + (n,) + v.file[axis + 1 :]
    if weight is None and e.files[source] == file and index.shape[1] == 1 and index[:, 0].equal(torch.arange(n)):
        return replace(v, name=source, file=file, dims=dims, storage=storage)
    tensors = {"index": Const(index.double())} | ({} if weight is None else {"weight": Const(weight.double())})
    return e.emit("resample", [source], file, dims, storage, tensors=tensors, axis=axis)


def _past_moves(e, name, axis, index):
    """What a value's elements were moved from along this axis before, and which of those they are."""
    node = e.by_name.get(name)
    while node and node["op"] == "resample" and node["attributes"]["axis"] == axis and len(node["tensors"]) == 1:
        before = node["tensors"]["index"].value.long()
        if before.shape[1] != 1:
            break
        index = torch.where(index >= 0, before[index.clamp(min=0), 0], -1)
        name = node["inputs"][0]
        node = e.by_name.get(name)
    return name, index


def _of_same(e, v, dim, index, weight):
    """`indexed` along a dimension in which all elements are the same."""
    factor = (index >= 0).double() * (1 if weight is None else weight)
    factor = factor.sum(1)
    v = replace(v, dims=v.dims_with(dim, dimension(len(index))))
    if bool((factor == 1).all()):
        return v
    return times(e, v, Const(factor.reshape(-1, *(1,) * (len(v.dims) - 1 - dim))))


def by_matrix(e, v, dim, matrix):
    """The linear map by a matrix (n, size) along a dimension, where few elements of each row are not 0."""
    entries = int((matrix != 0).sum(1).max()) or 1
    order = (matrix == 0).to(torch.int8).argsort(dim=1, stable=True)[:, :entries]
    weight = matrix.gather(1, order)
    index = torch.where(weight != 0, order, -1)
    if entries == 1 and bool(((weight == 1) | (weight == 0)).all()):
        return indexed(e, v, dim, index)
    return indexed(e, v, dim, index, weight)


@handles("slice", "narrow")
def _(e, a):
    dim, size = a.dim % len(a.self.dims), a.self.shape[a.dim]
    if a.name == "narrow":
        e.demand(isinstance(a.start, int), "a part whose begin is computed")
        return indexed(e, a.self, dim, range(size)[a.start : a.start % size + a.length])
    return indexed(e, a.self, dim, list(range(size)[a.start : a.end : a.step]))


@handles("select")
def select(e, a):
    dim, size = a.dim % len(a.self.dims), a.self.shape[a.dim]
    return squeezed(e, indexed(e, a.self, dim, [a.index % size]), [dim])


@handles("split", "chunk", "split_with_sizes", "unbind", "unsafe_split", "unsafe_chunk", "tensor_split")
def _(e, a):
    v, dim, begin, parts = a.self, a.dim % len(a.self.dims), 0, []
    for t in e.node.meta["val"]:
        n = 1 if a.name == "unbind" else t.shape[dim]
        piece = indexed(e, v, dim, list(range(begin, begin + n)))
        parts.append(squeezed(e, piece, [dim], keep=a.name != "unbind"))
        begin += n
    return parts


@handles("flip")
def _(e, a):
    v = a.self
    for d in a.dims:
        v = indexed(e, v, d % len(v.dims), list(range(v.shape[d]))[::-1])
    return v


@handles("roll")
def _(e, a):
    v = a.self if a.dims else e.regrouped(a.self, (product(flat(a.self.dims)),))
    for d, shift in zip(a.dims or [0], a.shifts):
        n = v.shape[d]
        v = indexed(e, v, d % len(v.dims), [(i - shift) % n for i in range(n)])
    return e.regrouped(v, a.self.shape)


@handles("cumsum")
def _(e, a):
    dim, n = a.dim % len(a.self.dims), a.self.shape[a.dim]
    return by_matrix(e, a.self, dim, torch.ones(n, n, dtype=torch.float64).tril())


@handles("diff")
def _(e, a):
    e.demand(a.n == 1 and a.prepend is None and a.append is None, "differences other than simple ones")
    dim, n = a.dim % len(a.self.dims), a.self.shape[a.dim]
    later, earlier = indexed(e, a.self, dim, range(1, n)), indexed(e, a.self, dim, range(n - 1))
    return e.binary("sub", later, earlier)


@handles("unfold")
def _(e, a):
    v, dim, size, step = a.self, a.dimension % len(a.self.dims), a.size, a.step
    count = (v.shape[dim] - size) // step + 1
    v = indexed(e, v, dim, [i * step + j for i in range(count) for j in range(size)])
    shape = v.shape[:dim] + (count, size) + v.shape[dim + 1 :]
    v = e.regrouped(v, shape)
    return replace(v, dims=v.dims[: dim + 1] + v.dims[dim + 2 :] + (v.dims[dim + 1],))


@handles("im2col")
def _(e, a):
    """The windows of an image as columns: torch.nn.functional.unfold."""
    v, (n, c) = a.self, a.self.shape[:2]
    kernel, dilation, padding, stride = ([int(x) for x in t] for t in (a.kernel_size, a.dilation, a.padding, a.stride))
    counts = []
    for d, k, r, p, s in zip((2, 4), kernel, dilation, padding, stride):
        size = v.shape[d]
        count = (size + 2 * p - r * (k - 1) - 1) // s + 1
        places = [i * s - p + j * r for j in range(k) for i in range(count)]
        v = indexed(e, v, d, [i if 0 <= i < size else -1 for i in places])
        v = e.regrouped(v, v.shape[:d] + (k, count) + v.shape[d + 1 :])
        counts.append(count)
    v = replace(v, dims=tuple(v.dims[i] for i in (0, 1, 2, 4, 3, 5)))
    return e.regrouped(v, (n, c * math.prod(kernel), math.prod(counts)))


# Padding.


def padding_index(mode, size, before, after):
    """Where each element of a padded dimension comes from."""
    places = range(-before, size + after)
    fold = lambda i: abs((i + size - 1) % (2 * size - 2) - (size - 1)) if size > 1 else 0
    return {
        "constant": lambda: [i if 0 <= i < size else -1 for i in places],
        "circular": lambda: [i % size for i in places],
        "replicate": lambda: [min(max(i, 0), size - 1) for i in places],
        "reflect": lambda: [fold(i) for i in places],
    }[mode]()


def padded(e, v, widths, mode="constant", value=0.0):
    """torch.nn.functional.pad: widths of the last dimension first, two each."""
    shift = value if mode == "constant" and value else 0
    v = e.affine(v, 1, -shift)
    for i in range(len(widths) // 2):
        dim = len(v.dims) - 1 - i
        v = indexed(e, v, dim, padding_index(mode, v.shape[dim], widths[2 * i], widths[2 * i + 1]))
    return e.affine(v, 1, shift)


@handles("pad", "constant_pad_nd")
def _(e, a):
    return padded(e, a.self, a.pad, getattr(a, "mode", "constant"), float(a.value or 0))


@handles(
    *(f"{mode}_pad{n}d" for mode in ("reflection", "replication", "_circular") for n in (1, 2, 3)),
    "_pad_circular",
    "_pad_enum",
)
def _(e, a):
    modes = {"reflection": "reflect", "replication": "replicate", "_circular": "circular", "_pad": "circular"}
    e.demand(a.name != "_pad_enum", "padding of this kind", "pad")
    return padded(e, a.self, getattr(a, "padding", None) or a.pad, modes[a.name.rsplit("_", 1)[0]])


# Resizing: the matrix of each dimension is what PyTorch does with the columns of the identity.


def resized(e, a, modes):
    x = getattr(a, "input", None) or a.self
    shape = tuple(e.node.meta["val"].shape)
    scales = list(getattr(a, "scale_factors", None) or [])
    if not scales:
        scales = [getattr(a, n, None) for n in (("scales",) if modes == 1 else ("scales_h", "scales_w"))]
    v = x
    for i in range(modes):
        dim = 2 + i
        matrix = _resizing(e, a, v.shape[dim], shape[dim], scales[i] if i < len(scales) else None, i, modes)
        if matrix.shape[0] != matrix.shape[1] or not matrix.equal(torch.eye(len(matrix), dtype=torch.float64)):
            v = by_matrix(e, v, dim, matrix)
    return v


def _resizing(e, a, size, to, scale, i, rank):
    """The matrix (to, size) of resizing along one dimension."""
    # The other dimension has size 2, as antialiasing does something else with one of size 1.
    probe = torch.eye(size, dtype=torch.float64).reshape(1, size, *(size if j == i else 1 for j in range(rank)))
    probe = probe.expand(1, size, *(size if j == i else 2 for j in range(rank))).contiguous()
    target, call = e.node.target, {}
    for parameter in target._schema.arguments:
        value = getattr(a, parameter.name)
        if parameter.name in ("self", "input"):
            value = probe
        elif parameter.name == "output_size":
            value = value and [to if j == i else 2 for j in range(rank)]
        elif parameter.name == "scale_factors":
            value = value and [scale if j == i else 1.0 for j in range(rank)]
        elif parameter.name in ("scales", "scales_h", "scales_w"):
            value = scale if parameter.name != ("scales_w", "scales_h")[i] or rank == 1 else None
        call[parameter.name] = value
    result = target(**call)[0]
    return (result if rank == 1 else result.select(2 - i, 0)).T


@handles(
    "upsample_nearest2d",
    "_upsample_nearest_exact2d",
    "upsample_bilinear2d",
    "_upsample_bilinear2d_aa",
    "upsample_bicubic2d",
    "_upsample_bicubic2d_aa",
)
def _(e, a):
    x = getattr(a, "input", None) or a.self
    shape = tuple(e.node.meta["val"].shape)
    whole = [divmod(o, i) for o, i in zip(shape[2:], x.shape[2:])]
    if "nearest" in a.name and not any(r for _, r in whole) and max(s for s, _ in whole) <= 16:
        scale = [s for s, _ in whole]
        return x if scale == [1, 1] else e.of_images("upsample_nearest", x, scale=scale)
    return resized(e, a, 2)


@handles("upsample_nearest1d", "_upsample_nearest_exact1d", "upsample_linear1d")
def _(e, a):
    return resized(e, a, 1)


# Concatenation.


@handles("cat", "concat", "concatenate", "hstack", "vstack", "dstack", "stack", "column_stack", "row_stack")
def _(e, a):
    shape = tuple(e.node.meta["val"].shape)
    dim = getattr(a, "dim", {"vstack": 0, "row_stack": 0, "dstack": 2}.get(a.name, 1)) % len(shape)
    pieces = list(a.tensors)
    if a.name == "stack" or (a.name == "column_stack" and len(shape) == 2):
        lift = lambda t: t.shape[:dim] + (1,) + t.shape[dim:]
        if a.name == "stack" or any(len(of(t)) == 1 for t in pieces):
            pieces = [reshaped(e, t, lift) for t in pieces]
    pieces = [t for t in pieces if math.prod(of(t))]
    return joined(e, pieces, dim)


def of(t):
    return t.shape if isinstance(t, Value) else tuple(t.value.shape)


def reshaped(e, t, change):
    if isinstance(t, Value):
        return e.regrouped(t, change(t))
    return Const(t.value.reshape(change(t.value)), t.name)


def joined(e, pieces, dim):
    values = [t for t in pieces if isinstance(t, Value)]
    e.demand(not any(e.images in t.dims[dim] for t in values), "concatenation along the batch", "batch")
    main = max(values, key=lambda t: product(t.storage))
    first = main.dims[dim] and main.dims[dim] == main.storage[: len(main.dims[dim])]
    if len(values) == 1 and len(pieces) > 1 and not first and main.storage:
        return _beside_constants(e, pieces, dim, main)
    pairs, at = [(i, i) for i in range(len(main.dims)) if i != dim], next(i for i, t in enumerate(pieces) if t is main)
    for _ in range(2):  # the second time with the atoms of all the others
        for i, t in enumerate(pieces):
            if isinstance(t, Value) and i != at:
                pieces[at], pieces[i] = e.matched(pieces[at], t, pairs)
    main = pieces[at]
    rest = [a for i, g in enumerate(main.dims) for a in g if i != dim and a is not e.images]
    order = [a for a in main.storage if a in rest] + [a for a in rest if a not in main.storage]
    after = (grouped(main.storage, main.file) or [])[1:] if first else []
    if [x for g in after for x in g] != order or len(after) > 2:
        after = [(x,) for x in order] if len(order) < 3 else [tuple(order)]
    names = [
        e.arranged(t, [t.dims[dim], *after]).name if isinstance(t, Value) else _constant_piece(e, t, dim, main, after)
        for t in pieces
    ]
    e.demand(len(names) <= 64, "concatenation of more than 64 tensors")
    atom = Atom(sum(of(t)[dim] for t in pieces))
    dims = main.dims_with(dim, (atom,))
    return e.emit("concat", names, (atom.size, *(product(g) for g in after)), dims, (atom, *order))


def _constant_piece(e, c, dim, main, after):
    """The name of a constant beside values that are concatenated along `dim`, as the file has them."""
    group = dimension(of(c)[dim])
    t, atoms, _ = e.by_atoms(Const(c.value.double()), replace(main, dims=main.dims_with(dim, group)))
    groups = [group, *after]
    t, full = laid_out(t, atoms, groups), [product(g) for g in groups]
    return e.constant(Const(t.reshape(*t.shape, *(1,) * (len(full) - t.dim())).expand(full), c.name))


def _beside_constants(e, pieces, dim, main):
    """A value with constants before and after it: padded with 0, to which the constants are added."""
    sizes = [of(t)[dim] for t in pieces]
    at = next(i for i, t in enumerate(pieces) if t is main)
    before, after = sum(sizes[:at]), sum(sizes[at + 1 :])
    v = indexed(e, main, dim, padding_index("constant", sizes[at], before, after))
    parts = [
        tensor(t) if t is not main else torch.zeros((1,) * dim + (sizes[at],) + (1,) * (len(main.dims) - 1 - dim))
        for t in pieces
    ]
    shape = [max(t.shape[i] for t in parts) for i in range(len(main.dims))]
    parts = [t.double().expand(*shape[:dim], t.shape[dim], *shape[dim + 1 :]) for t in parts]
    return plus(e, v, Const(torch.cat(parts, dim)))


# Assignment to parts.


def replaced(e, whole, part, dim, index):
    """`whole` with the elements `index` of a dimension replaced by `part`."""
    n = of(whole)[dim]
    keep = torch.ones(n, dtype=torch.float64)
    keep[index] = 0
    keep = keep.reshape(-1, *(1,) * (len(of(whole)) - 1 - dim))
    if not isinstance(part, Value):
        t = tensor(part)
        shape = list(torch.broadcast_shapes(t.shape, [len(index) if i == dim else 1 for i in range(len(of(whole)))]))
        spread = torch.zeros(*shape[:dim], n, *shape[dim + 1 :], dtype=torch.float64)
        spread.index_copy_(dim, torch.tensor(index), t.expand(shape).clone())
        part = Const(spread)
    else:
        shape = list(part.shape)
        source = [-1] * n
        for i, j in enumerate(index):
            source[j] = i
        part = indexed(e, e.lifted(part, len(of(whole))), dim, source)
    rest = times(e, whole, Const(keep))
    if isinstance(part, Const) and not part.value.any():
        return rest
    if isinstance(rest, Const) and not rest.value.any():
        return expanded(e, part, of(whole))
    return plus(e, rest, part)


@handles("slice_scatter", "select_scatter")
def _(e, a):
    n, part = of(a.self)[a.dim], a.src
    dim = a.dim % len(of(a.self))
    if a.name == "slice_scatter":
        return replaced(e, a.self, part, dim, list(range(n))[a.start : a.end : a.step])
    lift = lambda t: t.shape[:dim] + (1,) + t.shape[dim:]
    return replaced(e, a.self, reshaped(e, part, lift), dim, [a.index % n])


@handles("tril", "triu")
def _(e, a):
    mask = getattr(torch.ones(a.self.shape[-2:], dtype=torch.float64), a.name)(a.diagonal)
    return times(e, a.self, Const(mask))


@handles("rot90")
def _(e, a):
    v, (p, q) = a.self, [d % len(a.self.dims) for d in a.dims]
    turned = lambda v, d: indexed(e, v, d, list(range(v.shape[d]))[::-1])
    if a.k % 4 in (2,):
        return turned(turned(v, p), q)
    if a.k % 4 == 0:
        return v
    v = turned(v, q if a.k % 4 == 1 else p)
    dims = list(v.dims)
    dims[p], dims[q] = dims[q], dims[p]
    return replace(v, dims=tuple(dims))

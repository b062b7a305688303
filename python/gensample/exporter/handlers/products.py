"""Products of matrices, of any dimensions, and attention, which is recognised where it is written as such products."""

import math
from dataclasses import replace

import torch

from ..layout import Atom, grouped, product
from ..tracing import Const, Value, handles, scalar
from .arithmetic import plus, tensor, times
from .comparisons import NOTHING, finite
from .reductions import reduced


def linear(e, v, contracted, weight, bias=None):
    """weight (O, K) times the elements of these dimensions, K in their order, for each of the others, + bias.

    The result's dimensions are the others, then O. Weights are reordered instead of values, as far as possible.
    """
    atoms = tuple(a for d in contracted for a in v.dims[d])
    e.demand(e.images not in atoms, "a matrix product over the batch", "batch")
    left = tuple(g for d, g in enumerate(v.dims) if d not in contracted)
    v = (
        e.filled(v, atoms + tuple(a for a in v.storage if a not in atoms))
        if any(a not in v.storage for a in atoms)
        else v
    )
    rest = tuple(a for a in v.storage if a not in atoms)
    order = tuple(a for a in v.storage if a in atoms)
    w = weight
    if order != atoms:
        rows = weight.value.reshape(-1, *(a.size for a in atoms))
        rows = rows.permute(0, *(1 + atoms.index(a) for a in order))
        w = Const(rows.reshape(len(rows), -1))
    out = Atom(len(w.value))
    to = (out,) if out.size > 1 else ()
    tensors = {"weight": w, "bias": bias}
    if not rest:
        v = e.arranged(v, [order])
        return e.emit("linear", [v.name], (out.size,), left + (to,), to, tensors=tensors)
    if order != v.storage[: len(order)] or v.file[0] != product(order) or len(v.file) != 3:
        v = e.leading(v, order, 3)
    tensors["weight"] = Const(w.value[:, :, None, None], w.name)
    return e.emit("conv2d", [v.name], (out.size, *v.file[1:]), left + (to,), to + rest, tensors=tensors)


@handles("linear")
def _(e, a):
    v = a.input
    if isinstance(v, Value) and isinstance(a.weight, Const) and (a.bias is None or isinstance(a.bias, Const)):
        return linear(e, v, [len(v.dims) - 1], a.weight, a.bias)
    e.demand(a.bias is None or isinstance(a.bias, Const), "a linear layer with a computed bias")
    weight = transposed(a.weight)
    result = multiplied(e, v, weight)
    return result if a.bias is None else plus(e, result, a.bias)


def transposed(m):
    """The last two dimensions swapped."""
    if isinstance(m, Const):
        return Const(m.value.transpose(-1, -2))
    return replace(m, dims=m.dims[:-2] + (m.dims[-1], m.dims[-2]))


def rank(m):
    return len(m.dims) if isinstance(m, Value) else m.value.dim()


def multiplied(e, a, b):
    """PyTorch's matmul."""
    ra, rb = rank(a), rank(b)
    letters = "abcdefghij"[: max(ra, rb, 2) - 2]
    left = letters[len(letters) - max(ra - 2, 0) :] + ("mk" if ra > 1 else "k")
    right = letters[len(letters) - max(rb - 2, 0) :] + ("kn" if rb > 1 else "k")
    return contracted(e, a, b, left, right, letters + ("m" if ra > 1 else "") + ("n" if rb > 1 else ""))


def contracted(e, a, b, left, right, out):
    """The sum over the products of two values or constants, in Einstein's notation with a letter per dimension."""
    a, left = summed(e, a, left, right + out)
    b, right = summed(e, b, right, left + out)
    if isinstance(a, Const):
        a, b, left, right = b, a, right, left
    if isinstance(a, Const):
        return Const(torch.einsum(f"{left},{right}->{out}", a.value, b.value))
    if isinstance(b, Const):
        b, right = without_ones(e, b, right, a, left)
        if not set(right) & set(left) & set(out):
            return by_constant(e, a, b, left, right, out)
        b = e.lift(b, [a.dims[left.index(x)] if x in left else () for x in right])
    return by_value(e, a, b, left, right, out)


def without_ones(e, c, letters, v, others):
    """A constant without its dimensions of size 1, and without that of the batch of `v`, along which it is the same."""
    t = c.value
    for d, x in reversed(list(enumerate(letters))):
        images = x in others and v.dims[others.index(x)] == (e.images,)
        if t.shape[d] == 1 or images:
            e.demand(bool((t == t.narrow(d, 0, 1)).all()), "a constant that differs from image to image", "batch")
            t, letters = t.select(d, 0), letters[:d] + letters[d + 1 :]
    return Const(t, c.name if t.dim() == c.value.dim() else None), letters


def summed(e, v, letters, others):
    """Without the dimensions whose letters occur nowhere else, which are summed over, and with each letter once."""
    for d, letter in enumerate(letters):
        e.demand(letters.count(letter) == 1, "a diagonal in einsum")
        if letter not in others and isinstance(v, Value):
            v, rest = reduced(e, "sum", v, [d], False), letters[:d] + letters[d + 1 :]
            return summed(e, v, rest, others)
        if letter not in others:
            return summed(e, Const(tensor(v).sum(d)), letters[:d] + letters[d + 1 :], others)
    return v, letters


def in_order(v, letters, out):
    """The value with its dimensions in the order of `out`; those that it lacks have size 1."""
    return replace(v, dims=tuple(v.dims[letters.index(c)] if c in letters else () for c in out))


def by_constant(e, v, c, left, right, out):
    """A linear layer over the letters that both have; the constant's others are new."""
    shared = [x for x in left if x in right]
    new = [x for x in right if x not in left]
    weight = c.value.permute(*(right.index(x) for x in new + shared)).double()
    sizes = weight.shape[: len(new)]
    columns = weight.numel() // max(1, sizes.numel())
    same = right == "".join(new + shared) and len(new) == 1 and len(shared) == 1
    result = linear(e, v, [left.index(x) for x in shared], Const(weight.reshape(-1, columns), c.name if same else None))
    result = e.regrouped(result, result.shape[:-1] + tuple(sizes))
    return in_order(result, "".join(x for x in left if x not in shared) + "".join(new), out)


def by_value(e, a, b, left, right, out):
    pairs = [(left.index(x), right.index(x)) for x in left if x in right]
    a, b = e.matched(a, b, pairs)
    group = lambda v, letters, x: v.dims[letters.index(x)] if x in letters else ()
    both = lambda x: group(a, left, x) or group(b, right, x)
    letters = lambda test: [x for x in dict.fromkeys(left + right) if test(x)]
    atoms = lambda of: [y for x in of for y in both(x) if y is not e.images]
    batch = atoms(letters(lambda x: x in left and x in right and x in out))
    inner = atoms(letters(lambda x: x not in out))
    rows, columns = atoms(letters(lambda x: x not in right and x in out)), atoms(
        letters(lambda x: x not in left and x in out)
    )
    places = [next((c for c, g in zip(own, v.dims) if e.images in g), None) for v, own in ((a, left), (b, right))]
    e.demand(None in places or places[0] == places[1], "a product that mixes the images of a batch", "batch")
    dims = tuple(both(x) for x in out)
    result = attention_of(e, a, b, batch, inner, rows, columns) or matmul(e, a, b, batch, rows, inner, columns)
    return replace(result, dims=dims)


def stored_as(v, atoms):
    """These atoms in the order in which the value has them."""
    return [x for x in v.storage if x in atoms] + [x for x in atoms if x not in v.storage]


def factor(e, v, batch, *parts):
    """(value, swapped): its name in a shape (B, M, K) or (B, K, M), whichever it has already."""
    own = [x for x in batch if x in v.storage]
    own = batch if own else []
    for swapped, order in enumerate((parts, parts[::-1])):
        if tuple(x for part in (own, *order) for x in part) == v.storage:
            return e.arranged(v, [own, *order]), swapped
    return e.arranged(v, [own, *parts]), 0


def matmul(e, a, b, batch, rows, inner, columns):
    """The node of a product (B, M, K) x (B, K, N), or the transposed one where the second has its columns outside."""
    batch, rows, columns = stored_as(a, batch), stored_as(a, rows), stored_as(b, columns)
    inner = stored_as(a, inner)
    x, across = factor(e, a, batch, rows, inner)
    y, transposed_y = factor(e, b, batch, inner, columns)
    flags = lambda p, q: {k: 1 for k, f in (("transpose_a", p), ("transpose_b", q)) if f}
    b_first, n, m = max(x.file[0], y.file[0]), product(columns), product(rows)
    if transposed_y:
        storage = (*batch, *columns, *rows)
        result = e.emit("matmul", [y.name, x.name], (b_first, n, m), (), storage, **flags(False, not across))
    else:
        storage = (*batch, *rows, *columns)
        result = e.emit("matmul", [x.name, y.name], (b_first, m, n), (), storage, **flags(across, False))
    e.products[result.name] = (a, b, batch, rows, inner, columns, transposed_y)
    return result


# Attention.


def attend(e, q, k, v, storage, mask=None, scale=None, causal=False):
    """The node softmax(scale q k^T + mask) v.

    q, k, v: (value, atoms of the heads, of the channels, of the positions); storage: of the result, in its atoms.
    """

    def positions(x, heads, channels, places):
        channels, places = (*heads, *channels), tuple(places)
        groups = grouped(x.storage, x.file)
        if groups and groups[0] == channels and tuple(y for g in groups[1:] for y in g) == places:
            return x
        return e.arranged(x, [channels, places])

    heads, depth = product(q[1]), product(q[2])
    q, k, v = positions(*q), positions(*k), positions(*v)
    if v.file[1:] != k.file[1:]:
        v = e.arranged(v, grouped(v.storage, (v.file[0], *k.file[1:])))
    attributes = dict(heads=heads)
    if scale is not None and not math.isclose(scale, depth**-0.5, rel_tol=1e-12):
        attributes["scale"] = float(scale)
    if causal:
        attributes["causal"] = 1
    names = [q.name, k.name, v.name] + ([mask] if mask else [])
    return e.emit("attention", names, (v.file[0], *q.file[1:]), (), storage, **attributes)


def attention_of(e, p, v, batch, inner, rows, columns):
    """The attention that ends in this product of a softmax with values, if it is one."""
    node, groups = e.by_name.get(p.name), grouped(p.storage, p.file)
    if not node or node["op"] != "softmax" or node["attributes"]["over"] != "last" or not groups or len(groups) != 3:
        return None
    if any(set(g) != set(atoms) for g, atoms in zip(groups, (batch, rows, inner))):
        return None
    found = scores_of(e, node["inputs"][0], p.file)
    if not found:
        return None
    product_name, scale, mask = found
    q, k, heads, places, depth, keys, swapped = e.products[product_name]
    if swapped:
        q, k, places, keys = k, q, keys, places
    if (product(heads), product(places), product(keys)) != p.file:
        return None
    q, scale = without_scale(e, q, scale)
    k, scale = without_scale(e, k, scale)
    columns = stored_as(v, columns)
    storage = (*groups[0], *columns, *groups[1])
    triples = (q, heads, depth, places), (k, heads, depth, keys), (v, groups[0], columns, groups[2])
    return attend(e, *triples, storage, mask, scale)


def scores_of(e, name, file):
    """(product, scale, mask) of what softmax is taken of: its names, or None if it is something else."""
    scale, masks = 1.0, []
    while name not in e.products:
        node = e.by_name.get(name)
        if not node:
            return None
        if node["op"] == "affine" and "shift" not in node["attributes"]:
            scale *= node["attributes"]["scale"]
            name = node["inputs"][0]
        elif node["op"] == "add" and scale == 1:
            constants = [
                e.by_name[i]["tensors"]["value"].value
                for i in node["inputs"]
                if e.by_name.get(i, {}).get("op") == "constant"
            ]
            if len(constants) != 1:
                return None
            masks.append(constants[0])
            name = next(i for i in node["inputs"] if e.by_name.get(i, {}).get("op") != "constant")
        else:
            return None
    if not masks:
        return name, scale, None
    masks = [t.reshape(t.shape + (1,) * (3 - t.dim())) for t in masks]
    total = sum(masks[1:], masks[0]).clamp(min=NOTHING)
    return name, scale, e.constant(Const(total.expand(total.shape[0], *file[1:])))


def without_scale(e, v, scale):
    """A value without the factor that it was multiplied with last, and the scale times this."""
    node = e.by_name.get(v.name)
    while node and node["op"] == "affine" and "shift" not in node["attributes"]:
        scale *= node["attributes"]["scale"]
        v = replace(v, name=node["inputs"][0])
        node = e.by_name.get(v.name)
    return v, scale


@handles("scaled_dot_product_attention", "_scaled_dot_product_attention_math")
def _(e, a):
    e.demand(not a.dropout_p, "attention with dropout", "training")
    n = max(rank(x) for x in (a.query, a.key, a.value))
    q, k, v = (e.lifted(x, n) if isinstance(x, Value) else x for x in (a.query, a.key, a.value))
    shared = next(x for x in (q, k, v) if isinstance(x, Value)).dims[: n - 2]
    q, k, v = (
        x if isinstance(x, Value) else e.lifted(e.lift(x, [*shared, (), ()][n - x.value.dim() :]), n) for x in (q, k, v)
    )
    k, v = (grouped_heads(e, x, q) for x in (k, v))
    heads = [(i, i) for i in range(n - 2)]
    for _ in range(2):
        q, k = e.matched(q, k, [*heads, (n - 1, n - 1)])
        k, v = e.matched(k, v, [*heads, (n - 2, n - 2)])
    batch = [x for i in range(n - 2) for x in (q.dims[i] or k.dims[i] or v.dims[i]) if x is not e.images]
    batch = stored_as(q, batch)
    rows, inner, keys, columns = q.dims[n - 2], q.dims[n - 1], k.dims[n - 2], v.dims[n - 1]
    e.demand(
        all(e.images not in g for g in (rows, inner, keys, columns)), "attention between the images of a batch", "batch"
    )
    dims = tuple(q.dims[i] or k.dims[i] or v.dims[i] for i in range(n - 2)) + (rows, columns)
    places, inner, others = stored_as(q, rows), stored_as(q, inner), stored_as(k, keys)
    mask = a.attn_mask
    if mask is not None:
        mask = masking(e, mask, dims[:-1] + (keys,), batch, places, others)
    triples = (q, batch, inner, places), (k, batch, inner, others), (v, batch, stored_as(v, columns), others)
    storage = (*batch, *stored_as(v, columns), *places)
    scale = None if a.scale is None else float(a.scale)
    return replace(attend(e, *triples, storage, mask, scale, a.is_causal), dims=dims)


def grouped_heads(e, x, q):
    """Keys or values with each head repeated for as many queries' heads as share it."""
    have, want = x.shape[-3] if len(x.dims) > 2 else 1, q.shape[-3] if len(q.dims) > 2 else 1
    if have in (1, want):
        return x
    return replace(x, dims=x.dims[:-3] + (x.dims[-3] + (Atom(want // have),),) + x.dims[-2:])


def masking(e, mask, dims, batch, rows, keys):
    """The name of an additive mask (1 or heads, T, S) for scores of these dimensions."""
    if isinstance(mask, Const):
        t = (
            torch.zeros(mask.value.shape, dtype=torch.float64).masked_fill(~mask.value, float("-inf"))
            if mask.value.dtype == torch.bool
            else mask.value
        )
        shape = Value("", (), (), dims)
        t, atoms, _ = e.by_atoms(finite(Const(t)), shape)
        order = [*batch, *rows, *keys]
        t = t.permute([atoms.index(x) for x in order if x in atoms])
        t = t.reshape([x.size if x in atoms else 1 for x in order])
        alone = not any(x in atoms for x in batch)
        full = ([1] * len(batch) if alone else [x.size for x in batch]) + [x.size for x in (*rows, *keys)]
        t = t.expand(full).reshape(1 if alone else product(batch), product(rows), product(keys))
        return e.constant(Const(t))
    mask = e.lifted(mask, len(dims))
    pattern = Value("", (), (), dims)
    pattern, mask = e.matched(pattern, mask, [(i, i) for i in range(len(dims))])
    e.demand(pattern.dims == dims, "a computed mask of this shape")
    return e.arranged(mask, [[x for x in batch if x in mask.storage], rows, keys]).name


# Their names in PyTorch.


@handles("matmul", "mm", "bmm", "mv", "dot", "vdot", "inner")
def _(e, a):
    x = a.self
    y = next(getattr(a, n) for n in ("other", "mat2", "vec", "tensor") if hasattr(a, n))
    return multiplied(e, x, y)


@handles("addmm", "addbmm", "baddbmm")
def _(e, a):
    x, y = (a.mat1, a.mat2) if a.name == "addmm" else (a.batch1, a.batch2)
    added = a.self
    beta, alpha = scalar(a.beta), scalar(a.alpha)
    plain = isinstance(added, Const) and added.value.dim() == 1 and isinstance(x, Value) and isinstance(y, Const)
    if a.name == "addmm" and plain and beta == alpha == 1:
        return linear(e, x, [len(x.dims) - 1], Const(y.value.T), added)
    result = times(e, multiplied(e, x, y), alpha)
    return plus(e, result, times(e, added, beta)) if beta else result


@handles("linalg_solve_triangular", "_linalg_solve_ex")
def _(e, a):
    """Systems of equations with a constant matrix, by its inverse."""
    matrix, right = (a.self, a.B) if a.name == "linalg_solve_triangular" else (a.A, a.B)
    e.demand(isinstance(matrix, Const), "a solution of equations with a computed matrix", "linalg_solve")
    others = {"upper": a.upper, "unitriangular": a.unitriangular} if a.name == "linalg_solve_triangular" else None
    one = torch.eye(matrix.value.shape[-1], dtype=torch.float64).expand_as(matrix.value)
    m = tensor(matrix).double()
    inverse = Const(torch.linalg.solve_triangular(m, one, **others) if others else torch.linalg.inv(m))
    if others:
        return multiplied(e, inverse, right) if a.left else multiplied(e, right, inverse)
    e.demand(a.left, "a solution of equations from the right", "linalg_solve")
    return [multiplied(e, inverse, right), None, None, None]


@handles("einsum")
def _(e, a):
    equation, operands = a.equation.replace(" ", ""), list(a.tensors)
    inputs, _, out = equation.partition("->")
    inputs = inputs.split(",")
    if "..." in equation:
        free = [c for c in "ABCDEFGHIJ" if c not in equation]
        n = max(rank(t) - len(i.replace("...", "")) for t, i in zip(operands, inputs) if "..." in i)
        filled = "".join(free[:n])
        own = lambda t, i: filled[n - (rank(t) - len(i.replace("...", ""))) :]
        inputs = [i.replace("...", own(t, i)) for t, i in zip(operands, inputs)]
        out = out.replace("...", filled)
    if "->" not in equation:
        every = "".join(inputs)
        out = "".join(sorted(c for c in set(every) if every.count(c) == 1))
    value, letters = operands[0], inputs[0]
    for i, (other, theirs) in enumerate(zip(operands[1:], inputs[1:])):
        later = out + "".join(inputs[i + 2 :])
        kept = "".join(c for c in dict.fromkeys(letters + theirs) if c in later)
        kept = out if i == len(operands) - 2 else kept
        value, letters = contracted(e, value, other, letters, theirs, kept), kept
    value, letters = summed(e, value, letters, out)
    return in_order(value, letters, out)


@handles("bilinear")
def _(e, a):
    e.weights("a bilinear layer", weight=a.weight, bias=a.bias)
    n = len(a.input1.dims) - 1
    lead = "abcdefg"[:n]
    x = contracted(e, a.input1, a.weight, lead + "x", "oxy", lead + "oy")
    x = contracted(e, x, a.input2, lead + "oy", lead + "y", lead + "o")
    return x if a.bias is None else plus(e, x, a.bias)

"""How values lie in the file: of rank 1 ... 3 there, of any rank in PyTorch.

A PyTorch dimension is a group of atoms, factors of its size; the file has the atoms of a value row-major in an order of
its own, its storage. So transpositions and reshapes cost nothing until an operation wants another order: `arranged` then
adds a `reshape` or a `permute`. An atom that is missing from the storage is one along which the value is the same, as
`expand` makes it. The batch is an atom too, `images`, which is never stored and never split.
"""

import math
from dataclasses import dataclass, replace

import torch


class Atom:
    """A factor of the size of a dimension; it is itself only."""

    __slots__ = ("size",)

    def __init__(self, size):
        self.size = int(size)


@dataclass
class Const:
    """A tensor that does not depend on the inputs, in PyTorch's shape."""

    value: torch.Tensor
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Value:
    """A result per image: its node, the node's shape in the file, the atoms stored there, and PyTorch's dimensions.

    whole: all elements are whole numbers. view: where PyTorch last gave it another shape, by which a reshape is named.
    """

    name: str
    file: tuple
    storage: tuple
    dims: tuple
    whole: bool = False
    view: object = None

    @property
    def shape(self):
        return tuple(product(group) for group in self.dims)

    def dims_with(self, dim, *groups):
        """The dimensions with others instead of one."""
        return self.dims[:dim] + groups + self.dims[dim + 1 :]


def dimension(size):
    """A new dimension of this size."""
    return (Atom(size),) if size > 1 else ()


def flat(groups):
    """The atoms of several dimensions."""
    return tuple(a for group in groups for a in group)


def product(atoms):
    return math.prod(a.size for a in atoms)


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


def renamed(v, atoms):
    """The value with each atom of `atoms` replaced by those that it maps to."""
    swap = lambda group: tuple(new for a in group for new in atoms.get(a, (a,)))
    return replace(v, storage=swap(v.storage), dims=tuple(swap(g) for g in v.dims))


def grouped(storage, file):
    """The atoms of each size of `file`, or None where a size ends within an atom."""
    rest, groups = list(storage), []
    for size in file:
        group = []
        while size > 1:
            if not rest or size % rest[0].size:
                return None
            size //= rest[0].size
            group.append(rest.pop(0))
        groups.append(tuple(group))
    return None if rest else groups


def stripped(groups):
    groups = list(groups)
    while groups and not groups[-1]:
        groups.pop()
    return groups


class Layout:
    """What the tracer does to bring values to each other's layout, and to that which an operation wants."""

    def regrouped(self, v, shape):
        """The value as PyTorch's reshape to `shape` has it."""
        if v.shape == tuple(shape):
            return v
        result = self._split_to(v, shape) or self._split_to(self._merged(v), shape)
        self.demand(result, f"a reshape from {v.shape} to {tuple(shape)}, which takes the batch apart,", "batch")
        return replace(result, view=self.node)

    def _split_to(self, v, shape):
        """The value with dimensions of `shape` made of its atoms, split as needed; None where no split does it."""
        rest, dims, parts = [a for group in v.dims for a in group], [], {}
        for size in shape:
            group = []
            while size > 1:
                if not rest:
                    return None
                atom = rest.pop(0)
                if size % atom.size:
                    if atom is self.images or atom.size % size:
                        return None
                    first, second = Atom(size), Atom(atom.size // size)
                    parts = {
                        k: tuple(p for a in atoms for p in ((first, second) if a is atom else (a,)))
                        for k, atoms in parts.items()
                    }
                    parts.setdefault(atom, (first, second))
                    rest.insert(0, second)
                    atom = first
                size //= atom.size
                group.append(atom)
            dims.append(tuple(group))
        if rest:
            return None
        v = renamed(v, parts)
        return replace(v, dims=tuple(dims))

    def _merged(self, v):
        """The value stored in PyTorch's order, with one atom for all of its atoms between those of the batch."""
        order = [a for group in v.dims for a in group]
        v = self.arranged(v, [[a for a in order if a is not self.images]])
        at = order.index(self.images) if self.images in order else 0
        runs = [order[:at], order[at + 1 :]] if self.images in order else [order]
        merged = {id(run[0]): Atom(product(run)) for run in runs if run}
        new = [[merged[id(run[0])]] if run else [] for run in runs]
        flat = new[0] + ([self.images] if self.images in order else []) + (new[1] if len(new) > 1 else [])
        return replace(v, storage=tuple(a for run in new for a in run), dims=tuple((a,) for a in flat))

    def joined(self, v, dim):
        """The value with one atom, stored, for all of the dimension's."""
        group = v.dims[dim]
        self.demand(self.images not in group, "this use of the batch's dimension", "batch")
        if len(group) == 1 and group[0] in v.storage:
            return v
        rest = [a for a in v.storage if a not in group]
        at = next((i for i, a in enumerate(v.storage) if a in group), 0)
        at = len([a for a in v.storage[:at] if a not in group])
        if v.storage[at : at + len(group)] != group:
            v = self.arranged(v, [g for g in (rest[:at], group, rest[at:]) if g])
        atom = Atom(product(group))
        storage = v.storage[:at] + (atom,) + v.storage[at + len(group) :]
        return replace(v, storage=storage, dims=v.dims_with(dim, (atom,)))

    def fresh(self, v):
        """The value with atoms of its own."""
        atoms = {a for group in v.dims for a in group} | set(v.storage)
        return renamed(v, {a: (Atom(a.size),) for a in atoms if a is not self.images})

    def matched(self, a, b, pairs):
        """Both values with the same atoms in each pair of dimensions, unless one has size 1 there."""
        b = self.fresh(b)
        for i, j in pairs:
            k = 0
            while a.dims[i] and b.dims[j] and k < len(a.dims[i]):
                p, q = a.dims[i][k], b.dims[j][k]
                if p is q:
                    k += 1
                elif p.size == q.size:
                    self.demand(self.images not in (p, q), "an operation that mixes the images of a batch", "batch")
                    b = renamed(b, {q: (p,)})
                elif p.size % q.size == 0 and p is not self.images:
                    a = renamed(a, {p: (Atom(q.size), Atom(p.size // q.size))})
                elif q.size % p.size == 0 and q is not self.images:
                    b = renamed(b, {q: (Atom(p.size), Atom(q.size // p.size))})
                else:
                    a, b, k = self.joined(a, i), self.joined(b, j), 0
        return a, b

    def filled(self, v, order):
        """The value with all atoms of `order` in its storage, in this order if that takes no permutation."""
        missing = [a for a in order if a not in v.storage]
        if not missing:
            return v
        present = [a for a in order if a in v.storage]
        runs = runs_of(order, lambda a: a in v.storage)
        if tuple(present) != v.storage or len(runs) > 3:
            runs, order = [v.storage, tuple(missing)] if v.storage else [tuple(missing)], list(v.storage) + missing
        stays = tuple(product(r) if r[0] in v.storage else 1 for r in runs)
        grows = tuple(1 if r[0] in v.storage else product(r) for r in runs)
        name = v.name
        if short(v.file) != short(stays):
            name = self.arranged(v, grouped(v.storage, short(stays))).name
        zeros = self.constant(Const(torch.zeros(short(grows), dtype=torch.float64)))
        return self.emit("add", [name, zeros], tuple(product(r) for r in runs), v.dims, tuple(order))

    def arranged(self, v, groups):
        """The value with these groups of atoms, which are all of its own, as the sizes of its shape in the file."""
        groups = [tuple(g) for g in groups]
        order, file = [a for g in groups for a in g], tuple(product(g) for g in groups) or (1,)
        self.demand(len(file) <= 3, f"a value of shape {file}")
        assert set(order) >= set(v.storage), "the groups lack atoms of the storage"
        v = self.filled(v, order)
        if tuple(order) == v.storage and v.file == file:
            return v
        key = (v.name, tuple(v.storage.index(a) for a in order), tuple(a.size for a in order), file)
        if key not in self.moves:
            self.moves[key] = self._moved(v, order, file)
        return replace(v, name=self.moves[key], file=file, storage=tuple(order))

    def _moved(self, v, order, file):
        if tuple(order) == v.storage:
            return self.emit("reshape", [v.name], file, v.dims, v.storage, at=v.view, shape_=list(file)).name
        follows = dict(zip(v.storage, v.storage[1:]))
        runs = []
        for a in order:
            if runs and follows.get(runs[-1][-1]) is a:
                runs[-1].append(a)
            else:
                runs.append([a])
        self.demand(len(runs) <= 6, "a permutation of more than six dimensions")
        stored = sorted(runs, key=lambda run: v.storage.index(run[0]))
        attributes = dict(shape_=[product(run) for run in stored], order=[stored.index(run) for run in runs])
        return self.emit("permute", [v.name], file, v.dims, tuple(order), **attributes, result=list(file)).name

    def stored(self, v, *dims):
        """The name of a node with exactly these dimensions of PyTorch as its shape in the file."""
        groups = [v.dims[d] for d in dims]
        atoms = {a for g in groups for a in g}
        self.demand(self.images not in atoms, "this use of the batch's dimension", "batch")
        self.demand(
            set(v.storage) <= atoms, f"an input of shape {v.shape}, more than one image per image of the batch,"
        )
        return self.arranged(v, groups).name

    def several(self, v):
        """What there is of a value for each image of the batch, as its first dimension has it beside the batch: channels
        that were moved there, or frames."""
        return tuple(a for a in v.dims[0] if a is not self.images)

    def among_channels(self, v):
        """The value with what `several` finds as the first factor of its channels."""
        return replace(v, dims=((self.images,), self.several(v) + v.dims[1], *v.dims[2:]))

    def of_images(self, op, v, tensors=None, **attributes):
        """A node that takes an image (C, H, W) and treats channels alike, as groups at least, with the current result's
        shape."""
        _, channels, *size = self.result_shape()
        several, own = self.several(v), [dimension(n) for n in (channels, *size)]
        file = (product(several) * channels, *size, 1)[:3]
        name = self.stored(self.among_channels(v), 1, 2, 3)
        return self.emit(op, [name], file, (v.dims[0], *own), several + flat(own), tensors, **attributes)

    def leading(self, v, atoms, rank=None):
        """The value with these atoms as the first size in the file, in this order, then the others in one or two sizes.

        rank: that of the result, with sizes of 1 at the end if need be; None: what it has, or else takes.
        """
        atoms, rest = tuple(atoms), tuple(a for a in v.storage if a not in atoms)
        groups = grouped(v.storage, v.file)
        if groups and groups[0] == atoms and len(groups) == (rank or len(groups)):
            return v
        groups = [atoms] + ([(a,) for a in rest] if len(rest) <= 2 else [rest])
        return self.arranged(v, groups + [()] * ((rank or 0) - len(groups)))

    # Operations on two values, whose shapes the file aligns at the left.

    def lifted(self, v, rank):
        return replace(v, dims=((),) * (rank - len(v.dims)) + v.dims)

    def binary(self, op, a, b):
        """a op b with PyTorch's broadcasting, for two values, or for a value and a constant."""
        if isinstance(a, Const) or isinstance(b, Const):
            return self._with_constant(op, a, b)
        rank = max(len(a.dims), len(b.dims))
        a, b = self.matched(self.lifted(a, rank), self.lifted(b, rank), [(i, i) for i in range(rank)])
        dims = tuple(p or q for p, q in zip(a.dims, b.dims))
        fits = lambda groups, o: len({x in o.storage for x in groups}) < 2
        best = None
        for groups in self._alignments(a, b, dims):
            if len(groups) > 3 or not all(fits(g, a) and fits(g, b) for g in groups):
                continue
            parts = [[[x for x in g if x in o.storage] for g in groups] for o in (a, b)]
            cost = sum(self._effort(o, p) for o, p in zip((a, b), parts))
            if best is None or cost < best[0]:
                best = cost, groups, parts
        _, groups, parts = best
        operands = [o if not self._effort(o, p) else self.arranged(o, stripped(p)) for o, p in zip((a, b), parts)]
        file = broadcast(operands[0].file, operands[1].file)
        return self.emit(op, [o.name for o in operands], file, dims, tuple(x for g in groups for x in g))

    @staticmethod
    def _effort(o, groups):
        """What it takes to bring a value to these groups: nothing, a reshape or a permutation."""
        if tuple(a for g in groups for a in g) != o.storage:
            return 10
        return int(short(o.file) != short(product(g) for g in groups))

    def _alignments(self, a, b, dims):
        """Ways to group all atoms of two values in the file."""
        atoms = set(a.storage) | set(b.storage)
        for o in sorted((a, b), key=lambda o: -product(o.storage)):
            extra = [x for g in dims for x in g if x in atoms and x not in o.storage]
            groups = grouped(o.storage, o.file)
            if groups is not None:
                yield stripped(groups) + [(x,) for x in extra]
            yield runs_of(list(o.storage) + extra, lambda x: (x in a.storage, x in b.storage))
        yield stripped([tuple(x for x in g if x in atoms) for g in dims if self.images not in g])
        both = [x for x in a.storage if x in b.storage]
        alone = [[x for x in o.storage if x not in both] for o in (a, b)]
        yield [tuple(g) for g in (both, *alone) if g]

    def by_atoms(self, c, v):
        """A constant beside a value: an array with an axis per atom along which it differs, those, and the dimensions."""
        t, dims, sizes, atoms = c.value, list(v.dims), [], []
        t = t.reshape((1,) * (len(dims) - t.dim()) + t.shape)
        for i, n in enumerate(t.shape):
            if n != 1:
                dims[i] = dims[i] or (Atom(n),)
                atoms += dims[i]
                sizes += [a.size for a in dims[i]]
        t = t.reshape(sizes)
        if self.images in atoms:
            at = atoms.index(self.images)
            self.demand(bool((t == t.narrow(at, 0, 1)).all()), "a constant that differs from image to image", "batch")
            t = t.select(at, 0)
            atoms.pop(at)
        return t, atoms, tuple(dims)

    def _with_constant(self, op, a, b):
        v, c = (a, b) if isinstance(a, Value) else (b, a)
        v = self.lifted(v, max(len(v.dims), c.value.dim()))
        t, atoms, dims = self.by_atoms(c, v)
        extra = [x for x in atoms if x not in v.storage]
        own = grouped(v.storage, v.file)
        ways = [stripped(own) + [(x,) for x in extra]] if own is not None else []
        ways.append(
            stripped([tuple(x for x in g if x in atoms or x in v.storage) for g in dims if self.images not in g])
        )
        ways.append(([v.storage] if v.storage else []) + ([tuple(extra)] if extra else []))
        parts = lambda groups: [[x for x in g if x in v.storage] for g in groups]
        fits = lambda groups: len(groups) <= 3 and all(len({x in extra for x in g}) < 2 for g in groups)
        groups = min((w for w in ways if fits(w)), key=lambda w: self._effort(v, parts(w)))
        if self._effort(v, parts(groups)):
            v = self.arranged(v, stripped(parts(groups)))
        value = laid_out(t, atoms, groups)
        names = [v.name, self.constant(Const(value, c.name))]
        names = names if isinstance(b, Const) else names[::-1]
        return self.emit(op, names, broadcast(v.file, tuple(value.shape)), dims, tuple(x for g in groups for x in g))

    def lift(self, c, beside):
        """A constant as a value by a node of its own. beside: a group of another value's atoms for each dimension, by
        which the batch is found, or ()."""
        t, dims, sizes = c.value.double(), [], []
        for n, group in zip(t.shape, beside):
            same = n > 1 and self.images in group and n == product(group)
            dims.append(group if same else dimension(n))
            sizes += [a.size for a in dims[-1]]
        t, atoms = t.reshape(sizes), [a for g in dims for a in g]
        if self.images in atoms:
            at = atoms.index(self.images)
            self.demand(bool((t == t.narrow(at, 0, 1)).all()), "a constant that differs from image to image", "batch")
            t = t.select(at, 0)
            atoms.pop(at)
        file = tuple(t.shape) if 1 <= t.dim() <= 3 else (t.numel(),)
        name = self.constant(Const(t.reshape(file), c.name if tuple(c.value.shape) == file else None))
        return self.fresh(Value(name, file, tuple(atoms), tuple(dims)))


def runs_of(order, kind):
    """The atoms in this order, in groups of equal kind."""
    runs = []
    for a in order:
        if runs and kind(runs[-1][-1]) == kind(a):
            runs[-1].append(a)
        else:
            runs.append([a])
    return [tuple(run) for run in runs]


def laid_out(t, atoms, groups):
    """An array with an axis per atom as the file has it for these groups, without trailing sizes of 1."""
    order = [x for g in groups for x in g]
    axes = [x for x in order if x in atoms]
    t = t.permute([atoms.index(x) for x in axes])
    t = t.reshape([x.size if x in atoms else 1 for x in order])
    varied = [any(x in atoms for x in g) for g in groups]
    t = t.expand([x.size if keep else 1 for g, keep in zip(groups, varied) for x in g])
    return t.reshape(short(product(g) if keep else 1 for g, keep in zip(groups, varied)))

"""Pools of any kind: what has an operation of its own, else windows as parts of each dimension."""

import torch

from ..tracing import handles
from .layers import image, integers
from .moves import by_matrix, indexed
from .reductions import reduced


class Windows:
    """Which elements each window of one dimension covers: `first` (parts) to `last`, and `step` between two."""

    def __init__(self, size, kernel, stride, padding, dilation, parts):
        self.size, self.kernel, self.stride, self.padding, self.dilation, self.parts = (
            size,
            kernel,
            stride,
            padding,
            dilation,
            parts,
        )

    def floor(self):
        return (self.size + 2 * self.padding - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def places(self, i):
        """The elements of window i that exist."""
        begin = i * self.stride - self.padding
        return [p for p in range(begin, begin + self.dilation * self.kernel, self.dilation) if 0 <= p < self.size]

    def counted(self, i):
        """How many elements of window i an average counts, those of the padding included."""
        begin = i * self.stride - self.padding
        return min(begin + self.kernel, self.size + self.padding) - begin


def windows(e, a, v, n):
    kernel, padding = integers(a.kernel_size, n), integers(a.padding, n)
    stride = integers(a.stride, n) if a.stride else kernel
    dilation = integers(getattr(a, "dilation", 1), n)
    sizes = zip(v.shape[2:], kernel, stride, padding, dilation, e.result_shape()[2:])
    return [Windows(*each) for each in sizes]


def attributes(found):
    """Those of the file's pools, of two dimensions."""
    found = [(w.kernel, w.stride, w.padding) for w in found] + [(1, 1, 0)]
    kernel, stride, padding = (list(t[:2]) for t in zip(*found))
    result = dict(kernel=kernel)
    if stride != kernel:
        result["stride"] = stride
    if any(padding):
        result["padding"] = padding
    return result


def ordinary(found):
    return all(w.floor() == w.parts and w.dilation == 1 for w in found)


def pooled(e, op, v, n, **options):
    return e.of_images(op, image(e, v, n), **options)


@handles("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _(e, a):
    n, v = int(a.name[-2]), a.self
    divisor = getattr(a, "divisor_override", None)
    found = windows(e, a, v, n)
    if ordinary(found) and not divisor and n < 3:
        options = attributes(found)
        if "padding" in options:
            options["count_padding"] = int(a.count_include_pad)
        return pooled(e, "avg_pool", v, n, **options)
    for d, w in enumerate(found):
        matrix = torch.zeros(w.parts, w.size, dtype=torch.float64)
        for i in range(w.parts):
            count = 1 if divisor else w.counted(i) if a.count_include_pad else len(w.places(i))
            matrix[i, w.places(i)] = 1 / count
        v = by_matrix(e, v, 2 + d, matrix)
    return e.affine(v, 1 / divisor if divisor else 1, 0)


@handles("max_pool1d", "max_pool2d", "max_pool3d", "max_pool1d_with_indices", "max_pool2d_with_indices")
def _(e, a):
    n, v = int(a.name[8]), a.self
    found = windows(e, a, v, n)
    if ordinary(found) and n < 3:
        result = pooled(e, "max_pool", v, n, **attributes(found))
    else:
        result = largest(e, v, [[w.places(i) for i in range(w.parts)] for w in found])
    return (result, None) if a.name.endswith("indices") else result


def largest(e, v, places):
    """The largest of the elements that each window names, for one dimension after another."""
    for d, lists in enumerate(places):
        width = max(map(len, lists))
        flat = [p for one in lists for p in one + [one[-1]] * (width - len(one))]
        dim = 2 + d
        v = indexed(e, v, dim, flat)
        v = e.regrouped(v, (*v.shape[:dim], len(lists), width, *v.shape[dim + 1 :]))
        v = reduced(e, "max", v, [dim + 1], False)
    return v


def adaptive(size, parts):
    return [list(range(i * size // parts, -((i + 1) * -size // parts))) for i in range(parts)]


@handles("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d")
def _(e, a):
    n, v = int(a.name[-2]), a.self
    if n < 3:
        return pooled(e, "adaptive_avg_pool", v, n, size=[*e.result_shape()[2:], 1][:2])
    for d, parts in enumerate(e.result_shape()[2:]):
        matrix = torch.zeros(parts, v.shape[2 + d], dtype=torch.float64)
        for i, places in enumerate(adaptive(v.shape[2 + d], parts)):
            matrix[i, places] = 1 / len(places)
        v = by_matrix(e, v, 2 + d, matrix)
    return v


@handles("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def _(e, a):
    v = a.self
    return (largest(e, v, [adaptive(s, p) for s, p in zip(v.shape[2:], e.result_shape()[2:])]), None)

"""Energies of weight files (models/FORMAT.md) in JAX, with the operations that the energies of models/ have: mcmc.py runs blackjax on
them."""

import jax
import jax.numpy as jnp
from gensample import weightfile


def aligned(a, b):
    """Shapes aligned at the left: channels first."""
    rank = max(a.ndim, b.ndim)
    return (x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in (a, b))


def conv2d(x, a, t):
    """As one product of matrices: XLA's own convolutions take eight times as long inside the loops of chains."""
    weight, (sh, sw), (ph, pw) = t["weight"], a.get("stride", (1, 1)), a.get("padding", (0, 0))
    outputs, _, kh, kw = weight.shape
    x = jnp.pad(x, ((0, 0), (ph, ph), (pw, pw)))
    h, w = (x.shape[1] - kh) // sh + 1, (x.shape[2] - kw) // sw + 1
    taps = [x[:, i : i + sh * (h - 1) + 1 : sh, j : j + sw * (w - 1) + 1 : sw] for i in range(kh) for j in range(kw)]
    columns = jnp.stack(taps, 1).reshape(-1, h * w)
    y = (weight.reshape(outputs, -1) @ columns).reshape(outputs, h, w)
    return y + t["bias"][:, None, None] if "bias" in t else y


def linear(x, a, t):
    return t["weight"] @ x + t.get("bias", 0)


def total(x, a, t):
    if a["over"] == "all":
        return jnp.sum(x)[None]
    return jnp.sum(x, 0, keepdims=True) if a["over"] == "channels" else jnp.sum(x.reshape(x.shape[0], -1), 1)


def avg_pool(x, a, t):
    h, w = a["kernel"]
    return x.reshape(x.shape[0], x.shape[1] // h, h, x.shape[2] // w, w).mean((2, 4))


def pixel_unshuffle(x, a, t):
    c, h, w = x.shape
    r = a["factor"]
    return x.reshape(c, h // r, r, w // r, r).transpose(0, 2, 4, 1, 3).reshape(c * r * r, h // r, w // r)


UNARY = {
    "affine": lambda x, a, t: a.get("scale", 1) * x + a.get("shift", 0),
    "avg_pool": avg_pool,
    "adaptive_avg_pool": lambda x, a, t: x.mean((1, 2), keepdims=True),  # size 1 x 1
    "conv2d": conv2d,
    "cos": lambda x, a, t: jnp.cos(x),
    "embedding": lambda x, a, t: t["weight"][x],
    "leaky_relu": lambda x, a, t: jax.nn.leaky_relu(x, a.get("slope", 0.01)),
    "linear": linear,
    "log": lambda x, a, t: jnp.log(x),
    "neg": lambda x, a, t: -x,
    "pixel_unshuffle": pixel_unshuffle,
    "reciprocal": lambda x, a, t: 1 / x,
    "reshape": lambda x, a, t: x.reshape(a["shape"]),
    "silu": lambda x, a, t: jax.nn.silu(x),
    "sin": lambda x, a, t: jnp.sin(x),
    "slice": lambda x, a, t: x[a["begin"] : a["end"]],
    "softplus": lambda x, a, t: jax.nn.softplus(x),
    "sqrt": lambda x, a, t: jnp.sqrt(x),
    "square": lambda x, a, t: x * x,
    "sum": total,
    "tanh": lambda x, a, t: jnp.tanh(x),
}
BINARY = {"add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply}


def energy(path, sigma):
    """The function of x, flat, at a noise level and without a label: XLA computes what does not depend on x once."""
    model, tensors = weightfile.read(path)
    tensors = {name: jnp.asarray(value) for name, value in tensors.items()}
    graph, shape = model["graph"], model["data"]["shape"]
    given = dict(sigma=jnp.full(1, sigma, jnp.float32), label=model.get("labels", 0))

    def of(x):
        values = given | dict(x=x.reshape(shape))
        for node in graph["nodes"]:
            inputs = [values[name] for name in node["inputs"]]
            if node["op"] in BINARY:
                out = BINARY[node["op"]](*aligned(*inputs))
            elif node["op"] == "concat":
                out = jnp.concatenate(inputs)
            elif node["op"] == "constant":
                out = tensors[node["tensors"]["value"]]
            else:
                roles = {role: tensors[name] for role, name in node.get("tensors", {}).items()}
                out = UNARY[node["op"]](inputs[0], node.get("attributes", {}), roles)
            values[node["name"]] = out
        return values[graph["outputs"][0]][0]

    return of

"""How cases are declared, and what they are given."""

LABELS = 3
SHAPE = (4, 6, 8)
INFO = {
    "name": "test",
    "data": {"shape": list(SHAPE), "range": [0, 1], "sigma": [0.01, 30]},
    "inputs": ["x", "sigma", "label"],
    "labels": LABELS,
}
GROUPS = {}


def group(name):
    """Declare a line of the table: its function returns cases by name, functions of (layers m, x, sigma s, label y), or
    (function, layers)."""

    def register(f):
        GROUPS[name] = f()
        return f

    return register


def per(v):
    """A number per image beside images."""
    return v[:, None, None, None]

"""Weight files (FORMAT.md) in Python: `read` and `write`. Needs NumPy only; exporter.Network evaluates them."""

import hashlib
import json
import math
import struct

import numpy as np

VERSIONS = ("1", "2")  # 2 has what only quantised networks and narrow tensors need, and is written for those alone


def _bf16(values):
    """The upper halves of float32 values, rounded to nearest, ties to even."""
    bits = values.view("<u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def _from_bf16(bits):
    return (bits.astype("<u4") << 16).view("<f4")


# How values are stored: bytes of each, the array of float32 values, and float32 values of the array.
_STORED = {
    "F32": ("<f4", lambda values: values, lambda stored: stored),
    "F16": ("<f2", lambda values: values.astype("<f2"), lambda stored: stored.astype("<f4")),
    "BF16": ("<u2", _bf16, _from_bf16),
}


def _store(name, value, dtype):
    values = np.ascontiguousarray(value, dtype="<f4")
    _, store, widen = _STORED[dtype]
    with np.errstate(over="ignore"):
        stored = store(values)
    if not np.isfinite(values).all() or not np.isfinite(widen(stored)).all():
        raise ValueError(f"tensor {name}: not all values are finite in {dtype}")
    return stored


def _is_new(model, dtypes):
    """Whether only version 2 has something of this."""
    nodes = model.get("graph", {}).get("nodes", [])
    return "quantization" in model or any("quant" in node for node in nodes) or any(d != "F32" for d in dtypes.values())


def write(model, tensors, dtypes=None):
    """The bytes of a file: `model` is FORMAT.md's object, `tensors` maps names to arrays. They are stored as float32, or as
    `dtypes` maps their names to "F16" and "BF16", rounded to the nearest value."""
    dtypes = dtypes or {}
    version = VERSIONS[_is_new(model, dtypes)]
    header, blocks, at = {"__metadata__": {"gensample": version, "model": json.dumps(model)}}, [], 0
    for name, value in tensors.items():
        dtype = dtypes.get(name, "F32")
        block = _store(name, value, dtype)
        header[name] = {"dtype": dtype, "shape": list(np.shape(value)), "data_offsets": [at, at + block.nbytes]}
        blocks.append(block.tobytes())
        at += block.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(blocks)


def parse(raw):
    """(model object, {name: float32 array}) of a file's bytes."""
    (n,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + n])
    metadata = header.pop("__metadata__")
    if metadata["gensample"] not in VERSIONS:
        raise ValueError(f"version {metadata['gensample']}, expected {' or '.join(VERSIONS)}")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind, _, widen = _STORED.get(entry["dtype"], (None, None, None))
        count = math.prod(entry["shape"])
        if not kind or end - begin != count * np.dtype(kind).itemsize:
            raise ValueError(f"tensor {name}: {entry}")
        tensors[name] = widen(np.frombuffer(raw, kind, count, 8 + n + begin)).reshape(entry["shape"])
    return json.loads(metadata["model"]), tensors


def read(path):
    with open(path, "rb") as f:
        return parse(f.read())


def file_hash(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()

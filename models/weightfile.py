"""Weight files (FORMAT.md) in Python: `read` and `write`. Needs NumPy only; network.py evaluates them."""

import hashlib
import json
import math
import struct

import numpy as np

VERSION = "1"


def write(model, tensors):
    """The bytes of a file: `model` is FORMAT.md's object, `tensors` maps names to arrays, stored as float32."""
    header, blocks, at = {"__metadata__": {"gensample": VERSION, "model": json.dumps(model)}}, [], 0
    for name, value in tensors.items():
        block = np.ascontiguousarray(value, dtype="<f4")
        if not np.isfinite(block).all():
            raise ValueError(f"tensor {name}: not all values are finite in float32")
        header[name] = {"dtype": "F32", "shape": list(np.shape(value)), "data_offsets": [at, at + block.nbytes]}
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
    if metadata["gensample"] != VERSION:
        raise ValueError(f"version {metadata['gensample']}, expected {VERSION}")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or end - begin != 4 * math.prod(entry["shape"]):
            raise ValueError(f"tensor {name}: {entry}")
        tensors[name] = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + n + begin).reshape(entry["shape"])
    return json.loads(metadata["model"]), tensors


def read(path):
    with open(path, "rb") as f:
        return parse(f.read())


def file_hash(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()

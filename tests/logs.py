#!/usr/bin/env python3
"""The logs that ship beside the networks obey their form: logs.py FOLDER. What a JSON schema can say of a line is in
FOLDER/schema.json, checked where there is python3-jsonschema; what holds between lines and files is checked here."""

import json
import math
import sys
from pathlib import Path

MOST_BYTES = 200_000


def check(ok, *where):
    if not ok:
        raise SystemExit(" ".join(map(str, where)))


def check_schema(folder, path, rows):
    try:
        from jsonschema import Draft202012Validator as Validator
    except ImportError:
        return
    schema = json.loads((folder / "schema.json").read_text())
    Validator.check_schema(schema)
    for i, row in enumerate(rows):
        found = Validator({"$ref": f"#/$defs/{'epoch' if i else 'run'}", "$defs": schema["$defs"]}).iter_errors(row)
        for e in found:
            raise SystemExit(f"{path}:{i + 1}: {e.json_path}: {e.message}")


def check_epoch(where, row, columns):
    check(list(row) == ["epoch", *columns], where, "has", list(row), "but the columns are", list(columns))
    for name, length in columns.items():
        values = row[name] if length else [row[name]]
        check(isinstance(values, list) and len(values) == (length or 1), where, name, "has not", length or 1, "numbers")
        check(all(isinstance(v, (int, float)) and math.isfinite(v) for v in values), where, name, "is not finite")


def check_samples(path, samples):
    check(path.exists(), path, "is missing")
    raw, count = path.read_bytes(), len(samples["epochs"]) * samples["each"]
    shape = [int.from_bytes(raw[i : i + 4], "big") for i in (4, 8, 12)]
    check(raw[:4] == b"\0\0\x08\x03" and shape == [count, 28, 28], path, "is not", count, "images of 28 x 28 bytes")
    check(len(raw) == 16 + math.prod(shape), path, "has", len(raw), "bytes")


def main():
    folder = Path(sys.argv[1])
    known = {folder / "schema.json"}
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        check_schema(folder, path, rows)
        run, epochs = rows[0], rows[1:]
        check(run["name"] == path.stem, path, "names itself", run["name"])
        check([e["epoch"] for e in epochs] == list(range(len(epochs))), path, "has epochs in another order than 0, 1, ...")
        check(0 < len(epochs) <= run["epochs"], path, "has", len(epochs), "epochs of", run["epochs"])
        columns = {c["name"]: c.get("length") for c in run["columns"]}
        check(len(columns) == len(run["columns"]), path, "has two columns of one name")
        for i, row in enumerate(epochs):
            check_epoch(f"{path}:{i + 2}:", row, columns)
        if "samples" in run:
            check(max(run["samples"]["epochs"]) < len(epochs), path, "has samples of epochs that it has not")
            check_samples(folder / run["samples"]["file"], run["samples"])
            known.add(folder / run["samples"]["file"])
        known.add(path)
        print(f"{path.stem}: {len(epochs)} epochs")
    check(len(known) > 1, folder, "has no logs")
    for path in folder.iterdir():
        check(path in known, path, "belongs to no log")
        check(path.stat().st_size <= MOST_BYTES, path, "is larger than", MOST_BYTES, "bytes")


main()

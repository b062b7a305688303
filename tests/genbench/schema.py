#!/usr/bin/env python3
"""The schemas of bench/ against python3-jsonschema: schema.py BUILD_DIR. They are schemas, the files of this repository
fit them, and genbench refuses a report in which one value is something else just where the schema does."""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from jsonschema import Draft202012Validator as Validator
except ImportError:
    print("ok - schemas # SKIP there is no python3-jsonschema")
    sys.exit(0)

ROOT = Path(__file__).resolve().parents[2]
BEYOND = ("valid", "low", "high")  # what C checks besides, as a schema cannot


def schema(name):
    made = json.loads((ROOT / "bench" / f"{name}.schema.json").read_text())
    Validator.check_schema(made)
    return Validator(made)


def leaves(value, path=()):
    """The places of all values that are no objects or arrays, and of the empty ones that are."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for key, item in items for leaf in leaves(item, (*path, key))]
    return found or [path]


def kinds(report):
    """The first place of each kind, whatever the indices."""
    first = {}
    for path in leaves(report):
        first.setdefault(tuple("*" if isinstance(key, int) else key for key in path), path)
    return list(first.values())


def changed(report, path, value):
    report = copy.deepcopy(report)
    at = report
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return report


def refused(program, report, folder):
    path = Path(folder, "report.json")
    path.write_text(json.dumps(report))
    return subprocess.run([program, "report", path], capture_output=True, check=False).returncode != 0


def main():
    program, failed = Path(sys.argv[1], "genbench"), 0
    reports = schema("report")
    for path in sorted((ROOT / "bench" / "results").glob("*.json")):
        whole = json.loads(path.read_text())
        for report in whole.get("merged", [whole]):
            reports.validate(report)
    schema("baseline").validate(json.loads((ROOT / "bench" / "baseline.json").read_text()))
    schema("quality").validate(json.loads((ROOT / "models" / "quality.json").read_text()))
    report = json.loads((ROOT / "tests" / "genbench" / "page.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        for path in kinds(report):
            if path[-1] in BEYOND:
                continue
            for value in (None, "", -1, []):
                other = changed(report, path, value)
                by_schema, by_genbench = not reports.is_valid(other), refused(program, other, folder)
                if by_schema and not by_genbench:
                    print(f"not ok - {'.'.join(map(str, path))} = {value!r}: only the schema refuses it")
                    failed += 1
    print(f"{'not ok' if failed else 'ok'} - schemas")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())

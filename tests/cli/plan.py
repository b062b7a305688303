"""What a report of `gensample plan --json` must be: plan.py SCHEMA REPORT. By the schema, where python3-jsonschema is
there; and shares, times and nodes add up."""

import json
import math
import sys

with open(sys.argv[1]) as schema, open(sys.argv[2]) as report:
    schema, report = json.load(schema), json.load(report)
try:
    from jsonschema import Draft202012Validator as Validator
except ImportError:
    Validator = None
if Validator:
    Validator.check_schema(schema)
    Validator(schema).validate(report)
rows = report["rows"]
assert math.isclose(sum(row["share"] for row in rows), 1, rel_tol=1e-9)
assert math.isclose(sum(row["seconds_per_image"] for row in rows), report["rows_seconds_per_image"], rel_tol=1e-9)
assert sum(row["operations"] for row in rows) == report["operations"]
assert sum(row["weight_bytes"] for row in rows) == report["weight_bytes"]
assert math.isclose(report["evaluations_per_second"] * report["seconds_per_image"], 1)
parts = report["planning"]["parts"]
assert math.isclose(sum(part["seconds"] for part in parts), report["planning"]["seconds"])
nodes = [node for row in rows for node in row["nodes"]] + report["level"]["nodes"] + report["unused"]
assert report["gradient"] or len(nodes) == len(set(nodes)), "a node is there twice"
assert all(row["nodes"] or row["operation"] == "layout" for row in rows)
above = any(row["of_peak"] > 1 for row in [*rows, report])
assert above == (report["above_peak"] is not None)

#!/usr/bin/env python3
"""What commands print with --json against docs/reports.schema.json, by python3-jsonschema: schema.py PROGRAM SCHEMA
COMMAND ARGUMENT... It runs the program's command with the arguments and --json; exit status 0 if what it prints fits the
schema's definition of that command, 77 without python3-jsonschema."""

import json
import subprocess
import sys
from pathlib import Path

try:
    from jsonschema import Draft202012Validator as Validator
except ImportError:
    print("there is no python3-jsonschema")
    sys.exit(77)


def main():
    program, schema, command, *arguments = sys.argv[1:]
    whole = json.loads(Path(schema).read_text())
    Validator.check_schema(whole)
    done = subprocess.run([program, command, *arguments, "--json"], capture_output=True, text=True, check=True)
    Validator({"$ref": f"#/$defs/{command}", "$defs": whole["$defs"]}).validate(json.loads(done.stdout))


if __name__ == "__main__":
    main()

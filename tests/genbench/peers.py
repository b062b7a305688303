#!/usr/bin/env python3
"""The rows of bench/peers/peers.py: every library has its file with the classes that its rows name, and every package
that it needs has a version in requirements.txt. Nothing is installed or imported."""

import ast
import sys
from pathlib import Path

PEERS = Path(__file__).resolve().parents[2] / "bench" / "peers"
sys.path.insert(0, str(PEERS))
import peers  # noqa: E402


def problems(library, pinned):
    for package in (library.package, *library.needs, *library.apart):
        if package not in pinned:
            yield f"{package} has no version in requirements.txt"
    path = PEERS / "networks" / f"{library.name}.py"
    if not library.variants or not path.is_file():
        if library.variants or path.is_file():
            yield f"{path.name} or its rows are missing"
        return
    classes = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}
    for variant in library.variants:
        if variant.make not in classes:
            yield f"{path.name} has no class {variant.make}"


def main():
    pinned = {line.partition("==")[0] for line in (PEERS / "requirements.txt").read_text().split() if "==" in line}
    failed = 0
    for library in peers.LIBRARIES:
        why = list(problems(library, pinned))
        print(f"{'not ok' if why else 'ok'} - {library.name}{''.join(f': {w}' for w in why)}")
        failed += bool(why)
    files = {p.stem for p in (PEERS / "networks").glob("*.py")} - {"__init__"} - set(peers.NAMES)
    print(f"{'not ok' if files else 'ok'} - files with rows{''.join(f': {f}.py has none' for f in sorted(files))}")
    unused = pinned - {p for row in peers.LIBRARIES for p in (row.package, *row.needs, *row.apart)}
    print(f"{'not ok' if unused else 'ok'} - versions that a row needs{''.join(f': {p}' for p in sorted(unused))}")
    return bool(failed or files or unused)


if __name__ == "__main__":
    sys.exit(main())

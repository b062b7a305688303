#!/usr/bin/env python3
"""Which folder may use which, and that no files use each other in a circle: layers.py BUILD_DIR.

What a file includes is read from the dependencies that the compiler wrote while it built BUILD_DIR (`ninja -t deps`), what it
calls from the symbols of its object (`nm`). Both are compared with the table below; files of a folder that include or call
each other in a circle are an error as well. The last line is "N passed, N failed, N skipped".
"""
import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder: the folders that it may use, besides itself and the public header. Data moves from the top of this table to its
# bottom; nothing knows what is below itself.
ALLOWED = {
    "src/base": [],
    "simd": ["src/base"],
    "src/random": ["src/base", "simd"],
    "src/op": ["src/base"],
    "src/model": ["src/base", "src/op"],
    "src/density": ["src/base", "src/random", "src/model"],
    "src/inverse": ["src/base", "src/random"],
    "src/engine": ["src/base", "simd", "src/op", "src/model"],
    "src/sample": ["src/base", "simd", "src/random", "src/op", "src/model", "src/inverse", "src/engine"],
    "src/quantize": ["src/base", "simd", "src/random", "src/op", "src/model", "src/engine", "src/sample"],
    "src/measure": ["src/base", "simd", "src/random", "src/op", "src/model", "src/engine"],
    "src/io": ["src/base"],
    "src/app": ["src/base", "src/model", "src/density", "src/io", "src/measure"],
    "src/mpi": ["src/app"],
    "src/study": ["src/base", "src/random", "src/model", "src/density", "src/engine", "src/sample", "src/measure", "src/io", "src/app"],
    "src/cli": ["src/base", "simd", "src/random", "src/op", "src/model", "src/density", "src/inverse", "src/engine", "src/sample", "src/quantize", "src/measure", "src/io", "src/app", "src/study"],
    "bench": ["src/base", "simd", "src/random", "src/op", "src/model", "src/density", "src/engine", "src/sample", "src/measure", "src/io", "src/app"],
}


# Folders of which a build may have nothing, and when it does.
OPTIONAL = {
    "src/engine/onednn": "where oneDNN is installed",
    "bench/procedure": "by its own scripts",
    "src/mpi": "where MPI is installed",
}


def folder_of(path):
    """The row of the table that a file belongs to: the longest that fits, or None."""
    fits = [f for f in ALLOWED if path.startswith(f + "/")]
    return max(fits, key=len) if fits else None


@functools.lru_cache(maxsize=None)
def own_path(build, name):
    """A file that the compiler read, below the root; None: it is not ours."""
    path = pathlib.Path(build, name).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else None


def objects(build):
    """(object file, the source files of ours that it was made from, the first the .c file itself), by the compiler's word."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if not lines or ": #deps" not in lines[0]:
            continue
        files = [path for path in (own_path(build, line.strip()) for line in lines[1:]) if path]
        if files and files[0].endswith((".c", ".cc")):
            yield lines[0].split(":")[0], files


@functools.lru_cache(maxsize=None)
def included(path):
    """The files of ours that a file names in its #include lines, as far as they are quoted."""
    found = []
    for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', (ROOT / path).read_text(), re.M):
        for base in ("src", "simd", "bench", "include", str(pathlib.Path(path).parent)):
            candidate = ROOT / base / name
            if candidate.is_file():
                found.append(str(candidate.resolve().relative_to(ROOT)))
                break
    return found


def symbols(build, name):
    """(defined, undefined) global symbols of an object."""
    text = subprocess.run(["nm", "-g", str(pathlib.Path(build, name))], capture_output=True, text=True, check=True).stdout
    defined, undefined = set(), set()
    for line in text.splitlines():
        kind, symbol = line.split()[-2:]
        (undefined if kind in "Uw" else defined).add(symbol)
    return defined, undefined


def circles(graph):
    """Strongly connected components of more than one node (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for next_node in sorted(graph.get(node, ())):
            if next_node not in index:
                visit(next_node)
                low[node] = min(low[node], low[next_node])
            elif next_node in stack:
                low[node] = min(low[node], index[next_node])
        if low[node] == index[node]:
            component = []
            while True:
                component.append(stack.pop())
                if component[-1] == node:
                    break
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def uses(build):
    """{file: {file that it uses: why}} of the whole tree."""
    graph, seen, owner, wants = {}, set(), {}, {}

    def add(a, b, why):
        if a != b and folder_of(a) and folder_of(b):
            graph.setdefault(a, {}).setdefault(b, why)

    for name, files in objects(build):
        if not folder_of(files[0]):
            continue
        for path in files:
            if path not in seen:
                seen.add(path)
                for other in included(path):
                    add(path, other, "includes")
        if files[0] not in wants:
            defined, wants[files[0]] = symbols(build, name)
            for symbol in defined:
                owner.setdefault(symbol, files[0])
    for path, undefined in wants.items():
        for symbol in undefined:
            if symbol in owner:
                add(path, owner[symbol], f"calls {symbol}")
    return graph


def sources(folder):
    """The .c files of a folder that every build with its tests compiles; hidden folders hold other people's."""
    names = [str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*.c")]
    names = [n for n in names if "/." not in n]
    return sorted(n for n in names if folder_of(n) == folder and not any(n.startswith(o + "/") for o in OPTIONAL))


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1], "build.ninja").is_file():
        sys.exit("usage: layers.py BUILD_DIR, a folder that CMake has configured for Ninja and in which all is built")
    build = sys.argv[1]
    graph = uses(build)
    passed = failed = 0
    built = {files[0] for _, files in objects(build)}

    def case(problems, name):
        nonlocal passed, failed
        print(("ok - " if not problems else "not ok - ") + name)
        for problem in problems:
            print("    " + problem)
        passed, failed = passed + (not problems), failed + bool(problems)

    for folder, allowed in ALLOWED.items():
        wrong = [f"{a} {why} of {b}" if why != "includes" else f"{a} includes {b}"
                 for a, others in sorted(graph.items()) for b, why in sorted(others.items())
                 if folder_of(a) == folder and folder_of(b) not in (folder, *allowed)]
        case(wrong, f"{folder} uses {', '.join(allowed) or 'nothing else'}" if not wrong else
             f"{folder} may use only {', '.join(allowed) or 'itself'} (ALLOWED in tests/layers.py), but")
        missing = [path for path in sources(folder) if path not in built]
        case(missing, f"{folder} is built" if not missing else f"{folder}: no object was made from")
    for folder in ALLOWED:
        inner = {a: [b for b in others if folder_of(b) == folder] for a, others in graph.items() if folder_of(a) == folder}
        case([" <-> ".join(c) for c in circles(inner)], f"{folder} has no circle")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())

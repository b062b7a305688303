#!/usr/bin/env python3
"""Runs the commands of the documents as a reader would, and compares what they print.

    documents.py BUILD_DIR [--write] [--skip WHY] [DOCUMENT...]

Every document (by default those of DOCUMENTS) has an empty folder, in which `build` leads to BUILD_DIR, and one shell,
which runs the document's commands in order; so no command can name a file that no command before it has made.

- Commands are the lines of indented blocks, of fenced ones (```sh), and in ```console blocks those after `$ `; what
  follows these is what they print, in which a line `...` stands for any lines. Numbers that depend on the machine
  (MACHINE) are not compared. --write puts what was printed into the document instead.
- To keep the test short, `-n` above MOST_SAMPLES is replaced by that, except in ```console blocks. Files that a command
  names as its output must be there afterwards.
- A block with the comment <!-- file: NAME --> before it is written to that file.
- ```python blocks are run in order, by one process per document, as if they were typed there: with the package of this
  source tree and the build's library. A ```text block right behind one is what it prints. They are skipped where no
  Python has NumPy, and those that need PyTorch where there is none.
- <!-- tested with -n 4 --> before a block gives its commands these options, to make them short.
- <!-- not tested: REASON --> before a block: it is not run.
- `python` is a Python with PyTorch, and gensample-export the exporter of this source tree; without PyTorch, commands that
  call them are skipped. The environment's PYTHON names the Python to look at first.
- Commands that read MNIST's files are skipped unless GENSAMPLE_MNIST names a folder with them, those that call a program
  which the build lacks too, and those that read what a skipped command would have written.

Links between documents, and to files, must lead somewhere. Prints one line per case; the last line is "N passed, N
failed, N skipped".
"""

import argparse
import functools
import gzip
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "docs/*.md", "models/*.md", "bench/*.md", "bench/results/README.md",
             "tests/README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
MOST_SAMPLES = 16
ISA = "|".join(sorted(re.findall(r'^GS_ISA\(\w+, "(.*?)"', (SOURCE / "simd/isas.def").read_text(), re.MULTILINE), reverse=True))
MACHINE = [
    (r"\b[\d.,e+]+(?= s\b)", "TIME"),
    (r"\b[\d.,e+]+(?= (samples|steps|proposals|accepted samples)/s)", "RATE"),
    (r"\b[\d.,e+]+(?= per second)", "RATE"),
    (rf"\b\d+ threads?, ({ISA})\b", "MACHINE"),
    (rf"\b({ISA})\b", "ISA"),
    (r"/\S*/(?=\S)", "FOLDER/"),
]
OUTPUTS = {"--out", "--plot", "--map", "--json", "--html", "--markdown", "--csv"}


class Block:
    """Commands of a document: `line` of the first, whether they are followed by what they print, and directives."""

    def __init__(self, kind, first, indent):
        self.kind, self.first, self.indent = kind, first, indent
        self.lines, self.file, self.options, self.reason, self.printed = [], None, [], None, None


class Command:
    """A command, or the text of a block in Python, with the numbers of its lines and of those that it prints (from, to),
    counted from 0."""

    def __init__(self, block, text, line):
        self.block, self.text, self.line = block, text, line
        self.printed = block.printed

    @property
    def title(self):
        """What names it: a block in Python is known by its first line of code."""
        lines = [line.strip() for line in self.text.strip().splitlines()]
        return next((line for line in lines if line and not line.startswith(("import ", "from ", "#"))), lines[0])


def blocks_of(lines):
    """The code blocks of a Markdown text, with the comments before them."""
    blocks, directives, i = [], [], 0
    while i < len(lines):
        line = lines[i]
        fence = re.match(r"^```\s*(\w*)\s*$", line)
        comment = re.match(r"^<!-- (not tested: .*|tested with .*|file: .*) -->$", line)
        block = None
        if fence:
            block = Block(fence.group(1), i + 1, "")
            i += 1
            while i < len(lines) and not lines[i].startswith("```"):
                block.lines.append(lines[i])
                i += 1
            i += 1
            before = blocks[-1] if blocks else None
            if block.kind == "text" and before and before.kind == "python" and not any(
                line.strip() for line in lines[before.first + len(before.lines) + 1 : block.first - 1]
            ):
                before.printed = (block.first, block.first + len(block.lines))
        elif line.startswith("    ") and (i == 0 or not lines[i - 1].strip() or lines[i - 1].startswith("<!--")):
            block = Block("sh", i, "    ")
            while i < len(lines) and (lines[i].startswith("    ") or (not lines[i].strip() and i + 1 < len(lines)
                                                                     and lines[i + 1].startswith("    "))):
                block.lines.append(lines[i][4:])
                i += 1
        elif comment:
            directives.append(comment.group(1))
            i += 1
        else:
            if line.strip() and not line.startswith("<!--"):
                directives = []
            i += 1
        if block:
            for directive in directives:
                name, value = re.match(r"(not tested: |tested with |file: )(.*)", directive).groups()
                if name == "not tested: ":
                    block.reason = value
                elif name == "file: ":
                    block.file = value
                else:
                    block.options = shlex.split(value)
            directives = []
            blocks.append(block)
    return blocks


def commands_of(block):
    """The commands of a block in order; a backslash at a line's end continues it."""
    if block.kind == "python":
        return [Command(block, "\n".join(block.lines), block.first)]
    commands, i = [], 0
    while i < len(block.lines):
        line = block.lines[i]
        start = i
        if block.kind == "console":
            if not line.startswith("$ "):
                i += 1
                continue
            line = line[2:]
        text = line
        while text.endswith("\\") and i + 1 < len(block.lines):
            i += 1
            text = text[:-1] + block.lines[i].lstrip()
        i += 1
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        command = Command(block, text, block.first + start)
        if block.kind == "console":
            end = i
            while end < len(block.lines) and not block.lines[end].startswith("$ "):
                end += 1
            command.printed = (block.first + i, block.first + end)
            i = end
        commands.append(command)
    return commands


def with_option(text, name, value, between):
    """The command with this option, in the place of the same one if it has that."""
    word = f"{name}{between}{value}"
    found = re.search(rf"(?<!\S){re.escape(name)}[ =]\S+", text)
    return text.replace(found.group(0), word) if found else f"{text} {word}"


def shortened(command):
    """The command as it is run: with the block's own options, and few samples."""
    text, words = command.text, command.block.options
    if command.block.kind == "python":
        return text
    while words:
        if "=" in words[0]:
            text = with_option(text, *words[0].split("=", 1), "=")
            words = words[1:]
        else:
            text = with_option(text, *words[:2], " ")
            words = words[2:]
    if command.printed is None:
        text = re.sub(r"(?<!\S)-n (\d+)", lambda m: f"-n {min(int(m.group(1)), MOST_SAMPLES)}", text)
    return text


def masked(line):
    for pattern, name in MACHINE:
        line = re.sub(pattern, name, line)
    return line.rstrip()


def agree(expected, found):
    """Whether the lines found are those expected, in which `...` stands for any number of lines."""
    if not expected:
        return not found
    if expected[0].strip() == "...":
        return any(agree(expected[1:], found[k:]) for k in range(len(found) + 1))
    return bool(found) and masked(expected[0]) == masked(found[0]) and agree(expected[1:], found[1:])


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, name):
        self.passed += 1
        print(f"ok - {name}", flush=True)

    def wrong(self, name, why):
        self.failed += 1
        print(f"not ok - {name}: {why}", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skipped - {name}: {why}", flush=True)


def unpack_mnist(folder):
    """MNIST's files in the folder, packed and not; False where GENSAMPLE_MNIST does not name them."""
    mnist = os.environ.get("GENSAMPLE_MNIST")
    names = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
    if not mnist or not all((pathlib.Path(mnist) / f"{name}.gz").exists() for name in names):
        return False
    for name in names:
        packed = pathlib.Path(mnist) / f"{name}.gz"
        (folder / packed.name).symlink_to(packed.resolve())
        (folder / name).write_bytes(gzip.decompress(packed.read_bytes()))
    return True


def needs_torch(text):
    return re.match(r"\s*(python|gensample-export)\s", text)


def why_not(text, build, mnist):
    """Why a command cannot be run here, or None."""
    if needs_torch(text) and not python_with("torch, numpy"):
        return "no Python 3 here has PyTorch"
    if re.search(r"(t10k|train)-(images|labels)", text) and not mnist:
        return "GENSAMPLE_MNIST does not name a folder with MNIST"
    for program in ("gensample", "genbench"):
        if re.search(rf"(^|[/\s;&|]){program}\s", text + " ") and not (build / program).exists():
            return f"the build has no {program}"
    return None


def why_no_python(text, python):
    """Why a block in Python cannot be run here, or None. A block that uses PyTorch imports it."""
    if not python:
        return "no Python 3 here has NumPy"
    if "import torch" in text and python != python_with("torch, numpy"):
        return "no Python 3 here has PyTorch"
    return None


@functools.lru_cache
def python_with(module):
    """A Python 3 that has this module, or None."""
    for python in filter(None, (os.environ.get("PYTHON"), sys.executable, "/usr/bin/python3")):
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
            return python
    return None


# Runs files whose names come through one pipe, and sends their exit statuses through another.
DRIVER = """
import sys, traceback
names = {"__name__": "__main__"}
for path in iter(lambda: open(sys.argv[1]).read().strip(), ""):
    status = 0
    try:
        exec(compile(open(path).read(), path, "exec"), names)
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        status = 1
    sys.stdout.flush()
    with open(sys.argv[2], "w") as pipe:
        pipe.write(f"{status}\\n")
"""


def package(build):
    """What lets a Python find the package of this source tree and the build's library."""
    return {
        "PYTHONPATH": str(SOURCE / "python"),
        "GENSAMPLE_LIBRARY": str(build / "libgensample.so"),
        "GENSAMPLE_MODELS": str(SOURCE / "models"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def write_commands(folder, build):
    """`python` and `gensample-export`, as an environment with the package installed has them."""
    folder.mkdir()
    settings = " ".join(shlex.quote(f"{k}={v}") for k, v in package(build).items())
    for name, arguments in (("python", ""), ("gensample-export", "-m gensample.exporter.cli")):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec env {settings} {python_with("torch, numpy")} {arguments} "$@"\n')
        path.chmod(0o755)


class Driver:
    """The Python process of a document, which `run` starts and ends; `command` runs a block from the shell."""

    def __init__(self, notes, build):
        self.notes, self.environment = notes, package(build)

    def start(self, python, folder, environment):
        for name in ("to", "from"):
            os.mkfifo(self.notes / name)
        with open(self.notes / "printed", "w") as printed:
            command = [python, "-W", "ignore", "-u", "-c", DRIVER, str(self.notes / "to"), str(self.notes / "from")]
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment | self.environment, stdout=printed, stderr=subprocess.STDOUT
            )

    def command(self, path):
        """Shell commands that run the block in `path`, print what it printed, and have its status."""
        n = self.notes
        return (
            f'seen=$(wc -c <"{n}/printed"); echo "{path}" >"{n}/to"; read -r ended <"{n}/from"; '
            f'tail -c "+$((seen + 1))" "{n}/printed"; return "$ended"'
        )

    def stop(self):
        (self.notes / "to").write_text("")
        self.process.wait()


def outputs_of(text):
    words = shlex.split(text, comments=True) if "\n" not in text else []
    if "--dry-run" in words:
        return []
    named = [value for name, value in zip(words, words[1:]) if name in OUTPUTS and not value.startswith("-")]
    return [name for name in named if not name.startswith("/dev/")]


def run(commands, folder, python, build):
    """Run (command, text) one after the other in one shell, and blocks in Python in one process of it; the folder with
    N.out and N.status of command N."""
    notes = folder.with_name(folder.name + "-notes")
    notes.mkdir()
    script, driver = [], Driver(notes, build)
    for i, (command, text) in enumerate(commands):
        if command.block.kind == "python":
            (notes / f"{i}.py").write_text(text + "\n")
            text = driver.command(notes / f"{i}.py")
        (notes / f"{i}.sh").write_text(text + "\n")
        script.append(f'command . "{notes}/{i}.sh" >"{notes}/{i}.out" 2>&1 </dev/null; echo $? >"{notes}/{i}.status"')
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GENSAMPLE_")}
    environment["OMP_WAIT_POLICY"] = "passive"  # other tests may run
    if any(needs_torch(text) for _, text in commands):
        write_commands(notes / "bin", build)
        environment["PATH"] = f"{notes / 'bin'}:{environment['PATH']}"
    used = any(command.block.kind == "python" for command, _ in commands)
    if used:
        driver.start(python, folder, environment)
    subprocess.run(["sh", "-c", "\n".join(script)], cwd=folder, env=environment)
    if used:
        driver.stop()
    return notes


def check(document, lines, command, text, status, printed, folder, results):
    """One case; the lines to be put in the place of those printed, or None."""
    name = f"{document}:{command.line + 1}: {command.title}"
    if text != command.text:
        name += f" (run as: {text.strip()})"
    missing = [path for path in outputs_of(text) if not (folder / path).exists()] if status == 0 else []
    if status != 0:
        results.wrong(name, f"exit status {status}: {printed[-300:].strip()}")
    elif missing:
        results.wrong(name, f"it did not write {', '.join(missing)}")
    elif command.printed is None:
        results.ok(name)
    else:
        expected = lines[slice(*command.printed)]
        found = [line.rstrip() for line in printed.splitlines()]
        if agree(expected, found):
            results.ok(name)
        else:
            results.wrong(name, "it prints\n" + "\n".join(found) + "\nwhere the document has\n" + "\n".join(expected))
            return found
    return None


def test(document, build, results, write):
    path = SOURCE / document
    lines = path.read_text().splitlines()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "folder"
        folder.mkdir()
        (folder / "build").symlink_to(build)
        commands, mnist, python, unmade = [], None, None, {}
        for block in blocks_of(lines):
            if block.file:
                (folder / block.file).write_text("\n".join(block.lines) + "\n")
            if block.kind not in ("", "sh", "console", "python") or block.reason or block.file:
                continue
            if block.kind == "python" and python is None:
                python = (any("import torch" in line for line in lines) and python_with("torch, numpy")) or python_with("numpy")
            for command in commands_of(block):
                if mnist is None and re.search(r"(t10k|train)-(images|labels)", command.text):
                    mnist = unpack_mnist(folder)
                text = shortened(command)
                why = why_not(text, build, mnist) if block.kind != "python" else why_no_python(text, python)
                why = why or next((w for file, w in unmade.items() if file in text.split()), None)
                if why:
                    unmade |= {file: f"{file} was not made" for file in outputs_of(text)}
                    results.skip(f"{document}:{command.line + 1}: {command.title}", why)
                else:
                    commands.append((command, text))
        notes = run(commands, folder, python, build)
        replaced = []
        for i, (command, text) in enumerate(commands):
            if not (notes / f"{i}.status").exists():
                results.wrong(f"{document}:{command.line + 1}: {command.title}", "it was not reached or did not end")
                continue
            status = int((notes / f"{i}.status").read_text())
            printed = (notes / f"{i}.out").read_text(errors="replace").replace(f"{folder}/", "")
            found = check(document, lines, command, text, status, printed, folder, results)
            if found is not None:
                replaced.append((command, found))
        if write:
            for command, found in reversed(replaced):
                lines[slice(*command.printed)] = found
            path.write_text("\n".join(lines) + "\n")
        shutil.rmtree(notes)


def anchors(path):
    """The anchors that GitHub gives to a document's headings."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"`", "", title)).strip().lower().replace(" ", "-") for title in titles}


def check_links(document, results):
    path = SOURCE / document
    text = re.sub(r"^(```.*?^```|    .*?$)", "", path.read_text(), flags=re.M | re.S)
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = path if not target else (path.parent / target)
        if not there.exists() or anchor and there.suffix == ".md" and anchor not in anchors(there):
            wrong.append(link)
    if wrong:
        results.wrong(f"{document}: links", ", ".join(wrong))
    else:
        results.ok(f"{document}: links")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("document", nargs="*")
    parser.add_argument("--write", action="store_true", help="put what is printed into the documents")
    parser.add_argument("--skip", metavar="WHY", help="run nothing, and say why")
    arguments = parser.parse_intermixed_args()
    results = Results()
    why = arguments.skip or ("slow, as under valgrind" if int(os.environ.get("GENSAMPLE_TEST_EFFORT", 100)) < 100 else None)
    if why:
        results.skip("documents", why)
        print("0 passed, 0 failed, 1 skipped")
        return 0
    documents = arguments.document
    for pattern in [] if documents else DOCUMENTS:
        documents += sorted(str(path.relative_to(SOURCE)) for path in SOURCE.glob(pattern))
    for document in documents:
        test(document, arguments.build.resolve(), results, arguments.write)
        check_links(document, results)
    print(f"{results.passed} passed, {results.failed} failed, {results.skipped} skipped")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

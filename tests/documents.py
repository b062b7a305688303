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
- A ```c block with the comment <!-- file: NAME --> before it is written to that file.
- <!-- tested with -n 4 --> before a block gives its commands these options, to make them short.
- <!-- not tested: REASON --> before a block: it is not run.
- Commands that read MNIST's files are skipped unless GENSAMPLE_MNIST names a folder with them, those that call a program
  which the build lacks too.

Links between documents, and to files, must lead somewhere. Prints one line per case; the last line is "N passed, N
failed, N skipped".
"""

import argparse
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
DOCUMENTS = ["README.md", "docs/*.md", "models/MODELS.md", "models/FORMAT.md", "bench/*.md", "bench/results/README.md",
             "tests/README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
MOST_SAMPLES = 16
ISA = "|".join(sorted(re.findall(r'^GS_ISA\(\w+, "(.*?)"', (SOURCE / "simd/isas.def").read_text(), re.MULTILINE), reverse=True))
MACHINE = [
    (r"\b[\d.,e+]+(?= s\b)", "TIME"),
    (r"\b[\d.,e+]+(?= (samples|steps|proposals|accepted samples)/s)", "RATE"),
    (rf"\b\d+ threads?, ({ISA})\b", "MACHINE"),
    (rf"\b({ISA})\b", "ISA"),
    (r"/\S*/(?=\S)", "FOLDER/"),
]
OUTPUTS = {"--out", "--plot", "--map", "--json", "--html", "--markdown", "--csv"}


class Block:
    """Commands of a document: `line` of the first, whether they are followed by what they print, and directives."""

    def __init__(self, kind, first, indent):
        self.kind, self.first, self.indent = kind, first, indent
        self.lines, self.file, self.options, self.reason = [], None, [], None


class Command:
    """A command with the numbers of its lines and of those that it prints (from, to), counted from 0."""

    def __init__(self, block, text, line):
        self.block, self.text, self.line = block, text, line
        self.printed = None


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


def why_not(text, build, mnist):
    """Why a command cannot be run here, or None."""
    if re.search(r"(t10k|train)-(images|labels)", text) and not mnist:
        return "GENSAMPLE_MNIST does not name a folder with MNIST"
    for program in ("gensample", "genbench"):
        if re.search(rf"(^|[/\s;&|]){program}\s", text + " ") and not (build / program).exists():
            return f"the build has no {program}"
    return None


def outputs_of(text):
    words = shlex.split(text, comments=True)
    named = [value for name, value in zip(words, words[1:]) if name in OUTPUTS and not value.startswith("-")]
    return [name for name in named if not name.startswith("/dev/")]


def run(commands, folder):
    """Run (command, text) one after the other in one shell; the folder with N.out and N.status of command N."""
    notes = folder.with_name(folder.name + "-notes")
    notes.mkdir()
    script = []
    for i, (_, text) in enumerate(commands):
        (notes / f"{i}.sh").write_text(text + "\n")
        script.append(f'command . "{notes}/{i}.sh" >"{notes}/{i}.out" 2>&1 </dev/null; echo $? >"{notes}/{i}.status"')
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GENSAMPLE_")}
    environment["OMP_WAIT_POLICY"] = "passive"  # other tests may run
    subprocess.run(["sh", "-c", "\n".join(script)], cwd=folder, env=environment)
    return notes


def check(document, lines, command, text, status, printed, folder, results):
    """One case; the lines to be put in the place of those printed, or None."""
    name = f"{document}:{command.line + 1}: {command.text.strip()}"
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
        commands, mnist = [], None
        for block in blocks_of(lines):
            if block.file:
                (folder / block.file).write_text("\n".join(block.lines) + "\n")
            if block.kind not in ("", "sh", "console") or block.reason:
                continue
            for command in commands_of(block):
                if mnist is None and re.search(r"(t10k|train)-(images|labels)", command.text):
                    mnist = unpack_mnist(folder)
                text = shortened(command)
                why = why_not(text, build, mnist)
                if why:
                    results.skip(f"{document}:{command.line + 1}: {command.text.strip()}", why)
                else:
                    commands.append((command, text))
        notes = run(commands, folder)
        replaced = []
        for i, (command, text) in enumerate(commands):
            if not (notes / f"{i}.status").exists():
                results.wrong(f"{document}:{command.line + 1}: {command.text.strip()}", "it was not reached or did not end")
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

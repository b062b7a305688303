#!/usr/bin/env python3
"""Check the figures in documents against what the program gives, or put the right ones in place.

    figures.py [--quick] [--write] BUILD_DIR [FILE...]

Without files, all documents of the source tree. A document says in comments, which readers don't see, where its figures
come from. A run, on a line of its own:

    <!-- run NAME: gensample --model ebm -n 2000 --quality -->
    <!-- run NAME slow: ... -->          left out by --quick
    <!-- run NAME, NAME slow, - -->      the commands of the code block below, in their order; - skips one

Commands run in one empty folder with `models` and, as `mnist` and by their names, MNIST's files; joined by && one after
the other, of which the last one counts. gensample gets --json. And a figure, behind its number:

    5.1<!-- NAME quality.frechet .1f --> or 8.2<!-- NAME min(quality.shares) .1% --> %

with a Python expression over the members of the JSON object, or find("regular expression with (one) group") over what
was printed, and a Python format; % is percent without the sign, s the text as it is. A run is done once for a program and
its weight files: results are kept in BUILD_DIR/figures.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("*.md", "docs/**/*.md", "models/*.md", "bench/*.md", "bench/results/*.md", "tests/**/*.md")
RUN = re.compile(r"^ {0,3}<!-- run ([^:]*?)(?:: (.*?))? -->\s*$")
FIGURE = re.compile(r"([0-9A-Za-z.,+-]+)<!-- (\S+) ((?:(?!-->).)+?) (\S+) -->")
MNIST = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
PROGRAMS = ("gensample", "genbench", "python")
# gensample's commands whose reports are taken as JSON
JSON = (
    *("sample", "denoise", "rejection", "loss", "energy", "view", "likelihood", "classify", "novelty", "interpolate"),
    *("restore", "partition", "quantize"),
)


class Skipped(Exception):
    """The reason why a run cannot be done here."""


class Wrong(Exception):
    """An error in a document or a command."""


# ---- Documents ----


def program_of(command):
    words = command.split()
    return Path(words[0]).name if words else ""


def commands_below(lines, at):
    """The commands of the code block that begins below line `at`."""
    block, i = [], at + 1
    while i < len(lines) and not lines[i].strip():
        i += 1
    if i < len(lines) and lines[i].lstrip().startswith("```"):
        i += 1
        while i < len(lines) and not lines[i].lstrip().startswith("```"):
            block.append(lines[i].strip())
            i += 1
    else:
        while i < len(lines) and lines[i].startswith("    "):
            block.append(lines[i].strip())
            i += 1
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(block)).split("\n")
    prompts = [c[2:] for c in joined if c.startswith("$ ")]
    return prompts or [c for c in joined if program_of(c) in PROGRAMS]


def runs_of(lines, name):
    """{run: (command, whether it is slow)} of a document."""
    runs = {}
    for at, line in enumerate(lines):
        match = RUN.match(line)
        if not match:
            continue
        names = [part.split() for part in match.group(1).split(",")]
        commands = [match.group(2)] if match.group(2) else commands_below(lines, at)
        if len(names) != len(commands):
            raise Wrong(f"{name}:{at + 1}: {len(names)} names for {len(commands)} commands")
        for words, command in zip(names, commands):
            if words[:1] == ["-"]:
                continue
            if not words or words[1:] not in ([], ["slow"]) or words[0] in runs:
                raise Wrong(f"{name}:{at + 1}: '{' '.join(words)}': expected a new name, or one and 'slow'")
            runs[words[0]] = (command, words[1:] == ["slow"])
    return runs


# ---- Commands ----


class Runner:
    def __init__(self, build):
        self.build, self.kept = build, build / "figures"
        self.kept.mkdir(exist_ok=True)

    def state(self, command):
        """A hash of the command, and of the files whose change would change what it prints."""
        digest = hashlib.sha256(command.encode())
        python = program_of(command) == "python"
        named = set(re.findall(r"[\w-]+", command))
        if not python and not named & {"--model", "--compose", "inspect", "loss", "energy", "view"}:
            named |= {"ncsn", "ncsn-cond"}
        if named & {"--quality", "--judge", "denoise"} or (python and "--judge" not in named):
            named |= {"judge", "judge2"}
        weights = [path for path in sorted((ROOT / "models").glob("*.bin")) if path.stem in named]
        for path in [ROOT / "models" / "train" / "evaluate.py" if python else self.build / "gensample", *weights]:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def mnist(self):
        """The folder with MNIST's files, unpacked."""
        source, folder = os.environ.get("GENSAMPLE_MNIST"), self.kept / "mnist"
        if not source:
            raise Skipped("GENSAMPLE_MNIST names no folder with MNIST's files")
        folder.mkdir(exist_ok=True)
        for name in MNIST:
            plain, packed = Path(source) / name, Path(source) / f"{name}.gz"
            if not (folder / name).exists():
                data = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
                (folder / name).write_bytes(data)
        return folder

    def arguments(self, command, last):
        """A command's words as they are run, and the folder to run it in if that is another one."""
        words = shlex.split(command)
        if program_of(command) == "python":
            if subprocess.run([sys.executable, "-c", "import torch"], capture_output=True).returncode:
                raise Skipped("there is no PyTorch")
            return [sys.executable, *words[1:]], ROOT / "models"
        if program_of(command) not in PROGRAMS:
            raise Wrong(f"'{words[0]}' is none of {', '.join(PROGRAMS)}")
        words[0] = str(self.build / Path(words[0]).name)
        kind = words[1] if len(words) > 1 and not words[1].startswith("-") else "sample"
        if kind in ("sample", "denoise") and "--out" not in words:
            words += ["--out", "samples.npy"]
        if last and kind in JSON and "--json" not in words:
            words.append("--json")
        return words, None

    def run(self, command):
        """What a command prints, from an earlier run where nothing has changed since."""
        kept = self.kept / self.state(command)
        if kept.exists():
            return kept.read_text()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "models").symlink_to(ROOT / "models")
            if re.search(r"ubyte|mnist|DIR", command):
                (Path(folder) / "mnist").symlink_to(self.mnist())
                for name in MNIST:
                    (Path(folder) / name).symlink_to(self.mnist() / name)
            parts = command.replace(" DIR", " mnist").split(" && ")
            for i, part in enumerate(parts):
                words, place = self.arguments(part, i == len(parts) - 1)
                if place:
                    words = [str(Path(folder) / "mnist") if w == "mnist" else w for w in words]
                done = subprocess.run(
                    words,
                    cwd=place or folder,
                    env=os.environ | {"GENSAMPLE_MODELS": str(ROOT / "models")},
                    capture_output=True,
                    text=True,
                )
                if done.returncode:
                    raise Wrong(f"{part}: exit status {done.returncode}: {done.stderr.strip()[-300:]}")
        kept.write_text(done.stdout)
        return done.stdout


# ---- Figures ----


class Members(dict):
    """A JSON object whose members are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no member '{name}' among {', '.join(self)}") from None


def evaluate(expression, printed):
    objects = [json.loads(t, object_hook=Members) for t in printed.splitlines() if t.startswith("{")]

    def find(pattern):
        match = re.search(pattern, printed)
        if not match:
            raise ValueError(f"nothing printed matches '{pattern}'")
        return match.group(1)

    def best(row):
        return row.best

    known = {"find": find, "lines": objects, "min": min, "max": max, "sum": sum, "len": len, "int": int, "float": float, "best": best}
    return eval(expression, {"__builtins__": {}}, known | (objects[-1] if objects else {}))


def written(value, spec):
    """A value in the document's format."""
    if value is None:
        return "-"
    if spec.endswith("%"):
        return format(100 * value, spec[:-1] + "f")
    return str(value) if spec == "s" else format(value, spec)


class Checker:
    def __init__(self, runner, args):
        self.runner, self.args = runner, args
        self.right, self.wrong, self.skipped = 0, 0, {}

    def value(self, name, expression, spec, runs):
        """The text that a figure must have."""
        if name not in runs:
            raise Wrong(f"there is no run '{name}'")
        command, slow = runs[name]
        if slow and self.args.quick:
            raise Skipped("slow, left out by --quick")
        try:
            return written(evaluate(expression, self.runner.run(command)), spec)
        except (ArithmeticError, AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError) as error:
            raise Wrong(f"{expression} of {command}: {error}") from None

    def check_figure(self, match, place, runs):
        """The correct number, with its comment."""
        found, *source = match.groups()
        try:
            value = self.value(*source, runs)
        except Skipped as why:
            self.skipped[str(why)] = self.skipped.get(str(why), 0) + 1
            return match.group(0)
        except Wrong as error:
            self.wrong += 1
            print(f"{place}: {error}")
            return match.group(0)
        if value == found:
            self.right += 1
        elif self.args.write:
            self.right += 1
            print(f"{place}: {found} is now {value}")
        else:
            self.wrong += 1
            print(f"{place}: {found}, but {source[1]} of {runs[source[0]][0]} is {value}")
        return value + match.group(0)[len(found) :]

    def check(self, path):
        lines, name, fenced = path.read_text().split("\n"), os.path.relpath(path, ROOT), False
        try:
            runs = runs_of(lines, name)
        except Wrong as error:
            self.wrong += 1
            print(error)
            return
        new = []
        for number, line in enumerate(lines, 1):
            fenced ^= line.lstrip().startswith("```")
            code = fenced or line.startswith("    ") or RUN.match(line)
            place = f"{name}:{number}"
            new.append(line if code else FIGURE.sub(lambda m: self.check_figure(m, place, runs), line))
        if self.args.write and new != lines:
            path.write_text("\n".join(new))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave slow runs out")
    parser.add_argument("--write", action="store_true", help="put the right figures in place")
    parser.add_argument("build", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    args = parser.parse_args()
    files = args.files or sorted({p for pattern in DOCUMENTS for p in ROOT.glob(pattern)})
    checker = Checker(Runner(args.build.resolve()), args)
    for path in files:
        checker.check(path.resolve())
    for why, count in checker.skipped.items():
        print(f"skipped - {why}: {count}")
    print(f"{checker.right} passed, {checker.wrong} failed, {sum(checker.skipped.values())} skipped")
    return 1 if checker.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The expected quality of a network's samples: quality.json beside its weight file, for genbench.

    models/quality.py [--program build/gensample] [--judge FILE] [--seeds 16] [--n 512] [--threads T] [NETWORK.bin ...]

Draws n samples with each of the seeds 1, 2, ... and the network's own settings, and keeps their Frechet distance and
agreement, seed by seed, under the hashes of the network and the judge. Seeds that are there already are not drawn
again, so an interrupted run goes on where it stopped; rows of networks and judges that no longer exist are removed if
all networks of the folder are asked for, as they are without NETWORK. genbench (bench/expectation.h) compares the
samples of a run with the spread over seeds. Python's standard library is enough.
"""

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

FORMAT = 1
MODELS = Path(__file__).resolve().parent


def read_header(path):
    """The model object of a weight file (FORMAT.md)."""
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        return json.loads(json.loads(f.read(n))["__metadata__"]["model"])


def file_hash(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def is_sampled(path):
    """Whether it is a network with settings to draw samples by."""
    return "sampler" in read_header(path).get("default", {})


def label_options(model):
    """Labels as genbench has them: as frequent as in the training data, else in turn."""
    if not model.get("labels"):
        return []
    return ["--label", "data" if "shares" in model["data"] else "all"]


def draw(options, path, model, seed):
    """The program's report on n samples."""
    command = [options.program, "--model", path, "-n", options.n, "--seed", seed, "--json", "--quality"]
    command += label_options(model)
    if options.threads:
        command += ["--threads", options.threads]
    environment = dict(os.environ, GENSAMPLE_MODELS=str(options.judge.parent))
    with tempfile.TemporaryDirectory() as folder:
        words = [str(word) for word in [*command, "--out", Path(folder) / "samples.npy"]]
        done = subprocess.run(words, stdout=subprocess.PIPE, env=environment)
    if done.returncode:
        sys.exit(f"{path}: gensample ended with exit status {done.returncode}: {' '.join(words)}")
    return json.loads(done.stdout)


def load(path):
    if not path.exists():
        return []
    root = json.loads(path.read_text())
    if root.get("gensample_quality") != FORMAT:
        sys.exit(f"{path}: gensample_quality: expected {FORMAT}")
    return root["rows"]


def save(path, rows):
    """Write one line per row; the file is whole at any time."""
    lines = ",\n".join("  " + json.dumps(row) for row in sorted(rows, key=lambda row: (row["model"], row["n"])))
    part = path.with_name(path.name + ".part")
    part.write_text(f'{{"gensample_quality": {FORMAT}, "rows": [\n{lines}\n]}}\n')
    part.replace(path)


def find_row(rows, key):
    for row in rows:
        if all(row[name] == value for name, value in key.items()):
            return row
    rows.append(dict(key, sampler="", seeds=[], frechet=[], agreement=[]))
    return rows[-1]


def measure(options, path):
    """Write the row of one network, seed by seed, into the file beside it."""
    file = path.parent / "quality.json"
    model, rows = read_header(path), load(file)
    key = {"model": model["name"], "model_hash": file_hash(path), "judge_hash": options.judge_hash, "n": options.n}
    row = find_row(rows, key)
    for seed in range(1, options.seeds + 1):
        if seed in row["seeds"]:
            continue
        report = draw(options, path, model, seed)
        quality = report["quality"]
        row["sampler"] = report["sampler"]
        row["seeds"].append(seed)
        row["frechet"].append(quality["frechet"])
        if quality["agreement"] is not None:
            row["agreement"].append(quality["agreement"])
        save(file, rows)
        print(f"{path.name}, seed {seed}: {quality['frechet']:.4g}", file=sys.stderr)
    return key


def parse():
    parser = argparse.ArgumentParser(description="Measure the expected quality of networks' samples over seeds.")
    parser.add_argument("--program", type=Path, default=MODELS.parent / "build" / "gensample")
    parser.add_argument("--judge", type=Path, default=MODELS / "judge.bin", help="a file called judge.bin")
    parser.add_argument("--seeds", type=int, default=16, help="from 3 to 64 (default 16)")
    parser.add_argument("--n", type=int, default=512, help="samples a seed; genbench judges 512")
    parser.add_argument("--threads", type=int)
    parser.add_argument("network", type=Path, nargs="*", help="weight files (default: all beside the judge)")
    options = parser.parse_args()
    if not 3 <= options.seeds <= 64:
        parser.error("--seeds: expected 3 to 64")
    if options.judge.name != "judge.bin":
        parser.error("--judge: gensample looks for a file of the name judge.bin")
    return options


def main():
    options = parse()
    options.program, options.judge = options.program.resolve(), options.judge.resolve()
    options.judge_hash = file_hash(options.judge)
    all_networks = sorted(path for path in options.judge.parent.glob("*.bin") if is_sampled(path))
    keys = [measure(options, path.resolve()) for path in options.network or all_networks]
    if not options.network:
        file = options.judge.parent / "quality.json"
        save(file, [row for row in load(file) if {name: row[name] for name in keys[0]} in keys])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What gensample --dry-run says of memory against the most that runs have at a time: memory.py BUILD_DIR [MODELS_DIR].

Each run is drawn; of its peak, what the program has that draws next to nothing of a density is taken off. The rest may differ
from what was said by TOLERANCE of it and SLACK_MB, which are heaps of libraries, stacks of threads and pages that are not full.
The last line is "N passed, N failed, N skipped".
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOLERANCE, SLACK_MB = 0.05, 4
RUNS = [
    "--model ncsn -n 64 --steps 2 --threads 1 --out x.npy",
    "--model ncsn -n 64 --steps 2 --threads 2 --out x.npy",
    "--model ncsn -n 512 --steps 2 --threads 16 --out x.npy",
    "--model ncsn-fast -n 300 --threads 2 --out x.npy",
    "--model ebm-document -n 20000 --sampler langevin --steps 2 --threads 2 --out x.npy",
    "--model ncsn-cond --label all -n 40 --steps 2 --threads 4 --out x.png",
    "--model ncsn -n 200 --steps 10 --trajectory --threads 2 --out x.npy",
    "--model ebm -n 64 --sampler mala --steps 4 --threads 2 --out x.npy",
    "--model ebm -n 32 --sampler nuts --steps 2 --max-depth 2 --threads 2 --out x.npy",
    "--model ebm -n 64 --sampler hmc --steps 40 --diagnose --threads 2 --out x.npy",
    "--model gaussian:dim=64 -n 1000 --sampler mala --denoise no --steps 2000 --diagnose --threads 2 --out x.npy",
    "--model gaussian:dim=64 -n 500 --sampler langevin --denoise no --steps 2000 --plot x.svg --threads 2 --out x.npy",
    "--model rings -n 100000 --steps 2 --threads 2 --out x.npy",
    "restore --model ncsn --input {digits} --mask left --draws 8 --steps 2 --threads 2 --out x.npy",
    "partition ebm --sigma 0.5 --chains 4 --particles 16 --steps 2 --moves 1 --threads 2",
    "--model ncsn-fast -n 3000 --shard-size 1500 --threads 2 --out run/",
]


def peak_mb(program, arguments, environment):
    """The most memory of a run, by peak.c."""
    peak = pathlib.Path(program).parent / "tests/peak"
    run = subprocess.run([peak, program, *arguments], env=environment, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {run.stderr}")
    return int(run.stdout.split()[-1]) * 1024e-6


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    models = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else build / "../models").resolve()
    program = str(build / "gensample")
    environment = dict(os.environ, GENSAMPLE_MODELS=str(models), OMP_WAIT_POLICY="passive")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        digits = "digits.npy"
        subprocess.run([program, *f"--model ncsn-fast -n 100 --quiet --out {digits}".split()], env=environment, check=True)
        base = peak_mb(program, "--model rings -n 2 --threads 1 --out base.npy".split(), environment)
        for run in RUNS:
            arguments = run.format(digits=digits).split()
            told = subprocess.run([program, *arguments, "--dry-run", "--json"], env=environment, capture_output=True, check=True)
            said = json.loads(told.stdout)["memory"]["total"] * 1e-6
            seen = peak_mb(program, arguments, environment) - base
            good = abs(seen - said) <= TOLERANCE * said + SLACK_MB
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {said:8.1f} MB said, {seen:8.1f} MB seen: {run}")
    print(f"{len(RUNS) - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

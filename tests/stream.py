#!/usr/bin/env python3
"""A long run in shards: memory and rate from the first shard to the last, and the same bytes when it is killed twice.

    tests/stream.py BUILD [N] [--shards S] [--model NAME] [--folder DIR] [--tolerance T] [--threads T]

It draws N samples (a million unless given) into S shards twice: once without interruption, and once killed by SIGKILL
after a third and after two thirds of the shards, within a shard, and resumed. The first run gives the table: seconds of
each shard by the times of its file, samples per second, and the process's memory when the shard was there. It fails if

- memory grows: the most of the second half of the shards is more than 1 MiB above the most of the first;
- the rate falls: the median of the last fifth of the shards takes more than T (5 %) longer than that of the first;
- the second run's files, its manifest among them, are not the first one's, or `gensample verify` complains.

It needs two bytes of disk per pixel, in DIR (a temporary folder unless given), and takes twice the time of N samples."""

import argparse
import hashlib
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

POLL_S = 0.01
MOST_GROWTH_KIB = 1024


def memory_kib(process):
    """The resident memory of a process, or None if it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), None)


def shard(folder, k):
    return folder / f"shard-{k:05}.idx"


def has_begun(folder, k):
    """Whether some samples of a shard are drawn."""
    try:
        return (folder / f"state-{k:05}.part").stat().st_size > 0
    except OSError:
        return False


def follow(command, folder, count, kill_after=None):
    """Run the command to its end, or kill it within the shard that follows number kill_after. Returns its status, and
    the memory when each shard was there."""
    memory, k = {}, 0
    process = subprocess.Popen(command + ["--out", str(folder)])
    try:
        while process.poll() is None:
            time.sleep(POLL_S)
            while k < count and shard(folder, k).exists():
                memory[k] = memory_kib(process)
                k += 1
            if kill_after is not None and k > kill_after and has_begun(folder, k):
                process.kill()
    finally:
        process.kill()
        process.wait()
    return process.returncode, memory


def hash_all(folder, count):
    digest = hashlib.sha256()
    for k in range(count):
        with open(shard(folder, k), "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def report(folder, count, size, memory):
    """Print the table; returns the seconds of each shard but the first, whose beginning no file tells."""
    ends = [shard(folder, k).stat().st_mtime_ns * 1e-9 for k in range(count)]
    seconds = [b - a for a, b in zip(ends, ends[1:])]
    print("shard  seconds  samples/s  memory (MiB)")
    for k in range(1, count, max(1, count // 20)):
        kib = memory.get(k)
        print(f"{k:5}  {seconds[k - 1]:7.2f}  {size / seconds[k - 1]:9.1f}  {kib / 1024 if kib else float('nan'):12.1f}")
    return seconds


def judge_memory(memory, count):
    known = {k: kib for k, kib in memory.items() if kib}
    halves = [max((kib for k, kib in known.items() if (k >= count // 2) == late), default=0) for late in (False, True)]
    print(f"memory: at most {halves[0]} KiB in the first half of the shards, {halves[1]} KiB in the second")
    return halves[1] <= halves[0] + MOST_GROWTH_KIB


def judge_rate(seconds, tolerance):
    fifth = max(1, len(seconds) // 5)
    first, last = statistics.median(seconds[:fifth]), statistics.median(seconds[-fifth:])
    print(f"rate: a shard takes {first:.3f} s at first and {last:.3f} s at last (medians), {100 * (last / first - 1):+.1f} %")
    return last <= first * (1 + tolerance)


def draw_killed(command, folder, count):
    """Draw with two kills; returns whether all of it went well."""
    kills = 0
    for after in (count // 3, 2 * count // 3):
        status, _ = follow(command, folder, count, kill_after=after)
        kills += status == -signal.SIGKILL
    status, _ = follow(command, folder, count)
    print(f"killed {kills} times and resumed")
    return kills == 2 and status == 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("n", type=int, nargs="?", default=1000000)
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--model", default="ncsn-fast")
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=0.05)
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def main():
    a = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    size = -(-a.n // a.shards)
    count = -(-a.n // size)
    program = str(a.build.resolve() / "gensample")
    command = [program, "--model", a.model, "-n", str(a.n), "--shard-size", str(size), "--format", "idx", "--quiet", "--resume"]
    command += ["--checkpoint", "1"] + (["--threads", str(a.threads)] if a.threads else [])
    base = pathlib.Path(tempfile.mkdtemp(dir=a.folder, prefix="stream-"))
    try:
        start = time.monotonic()
        status, memory = follow(command, base / "whole", count)
        if status:
            sys.exit(f"the run without interruption ended with {status}")
        print(f"{a.n} samples of {a.model} in {count} shards, {time.monotonic() - start:.0f} s")
        seconds = report(base / "whole", count, size, memory)
        good = {"memory does not grow": judge_memory(memory, count), "the rate stays": judge_rate(seconds, a.tolerance)}
        good["killed twice and resumed"] = draw_killed(command, base / "killed", count)
        names = [sorted(os.listdir(base / run)) for run in ("whole", "killed")]
        manifests = [(base / run / "manifest.json").read_bytes() for run in ("whole", "killed")]
        sums = [hash_all(base / run, count) for run in ("whole", "killed")]
        print(f"SHA-256 of all shards: {sums[0]}")
        good["the same files and manifest"] = names[0] == names[1] and manifests[0] == manifests[1]
        good["the same bytes"] = sums[0] == sums[1]
        good["verify"] = subprocess.run([program, "verify", base / "killed"], stdout=subprocess.DEVNULL).returncode == 0
    finally:
        shutil.rmtree(base)
    for what, fine in good.items():
        print(f"{'ok' if fine else 'not ok'} - {what}")
    sys.exit(0 if all(good.values()) else 1)


if __name__ == "__main__":
    main()

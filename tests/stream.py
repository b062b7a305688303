#!/usr/bin/env python3
"""A long run in shards: memory and rate from the first shard to the last, and the same bytes when it is killed twice.

    tests/stream.py BUILD [N] [--shards S] [--model NAME] [--folder DIR] [--steps S] [--tolerance T] [--threads T]

It draws N samples (a million unless given) into S shards twice: once without interruption, and once killed by SIGKILL
after a third and after two thirds of the shards, within a shard, and resumed. The first run stands still twenty times,
while a new process draws as many samples as a shard has: what processors a shard takes is
compared with that, as other load and the machine's clock change both alike. It gives the table: seconds of a shard by
the times of its file, seconds of processors, this over the new process's, and the process's memory. It fails if

- memory grows: the most of the second half of the shards is more than 1 MiB above the most of the first;
- the rate falls: the median ratio of the second half is T (5 %) above that of the first;
- the second run's files, its manifest among them, are not the first one's, or `gensample verify` complains.

It needs two bytes of disk per pixel, in DIR (a temporary folder unless given), and takes 2.2 times the time of N samples."""

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


def usage(process):
    """The resident memory of a process in KiB and the seconds that processors gave it, or None if it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    ticks = int(fields[11]) + int(fields[12])
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024, ticks / os.sysconf("SC_CLK_TCK")


def shard(folder, k):
    return folder / f"shard-{k:05}.idx"


def has_begun(folder, k):
    """Whether some samples of a shard are drawn."""
    try:
        return (folder / f"state-{k:05}.part").stat().st_size > 0
    except OSError:
        return False


def follow(command, folder, count, kill_after=None, seen=lambda k, process: None):
    """Run the command to its end, or kill it within the shard that follows number kill_after; when shard k is there, call
    seen(k, process). Returns the command's status."""
    k = 0
    process = subprocess.Popen(command + ["--out", str(folder)])
    try:
        while process.poll() is None:
            time.sleep(POLL_S)
            while k < count and shard(folder, k).exists():
                seen(k, process)
                k += 1
            if kill_after is not None and k > kill_after and has_begun(folder, k):
                process.kill()
    finally:
        process.kill()
        process.wait()
    return process.returncode


class Watch:
    """What a run has used when each of its shards is there: `used`; and what one shard costs a new process: `control`,
    by the shard before it. The new process runs `command` while the run stands still."""

    def __init__(self, command, folder, every):
        self.command, self.folder, self.every = command, folder, every
        self.used, self.control = {}, {}

    def __call__(self, k, process):
        now = usage(process)
        if now is None:
            return
        self.used[k] = now
        if k % self.every == 0:
            process.send_signal(signal.SIGSTOP)
            self.control[k] = self.draw()
            process.send_signal(signal.SIGCONT)

    def draw(self):
        before = os.times()
        subprocess.run(self.command + ["--out", str(self.folder / "control.idx")], check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def seconds(self, k):
        """The processors' seconds of shard k."""
        return self.used[k][1] - self.used[k - 1][1]

    def ratios(self):
        """Of the shard after each control: its seconds over the control's, by the shard's number."""
        return {k + 1: self.seconds(k + 1) / s for k, s in self.control.items() if k + 1 in self.used}


def hash_all(folder, count):
    digest = hashlib.sha256()
    for k in range(count):
        with open(shard(folder, k), "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def report(folder, watch):
    print("shard  seconds  of processors  over a new process's  memory (MiB)")
    for k, ratio in watch.ratios().items():
        wall = shard(folder, k).stat().st_mtime_ns * 1e-9 - shard(folder, k - 1).stat().st_mtime_ns * 1e-9
        print(f"{k:5}  {wall:7.2f}  {watch.seconds(k):13.2f}  {ratio:20.3f}  {watch.used[k][0] / 1024:12.1f}")


def judge_memory(used, count):
    halves = [max((both[0] for k, both in used.items() if (k >= count // 2) == late), default=0) for late in (False, True)]
    print(f"memory: at most {halves[0]} KiB in the first half of the shards, {halves[1]} KiB in the second")
    return halves[1] <= halves[0] + MOST_GROWTH_KIB


def judge_rate(ratios, tolerance):
    half = len(ratios) // 2
    first, last = statistics.median(ratios[:half]), statistics.median(ratios[half:])
    print(f"rate: {first:.3f} of a new process's time at first, {last:.3f} at last (medians), {100 * (last / first - 1):+.1f} %")
    return last <= first * (1 + tolerance)


def draw_killed(command, folder, count):
    """Draw with two kills; returns whether all of it went well."""
    kills = 0
    for after in (count // 3, 2 * count // 3):
        kills += follow(command, folder, count, kill_after=after) == -signal.SIGKILL
    status = follow(command, folder, count)
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
    parser.add_argument("--steps", type=int, help="evaluations per sample")
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def main():
    a = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    size = -(-a.n // a.shards)
    count = -(-a.n // size)
    program = str(a.build.resolve() / "gensample")
    draw = [program, "--model", a.model, "--quiet"]
    draw += [word for name in ("steps", "threads") if (value := vars(a)[name]) for word in (f"--{name}", str(value))]
    command = draw + ["-n", str(a.n), "--shard-size", str(size), "--format", "idx", "--resume", "--checkpoint", "1"]
    base = pathlib.Path(tempfile.mkdtemp(dir=a.folder, prefix="stream-"))
    try:
        start = time.monotonic()
        watch = Watch(draw + ["-n", str(size)], base, max(1, count // 20))
        status = follow(command, base / "whole", count, seen=watch)
        if status:
            sys.exit(f"the run without interruption ended with {status}")
        print(f"{a.n} samples of {a.model} in {count} shards, {time.monotonic() - start:.0f} s")
        report(base / "whole", watch)
        good = {
            "memory does not grow": judge_memory(watch.used, count),
            "the rate stays": judge_rate(list(watch.ratios().values()), a.tolerance),
        }
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

#!/usr/bin/env python3
"""bench/peers/by_type.py: who is fastest in each type. Nothing is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "peers"))
import by_type  # noqa: E402
from report import Repetition, Row  # noqa: E402

failed = 0


def check(name, found, expected):
    global failed
    failed += found != expected
    print(f"ok - {name}" if found == expected else f"not ok - {name}: {found}, expected {expected}")


def row(peer, dtype, batch, seconds, error, **more):
    """A row whose rounds took so many seconds for a call."""
    r = Row("evaluations", "denoise", 2, dtype, peer or "gensample", "evaluations/s", "", "net", peer=peer, **more)
    r.batch = r.items = batch
    r.repetitions = [Repetition(1, s) for s in seconds]
    r.figure("difference", error)
    r.figure("rms", error / 4)
    return r


OURS = [row("", "f32", 1, [1, 1, 1], 1e-6), row("", "f32", 8, [4, 4, 4], 2e-6), row("", "int8", 8, [2, 2, 2], 0.015)]
PEERS = [
    row("fast", "f32", 1, [2, 4, 3], 1e-7),
    row("fast", "f32", 8, [8, 8, 8], 1e-7),
    row("precise", "int8", 8, [2.5, 2.5, 2.5], 0.01),
    row("coarse", "int8", 16, [6, 6, 6], 0.05),
    row("wrong", "int8", 8, [1, 1, 1], 0.5, wrong=True),
    row("fast", "bf16", 8, [1, 1, 1], 0.005),
]


def main():
    found = {(f["dtype"], f["batch"]): f for f in by_type.standings([*OURS, *PEERS])}
    check("types and batches that peers have", list(found), [("f32", "least"), ("f32", "best"), ("bf16", "best"), ("int8", "best")])
    check("a ratio is that of the rounds", found["f32", "least"]["ratios"]["ratio"], 3)
    check("in float32 no error is the larger", found["f32", "best"]["fair"].peer, "fast")
    int8 = found["int8", "best"]
    check("what is wrong is not the fastest", int8["peer"].peer, "precise")
    check("at no larger error another one is", int8["fair"].peer, "coarse")
    ratios = {name: round(value, 6) for name, value in int8["ratios"].items()}
    check("ratios", ratios, {"ratio": 1.25, "fair_ratio": 1.5, "f32_ratio": 0.625, "times_f32": 2})
    check("a type that is not ours", found["bf16", "best"]["ratios"], {"f32_ratio": 0.25})
    check("is told", by_type.cells(found["bf16", "best"])[2], "not in this build")
    names = by_type.report(found["bf16", "best"])
    check("the report names rows", names["peer"], "evaluations/net/denoise/b:8/t:2/bf16/fast")
    check("and not those that are missing", "ours" in names, False)
    check("no rows, no table", by_type.table([]), [])
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

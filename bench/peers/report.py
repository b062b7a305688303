"""Rows, whether their figures are valid, and genbench's report of them (bench/REPORT.md)."""

import json
import math
import os
import statistics
from dataclasses import dataclass, field

SCHEMA_VERSION = 1
PEAK_TOLERANCE, TAKEN_MOST, REPETITIONS_LEAST = 0.05, 0.02, 3
NANO = 1e-9


@dataclass
class Repetition:
    """`iterations` calls of one row, in `seconds`."""

    iterations: int
    seconds: float
    accepted: int = 0  # for rejection sampling, in which calls are proposals
    order: int = 0  # among all repetitions of the run
    cpu_s: float = 0
    waited_s: float = 0  # our threads were ready while other programs ran
    stolen_s: float = 0
    wall_s: float = 0
    peak: tuple = (0, 0)  # before and after

    def report(self):
        times = {"real_s": self.seconds, "cpu_s": self.cpu_s, "wall_s": self.wall_s, "process_cpu_s": self.cpu_s}
        peaks = {"peak_before_flops": self.peak[0], "peak_after_flops": self.peak[1]}
        taken = {"stolen_s": self.stolen_s, "waited_s": self.waited_s}
        samples = {"samples_ns": [round(self.seconds / self.iterations / NANO)]}
        return {"order": self.order, "iterations": self.iterations} | times | peaks | taken | samples


@dataclass
class Row:
    """A row like genbench's; `program` says whose it is, and the last part of its name which peer's."""

    suite: str
    what: str
    threads: int
    dtype: str
    program: str
    unit: str
    isa: str  # "" if the peer chooses
    model: str = ""
    model_hash: str = ""
    batch: int = 0
    peer: str = ""  # "" for ours, whose name has the instruction set instead
    items: float = 1
    operations: float = 0
    repetitions: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    failed: bool = False
    checked: bool = False
    wrong: bool = False  # never counted as won or lost

    @property
    def name(self):
        parts = [self.suite, self.model, self.what, f"b:{self.batch}" if self.batch else "", f"t:{self.threads}"]
        parts += [self.dtype, self.peer] if self.peer else [f"isa:{self.isa}", self.dtype]
        return "/".join(p for p in parts if p)

    def rates(self):
        return [self.items * r.iterations / r.seconds for r in self.repetitions]

    def figure(self, name, value, unit=""):
        if math.isfinite(value):
            self.figures[name] = {"value": value, "unit": unit}

    @property
    def why(self):
        """Why the figure is not valid; empty if it is."""
        return self.reasons or ([] if self.repetitions else ["not measured"])

    def fail(self, reason):
        self.failed = True
        self.reasons.append("failed: " + "".join(c if c.isprintable() else " " for c in str(reason)))

    def doubt(self, interrupted, doubts):
        """Add the reasons why the figure is not valid; `doubts` are those about the build."""
        if not self.repetitions:
            self.reasons += ["interrupted"] if interrupted and not self.reasons else []
            return
        if len(self.repetitions) < REPETITIONS_LEAST:
            self.reasons.append(f"{len(self.repetitions)} repetitions, expected at least {REPETITIONS_LEAST}")
        moved = max(1 - min(r.peak) / max(*r.peak, 1) for r in self.repetitions)
        if moved > PEAK_TOLERANCE:
            self.reasons.append(f"peak moved {100 * moved:.0f} %")
        used, stolen, waited = (sum(getattr(r, n) for r in self.repetitions) for n in ("cpu_s", "stolen_s", "waited_s"))
        for who, taken in (("hypervisor", stolen), ("other programs", waited)):
            if taken > 0 and taken >= TAKEN_MOST * (used + stolen + waited):
                self.reasons.append(f"{who} took {100 * taken / (used + stolen + waited):.0f} %")
        if not self.checked:
            self.reasons.append("output not checked")
        self.reasons += doubts if not self.peer else []

    def summarise(self, peak):
        if self.repetitions and self.operations:
            rate = self.operations * statistics.median(r.iterations / r.seconds for r in self.repetitions)
            self.figure("GFLOP/s", rate * NANO)
            if self.dtype == "f32" and peak:
                self.figure("of peak", 100 * rate / peak, "%")

    def report(self):
        o = {"name": self.name, "suite": self.suite, "what": self.what, "program": self.program, "isa": self.isa}
        o |= {"model": self.model, "model_hash": self.model_hash} if self.model else {}
        o |= {"batch": self.batch} if self.batch else {}
        o |= {"dtype": self.dtype, "threads": self.threads, "unit": self.unit, "less_is_better": False}
        o |= {"valid": not self.why, "reasons": self.why}
        if self.repetitions:
            rates = self.rates()
            o |= {"value": statistics.median(rates), "low": min(rates), "high": max(rates)}
        o |= {"calls_per_iteration": 1, "items_per_call": self.items, "operations_per_call": self.operations}
        return o | {"figures": self.figures, "repetitions": [r.report() for r in self.repetitions]}

    def benchmarks(self, family):
        """Google Benchmark's entries: every repetition, then mean, median and standard deviation."""
        same = {"family_index": family, "per_family_instance_index": 0, "run_name": self.name}
        same |= {"repetitions": len(self.repetitions), "threads": self.threads}
        same |= {"label": f"INVALID: {'; '.join(self.why)}"} if self.why else {}
        times = {"real_time": [r.seconds / r.iterations / NANO for r in self.repetitions]}
        times |= {"cpu_time": [r.cpu_s / r.iterations / NANO for r in self.repetitions]}
        entry = lambda suffix, kind: {"name": self.name + suffix, "run_type": kind, "time_unit": "ns"} | same
        for k, r in enumerate(self.repetitions):
            of = {name: values[k] for name, values in times.items()}
            of |= {"repetition_index": k, "iterations": r.iterations, "items_per_second": self.rates()[k]}
            yield entry("", "iteration") | of
        aggregates = {"mean": statistics.mean, "median": statistics.median, "stddev": statistics.stdev}
        for name, of in aggregates.items() if len(self.repetitions) > 1 else ():
            values = {time: of(values) for time, values in times.items()}
            more = {"aggregate_name": name, "aggregate_unit": "time", "iterations": len(self.repetitions)}
            yield entry(f"_{name}", "aggregate") | values | more
        if not self.repetitions:
            error = {"error_occurred": True, "error_message": self.why[0]}
            yield entry("", "iteration") | error | {"iterations": 0, "real_time": 0, "cpu_time": 0}


def write(path, rows, machine, run):
    """The report; `machine` is genbench's own report of the machine, `run` has members of "genbench"."""
    own, context = machine["genbench"], dict(machine["context"])
    models = {r.model: r.model_hash for r in rows if r.model}
    peaks = [p for r in rows for repetition in r.repetitions for p in repetition.peak]
    isa, threads = (own["rows"][0][k] for k in ("isa", "threads"))
    best = {"isa": isa, "dtype": "f32", "threads": threads, "flops": max(peaks, default=own["peaks"][0]["flops"])}
    context["models"] = ", ".join(f"{name} {value}" for name, value in models.items())
    context["peaks"] = f"{isa} f32 {threads} threads {best['flops'] * NANO:.4g} GFLOP/s"
    context["dtype"] = ", ".join(sorted({r.dtype for r in rows}))
    context |= {"seed": str(run["seed"]), "programs": ", ".join(sorted({r.program for r in rows}))}
    genbench = {"json_schema_version": SCHEMA_VERSION, "source": "peers"} | run
    genbench |= {"rows_invalid": sum(bool(r.why) for r in rows), "rows_failed": sum(r.failed for r in rows)}
    genbench |= {"triad_bytes_per_second": own["triad_bytes_per_second"], "peaks": [best]}
    genbench |= {"peak_tolerance": PEAK_TOLERANCE, "taken_most": TAKEN_MOST}
    genbench["rows"] = [r.report() for r in rows]
    benchmarks = [b for i, r in enumerate(rows) for b in r.benchmarks(i)]
    text = json.dumps({"context": context, "benchmarks": benchmarks, "genbench": genbench}, indent=1, allow_nan=False)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text + "\n")
    os.replace(part, path)

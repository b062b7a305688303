"""Cells: contenders measured together, in rounds. A cell's first contenders are ours, its `rivals` are the peers."""

import functools
import math
import statistics
import sys

import numpy as np
from scipy.stats import beta, binomtest

import networks
import peers
import rejection
from by_type import beside
from contenders import OurRejection, Ours, Theirs, program
from gensample import weightfile
from machine import Failure
from report import Row
from worker import Worker

TOLERANCE = {"f32": 1e-5, "bf16": 0.02, "int8": 0.2}  # of the largest element of the output
CLOSE = 0.02  # what of another type may be held against our float32
GRADIENT_TOLERANCE = 1e-4  # in f32, where the terms of an energy cancel, and so do those of its gradient
FALSE_ALARM = 6e-5  # as that of 4 standard deviations
CALIBRATION = 256
OURS = "gensample"  # its version is in the report's context


class Cell:
    def __init__(self, title, ours, rivals):
        self.title, self.ours, self.rivals = title, ours, rivals
        self.contenders = [*ours, *rivals]
        self.rows = [c.row for c in self.contenders]

    def live(self):
        return [c for c in self.contenders if not c.row.failed]

    @staticmethod
    def attempt(contender, action, *arguments):
        """The result of the action; None if it failed, which its row then says."""
        try:
            return action(*arguments)
        except Failure as error:
            contender.row.fail(error)
            return None

    def open(self):
        for c in self.contenders:
            self.attempt(c, c.open)
        self.check()

    def close(self):
        for c in self.contenders:
            c.close()


def apart(found, expected, images):
    """(the largest difference, its root mean square), each over the largest element; with gradients, of that many
    energies and of their gradients separately, the larger. One gradient in 32 images does not count, since at a kink of
    a leaky ReLU rounding decides the slope."""
    if found.shape != expected.shape:
        return math.inf, math.inf
    if images:
        energies = apart(found[:images], expected[:images], 0)
        found, expected = (values[images:].reshape(images, -1) for values in (found, expected))
        order = np.argsort(np.abs(found - expected).max(1))[: images - images // 32]  # NaN last
        gradients = apart(found[order], expected[order], 0) if not np.isnan(found).any() else (math.nan, math.nan)
        return tuple(map(max, energies, gradients))
    difference, largest = np.abs(found - expected), np.abs(expected).max()
    return float(difference.max() / largest), float(np.sqrt(np.square(difference).mean()) / largest)  # of NaN, NaN


class NetworkCell(Cell):
    """One network at one batch."""

    def __init__(self, title, ours, rivals, task):
        super().__init__(title, ours, rivals)
        self.task = task

    def expected(self):
        """What float64 gives; None if that failed, which all rows then say."""
        try:
            worker = Worker("float64", "Float64", (self.task,), self.task.threads)
            try:
                return worker.call("output")
            finally:
                worker.close()
        except Failure as error:
            for row in self.rows:
                row.reasons.append(f"no float64 to compare with: {error}")
            return None

    def check(self):
        """Compare all outputs with float64's."""
        expected = self.expected()
        for c in self.contenders:
            found = None if c.row.failed else self.attempt(c, c.output)
            if found is not None and expected is not None:
                self.hold_against(expected, c.row, found)
        for c in self.contenders:
            c.row.operations = self.ours[0].row.operations

    def hold_against(self, expected, row, found):
        row.checked = True
        difference, rms = apart(found, expected, row.batch if self.task.gradient else 0)
        row.figure("difference", difference)
        row.figure("rms", rms)
        limit = GRADIENT_TOLERANCE if self.task.gradient else TOLERANCE[row.dtype]
        if not difference <= limit:
            row.wrong = True
            what = f"output differs by {difference:.2g} of the largest element, expected at most {limit:g}"
            row.reasons.append(what)

    def held_against(self, row):
        """Our row of the same type; if there is none, the one in float32, unless the output is far from it."""
        same = [c.row for c in self.ours if c.row.dtype == row.dtype]
        close = "difference" in row.figures and row.figures["difference"]["value"] <= CLOSE
        return same[0] if same else self.ours[0].row if close else None

    def compare(self):
        for c in self.rivals:
            ours = self.held_against(c.row)
            ratios = beside(ours, c.row) if ours and not ours.wrong and not c.row.wrong else ()
            for name, value in zip(("beside", "least"), ratios):
                c.row.figure(name, value, "x")

    def label(self, row):
        return row.program if row.dtype == "f32" else f"{row.program}, {row.dtype}"

    columns = ("evaluations/s", "ours beside it, median", "least", "difference", "rms")

    def cells_of(self, row):
        figures = (("beside", ".2f"), ("least", ".2f"), ("difference", ".1e"), ("rms", ".1e"))
        rows = (self.held_against(row) or row, row)
        return [shown(row.figures.get(name), style, *rows) for name, style in figures]


def exact_interval(k, n):
    """Clopper and Pearson's 99 % interval for k in n."""
    return (beta.ppf(0.005, k, n - k + 1) if k else 0, beta.ppf(0.995, k + 1, n - k) if k < n else 1)


class RejectionCell(Cell):
    """All algorithms in one dimension; `share` is the share that theory accepts."""

    def __init__(self, title, ours, rivals, share):
        super().__init__(title, ours, rivals)
        self.share = share

    def check(self):
        pass

    def compare(self):
        for row in self.rows:
            if row.repetitions:
                self.hold_against_theory(row)
        for c in self.rivals:
            for ours in self.ours if not c.row.wrong else ():
                self.beside(ours, c)

    def beside(self, ours, theirs):
        """Proposals, where the algorithm is the same; and accepted samples, as many as theory predicts where few of
        theirs are accepted per round."""
        expected = lambda r: r.iterations * self.share
        ratios = {f"{ours.algorithm} accepted": beside(ours.row, theirs.row, lambda r: r.accepted, expected)}
        if ours.algorithm == theirs.peer.algorithm:
            ratios["beside"] = beside(ours.row, theirs.row)
        for name, values in ratios.items():
            for suffix, value in zip(("", " least"), values):
                theirs.row.figure("least" if name + suffix == "beside least" else name + suffix, value, "x")

    def hold_against_theory(self, row):
        n, k = (sum(getattr(r, name) for r in row.repetitions) for name in ("iterations", "accepted"))
        z = (k - n * self.share) / math.sqrt(n * self.share * (1 - self.share))
        row.checked = True
        row.figure("accepted", k)
        row.figure("acceptance", 1e6 * k / n, "ppm")
        for name, bound in zip(("99 % low", "99 % high"), exact_interval(k, n)):
            row.figure(name, 1e6 * bound, "ppm")
        row.figure("theory", 1e6 * self.share, "ppm")
        row.figure("z", z)
        row.figure("accepted/s", statistics.median(r.accepted / r.seconds for r in row.repetitions))
        if binomtest(k, n, self.share).pvalue < FALSE_ALARM:
            row.wrong = True
            row.reasons.append(f"wrong: acceptance is {z:.1f} standard deviations from theory")

    def label(self, row):
        return f"{row.program}, {row.what.split('-')[0]}, {row.threads} thread{'s' * (row.threads > 1)}"

    columns = ("proposals/s", "accepted/s", "z", *(f"our {a} over its" for a in rejection.ALGORITHMS))

    def cells_of(self, row):
        ratios = [shown(row.figures.get(f"{o.algorithm} accepted"), ".4g", o.row, row) for o in self.ours]
        return [shown(row.figures.get("accepted/s"), ".4g"), shown(row.figures.get("z"), ".2f"), *ratios]


def shown(figure, style, *rows):
    """Ratios of rows of which one is INVALID are marked."""
    doubt = " !" if figure and figure["unit"] == "x" and any(row.why for row in rows) else ""
    return format(figure["value"], style) + doubt if figure else ""


# ---- Making cells ----


def images(model, programs, settings, sigma, folder):
    """As many as the largest batch, to compute, and others to calibrate with: digits of the shipped network where the
    data has their shape, else grey, with the noise of the level; and options that give `gensample quantize` the others
    without noise, if there are such digits."""
    most = max(settings.batch)
    data = []
    clean = np.full((most + max(most, CALIBRATION), *model["data"]["shape"]), 0.5)
    if clean.shape[1:] == (1, 28, 28):
        path = folder / "digits.npy"
        if not path.exists():
            programs.draw(len(clean), path)
        clean = np.load(path).reshape(clean.shape)
        calibrating = folder / "calibrating.npy"
        np.save(calibrating, np.load(path)[most:])
        data = ["--data", calibrating]
    noise = np.random.default_rng(1).normal(size=clean.shape) * (0 if sigma is None else sigma)
    noisy = (clean + noise).astype(np.float32)
    return noisy[:most], noisy[most:], data


@functools.cache
def lacks(model, dtype, why):
    """Say once why there is no row of ours."""
    print(f"run.sh: {model}: no row of gensample in {dtype}: {why}", file=sys.stderr, flush=True)


def network_cell(settings, programs, path, batch, folder):
    """A network's file beside all peers that are wanted and can run it."""
    model, _ = weightfile.read(path)
    gradient = model["kind"] == "energy"
    sigma, label = (getattr(settings, name) if name in model["inputs"] else None for name in ("sigma", "label"))
    inputs = [] if sigma is None else ["--sigma", sigma]
    inputs += ([] if label is None else ["--label", label]) + ["--gradient"] * gradient
    x, others, data = images(model, programs, settings, sigma, folder)
    task = networks.Task(str(path), settings.threads, x[:batch], sigma, label, gradient, others)
    what = "gradient" if gradient else "denoise" if model["kind"] == "denoiser" else "evaluate"
    same = {"suite": "evaluations", "model": model["name"], "model_hash": weightfile.file_hash(path), "what": what}
    same |= {"batch": batch, "items": batch, "threads": settings.threads, "unit": "evaluations/s"}
    ours, rivals = [], []
    for dtype in settings.dtype:
        try:
            file, more = programs.typed(path, dtype, inputs, folder, data if sigma is None else [])
        except Failure as why:
            if dtype == "f32":
                raise
            lacks(model["name"], dtype, why)
            continue
        row = Row(program=OURS, isa=programs.isa, dtype=dtype, **same)
        ours.append(Ours(row, programs, task, file, [*inputs, *more]))
    for library in map(peers.find, settings.peers):
        for v in library.variants:
            if (v.gradients or not gradient) and (v.quick or not settings.quick) and v.dtype in settings.dtype:
                title = f"{program(library.title, library.package)}{v.name and ', '}{v.name}"
                last = "-".join([library.name, *v.name.replace(",", "").split()])
                row = Row(program=title, isa="", dtype=v.dtype, peer=last, **same)
                rivals.append(Theirs(row, v, f"networks.{library.name}", v.make, (task, *v.options)))
    return NetworkCell(f"{model['name']}, {what}, batch {batch}", ours, rivals, task)


def rejection_cell(settings, programs):
    """All algorithms of ours beside all peers that are wanted."""
    everyone = rejection.Task(settings.dim, settings.ratio, settings.threads)
    same = {"suite": "rejection", "unit": "proposals/s"}
    what = lambda algorithm: f"{algorithm}-d{settings.dim}"
    ours, rivals = [], []
    for a in rejection.ALGORITHMS:
        more = {"what": what(a), "threads": settings.threads, "dtype": "f32"} | same
        ours.append(OurRejection(Row(program=OURS, isa=programs.isa, **more), programs, everyone, a))
    for p in rejection.PEERS:
        if p.library in settings.peers and (not p.parallel or settings.threads > 1):
            threads = settings.threads if p.parallel else 1
            more = {"what": what(p.algorithm), "threads": threads, "dtype": p.dtype, "peer": p.library} | same
            library = peers.find(p.library)
            row = Row(program=program(library.title, library.package), isa="", **more)
            task = rejection.Task(settings.dim, settings.ratio, threads)
            rivals.append(Theirs(row, p, rejection.__name__, "Sampler", (task, p.make, p.sizes)))
    title = f"rejection sampling, {settings.dim} dimensions, ratio {settings.ratio:g}"
    return RejectionCell(title, ours, rivals, settings.ratio**-settings.dim)

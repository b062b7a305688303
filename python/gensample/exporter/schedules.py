"""Schedules: how noise was added when a network was trained, one row each in SCHEDULES.

A weight file has x = x0 + sigma n. A network's own input is x_t = a x0 + s n with a signal a(t) and noise s(t), so

    sigma = s / a,    x_t = a x.

A row gives a as a function of sigma (`scale`) and the network's time as a function of sigma (`time`), by a closed
formula or by a table over log sigma that is interpolated linearly, as k-diffusion does for networks of discrete
steps."""

import functools
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .custom import interpolate
from .expression import Expression
from .problem import ExportError, several


def exact(values):
    """Numbers that float32 holds, in float64, so that file and module have the same ones."""
    return torch.as_tensor(np.asarray(values, np.float64), dtype=torch.float32).double()


class Schedule(nn.Module):
    """One schedule. `sigma`: the lowest and highest noise level; `ladder`: discrete levels where the network has them.

    scale(sigma) is a, or None where a = 1; index(sigma) is the schedule's own time, by a table or a formula, and
    time(sigma) what the network is given: `t`, or an expression (--time) of it, of i, T and sigma."""

    def __init__(self, sigma, scale=None, index=None, table=None, steps=None, ladder=None, data=None):
        super().__init__()
        self.sigma, self.formula, self.of_sigma, self.steps, self.ladder = sigma, scale, index, steps, ladder
        self.data, self.expression, self.reversed = data, None, False
        if table:
            self.tabulate(*table)

    def tabulate(self, sigmas, values):
        """Times by noise level, in any order; levels that float32 does not tell apart count once."""
        order = np.argsort(sigmas)
        points, values = exact(np.log(np.asarray(sigmas, np.float64)[order])), exact(np.asarray(values)[order])
        kept = torch.cat([torch.tensor([True]), points[1:] > points[:-1]])
        self.register_buffer("points", points[kept])
        self.register_buffer("values", values[kept])

    def use(self, text):
        """Give the network the time of this expression."""
        names = ("i", "t", "sigma", "T")
        self.expression = said = Expression(text, "--time")
        if not self.expression.names <= set(names):
            self.expression.fail(f"expected an expression of {several(names)}")
        for name in ("i", "T"):
            if name in self.expression.names and self.steps is None:
                why = f"the schedule has no steps, so that {name} has no meaning; expected an expression of t, sigma"
                self.expression.fail(why)
        if "sigma" not in self.expression.names and self.of_sigma is None:
            times = self.expression.evaluate({"i": self.values, "t": self.values, "T": self.steps})
            self.values, self.expression = exact(torch.as_tensor(times).expand(self.values.shape)), None
            found = self.values
        else:
            found = self.time(torch.tensor(np.geomspace(*map(float, self.sigma), 99)))
        if not torch.isfinite(found).all():
            said.fail("gives times that are not finite; expected a number at each noise level")
        return self

    def scale(self, sigma):
        return self.formula and self.formula(sigma)

    def time(self, sigma):
        t = self.of_sigma(sigma) if self.of_sigma else interpolate(torch.log(sigma), self.points, self.values)
        if not self.expression:
            return t
        t = self.expression.evaluate({"i": t, "t": t, "sigma": sigma, "T": self.steps})
        return torch.as_tensor(t, dtype=sigma.dtype).expand(sigma.shape)


def preserving(sigma):
    """a of variance-preserving schedules, a^2 + s^2 = 1."""
    return torch.rsqrt(sigma * sigma + 1)


SCHEDULES = {}


def row(name, usage, **numbers):
    """A schedule whose arguments are numbers, with their defaults, None where there is none."""

    def register(f):
        @functools.wraps(f)
        def named(*args, **options):
            made = f(*args, **options)
            made.name = name
            return made

        named.usage, named.numbers = usage, numbers
        SCHEDULES[name] = named
        return named

    return register


def discrete(kept, what="schedule"):
    """Of alphas_cumprod, the products of 1 - beta: a_i = sqrt(kept_i), s_i = sqrt(1 - kept_i), i = 0 ... T - 1
    (Ho et al. 2020, equation 4). Steps without any signal, as after rescaling to zero terminal SNR, are left out."""
    kept = np.asarray(kept, np.float64).reshape(-1)
    if (
        len(kept) < 2
        or not np.isfinite(kept).all()
        or (kept < 0).any()
        or (kept > 1).any()
        or (np.diff(kept) > 0).any()
    ):
        raise ExportError(what, "expected at least 2 numbers of 0 ... 1 that do not increase, the products of 1 - beta")
    with np.errstate(divide="ignore"):
        sigmas = np.sqrt((1 - kept) / kept)
    some = np.isfinite(sigmas) & (sigmas > 0)
    if some.sum() < 2 or sigmas[some].min() == sigmas[some].max():
        raise ExportError(what, "expected at least two different noise levels")
    table = sigmas[some], np.arange(len(kept))[some]
    return Schedule((table[0].min(), table[0].max()), preserving, table=table, steps=len(kept))


def of_betas(betas, what="schedule"):
    betas = np.asarray(betas, np.float64)
    if not ((betas >= 0) & (betas <= 1)).all():
        raise ExportError(what, "expected betas of 0 ... 1")
    falls = np.flatnonzero(np.diff(betas) < 0)
    if len(falls):
        i = falls[0] + 1
        raise ExportError(
            what,
            f"beta {i} is {betas[i]:g} after {betas[i - 1]:g}: expected betas that do not decrease, from the step with the "
            "least noise on; turn the table round if it begins with the most",
        )
    return discrete(np.cumprod(1 - betas), what)


@row("ddpm-linear", "T,BETA_1,BETA_T", steps=1000, first=1e-4, last=0.02)
def ddpm_linear(steps, first, last):
    """Betas linear from 1e-4 to 0.02 (Ho et al. 2020, section 4)."""
    return of_betas(np.linspace(first, last, count(steps)))


@row("ddpm-scaled-linear", "T,BETA_1,BETA_T", steps=1000, first=0.00085, last=0.012)
def ddpm_scaled_linear(steps, first, last):
    """Square roots of the betas linear (Rombach et al. 2022, latent diffusion)."""
    return of_betas(np.linspace(first**0.5, last**0.5, count(steps)) ** 2)


@row("ddpm-cosine", "T,SHIFT,BETA_MAX", steps=1000, shift=0.008, most=0.999)
def ddpm_cosine(steps, shift, most):
    """alphas_cumprod = f(t) / f(0), f(t) = cos^2((t / T + SHIFT) / (1 + SHIFT) pi / 2), betas at most 0.999 (Nichol &
    Dhariwal 2021, equation 17)."""
    t = np.arange(count(steps) + 1) / steps
    f = np.cos((t + shift) / (1 + shift) * math.pi / 2) ** 2
    return of_betas(np.minimum(1 - f[1:] / f[:-1], most))


@row("ddpm-sigmoid", "T,START,END,TAU", steps=1000, start=-3, end=3, tau=1)
def ddpm_sigmoid(steps, start, end, tau):
    """alphas_cumprod by a sigmoid between START and END (Jabri et al. 2022, algorithm 1), betas at most 0.999."""
    t = np.arange(count(steps) + 1) / steps
    f = 1 / (1 + np.exp(-start / tau)) - 1 / (1 + np.exp(-(t * (end - start) + start) / tau))
    f = 1 + f / (1 / (1 + np.exp(-end / tau)) - 1 / (1 + np.exp(-start / tau)))
    return of_betas(np.clip(1 - f[1:] / f[:-1], 0, 0.999))


@row("betas", "FILE or KEY of the checkpoint")
def betas(table):
    """A table of betas."""
    return of_betas(table)


@row("alphas-cumprod", "FILE or KEY of the checkpoint")
def alphas_cumprod(table):
    """A table of the products of 1 - beta."""
    return discrete(table)


@row("sigmas", "FILE or KEY of the checkpoint")
def sigmas(table):
    """Discrete noise levels of a network that is given their index (Song & Ermon 2019): x_t = x, t = i."""
    table = np.asarray(table, np.float64).reshape(-1)
    down = len(table) >= 2 and np.isfinite(table).all() and table.min() > 0 and len(set(np.sign(np.diff(table)))) == 1
    if not down or table[0] == table[1]:
        raise ExportError("schedule sigmas", "expected at least 2 noise levels above 0 in order, all different")
    ladder = sorted(map(float, table), reverse=True)
    return Schedule((ladder[-1], ladder[0]), table=(table, np.arange(len(table))), steps=len(table), ladder=ladder)


@row("geometric", "HIGH,LOW,N", high=None, low=None, count=None)
def geometric(high, low, count):
    """N noise levels, equal in log sigma from HIGH (i = 0) to LOW (Song & Ermon 2019, section 4.2): x_t = x, t = i."""
    if not (high > low > 0 and count == int(count) and 2 <= count <= 4096):
        raise ExportError("schedule geometric", "expected HIGH above LOW above 0, and N of 2 ... 4096")
    return sigmas(np.exp(np.linspace(math.log(high), math.log(low), int(count))))


@row("ve", "LOW,HIGH", low=None, high=None)
def ve(low, high):
    """Variance exploding (Song et al. 2021, equation 9): x_t = x, and the network's time is sigma itself."""
    return Schedule((low, high), index=lambda sigma: sigma)


@row("vp", "BETA_MIN,BETA_MAX", low=0.1, high=20)
def vp(low, high):
    """Variance preserving in continuous time t = 0.001 ... 1, beta(t) linear (Song et al. 2021, equations 11 and 33):
    -2 log a = BETA_MIN t + (BETA_MAX - BETA_MIN) t^2 / 2 = log(1 + sigma^2), which is solved for t. Networks of that
    paper are given 999 t: --time '999 * t'."""
    span = slope(low, high)
    exponent = lambda t: low * t + span * t * t / 2
    ends = tuple(math.sqrt(math.expm1(exponent(t))) for t in (1e-3, 1))
    return Schedule(ends, preserving, lambda sigma: solved(torch.log(sigma * sigma + 1), low, span))


@row("sub-vp", "BETA_MIN,BETA_MAX", low=0.1, high=20)
def sub_vp(low, high):
    """As vp, with s = 1 - a^2 (Song et al. 2021, equation 29), so that a = 2 / (sigma + sqrt(sigma^2 + 4))."""
    span = slope(low, high)
    signal = lambda t: math.exp(-(low * t + span * t * t / 2) / 2)
    scale = lambda sigma: 2 / (sigma + torch.sqrt(sigma * sigma + 4))
    ends = tuple((1 - signal(t) ** 2) / signal(t) for t in (1e-2, 1))
    return Schedule(ends, scale, lambda sigma: solved(-2 * torch.log(scale(sigma)), low, span))


@row("cosine", "")
def cosine():
    """a = cos(pi t / 2), s = sin(pi t / 2) in continuous time (Salimans & Ho 2022, section 2): t = 2 / pi atan
    sigma."""
    levels = np.geomspace(1e-3, 1e3, 4096)
    return Schedule((2e-3, 200.0), preserving, table=(levels, np.arctan(levels) * 2 / math.pi))


@row("edm", "LOW,HIGH,SIGMA_DATA", low=0.002, high=80, data=0.5)
def edm(low, high, data):
    """Noise levels of Karras et al. 2022 (table 1) for a network inside of its preconditioning (kind edm): x_t = c_in x
    with c_in = 1 / sqrt(sigma^2 + SIGMA_DATA^2), and the time c_noise = log(sigma) / 4."""
    if not data > 0:
        raise ExportError("schedule edm", "expected SIGMA_DATA above 0")
    scale = lambda sigma: torch.rsqrt(sigma * sigma + data * data)
    return Schedule((low, high), scale, lambda sigma: torch.log(sigma) / 4, data=data)


@row("flow", "")
def flow(reverse=False):
    """Flow matching and rectified flow (Lipman et al. 2023; Liu et al. 2023): x_t = (1 - t) x0 + t n, so that sigma =
    t / (1 - t) and a = 1 - t = 1 / (1 + sigma); t = 0.001 ... 0.995. Reversed (--reverse), t runs from noise at 0 to
    data at 1, and is 1 / (1 + sigma)."""
    schedule = Schedule((0.001 / 0.999, 0.995 / 0.005), lambda sigma: 1 / (sigma + 1))
    schedule.reversed = reverse
    schedule.of_sigma = (lambda sigma: 1 / (sigma + 1)) if reverse else (lambda sigma: sigma / (sigma + 1))
    return schedule


def solved(exponent, low, span):
    """t of low t + span t^2 / 2 = exponent."""
    return exponent / low if span == 0 else (torch.sqrt(2 * span * exponent + low * low) - low) / span


def slope(low, high):
    if not 0 < low <= high:
        raise ExportError("schedule", f"betas {low:g} and {high:g}: expected 0 < BETA_MIN <= BETA_MAX")
    return high - low


def count(steps):
    if steps != int(steps) or not 2 <= steps <= 65536:
        raise ExportError("schedule", f"{steps:g} steps: expected a whole number of 2 ... 65536")
    return int(steps)


def usages():
    return [f"{name}:{f.usage}" if f.usage else name for name, f in SCHEDULES.items()]


def numbers_of(name, f, text):
    given = text.split(",") if text else []
    values = dict(f.numbers)
    try:
        for key, number in zip(values, given):
            values[key] = float(number)
    except ValueError:
        given = [None] * 99
    if len(given) > len(values) or None in values.values() or not all(map(math.isfinite, values.values())):
        raise ExportError(f"schedule '{name}:{text}'", f"expected {name}{':' + f.usage if f.usage else ''}")
    return values


def table_of(name, text, checkpoint):
    """Numbers from a file (.npy, .npz with one array, .pt, text) or from the checkpoint by their key."""
    found = checkpoint.table(text) if checkpoint is not None and text else None
    path, what = Path(text), f"schedule {name}"
    if found is None and text and path.is_file():
        try:
            if path.suffix in (".pt", ".pth"):
                found = torch.load(path, map_location="cpu", weights_only=True)
            elif path.suffix in (".npy", ".npz"):
                found = np.load(path, allow_pickle=False)
                found = found if isinstance(found, np.ndarray) else found[found.files[0]]
            else:
                found = np.array(path.read_text().replace(",", " ").split(), np.float64)
        except Exception as error:
            raise ExportError(f"{what}: {text}", f"cannot be read as a table of numbers ({error})") from None
    if found is None:
        keys = f"; tables of the checkpoint: {several(checkpoint.tables())}" if checkpoint is not None else ""
        raise ExportError(f"{what}: '{text}'", f"is neither a file nor a table of the checkpoint{keys}")
    try:
        found = np.asarray(found, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise ExportError(f"{what}: {text}", "expected one table of numbers") from None
    return {"table": found}


def schedule(text, time=None, reverse=False, checkpoint=None):
    """The schedule that `text` names, as 'ddpm-linear:1000', with the network's time by the expression `time`."""
    if isinstance(text, Schedule):
        return text.use(time) if time else text
    name, _, rest = str(text).partition(":")
    f = SCHEDULES.get(name)
    if not f:
        raise ExportError(f"schedule '{name}'", f"is not known; known are {several(usages(), 99)}")
    if reverse and name != "flow":
        raise ExportError("--reverse", f"is for the schedule flow, not for {name}")
    arguments = table_of(name, rest, checkpoint) if f.usage.startswith("FILE") else numbers_of(name, f, rest)
    made = f(**arguments, **({"reverse": True} if reverse else {}))
    low, high = made.sigma
    if not (0 < low < high < math.inf):
        raise ExportError(f"schedule '{text}'", f"noise levels {low:g} and {high:g}: expected 0 < LOW < HIGH")
    return made.use(time) if time else made

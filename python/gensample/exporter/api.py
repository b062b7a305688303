"""`export`: a PyTorch module as the bytes of a weight file, whatever it predicts and under whatever schedule."""

import copy
import inspect
import math
import re
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils import parametrize

from .. import weightfile
from . import writing
from .call import Call, call_of_signature, called, first_of, place_of, probe, sentence
from .kinds import KINDS
from .output import written_beside
from .problem import ExportError, several
from .schedules import schedule as schedule_of
from .verify import compare

LEVELS = 5  # noise levels at which a file is compared with its module


@dataclass
class Result:
    """An exported file: its bytes, FORMAT.md's object, what was chosen in sentences, and how far it is from the
    module."""

    raw: bytes
    model: dict
    notes: list
    check: object

    @property
    def size(self):
        """Nodes, and numbers in tensors."""
        model, tensors = weightfile.parse(self.raw)
        return len(model["graph"]["nodes"]), sum(t.size for t in tensors.values())


def twin(module):
    """A copy in float64 on the CPU, ready to be run, with weights that are computed from others (weight norm, spectral
    norm) as plain ones."""
    hooks = lambda m: [h for h in m._forward_pre_hooks.values() if type(h).__name__ in REMOVED]
    for m in module.modules():
        for hook in hooks(m):  # what such a hook computed belongs to a gradient's graph, which cannot be copied
            value = getattr(m, hook.name)
            if not isinstance(value, nn.Parameter):
                setattr(m, hook.name, value.detach())
    try:
        copied = copy.deepcopy(module)
    except Exception as error:  # modules may hold anything
        raise ExportError("module", f"cannot be copied: {sentence(error)}") from None
    copied = copied.to("cpu", torch.float64, memory_format=torch.contiguous_format).eval().requires_grad_(False)
    for m in list(copied.modules()):
        for hook in hooks(m):
            REMOVED[type(hook).__name__](m, hook.name)
        if parametrize.is_parametrized(m):
            unparametrized(m)
    return copied.requires_grad_(False)


def unparametrized(module):
    """Make a copied module's parametrized tensors plain ones. remove_parametrizations would take the tensor's name from the
    class, which the copy shares with the module of the user."""
    values = {name: getattr(module, name).detach().clone() for name in module.parametrizations}
    module.__class__ = type(module).__bases__[0]
    del module.parametrizations
    for name, value in values.items():
        module.register_parameter(name, nn.Parameter(value))


REMOVED = {"WeightNorm": nn.utils.remove_weight_norm, "SpectralNorm": nn.utils.remove_spectral_norm}


def shape_of(data):
    """(the module's shape, the file's (C, H, W)) of '1x28x28', '2', or sizes."""
    try:
        sizes = tuple(int(s) for s in (data.lower().split("x") if isinstance(data, str) else data))
    except (TypeError, ValueError):
        sizes = ()
    if not 1 <= len(sizes) <= 3 or not all(1 <= s <= 4096 for s in sizes):
        raise ExportError(f"data '{data}'", "expected 1 to 3 sizes of 1 ... 4096, as 1x28x28 (channels first), or 2")
    return sizes, sizes + (1,) * (3 - len(sizes))


def range_of(pixels):
    try:
        low, high = (float(v) for v in (pixels.split(",") if isinstance(pixels, str) else pixels))
        good = math.isfinite(low) and math.isfinite(high) and low < high
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ExportError(
            f"range '{pixels}'", "expected LOW,HIGH with LOW < HIGH, the values of the training images, as -1,1"
        )
    return [low, high]


def name_of(name, notes):
    """1 ... 63 characters of a-z 0-9 - _ . (FORMAT.md)."""
    made = re.sub(r"[^a-z0-9._-]", "-", name.lower())[:63] or "network"
    if made != name:
        notes.append(f"name '{made}', as names have small letters, digits and - _ . only, not '{name}'")
    return made


def defaults_of(kind, schedule, pixels):
    """Settings with which gensample draws from it unless told otherwise: from the schedule's largest noise level (of
    which more than 100 widths of the data change nothing but the number of steps) down to where noise is not seen."""
    if schedule is None or not kind.like_x and kind.file != "energy":
        return {}
    low, high = schedule.sigma
    width = pixels[1] - pixels[0]
    if schedule.ladder and kind.file == "score" and high < 10 * width:
        return {"sampler": "annealed-langevin", "steps": len(schedule.ladder), "sigmas": [low, high]}
    start, end = min(high, 100 * width), max(low, min(0.02 * width, high / 10))
    return {"sampler": "dpmpp-2m", "steps": 25, "sigmas": [end, start]}


def settings_of(text):
    """--default 'sampler=heun,steps=20,sigmas=0.02:80' as FORMAT.md's object; names and values are the library's to
    check."""
    if not text or isinstance(text, dict):
        return text or {}
    out = {}
    for part in text.split(","):
        key, equals, value = (s.strip() for s in part.partition("="))
        try:
            numbers = [float(v) for v in value.split(":")] if key != "sampler" else value
        except ValueError:
            equals = ""
        if not equals or not value:
            raise ExportError(
                f"--default '{text}'", "expected SETTING=VALUE,..., as sampler=heun,steps=20,sigmas=0.02:80"
            )
        out[key.replace("-", "_")] = numbers if key == "sampler" or len(numbers) > 1 else whole(numbers[0])
    return out


def whole(v):
    return int(v) if v == int(v) else v


def finite(module):
    for name, p in module.named_parameters():
        if not torch.isfinite(p).all():
            raise ExportError(f"weights '{name}'", "are not all finite; training has diverged before they were saved")


def bounded(module, notes):
    """Infinite entries of buffers, as masks have, become +-1e30, which a file can hold and a softmax treats alike."""
    for name, b in module.named_buffers():
        if b.is_floating_point() and not torch.isfinite(b).all():
            if torch.isnan(b).any():
                raise ExportError(f"buffer '{name}'", "holds values that are no numbers")
            b.clamp_(-1e30, 1e30)
            notes.append(f"infinite values of '{name}' became 1e30")


class Export:
    """One export, step by step."""

    def __init__(self, module, kind, options):
        options = DEFAULTS | options
        self.o, self.notes = options, []
        if kind not in KINDS:
            raise ExportError(f"kind '{kind}'", f"is not known; known are {several(KINDS, 20)}")
        self.cls, self.kind_name = KINDS[kind], kind
        self.own, self.shape = shape_of(options["data"])
        self.image = shape_of(options["image"])[1] if options["image"] else None
        if self.image and self.cls.file != "decoder":
            if math.prod(self.image) != math.prod(self.own):
                why = f"has {math.prod(self.image)} values, and the data of the module {math.prod(self.own)}"
                raise ExportError(f"image '{options['image']}'", why + "; expected the same number")
            self.shape = self.image
        self.range, self.labels = range_of(options["range"]), self.count_of_labels(options["labels"])
        self.module, self.null = module, options["null"]
        self.schedule = self.made_schedule(options)

    def count_of_labels(self, labels):
        if labels != int(labels or 0) or not 0 <= labels <= 65535:
            raise ExportError(f"labels {labels}", "expected the number of classes, 0 ... 65535")
        return int(labels)

    def made_schedule(self, o):
        if o["schedule"] is None:
            if self.cls.needs_sigma:
                example = "flow" if self.kind_name == "velocity" else "ddpm-linear:1000, or ve:0.01,50"
                why = f"a network of this kind has noise levels; say how they were made, as --schedule {example}"
                raise ExportError(f"kind '{self.kind_name}'", why)
            if o["time"] or o["reverse"]:
                raise ExportError(
                    "--time" if o["time"] else "--reverse", "needs a schedule, as --schedule ddpm-linear:1000"
                )
            return None
        schedule = schedule_of(o["schedule"], o["time"], o["reverse"], o["checkpoint"])
        wanted = self.cls.schedule_name
        if wanted and schedule.name != wanted:
            raise ExportError(
                f"kind '{self.kind_name}'", f"is defined under the schedule {wanted}; expected --schedule {wanted}"
            )
        return schedule

    def call(self):
        o = self.o
        text = o["call"] or call_of_signature(called(self.module, o["method"]), self.schedule is not None, self.labels)
        call = Call(self.module, text, self.own, self.labels, self.null, o["output"], o["method"], self.cls.outputs)
        if not o["call"]:
            self.notes.append(f"called with ({text}), by the names of its parameters")
        used = bool(call.names & {"t", "sigma"})
        if used and self.schedule is None:
            raise ExportError(f"call '{text}'", "takes a time; say what it means, as --schedule ddpm-linear:1000")
        if self.labels and not call.names & {"y", "onehot"}:
            raise ExportError(f"call '{text}'", "takes no label, but --labels is given")
        return call

    def check(self, out):
        """That the module returns what its kind means."""
        n, what = len(self.examples()[0]), f"kind '{self.kind_name}'"
        first = first_of(out)
        if not torch.isfinite(first).all():
            raise ExportError(what, "the module returns values that are not finite")
        if self.cls.file == "classifier" and (first.dim() != 2 or len(first) != n):
            raise ExportError(what, f"expected logits of shape (N, classes), not {tuple(first.shape)}")

    def clean(self, n, generator):
        """Images of random pixels in the data's range, or latents."""
        if self.cls.file == "decoder":
            return torch.randn(n, *self.shape, generator=generator, dtype=torch.float64)
        low, high = self.range
        return low + (high - low) * torch.rand(n, *self.shape, generator=generator, dtype=torch.float64)

    def examples(self):
        """x, sigma and label as far as the file takes them: all labels, noise levels over the range."""
        n = max(self.rows, 3)
        generator = torch.Generator().manual_seed(0)
        x = self.clean(n, generator)
        given = [x]
        if self.schedule:
            a, b = (math.log(v) for v in self.schedule.sigma)
            sigma = torch.exp(a + (b - a) * (torch.arange(n, dtype=torch.float64) + 0.5) / n)
            noise = torch.randn(x.shape, generator=generator, dtype=torch.float64)
            given = [x + sigma.reshape(-1, 1, 1, 1) * noise, sigma]
        return tuple(given + ([torch.arange(n) % self.rows] if self.labels else []))

    def cases(self):
        """(x, sigma, labels) for the comparison: noise levels from the lowest to the highest, three labels at each,
        all of them in turn where there are no more than that makes, and "no label"."""
        generator, step = torch.Generator().manual_seed(1), max(self.rows // (3 * LEVELS), 1)
        if self.schedule:
            a, b = (math.log(v) for v in self.schedule.sigma)
            levels = [math.exp(a + (b - a) * i / (LEVELS - 1)) for i in range(LEVELS)]
        for i, sigma in enumerate(levels if self.schedule else [None] * LEVELS):
            x = self.clean(4, generator)
            if sigma is not None:
                x = x + sigma * torch.randn(x.shape, generator=generator, dtype=torch.float64)
            labels = [(3 * i + k) * step for k in range(3)] + [-1]
            yield x, sigma, torch.tensor(labels) % self.rows if self.labels else None

    def info(self, name):
        data = {"shape": list(self.shape), "range": self.range}
        if self.schedule:
            data["sigma"] = [float(v) for v in self.schedule.sigma]
            if self.schedule.ladder and len(self.schedule.ladder) <= 4096:
                data["ladder"] = self.schedule.ladder
        info = {"name": name, "kind": self.cls.file, "data": data, "inputs": self.inputs()}
        if self.labels:
            info["labels"] = self.labels
        if self.null == "none":
            info["unlabelled"] = False
        default = defaults_of(self.cls, self.schedule, self.range) | settings_of(self.o["default"])
        return info | ({"default": default} if default else {}) | {"provenance": self.provenance()}

    def provenance(self):
        made = {"exporter": f"gensample-export --kind {self.kind_name}", "torch": torch.__version__.split("+")[0]}
        if self.schedule and isinstance(self.o["schedule"], str):
            made["schedule"] = self.o["schedule"]
        return made | (self.o["provenance"] or {})

    def wrap(self):
        """The graph's module: the user's, with everything around it."""
        self.module = twin(self.module)
        finite(self.module)
        bounded(self.module, self.notes)
        wrapped = self.wrapped()
        call = wrapped.net
        try:
            probe(wrapped, call, self.examples(), self.check)
        except ExportError:
            if not self.labels or self.null is not None or call.masked:
                raise
            self.null = "none"
            try:
                probe(wrapped, call, self.examples(), self.check)
            except ExportError:
                self.null = None
            if self.null is None:
                raise
            self.notes.append("every image needs a label, as the module has none for 'no label'")
        if self.cls.like_x and math.prod(call.returned[1:]) == 2 * math.prod(self.own):
            self.notes.append("the second half of the channels, learned variances, is left out")
        self.warn_of_little_noise()
        if call.whole:
            self.notes.append("times are rounded to whole numbers, which the module indexes with")
        return wrapped

    def warn_of_little_noise(self):
        """Chains begin at N(0, sigma^2) of the highest noise level, which is near to what the network was trained on
        where that is far above the data."""
        width = self.range[1] - self.range[0]
        if self.schedule and not self.schedule.ladder and self.schedule.sigma[1] < width:
            self.notes.append(
                f"the highest noise level, {self.schedule.sigma[1]:.2g}, is below the width of the data range, "
                f"{width:g}: chains begin with noise alone, which is narrower than the images with noise of the training, "
                "and samples will show it; expected more steps or larger betas in --schedule"
            )

    def wrapped(self):
        call = self.call()
        if self.cls.like_x:
            call.expects_image()
        wrapped = self.cls(call, self.inputs(), self.schedule, self.o["negate"]).double().eval()
        if self.image and self.cls.file == "decoder":
            wrapped.image = self.image
        return wrapped

    def inputs(self):
        return ["x"] + ["sigma"] * bool(self.schedule) + ["label"] * bool(self.labels)

    @property
    def rows(self):
        """How many labels there are, with "no label" if the network has it; 0: it takes none."""
        return self.labels and self.labels + (self.null != "none")

    def run(self, name):
        wrapped = self.wrap()
        info = self.info(name_of(name, self.notes))
        try:
            return own_names(writing.export(wrapped, self.examples(), info, notes=self.notes)), wrapped, info
        except (ExportError, writing.Unsupported):
            raise
        except Exception as error:  # of PyTorch's tracing, for modules that run but cannot be traced
            raise ExportError("module", f"cannot be exported: {sentence(error)}{place_of(error)}") from error


def own_names(raw):
    """The file with the names of the user's module, instead of those of what is around it: `head.weight`."""
    around = "net.module."
    model, tensors = weightfile.parse(raw)
    nodes = model["graph"]["nodes"]
    taken = {"x", "sigma", "label"} | {n["name"] for n in nodes} | set(tensors)

    def short(name):
        own = name.removeprefix(around)
        return own if own not in taken else name

    for node in nodes:
        node["name"], node["inputs"] = short(node["name"]), [short(i) for i in node["inputs"]]
        if "tensors" in node:
            node["tensors"] = {role: short(t) for role, t in node["tensors"].items()}
    model["graph"]["outputs"] = [short(o) for o in model["graph"]["outputs"]]
    return weightfile.write(model, {short(name): t for name, t in tensors.items()})


def export(
    module,
    *,
    kind,
    schedule=None,
    data=(1, 28, 28),
    range=(0, 1),
    labels=0,
    null=None,
    time=None,
    call=None,
    args=None,
    method=None,
    output=None,
    image=None,
    negate=False,
    reverse=False,
    default=None,
    name=None,
    out=None,
    checkpoint=None,
    provenance=None,
    report=None,
):
    """The bytes of a weight file (FORMAT.md) for a PyTorch module.

    module: a torch.nn.Module with its weights, or a class, which is made with `args` (a tuple, or a dict of keywords).
    kind: what the module returns, as 'noise' or 'energy' (KINDS). schedule: how noise was added in training, as
    'ddpm-linear:1000' (SCHEDULES), for kinds with noise levels. data: the shape of one sample, channels first; range: (low, high) of the values in training.
    labels: the number of classes K; null: the module's own "no label" where it is not row K, or "none".
    time: what the module is given as its time, an expression of i, t, T and sigma; by default the schedule's.
    call: how the module is called, as 'x, t, y=y' (call.py); by default by the names of its parameters.
    method: the method or part that is called instead of the module itself, as 'decode'.
    output: the key, attribute or index of the wanted tensor where the module returns several.
    image: the shape of images, where the module has them in another: `data`; of a decoder, whose `data` is the shape of
        its latents, that of its results.
    negate: the module returns the negative (f = -E). reverse: time runs from noise at 0 to data at 1 (flow).
    default: settings for sampling, a dict or text, beside those that follow from the schedule.
    out: a file to write as well. report: is called with each sentence about what was chosen and measured.

    Raises ExportError, or Unsupported with everything in the module that a file cannot express.
    """
    given = {k: v for k, v in locals().items() if k in DEFAULTS}
    if not isinstance(module, nn.Module):
        module = module(**args) if isinstance(args, dict) else module(*(args or ()))
    result = exported(module, kind, name or type(module).__name__, given)
    for text in result.notes + [str(result.check)]:
        report and report(text)
    if out:
        written_beside(out, result.raw)
    return result.raw


NO_OPTIONS = ("module", "kind", "args", "name", "out", "report")  # what is not an export's own
DEFAULTS = {k: p.default for k, p in inspect.signature(export).parameters.items() if k not in NO_OPTIONS}


def exported(module, kind, name, options):
    """As `export`, with everything that there is to say; `options` are those of DEFAULTS that are not as there."""
    with torch.no_grad():
        job = Export(module, kind, options)
        raw, wrapped, info = job.run(name)
        return Result(raw, info, job.notes, compare(raw, wrapped, job.cases(), job.cls.file == "energy"))

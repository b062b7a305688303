"""How a module is called: which of its arguments are x, time and label, and what of its result is wanted.

Found from the signature of `forward`, or given as an expression (`--call "x, t, y"`) of these names:

    x      the network's input x_t            t      its time, by the schedule
    sigma  the noise level of the file        y      the label, 0 ... K - 1, and what stands for "no label"
    null   1 for "no label", else 0           keep   1 - null
    onehot the label as K numbers, all 0 for "no label"
"""

import inspect
import io
import traceback
from contextlib import nullcontext, redirect_stdout

import torch
from torch import nn

from .advice import ADVICE, RANDOM
from .expression import Arguments
from .precision import Float64
from .problem import ExportError, several

NAMES = ("x", "t", "sigma", "y", "null", "keep", "onehot")
IMAGES = "x xt x_t x_in img image images imgs inputs input_tensor sample samples noisy noisy_images noisy_x x_noisy"
IMAGES = set(f"{IMAGES} hidden_states z zt z_t latent latents data".split())
TIMES = "t ts time times timestep timesteps time_step time_steps time_cond step steps sigma sigmas noise noise_labels"
TIMES = set(f"{TIMES} noise_level noise_levels noise_cond used_sigmas log_snr logsnr time_emb tau".split())
LABELS = "y label labels c cls class_label class_labels classes class_id class_ids context cond condition target"
LABELS = set(f"{LABELS} targets category digit".split())
DROPPED = {"context_mask", "drop_mask", "null_mask", "uncond_mask", "force_drop_ids"}
MASKS = {"mask", "label_mask", "class_mask", "cond_mask", "keep_mask"}

RAISED = (Exception, SystemExit)  # what a user's code may raise: anything but the user's own Ctrl-C

# What modules expect of a time: shapes, and whether they index with it.
SHAPES = ((-1,), (-1, 1), (-1, 1, 1, 1))


def called(module, method):
    """What is called of a module: itself, or its method or part of this name."""
    out = module
    for part in method.split(".") if method else ():
        out = (
            out[int(part)]
            if part.isdigit() and isinstance(out, (nn.Sequential, nn.ModuleList))
            else getattr(out, part, None)
        )
    if not callable(out):
        parts = [n for n in dir(type(module)) if n.startswith(("encode", "decode", "sample", "forward", "generate"))]
        parts += [n for n, _ in module.named_children()]
        raise ExportError(
            f"--method {method}", f"{type(module).__name__} has no such method or part; it has {several(parts, 20)}"
        )
    return out


def call_of_signature(module, takes_time, labels):
    """The arguments of the call of a module, or of a method, as text, from the names of its parameters."""
    try:
        found = getattr(module, "signature", None)
        found = found if isinstance(found, inspect.Signature) else inspect.signature(getattr(module, "forward", module))
        parameters = list(found.parameters.values())
    except (TypeError, ValueError):
        raise ExportError(
            "call", "the module's forward has no signature; say how it is called, as --call 'x, t'"
        ) from None
    named = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not named and any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return ", ".join(["x"] + ["t"] * takes_time + ["y"] * bool(labels))
    if not named:
        raise ExportError("call", "the module's forward takes no arguments; expected x at least")
    image = next((p for p in named if p.name.lower() in IMAGES), None) if named[0].name.lower() in TIMES else None
    image = image or named[0]
    roles = {image.name: "x"}
    rest = [p for p in named if p is not image]
    required = [p.name for p in rest if p.default is p.empty]
    if takes_time:
        own = [p.name for p in rest if p.name.lower() in TIMES]
        other = [n for n in required if n not in LABELS and n not in DROPPED | MASKS] or required
        found = own or (other if len(required) == 1 or not labels else [])
        if not found:
            raise ExportError("call", f"no parameter of {listing(named)} is known to be the time; {hint(named)}")
        roles[found[0]] = "t"
    if labels:
        own = [p.name for p in rest if p.name.lower() in LABELS and p.name not in roles]
        other = [n for n in required if n not in roles and n not in DROPPED | MASKS]
        if not own + other:
            raise ExportError("call", f"no parameter of {listing(named)} is known to be the label; {hint(named)}")
        roles[(own + other)[0]] = "y"
        roles |= {p.name: "null" for p in rest if p.name in DROPPED and p.name not in roles}
    unknown = [n for n in required if n not in roles]
    if unknown and labels and set(unknown) <= MASKS:
        why = (
            f"{several(unknown)} may be 1 for 'no label' or for 'label'; write null for the first, keep for the second"
        )
        raise ExportError("call", f"{why}; {hint(named)}")
    for n in unknown:  # which may well be what the kind has without being told
        if n.lower() in TIMES and not takes_time:
            raise ExportError("call", meaning(n, named, "time", "--schedule ddpm-linear:1000"))
        if n.lower() in LABELS and not labels:
            raise ExportError("call", meaning(n, named, "label", "--labels 10"))
    if unknown:
        raise ExportError("call", f"what to give as {several(unknown)} of {listing(named)} is not known; {hint(named)}")
    return written(named, roles)


def meaning(name, named, what, option):
    return f"{name} of {listing(named)} is a {what}, by its name; say what it means, as {option}, or give a number, as --call 'x, {name}=0'"


def listing(named):
    return f"forward({', '.join(p.name for p in named)})"


def hint(named):
    example = "x, t" if len(named) > 1 else "x"
    return f"say how the module is called, for instance --call '{example}' (of {', '.join(NAMES)})"


def written(named, roles):
    """As positional arguments as far as they follow one another, else by keyword."""
    out, gap = [], False
    for p in named:
        role = roles.get(p.name)
        gap = gap or role is None
        if role:
            out.append(f"{p.name}={role}" if gap or p.kind == p.KEYWORD_ONLY else role)
    return ", ".join(out)


class Call(nn.Module):
    """The user's module as net(x, t, sigma, label), with x of the file's shape (C, H, W)."""

    def __init__(self, module, text, shape, labels=0, null=None, output=None, method=None, most=1):
        super().__init__()
        self.module, self.arguments, self.shape, self.labels = module, Arguments(text, "--call"), tuple(shape), labels
        self.output, self.method, self.most = output, method, most
        self.time_shape, self.whole, self.ran = (-1,), False, False
        self.names = self.arguments.names
        unknown = {n for n in self.names if n not in NAMES and n.split(".")[0] != "torch"}
        if unknown:
            self.arguments.fail(f"the name '{min(unknown)}' is not known; known are {', '.join(NAMES)}")
        if self.names & {"y", "null", "keep", "onehot"} and not labels:
            self.arguments.fail("labels are used; say how many classes there are, as --labels 10")
        if labels:
            table = label_table(labels, null, null is None and self.masked)
            self.register_buffer("label_table", torch.tensor(table), persistent=False)
            self.as_is = table == list(range(labels + 1))
            self.register_buffer("null_table", torch.eye(labels + 1)[labels], persistent=False)
            self.register_buffer("onehot_table", torch.eye(labels + 1)[:, :labels].contiguous(), persistent=False)

    @property
    def masked(self):
        """Whether the module is told by a mask, or by no number at all, that there is no label."""
        return bool(self.names & {"null", "keep", "onehot"})

    def variables(self, x, t, sigma, label):
        given = {"x": x.reshape(x.shape[0], *self.shape), "sigma": sigma}
        if t is not None:
            t = t.reshape(self.time_shape)
            given["t"] = torch.floor(t + 0.5).long() if self.whole else t
        if label is not None and self.labels:
            given["y"] = label if self.as_is else self.label_table[label]
            if self.names & {"null", "keep"}:
                given["null"] = self.null_table[label]
                given["keep"] = 1 - given["null"]
            if "onehot" in self.names:
                given["onehot"] = self.onehot_table[label]
        return {k: v for k, v in given.items() if v is not None}

    def forward(self, x, t=None, sigma=None, label=None):
        positional, keywords = self.arguments.evaluate(self.variables(x, t, sigma, label))
        with Float64(), self.quiet():
            out = called(self.module, self.method)(*positional, **keywords)
        return self.finish(picked(out, self.output, self.most), x)

    def quiet(self):
        """What the module prints is shown of its first call alone."""
        first, self.ran = not self.ran, True
        return nullcontext() if first else redirect_stdout(io.StringIO())

    def finish(self, out, x):
        """The result in the file's shape where it is an image: networks that learn variances return them after the
        first half of the channels (Nichol & Dhariwal 2021)."""
        if self.like is None:
            return out
        self.returned = tuple(out.shape)
        if out.dim() > 1 and out.shape[1] == 2 * self.shape[0] and out.shape[2:] == self.shape[1:]:
            out = out[:, : self.shape[0]]
        sizes = lambda shape: [n for n in shape if n > 1]
        got, wanted = sizes(out.shape[1:]), sizes(self.shape)
        moved = sorted(got) == sorted(wanted) and got != wanted  # as channels behind the image
        if out.numel() != x.numel() or moved:
            why = "the shape of what it was given; check --data and --kind, or take another of its results by --output"
            raise ExportError("module", f"returns {tuple(out.shape)}, expected {(len(x), *self.shape)}, {why}")
        return out.reshape(x.shape)

    like = None

    def expects_image(self):
        self.like = self.shape
        return self


def label_table(labels, null, masked):
    """The module's label for each of the file's, 0 ... K, of which K is "no label". Where a mask says that there is
    none, or the network cannot be told (null "none"), its label is 0; a null label among the classes' moves those
    behind it up.
    """
    if masked:
        return [*range(labels), 0]
    if null is None or null == "none":
        return list(range(labels + 1))
    return [i for i in range(labels + 1) if i != null][:labels] + [null]


def picked(out, name, most=1):
    """The tensor that is wanted of a module's result; up to `most` in their order, where it returns no more."""
    if isinstance(out, torch.Tensor):
        if name is not None:
            raise ExportError(f"--output {name}", "the module returns a single tensor")
        return out
    if name is None and isinstance(getattr(out, "sample", None), torch.Tensor):
        return out.sample
    if isinstance(out, dict):
        choices = {str(k): v for k, v in out.items()}
    elif isinstance(out, (tuple, list)):
        choices = {str(i): v for i, v in enumerate(out)}
        choices |= {k: getattr(out, k) for k in getattr(out, "_fields", ())}
    else:
        choices = {k: v for k, v in vars(out).items()} if hasattr(out, "__dict__") else {}
    tensors = {k: v for k, v in choices.items() if isinstance(v, torch.Tensor)}
    if name is None and len(set(map(id, tensors.values()))) == 1:
        return next(iter(tensors.values()))
    if name is None and 1 < len(tensors) <= most:
        return tuple(tensors.values())
    if name not in tensors:
        why = f"the module returns a {type(out).__name__} of {several(tensors)}; choose one by --output"
        raise ExportError(f"output {name}" if name else "output", why)
    return tensors[name]


def place_of(error):
    """Where in the user's code an exception came from."""
    own = ("/torch/", "/gensample/exporter/", "<frozen", "/einops/")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not any(o in f.filename for o in own)]
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def sentence(error):
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}{': ' + lines[0] if lines else ''}"


@torch.no_grad()
def probe(kind, call, inputs, check):
    """Find the shape of the time with which the module runs, and whether it wants whole numbers; `check(out)` raises
    ExportError where the result is of no use. What was found is left in `call`."""
    first = None
    timed = "t" in call.names
    for whole in (False, True) if timed else (False,):
        for shape in SHAPES if timed else SHAPES[:1]:
            call.time_shape, call.whole = shape, whole
            try:
                out = kind(*inputs)
                check(out)
                alone = first_of(kind(*(v[1:3] for v in inputs)))  # two, as modules squeeze a single one away
                if not torch.allclose(first_of(out)[1:3], alone, rtol=1e-6, atol=1e-8 * float(alone.abs().max())):
                    raise ExportError("module", unsteady(first_of(out), first_of(kind(*inputs))))
                return out
            except ExportError as error:
                first = first or error
            except RAISED as error:
                first = first or error
    if isinstance(first, ExportError):
        raise first
    shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in call.variables(*probe_inputs(kind, inputs)).items())
    why = f"the module fails when it is called with ({call.arguments.text}), where {shapes}: {sentence(first)}"
    raise ExportError("call", why + place_of(first))


def unsteady(out, again):
    """Why the result for an image is another in another batch."""
    if out.equal(again):
        return f"its result for an image depends on the other images of the batch; {ADVICE['batch']}"
    return f"returns something else each time, so it draws random numbers; {RANDOM}"


def probe_inputs(kind, inputs):
    given = dict(zip(kind.inputs, inputs))
    sigma = given.get("sigma")
    t = kind.schedule.time(sigma) if sigma is not None else None
    return given["x"], t, sigma, given.get("label")


def first_of(out):
    return out[0] if isinstance(out, (tuple, list)) else out

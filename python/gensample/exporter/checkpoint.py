"""Checkpoints: find a module's weights in a file as people save them, and put them in. Only data is read, never code
(torch.load with weights_only, or safetensors)."""

import argparse
import collections
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

from .problem import ExportError, several

AVERAGED = re.compile(r"(^|[._])(ema|averaged?|avg|shadow|polyak|swa)", re.IGNORECASE)
TRAINED = re.compile(r"(^|[._])online", re.IGNORECASE)  # beside an average, what it is the average of (ema_pytorch)
DEPTH = 6  # of nested dictionaries
CONFIGS = ("hyper_parameters", "hparams", "model_args", "model_kwargs", "model_config", "config", "cfg", "args")


def plain(value):
    """Dictionaries and lists of a loaded checkpoint, with namespaces as dictionaries."""
    return vars(value) if isinstance(value, argparse.Namespace) else value


class Checkpoint:
    """What a file holds: nested dictionaries and lists with tensors at their ends."""

    def __init__(self, path):
        self.path, self.data = str(path), load(Path(path))

    def entries(self):
        """(path, value) of everything in it, outermost first."""
        waiting = collections.deque([("", self.data, 0)])
        while waiting:
            path, value, depth = waiting.popleft()
            value = plain(value)
            yield path, value
            if isinstance(value, (list, tuple)) and len(value) <= 16:
                value = dict(enumerate(value))  # score networks: [weights, optimizer's state, epoch ...]
            if isinstance(value, dict) and depth < DEPTH:
                for k, v in value.items():
                    waiting.append((f"{path}.{k}" if path else str(k), v, depth + 1))

    def tables(self):
        """Keys of tensors and lists that may be tables of a schedule."""
        table = lambda v: isinstance(v, torch.Tensor) and v.dim() == 1 and v.is_floating_point()
        return [p for p, v in self.entries() if table(v) and p.split(".")[-1] in KNOWN_TABLES]

    def table(self, key):
        found = [v for p, v in self.entries() if (p == key or p.endswith("." + key)) and not isinstance(v, dict)]
        return (
            found[0].double().numpy() if found and isinstance(found[0], torch.Tensor) else found[0] if found else None
        )

    def arguments(self, wanted):
        """(key, values) of a configuration that holds these arguments of a class, else (None, {})."""
        for path, value in self.entries():
            if path.split(".")[-1] in CONFIGS and isinstance(value, dict) and set(value) & set(wanted):
                return path, {k: value[k] for k in wanted if k in value}
        return None, {}

    def states(self):
        """[(path, {key: tensor})] of dictionaries with tensors in them, and of lists of tensors, by position."""
        out = []
        for path, value in self.entries():
            if isinstance(value, dict):
                tensors = {str(k): v for k, v in value.items() if isinstance(v, torch.Tensor)}
            elif isinstance(value, (list, tuple)) and value and all(isinstance(v, torch.Tensor) for v in value):
                tensors = dict(enumerate(value))
            else:
                tensors = {}
            if tensors and "optimizer" not in path.lower():
                out.append((path, tensors))
        return out


KNOWN_TABLES = ("betas", "alphas_cumprod", "alpha_bars", "alphas_bar", "alpha_bar", "sigmas")


def load(path):
    if path.is_dir():
        raise ExportError(str(path), "is a folder; expected the file with the weights")
    if not path.is_file():
        raise ExportError(str(path), "no such file")
    try:
        if path.suffix == ".safetensors" or begins_as_safetensors(path):
            return load_safetensors(path)
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except ExportError:
        raise
    except Exception as error:  # hostile files raise whatever they like
        raise ExportError(str(path), refused(path, str(error) or type(error).__name__)) from None


def begins_as_safetensors(path):
    with open(path, "rb") as f:
        return f.read(9)[8:] == b"{"


def load_safetensors(path):
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise ExportError(
            str(path), "reading safetensors needs the package safetensors: pip install safetensors"
        ) from None
    return load_file(path)


def refused(path, message):
    """Why a file was not loaded, and what to do."""
    if zipfile.is_zipfile(path) and any(
        n.endswith("/constants.pkl") or "/code/" in n for n in zipfile.ZipFile(path).namelist()
    ):
        return "is TorchScript, which holds code; save the weights alone: torch.save(module.state_dict(), FILE)"
    with open(path, "rb") as f:
        begins = f.read(4)
    if not begins.startswith((b"PK", b"\x80")) or "Unsupported operand" in message:  # a zip archive, a pickle
        return "is no checkpoint that can be read; expected a file of torch.save, or safetensors"
    found = re.search(r"(?:GLOBAL|global|class) [\"'`]?([\w.]+)[\"'`]?", message)
    if "weights_only" in message or "Unsupported" in message or found:
        what = found.group(1) if found else "objects of Python"
        return (
            f"holds more than tensors ({what}), which would run code when it is loaded; save the weights alone where "
            "the code is at hand: torch.save(module.state_dict(), FILE)"
        )
    return f"is no checkpoint that can be read (PyTorch's or safetensors): {message.strip().splitlines()[0][:200]}"


# Matching.


@dataclass
class Copy:
    """One copy of the module's weights: where it is, the tensors by the module's keys, and what does not fit."""

    path: str
    tensors: dict
    missing: list
    unexpected: list
    wrong: list

    @property
    def averaged(self):
        return bool(AVERAGED.search(self.path)) and not TRAINED.search(self.path)

    def differs(self, other):
        """Whether another copy holds other numbers."""
        both = self.tensors.keys() & other.tensors.keys()
        return any(not torch.equal(self.tensors[k], other.tensors[k]) for k in both)

    @property
    def complete(self):
        return not (self.missing or self.unexpected or self.wrong)


def joined(path, prefix):
    return ".".join(p for p in (path, prefix.rstrip(".")) if p) or "the file itself"


# Keys of the older weight norm and spectral norm, as parametrizations have them.
OLDER = (
    ("weight_g", "parametrizations.weight.original0"),
    ("weight_v", "parametrizations.weight.original1"),
    ("weight_orig", "parametrizations.weight.original"),
    ("weight_u", "parametrizations.weight.0._u"),
    ("weight_v", "parametrizations.weight.0._v"),
)


def renamed(key, known):
    """A key without what torch.compile, DataParallel and the like put into it, as far as the module has none of
    that."""
    for extra in ("_orig_mod.", "module.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."):
        if extra in key and not any(extra in k for k in known):
            key = key.replace(extra, "")
    for older, newer in OLDER:
        if key.endswith("." + older) and key not in known:
            new = key.removesuffix(older) + newer
            if any(new.endswith(k) for k in known if k.endswith(newer)):
                return new
    return key


def prefixes(keys, known):
    """What may stand before the module's keys: found by matching, with the number of keys that follow each."""
    counts, ends = collections.Counter(), {k: k.replace(".", "") for k in known}
    for key in keys:
        parts = key.split(".")
        for i in range(len(parts)):
            if ".".join(parts[i:]) in ends:
                counts[".".join(parts[:i]) + "." if i else ""] += 1
    return [p for p, _ in counts.most_common(8)]


def copies(checkpoint, module):
    """Every copy of the module's weights, the best fitting first."""
    state = module.state_dict()
    found = []
    for path, tensors in checkpoint.states():
        if 0 in tensors:
            found += listed(path, tensors, module)
            continue
        keys = {renamed(k, state): v for k, v in tensors.items()}
        for prefix in prefixes(keys, state):
            found.append(
                matched(
                    joined(path, prefix), {k[len(prefix) :]: v for k, v in keys.items() if k.startswith(prefix)}, state
                )
            )
        found += without_dots(path, keys, state)
    return sorted(found, key=lambda c: (not c.complete, len(c.missing) + len(c.wrong), len(c.unexpected)))


def matched(path, tensors, state):
    tensors = {k: v for k, v in tensors.items() if not (k == "n_averaged" and k not in state)}
    both = {k: v for k, v in tensors.items() if k in state}
    wrong = [
        f"{k} of shape {tuple(v.shape)}, the module's is {tuple(state[k].shape)}"
        for k, v in both.items()
        if v.shape != state[k].shape
    ]
    return Copy(path, both, [k for k in state if k not in tensors], [k for k in tensors if k not in state], wrong)


def without_dots(path, keys, state):
    """Averages of Lightning's and latent diffusion's LitEma: STEM.NAME, NAME being a prefix and the key without its
    dots."""
    short = {k.replace(".", ""): k for k in state if "." in k}
    for stem in sorted({k.split(".")[0] for k in keys if k.count(".") == 1}):
        part = {k[len(stem) + 1 :]: v for k, v in keys.items() if k.startswith(stem + ".") and k.count(".") == 1}
        counts = collections.Counter(n[: -len(s)] for n in part for s in short if n.endswith(s))
        for prefix, _ in counts.most_common(1):
            names = {prefix + k.replace(".", ""): k for k in state}
            yield matched(joined(path, stem), {names[n]: v for n, v in part.items() if n in names}, state)


def listed(path, tensors, module):
    """Averages kept as a list of parameters in the module's order (score_sde's shadow_params)."""
    wanted = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    if [v.shape for v in tensors.values()] != [p.shape for _, p in wanted]:
        return []
    return [Copy(path, dict(zip((n for n, _ in wanted), tensors.values())), [], [], [])]


def single(what, candidates):
    """The first of some copies, which must be all the same."""
    if any(c.differs(candidates[0]) for c in candidates[1:]):
        paths = several(c.path for c in candidates)
        raise ExportError(what, f"there is more than one such copy: {paths}; name one, as --weights {candidates[0].path}")
    return candidates[0]


def choose(found, ema, weights):
    """The copy to take, and a sentence about the others."""
    complete = [c for c in found if c.complete or (not c.wrong and not c.unexpected and c.only_buffers)]
    if weights is not None or isinstance(ema, str):
        wanted = weights if weights is not None else ema
        named = [c for c in found if c.path == wanted] or [c for c in complete if wanted in c.path]
        if not named:
            raise ExportError(
                f"weights '{wanted}'", f"no copy of that name; copies found: {several(c.path for c in complete)}"
            )
        if weights is None:
            named, others = [c for c in named if c.averaged], named
            if not named:
                averages = several(c.path for c in complete if c.averaged)
                why = f"names no averaged copy, but {several(c.path for c in others)}; averaged copies found: {averages}"
                raise ExportError(f"--ema {ema}", f"{why}; --weights PATH takes any")
        return single(f"weights '{wanted}'", named), None
    plain_ones, averages = [c for c in complete if not c.averaged], [c for c in complete if c.averaged]
    if ema:
        if not averages:
            raise ExportError("--ema", f"no averaged copy was found; copies found: {several(c.path for c in complete)}")
        single("--ema", averages)
        plain_ones, averages = averages, plain_ones
    taken = (plain_ones or averages or [None])[0]
    others = [c.path for c in plain_ones + averages if c is not taken]
    how = "" if ema else " (--ema takes an averaged one, --weights PATH any)"
    return taken, f"weights of '{taken.path}', not of {several(others)}{how}" if taken and others else None


def put(checkpoint, module, ema=False, weights=None):
    """Load the weights into the module; returns sentences about what was chosen."""
    buffers = {n for n, _ in module.named_buffers()}
    found = copies(checkpoint, module)
    for c in found:
        c.only_buffers = all(k in buffers and "running_" not in k for k in c.missing)
    taken, note = choose(found, ema, weights) if found else (None, None)
    if not taken or not (taken.complete or taken.only_buffers) or taken.wrong or taken.unexpected:
        raise ExportError(checkpoint.path, misfit(checkpoint, module, taken or (found[0] if found else None)))
    notes = [note] if note else []
    state = module.state_dict()
    for k, v in taken.tensors.items():
        if k in dict(module.named_parameters()) or "running_" in k:
            if not torch.isfinite(v.float()).all():
                raise ExportError(
                    checkpoint.path, f"the weights '{k}' are not all finite; training has diverged before it was saved"
                )
        with torch.no_grad():
            state[k].copy_(v)
    if taken.missing:
        notes.append(f"{several(taken.missing)}: not in the checkpoint, as the module makes them")
    return notes


def misfit(checkpoint, module, best):
    """What was found and what was expected."""
    state = module.state_dict()
    if best is None or not best.tensors:
        keys = [k for _, t in checkpoint.states() for k in t] or [p for p, _ in checkpoint.entries() if p]
        return f"no weights of {type(module).__name__} in it; keys found: {several(keys)}; expected: {several(state)}"
    parts = [f"the weights of '{best.path}' do not fit {type(module).__name__}"]
    for what, names in (("missing", best.missing), ("unexpected", best.unexpected), ("of another size", best.wrong)):
        if names:
            parts.append(f"{what}: {several(names)}")
    return "; ".join(parts) + "; check --args, or --weights if another copy is meant"

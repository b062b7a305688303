"""`Float64`: run code that was written for float32, or for a GPU, in float64 on the CPU."""

import re
from contextlib import nullcontext

import torch
from torch import nn
from torch.distributions import Distribution
from torch.overrides import TorchFunctionMode

NARROW = {torch.float32, torch.float16, torch.bfloat16}
CASTS = {torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16}
STAY = {torch.Tensor.cuda}
DTYPE = torch.Tensor.dtype.__get__
READ, WRITE = torch.Tensor.data.__get__, torch.Tensor.data.__set__
WRITES = re.compile(r"[^_]_(\.|$)|^__(set|setitem|i[a-z]+)__$")  # names of functions that write to their first argument
TEXTS = {"torch.FloatTensor", "torch.HalfTensor", "torch.cuda.FloatTensor", "torch.cuda.HalfTensor"}


def of_type(v, types):
    return isinstance(v, torch.Tensor) and DTYPE(v) in types


def met(v):
    """An argument beside one of float64, where a tensor that was made of NumPy's, or is a plain attribute, which no
    conversion of a module reaches, may be narrow."""
    return v.double() if of_type(v, NARROW) else v


class Float64(TorchFunctionMode):
    """Where a module asks for a narrow floating-point type or another device, it gets float64 and the CPU. Networks
    cast inside (`t.float()`, `.to(x.device)`, `dtype=torch.float32`), which float64 weights would not go with.

    Weights that a module writes to when it runs, as `weight.data *= mask`, are written to when it is tried, before it is
    traced. The trace leaves them as they then are. Distributions do not look at the values that they are given, which a
    trace has not."""

    def __enter__(self):
        self.before = torch.get_default_dtype(), torch.backends.mha.get_fastpath_enabled(), Distribution._validate_args
        torch.set_default_dtype(torch.float64)
        torch.backends.mha.set_fastpath_enabled(False)  # the transformer layers' fused operation has no parts to trace
        Distribution.set_default_validate_args(False)
        eager = getattr(torch.compiler, "set_stance", None)  # from PyTorch 2.6; torch.compile inside of a module
        self.stance = eager("force_eager") if eager else nullcontext()
        self.stance.__enter__()
        return super().__enter__()

    def __exit__(self, *error):
        self.stance.__exit__(*error)
        torch.set_default_dtype(self.before[0])
        torch.backends.mha.set_fastpath_enabled(self.before[1])
        Distribution.set_default_validate_args(self.before[2])
        return super().__exit__(*error)

    def __torch_function__(self, f, types, args=(), kwargs=None):
        if f == DTYPE:  # modules compare types, or choose constants by them, as for float32
            found = f(*args)
            return torch.float32 if found == torch.float64 else found
        if f in CASTS:
            return args[0].double()
        if f in STAY:
            return args[0]
        if f in (READ, WRITE) and isinstance(args[0], nn.Parameter) and torch.compiler.is_compiling():
            return args[0].detach().clone() if f == READ else None
        kwargs = kwargs or {}
        if any(of_type(v, {torch.float64}) for v in (*args, *kwargs.values())):
            kept = 1 if WRITES.search(getattr(f, "__name__", "")) else 0  # as what is written to stays itself
            args, kwargs = [*args[:kept], *map(met, args[kept:])], {k: met(v) for k, v in kwargs.items()}
        return f(*map(self.wide, args), **{k: self.wide(v) for k, v in kwargs.items()})

    def wide(self, v):
        if isinstance(v, torch.dtype):
            return torch.float64 if v in NARROW else v
        if isinstance(v, torch.device):
            return torch.device("cpu")
        if isinstance(v, str):
            return torch.float64 if v in TEXTS else "cpu" if v.startswith(("cuda", "mps")) else v
        return v

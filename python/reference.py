#!/usr/bin/env python3
"""Write docs/python-reference.md from the docstrings of the package: reference.py [FILE].

Everything that `gensample.__all__` names is there, or this fails; tests/python/test_reference.py compares the page with
what this makes of the package.
"""

import dataclasses
import enum
import inspect
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "python"))

import gensample  # noqa: E402

# The chapters, in order; what no chapter names is an error.
CHAPTERS = {
    "Networks": "load shipped models_folder Model ModelInfo",
    "Plans": "Plan PlanInfo Run Stats Walk",
    "Images": "Images",
    "Samplers and settings": "samplers Sampler settings Setting",
    "Inverse problems": "methods operators Operator OperatorKind",
    "Quality": "quality Quality Measured classify loss Loss nearness Nearness psnr ssim",
    "Many samples": "stream QualitySums Shards Shard",
    "Chains": "summary ChainSummary bfmi to_arviz to_netcdf",
    "Likelihoods and latents": "likelihood Likelihood encode decode interpolate slerp",
    "Classes by a network that is told them": "class_probabilities ClassProbabilities calibration Calibration",
    "Images of another kind": "novelty auroc roc",
    "Partition functions": "partition Partition",
    "Densities": "density Density densities DensityKind",
    "Quantisation": "quantize Quantized QuantizedLayer",
    "Rejection sampling": "rejection Rejection algorithms",
    "This machine": "version isas backends",
    "Errors": "GensampleError Status ArgumentError FileError FormatError OutOfMemoryError UnsupportedError"
    " InterruptedSampling DivergedError",
}
ELSEWHERE = {"__version__", "export"}  # export needs PyTorch to be read; its docstring is taken from the source


def formatted(text):
    """A docstring as Markdown: lines "name: what it is" of a paragraph become a list."""
    out = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        entries = re.split(r"\n(?=[a-z]\w*(?:, \w+)*: )", paragraph)
        joined = [" ".join(line.strip() for line in entry.splitlines()) for entry in entries]
        if len(joined) > 1 or re.match(r"[a-z]\w*(, \w+)*: ", joined[0]):
            joined = [re.sub(r"^([a-z]\w*(?:, \w+)*): ", lambda m: f"- `{m.group(1)}`: ", entry) for entry in joined]
            out.append("\n".join(joined))
        else:
            out.append(joined[0])
    return "\n\n".join(out)


def signature(name, function, skip_self=False):
    given = inspect.signature(function)
    parameters = list(given.parameters.values())[1 if skip_self else 0 :]
    text = f"{name}{inspect.Signature(parameters, return_annotation=given.return_annotation)}"
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text).replace("np.", "numpy.")


def comments_of_fields(kind):
    """What the comment behind each field of a dataclass or value of an enumeration says."""
    found = {}
    for line in inspect.getsource(kind).splitlines():
        match = re.match(r"    (\w+)(?::| =)[^#]*#\s*(.*)$", line)
        if match:
            found[match[1]] = match[2]
    return found


def members(kind):
    for name, member in vars(kind).items():
        if not name.startswith("_") and isinstance(member, (property, staticmethod)) or inspect.isfunction(member):
            if not name.startswith("_"):
                yield name, member


def page_of_class(name, kind):
    lines = [f"### class {name}", "", formatted(kind.__doc__), ""]
    if dataclasses.is_dataclass(kind) or issubclass(kind, enum.Enum):
        comments = comments_of_fields(kind)
        if issubclass(kind, enum.Enum):
            rows = [(f"{member.name} = {member.value}", comments.get(member.name)) for member in kind]
        else:
            rows = [(f.name, comments.get(f.name)) for f in dataclasses.fields(kind) if not f.name.startswith("_")]
        lines += [f"- `{row}`" + (f": {what}" if what else "") for row, what in rows] + [""]
    for member, value in members(kind):
        if isinstance(value, property):
            lines += [f"#### {name}.{member}", "", formatted(value.__doc__), ""]
        elif value.__doc__:
            lines += [f"#### {name}.{member}", "", f"`{signature(member, value, skip_self=True)}`", "", formatted(value.__doc__), ""]
        else:
            raise SystemExit(f"{name}.{member} has no docstring")
    return lines


def page_of(name):
    value = getattr(gensample, name)
    if not value.__doc__:
        raise SystemExit(f"{name} has no docstring")
    if inspect.isclass(value):
        return page_of_class(name, value)
    return [f"### {name}", "", f"`{signature(name, value)}`", "", formatted(value.__doc__), ""]


def page_of_export():
    """From the source, since importing it needs PyTorch."""
    import ast

    tree = ast.parse((SOURCE / "python/gensample/exporter/api.py").read_text())
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "export")
    arguments = " ".join(ast.unparse(function.args).split())
    return ["### export", "", f"`export({arguments})`", "", formatted(ast.get_docstring(function)), ""]


def page():
    named = [name for names in CHAPTERS.values() for name in names.split()]
    if set(named) | ELSEWHERE != set(gensample.__all__):
        raise SystemExit(f"chapters and gensample.__all__ differ: {(set(named) | ELSEWHERE) ^ set(gensample.__all__)}")
    lines = ["<!-- made by python/reference.py of the docstrings: make docs -->", "", "# The Python interface", ""]
    lines += ["[python.md](python.md) is a tutorial. Every name here is one of `import gensample`.", ""]
    for chapter, names in CHAPTERS.items():
        lines += [f"## {chapter}", ""]
        for name in names.split():
            lines += page_of(name)
    lines += ["## Networks of PyTorch", ""] + page_of_export()
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE / "docs/python-reference.md"
    target.write_text(page())
    print(f"{target}")

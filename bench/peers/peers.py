"""The peers: a row per library, which says what it is called, what it needs, and what of it is measured. This needs
nothing but Python, since run.sh asks what to install before the rest can be imported.

As a program: peers.py NAME... prints lines for setup.sh, ENVIRONMENT NAME PACKAGE..., of what these libraries need.
"""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A row of the report for every network: a class of networks/LIBRARY.py, and its arguments after the task."""

    make: str
    options: tuple = ()
    name: str = ""
    dtype: str = "f32"
    gradients: bool = False  # whether it computes gradients
    quick: bool = True  # whether it is also measured in quick runs


@dataclass(frozen=True)
class Library:
    """Its name for `--peers`; its title, and the package whose version is reported; packages that it needs besides
    NumPy and SciPy; and packages of an environment of its own, .venv-NAME, for what converts networks."""

    name: str
    title: str
    package: str
    needs: tuple = ()
    apart: tuple = ()
    variants: tuple = ()  # of networks; the rows of rejection.py name their libraries


LIBRARIES = (
    Library(
        "onnxruntime",
        "ONNX Runtime",
        "onnxruntime",
        needs=("onnx", "onnxruntime", "torch"),
        variants=tuple(Variant("OnnxRuntime", (t,), dtype=t) for t in ("f32", "int8")),
    ),
    Library(
        "openvino",
        "OpenVINO",
        "openvino",
        needs=("onnx", "onnxruntime", "openvino", "nncf", "torch"),
        variants=(
            *(Variant("OpenVino", (t,), dtype=t) for t in ("f32", "bf16", "int8")),
            Variant("OpenVino", ("qdq",), "quantised by ONNX Runtime", "int8", quick=False),
        ),
    ),
    Library(
        "litert",
        "LiteRT",
        "ai-edge-litert",
        needs=("ai-edge-litert",),
        apart=("tensorflow-cpu",),
        variants=(
            *(Variant("LiteRt", (t,), dtype=t) for t in ("f32", "int8")),
            Variant("LiteRt", ("full",), "full integer", "int8", quick=False),
        ),
    ),
    Library(
        "executorch",
        "ExecuTorch",
        "executorch",
        needs=("executorch", "torch", "torchao"),
        variants=(Variant("ExecuTorch", dtype="int8", quick=False),),
    ),
    Library("ncnn", "ncnn", "ncnn", needs=("ncnn", "pnnx", "torch"), variants=(Variant("Ncnn"),)),
    Library(
        "pytorch",
        "PyTorch",
        "torch",
        needs=("torch",),
        variants=(
            Variant("PyTorch", (False, False), "eager", gradients=True),
            Variant("PyTorch", (False, True), "eager, channels last", gradients=True),
            Variant("PyTorch", (True, False), "compiled", gradients=True),
            Variant("PyTorch", (True, True), "compiled, channels last", gradients=True, quick=False),
            Variant("PyTorch", (True, False, "bf16"), "compiled", "bf16"),
        ),
    ),
    Library("numpy", "NumPy", "numpy"),
    Library("scipy", "SciPy", "scipy"),
)
NAMES = tuple(library.name for library in LIBRARIES)
TYPES = ("f32", "bf16", "int8")
REFERENCE = ("torch",)  # what float64.py needs, with which all that compute networks are compared


def find(name):
    return LIBRARIES[NAMES.index(name)]


def main():
    names = sys.argv[1:] or NAMES
    for name in names:
        if name not in NAMES:
            sys.exit(f"setup.sh: {name}: expected {', '.join(NAMES[:-1])} or {NAMES[-1]}")
    print(".venv", "numpy", "numpy", "scipy")
    for library in map(find, names):
        if library.needs:
            print(".venv", library.name, *dict.fromkeys((*library.needs, *(REFERENCE if library.variants else ()))))
        if library.apart:
            print(f".venv-{library.name}", library.name, *library.apart)


if __name__ == "__main__":
    main()

#!/bin/sh
# Set up the peers' own Python environment in bench/peers/.venv; PYTHON names the interpreter (default python3).
set -eu
cd "$(dirname "$0")"
"${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --upgrade pip
.venv/bin/pip install --quiet -r requirements.txt
.venv/bin/python -c 'import onnxruntime; print("ONNX Runtime", onnxruntime.__version__)'

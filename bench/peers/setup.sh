#!/bin/sh
# Sets up the peers' own Python environment in bench/peers/.venv: setup.sh [onnxruntime] [openvino] [pytorch], all of
# them without arguments; NumPy and SciPy are always included. Packages that are there already are left alone. PYTHON
# names the interpreter (default python3). PyTorch's default package for Linux brings 5 GB for graphics cards;
# TORCH_INDEX is the address of its packages for CPUs, which is tried first.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv

# install NAME PACKAGE...: installs them unless that was done with these versions.
install() {
    done=.venv/$1.installed
    shift
    cmp -s requirements.txt "$done" && return
    echo "setup.sh: installing $*" >&2
    .venv/bin/pip install --quiet --constraint requirements.txt "$@" && cp requirements.txt "$done"
}

install numpy numpy scipy
[ $# -gt 0 ] || set -- onnxruntime openvino pytorch
for peer; do
    case $peer in
    onnxruntime) install onnxruntime onnx onnxruntime ;;
    openvino) install openvino onnx openvino nncf ;;
    pytorch)
        if [ -n "${TORCH_INDEX:-}" ]; then
            (export PIP_INDEX_URL="$TORCH_INDEX" && install pytorch torch) || install pytorch torch
        else
            install pytorch torch
        fi
        ;;
    numpy | scipy) ;;
    *)
        echo "setup.sh: $peer: expected onnxruntime, openvino, pytorch, numpy or scipy" >&2
        exit 2
        ;;
    esac
done

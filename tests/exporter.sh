#!/bin/sh
# A test of the exporter or of the examples, with a build's library: exporter.sh BUILD_DIR FILE. Exit status 77 where no
# Python has PyTorch; PYTHON and GENSAMPLE_TORCH name those to try first.
build=$1
source=$(cd "$(dirname "$0")/.." && pwd)
for python in "${PYTHON:-python3}" ${GENSAMPLE_TORCH:+"$GENSAMPLE_TORCH"}; do
    if "$python" -c 'import torch, numpy' 2>/dev/null; then
        export OMP_NUM_THREADS=1 PYTHONPATH="$source/python" PYTHONDONTWRITEBYTECODE=1
        if [ -e "$build/libgensample.so" ]; then
            export GENSAMPLE_BUILD="$build" GENSAMPLE_LIBRARY="$build/libgensample.so" GENSAMPLE_MODELS="$source/models"
        fi
        exec "$python" "$source/tests/unittests.py" "$2"
    fi
done
echo "skipped - $(basename "$2"): ${PYTHON:-python3} has no PyTorch; GENSAMPLE_TORCH names a Python that has it"
echo "0 passed, 0 failed, 1 skipped"
exit 77

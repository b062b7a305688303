#!/bin/sh
# The Python package of this tree with a build's library: python.sh BUILD_DIR. Exit status 77 where no Python 3 has NumPy.
build=$(cd "$1" && pwd) || exit 2
source=$(cd "$(dirname "$0")/.." && pwd)
for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
        export GENSAMPLE_BUILD="$build" GENSAMPLE_LIBRARY="$build/libgensample.so" GENSAMPLE_MODELS="$source/models"
        export PYTHONPATH="$source/python" PYTHONDONTWRITEBYTECODE=1
        exec "$python" "$source/tests/unittests.py" "$source/tests/python"
    fi
done
echo "skipped - the Python package: no Python 3 here has NumPy (Debian's package python3-numpy)"
exit 77

#!/bin/sh
# The Python package as users install it: pip install in a clean virtual environment, the first lines of docs/python.md, the
# programs inside, all tests of tests/python against what is installed; and the tests of exporter and examples where PyTorch
# is. What cannot be tried here is skipped with a reason. The last line is "N passed, N failed, N skipped".
source=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0 skipped=0
ok() {
    echo "ok - $1"
    passed=$((passed + 1))
}
wrong() {
    echo "not ok - $1"
    failed=$((failed + 1))
}
skip() {
    echo "skipped - $1: $2"
    skipped=$((skipped + 1))
}
# case NAME COMMAND...: one case, whose output is shown if it fails.
case_of() {
    name=$1
    shift
    if "$@" >"$folder/log" 2>&1 </dev/null; then ok "$name"; else tail -n 40 "$folder/log" && wrong "$name"; fi
}
# counted COMMAND...: tests that print "N passed, N failed, N skipped".
counted() {
    "$@" >"$folder/log" 2>&1 </dev/null
    grep '^skipped - ' "$folder/log"
    last=$(tail -n 1 "$folder/log")
    numbers=$(echo "$last" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    # shellcheck disable=SC2086
    set -- ${numbers:-0 1 0}
    [ "$2" -eq 0 ] || tail -n 60 "$folder/log"
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# Whether what pip needs to build a wheel can be had.
can_build() {
    "$python" -m venv "$folder/venv" >"$folder/why" 2>&1 || { why="python3 -m venv fails (Debian's package python3-venv)"; return 1; }
    timeout 60 "$folder/venv/bin/pip" --retries 0 --timeout 15 download -q --no-deps -d "$folder/download" \
        scikit-build-core numpy >"$folder/why" 2>&1 || { why="pip downloads nothing here"; return 1; }
}

installed() {
    bin=$folder/venv/bin
    package=$("$bin/python" -c 'import gensample, os; print(os.path.dirname(gensample.__file__))') || return
    mkdir "$folder/work" && cd "$folder/work" || return
    # shellcheck disable=SC2016
    sed -n '/^```python$/,/^```$/{/^```/d;p;/^print(digits.grid/q;}' "$source/docs/python.md" >ten.py
    case_of "ten lines of Python draw, judge and save" "$bin/python" ten.py
    case_of "the program" "$bin/gensample" -n 64 --seed 1 --out program.npy
    case_of "both give the same bytes" cmp digits.npy program.npy
    case_of "gensample-export says what it takes" "$bin/gensample-export" --help
    if [ -x "$package/bin/genbench" ]; then
        case_of "genbench" "$bin/genbench" --help
    else
        skip genbench "the package was built without it"
    fi
    mkdir "$folder/build" && ln -s "$package/bin/gensample" "$package/libgensample.so" "$folder/build" || return
    GENSAMPLE_BUILD=$folder/build counted "$bin/python" "$source/tests/unittests.py" "$source/tests/python"
}

unset GENSAMPLE_LIBRARY GENSAMPLE_MODELS PYTHONPATH
if can_build; then
    case_of "pip install ." "$folder/venv/bin/pip" install -q "$source"
    if [ $failed -eq 0 ]; then
        installed || wrong "the installed package cannot be tried"
        cd "$source" || exit
    fi
else
    skip "pip install ." "$why"
fi

# The exporter and the examples, by a Python that has PyTorch, with the library that was installed, if one was.
for test in "$source"/python/test_*.py; do
    counted "$source/tests/exporter.sh" "$folder/build" "$test"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

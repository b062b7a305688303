#!/bin/sh
# Checks that a kernel that is 15 % slower is found: slowdown.sh BUILD [RUNS (10) [ARGUMENT of genbench ab...]]. Builds
# this source beside BUILD, in BUILD-slow, with the multiply-add kernel slowed down, and prints a table; the exit status
# is 0 only if nine runs in ten found the regression.
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
. "$here/runs.sh"
build=${1:?usage: slowdown.sh BUILD [RUNS [ARGUMENT...]]}
times=${2:-10}
percent=${GENSAMPLE_SLOW_KERNEL:-15}
shift $(($# > 1 ? 2 : 1))
[ $# -gt 0 ] || set -- --suite=kernels,layers,latency --model=ncsn --quick --threads=1
cmake -S "$source" -B "$build-slow" -D CMAKE_BUILD_TYPE=Release -D GENSAMPLE_TESTS=OFF \
    -D GENSAMPLE_SLOW_KERNEL="$percent" >/dev/null && cmake --build "$build-slow" --parallel 2 --target genbench >/dev/null || exit
runs "$times" "$build" "$build-slow" "$@"
[ $((regression * 10)) -ge $((times * 9)) ]

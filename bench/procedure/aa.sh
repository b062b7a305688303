#!/bin/sh
# Checks that a build compared with itself raises no alarm: aa.sh BUILD [RUNS (20) [ARGUMENT of genbench ab...]]. Prints
# a table; the exit status is 0 only if no run found a regression, none failed, and nine in ten were conclusive.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/runs.sh"
build=${1:?usage: aa.sh BUILD [RUNS [ARGUMENT...]]}
times=${2:-20}
shift $(($# > 1 ? 2 : 1))
[ $# -gt 0 ] || set -- --suite=kernels,layers,latency --model=ncsn --quick --threads=1
runs "$times" "$build" "$build" "$@"
[ "$regression" -eq 0 ] && [ "$error" -eq 0 ] && [ $((inconclusive * 10)) -le "$times" ]

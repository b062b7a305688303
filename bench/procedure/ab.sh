#!/bin/sh
# Checks whether this source is slower than the one it came from, for .ci/run: ab.sh BUILD [COMMIT]. Builds the base,
# which is COMMIT, or where HEAD left origin/main, or else HEAD~, in a folder of its own and measures both for a minute
# or two. If nothing can be said (no history, no change of code, a busy machine, an inconclusive answer), that is
# printed and is not a failure.
cd "$(dirname "$0")/../.." || exit 1
build=${1:?usage: ab.sh BUILD [COMMIT]}
skip() {
    echo "no A/B: $*"
    exit 0
}
git rev-parse -q --verify HEAD~ >/dev/null 2>&1 || skip 'no history'
base=${2:-$(git merge-base HEAD origin/main 2>/dev/null)}
[ -n "$base" ] && [ "$(git rev-parse "$base")" != "$(git rev-parse HEAD)" ] || base=HEAD~
base=$(git rev-parse -q --verify "$base^{commit}") || skip 'no such commit'
! git diff --quiet "$base" -- CMakeLists.txt cmake include src simd bench/suites || skip "no code differs from $base"
git cat-file -e "$base:bench/regression/worker.c" 2>/dev/null || skip "$base has no genbench ab"
# processors: time of all processors, and of that idle.
processors() {
    awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all, $5 }' /proc/stat 2>/dev/null
}
before=$(processors)
sleep 3
idle=$(echo "$before $(processors)" | awk 'NF == 4 && $3 > $1 { print int(100 * ($4 - $2) / ($3 - $1)) }')
[ "${idle:-100}" -ge 80 ] || skip "the machine is busy, $idle % idle"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/source"
git archive "$base" | tar -x -C "$folder/source" || exit 1
cmake -S "$folder/source" -B "$folder/build" -D CMAKE_BUILD_TYPE=Release -D GENSAMPLE_TESTS=OFF >/dev/null &&
    cmake --build "$folder/build" --parallel --target genbench >/dev/null || skip "$base does not build"
GENSAMPLE_MODELS=$PWD/models timeout 150 "$build/genbench" ab "$folder/build" "$build" \
    --suite=kernels,layers,latency --model=ncsn --quick --threads=1
status=$?
case $status in
3) echo 'the A/B is inconclusive' ;;
124) echo 'the A/B took too long' ;;
*) exit $status ;;
esac

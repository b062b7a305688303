#!/bin/sh
# Runs the fuzz targets, as many at a time as there are processors: run.sh BUILD_DIR SECONDS [NAME...]. Without names all
# that are built run. Inputs that they find worth keeping stay in BUILD_DIR/found; an input that crashes is named, and the
# exit status is 1. Beside the executions of each stands the processor time that they took: on a machine that is busy with other
# work, which comes before these niced processes, that is little. The last line is "N passed, N failed, 0 skipped".
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 1
export here seconds="$2"
shift 2
[ $# -gt 0 ] || set -- $(cd "$here" && printf '%s\n' fuzz_*.c | sed 's/fuzz_\(.*\)\.c/\1/')
printf '%s\n' "$@" | xargs -P "$(nproc)" -I NAME sh -c '
    mkdir -p found/NAME
    dictionary=
    [ -e "$here/NAME.dict" ] && dictionary="-dict=$here/NAME.dict"
    nice tests/fuzz/fuzz_NAME -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix=finding-NAME- $dictionary found/NAME "$here/corpus/NAME" >fuzz-NAME.log 2>&1
    echo $? >fuzz-NAME.status
    times >fuzz-NAME.times'
passed=0
failed=0
for name; do
    if [ "$(cat "fuzz-$name.status")" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        grep -E 'finding|ERROR|SUMMARY|Test unit written' "fuzz-$name.log"
    fi
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz-$name.log")
    # The second line has what the children took: 1m2.34s 0m5.67s.
    awk -v name="$name" -v n="$executions" 'NR == 2 {
        gsub(/[ms]/, " ")
        took = $1 * 60 + $2 + $3 * 60 + $4
        printf "fuzz_%s: %d executions in %.1f s of processor time, %.0f a second\n", name, n, took, took ? n / took : 0
    }' "fuzz-$name.times"
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]

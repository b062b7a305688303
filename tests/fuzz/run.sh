#!/bin/sh
# Runs the fuzz targets side by side: run.sh BUILD_DIR SECONDS. Inputs that they find worth keeping stay in BUILD_DIR/found;
# an input that crashes is named, and the exit status is 1. The last line is "N passed, N failed, 0 skipped".
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 1
for name in weights graph images density; do
    mkdir -p found/$name
    dictionary=
    [ $name = weights ] && dictionary=-dict=$here/weights.dict
    nice tests/fuzz/fuzz_$name -max_total_time="$2" -timeout=30 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix=finding-$name- $dictionary found/$name "$here/corpus/$name" >fuzz-$name.log 2>&1 &
    eval "process_$name=$!"
done
passed=0
failed=0
for name in weights graph images density; do
    eval "process=\$process_$name"
    if wait "$process"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        grep -E 'finding|ERROR|SUMMARY|Test unit written' fuzz-$name.log
    fi
    echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' fuzz-$name.log) executions"
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]

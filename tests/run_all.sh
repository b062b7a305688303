#!/bin/sh
# Run CTest in a build folder and count single test cases: run_all.sh BUILD_DIR.
# Before the last line it says which tests took longest. The last line is "N passed, N failed, N skipped"; the exit status is 0 only if nothing failed.
build=$1
ctest --test-dir "$build" --output-on-failure
status=$?
log=$build/Testing/Temporary/LastTest.log
[ -f "$log" ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
grep '^skipped - ' "$log" # a skipped case says why
awk '/^[0-9]+\/[0-9]+ Testing: / { name = $3 } /^Test time = / { printf "%8.1f s  %s\n", $4, name }' "$log" |
    sort -rn | head -n 10 | { echo "longest:" && cat; }

# A program counts its cases: cmocka's summary, or a line "N passed, N failed, N skipped". One that does not is one
# case, and so is the crash of one that was to.
awk '
/^[0-9]+\/[0-9]+ Testing: / { p = f = s = 0 }
/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
/^\[  SKIPPED \] [0-9]+ test/ { s += $4 }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5 }
/^Test (Passed|Failed|Timeout|Not Run|Skipped)/ || /^(Unable to find executable|Could not find executable)/ {
    if ($0 !~ /^Test (Passed|Skipped)/ && f == 0) f = 1
    if ($0 ~ /^Test Passed/ && p + f + s == 0) p = 1
    if ($0 ~ /^Test Skipped/ && s == 0) s = 1
    passed += p; failed += f; skipped += s
    p = f = s = 0
}
END {
    if (failed == 0 && status != 0) failed = 1
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
}' status=$status "$log"

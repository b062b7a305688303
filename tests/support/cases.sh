# Cases of a shell test, one line each; sourced. Leaves an empty folder in $work, removed at the end.
passed=0
failed=0
skipped=0
ran= # the tests set it to what they ran last; it is printed with a case that fails
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

ok() {
    passed=$((passed + 1))
    echo "ok - $1"
}
not_ok() {
    failed=$((failed + 1))
    echo "not ok - $1: $2${ran:+; the last run was: $ran}"
}
skip() {
    skipped=$((skipped + 1))
    echo "skipped - $1: $2"
}
# check NAME COMMAND...: the command succeeds.
check() {
    case_name=$1
    shift
    if "$@" >"$work/check.txt" 2>&1; then ok "$case_name"; else not_ok "$case_name" "$* failed: $(head -c 300 "$work/check.txt")"; fi
}
# uncounted COMMAND...: runs it, in a build that counts branches (make coverage) with counts that nobody reads: a program that
# is killed while it writes them, or whose calls fail, would spoil all that others have counted.
uncounted() {
    GCOV_PREFIX=$work/uncounted GCOV_ERROR_FILE=/dev/null "$@"
}
# end_of_cases: the last line of the test and its exit status.
end_of_cases() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

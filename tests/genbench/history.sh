#!/bin/sh
# Tests of genbench history: history.sh BUILD_DIR. Reports are made up: 30 of them, whose figures have a noise of 2 %
# (standard deviation) from a generator with a fixed seed, so that each run sees the same.
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$1" && pwd)/genbench
. "$here/../support/cases.sh"
cd "$work" || exit 1
mkdir reports noise

# reports FOLDER ROWS STEPPED: 30 reports, one per day, whose files are named against the order of time. Of ROWS rows,
# STEPPED begin with "step": these are 10 % faster from the commit 0000018 on (every second row is in milliseconds and
# takes 10 % less), and are INVALID and far off in the fifth report.
reports() {
    awk -v folder="$1" -v rows="$2" -v stepped="$3" '
        function uniform() { state = (state * 16807) % 2147483647; return state / 2147483647 }
        function noise(i, sum) { sum = 0; for (i = 0; i < 12; i++) sum += uniform(); return 1 + 0.02 * (sum - 6) }
        BEGIN {
            state = 20261128
            for (r = 1; r <= 30; r++) {
                file = sprintf("%s/%02d.json", folder, 99 - r)
                printf "{\"context\": {\"json_schema_version\": 1, \"cpu_model\": \"Example CPU 1\", \"commit\": \"%07d%033d\"}, \"benchmarks\": [], ", r, 0 >file
                printf "\"genbench\": {\"json_schema_version\": 1, \"started\": \"2026-01-%02dT00:00:00Z\", \"rows\": [", r >file
                for (k = 1; k <= rows; k++) {
                    step = k <= stepped
                    ms = step && k % 2 == 0
                    value = 100 * noise() * (step && r >= 18 ? (ms ? 1 / 1.1 : 1.1) : 1) * (step && r == 5 ? 9 : 1)
                    name = sprintf("%s-%d", step ? "step" : "noise", k)
                    printf "%s{\"name\": \"load/%s/t:1/isa:avx2/f32\", \"suite\": \"load\", \"what\": \"%s\", \"isa\": \"avx2\", \"dtype\": \"f32\", \"threads\": 1, ", (k == 1 ? "" : ", "), name, name >file
                    printf "\"unit\": \"%s\", \"less_is_better\": %s, \"valid\": %s, \"reasons\": [%s], ", (ms ? "ms" : "samples/s"), (ms ? "true" : "false"), (step && r == 5 ? "false" : "true"), (step && r == 5 ? "\"no\"" : "") >file
                    printf "\"value\": %.6f, \"low\": %.6f, \"high\": %.6f, \"figures\": {}, \"repetitions\": [{\"order\": 0, \"iterations\": 1, \"real_s\": 1, \"cpu_s\": 1}]}", value, value, value >file
                }
                print "]}}" >file
                close(file)
            }
        }'
}
reports reports 6 2
reports noise 200 0

# history ARGUMENT...: runs genbench history; its output is in stdout.txt.
history() { "$program" history "$@" >stdout.txt 2>stderr.txt; }
# refuse STATUS PATTERN ARGUMENT...: it exits with that status, says why, and writes nothing.
refuse() {
    expected=$1
    pattern=$2
    shift 2
    history "$@" --html x.html
    status=$?
    if [ "$status" -eq "$expected" ] && grep -qF "genbench: $pattern" stderr.txt && [ ! -s stdout.txt ] && [ ! -e x.html ]; then
        ok "history $*"
    else
        not_ok "history $*" "exit $status, expected $expected and '$pattern': $(head -c 200 stderr.txt)"
    fi
}

check 'a history' history reports --html h.html --json h.json
check 'counts reports, rows and changes' grep -qx '30 reports, 6 rows, 2 changes' stdout.txt
for row in step-1 step-2; do
    check "$row: a step of 10 % is found at its commit" \
        grep -qE "^  load/$row/t:1/isa:avx2/f32, Example 1: 1\.(09|10|11)[0-9] x as fast since 0000018 \(2026-01-18\)$" stdout.txt
done
check 'reports are in the order of time' sh -c 'test "$(grep -o "\"commit\": \"00000[0-9]*" h.json | head -n 1)" = "\"commit\": \"$(printf "%07d%033d" 1 0)"'
check 'the summary has the change' grep -q '"report": 17' h.json
check 'the page has it, too' sh -c 'grep -q "× as fast since 0000018 (2026-01-18)" h.html && grep -q "<h2>Changes</h2>" h.html'
check 'and every row' sh -c 'test "$(grep -c "<h3>load/" h.html)" = 8'
check 'INVALID figures are grey' sh -c 'grep -o "<circle class=\"m7\"" h.html | wc -l | grep -qx 4'
if command -v xmllint >/dev/null; then check 'is well-formed' xmllint --noout h.html; fi
check 'nothing is fetched' sh -c '! grep -iE "(src|href)=\"[a-z]*:?//|@import|url\(|<link" h.html'
cp h.html first.html
check 'the same bytes twice' sh -c '"$1" history reports --html h.html >/dev/null && cmp h.html first.html' sh "$program"

# One row in 1,000 may have a change by chance, so three or more changes in 200 rows are a fault with a probability of
# 0.999.
check 'noise' history noise --html noise.html
check 'has no changes' sh -c 'tail -n 2 stdout.txt | grep -qE "^30 reports, 200 rows, [012] changes?$"'
[ "$(grep -c ' as fast since ' stdout.txt)" -gt 0 ] || check 'which the page says' grep -q 'No row changed' noise.html

mkdir empty broken
refuse 2 'history: expected FOLDER'
refuse 2 'history: more than 1 folder' reports noise
refuse 2 '--csv: no option of genbench history' reports --csv x.csv
refuse 1 'missing: cannot read the folder' missing
refuse 1 'empty: there is no report' empty
echo '{"context": ' >broken/a.json
refuse 1 'broken/a.json: line 2' broken
end_of_cases

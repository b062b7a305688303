#!/bin/sh
# Prints the shares of lines and branches that the tests have taken in a build of the preset coverage: coverage.sh BUILD_DIR.
# It needs gcovr.
cd "$(dirname "$0")/.." || exit 1
# WHAT|FOLDERS, as a regular expression
parts='loader and graph|src/(model|op)/
readers and writers|src/io/
command line|src/(cli|app)/
everything|(src|simd|bench)/'
echo "$parts" | while IFS='|' read -r what folders; do
    gcovr --root . --filter "$folders" --exclude-unreachable-branches --json-summary /dev/stdout "$1" 2>/dev/null |
        python3 -c 'import json, sys
s = json.load(sys.stdin)
print("%-20s %5.1f %% of %d lines, %5.1f %% of %d branches" % (sys.argv[1], s["line_percent"], s["line_total"],
      s["branch_percent"], s["branch_total"]))' "$what"
done

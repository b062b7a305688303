#!/bin/sh
# Prints the shares of lines and branches of each folder that the tests have taken in a build of the preset coverage, and
# how many are missing: coverage.sh BUILD_DIR. With MISSED=FILE, that file gets each line of which a branch was not taken,
# with how many. It needs gcovr.
build=$1
cd "$(dirname "$0")/.." || exit 1
gcovr --root . --object-directory "$build" --filter 'src/' --exclude-unreachable-branches --exclude-throw-branches \
    --json "$build/coverage.json" "$build" >"$build/gcovr.log" 2>&1 || { cat "$build/gcovr.log"; exit 1; }
python3 - "$build/coverage.json" "${MISSED:-/dev/null}" <<'END'
import collections, json, sys

# WHAT: FOLDERS
PARTS = {"loader": ["src/model"], "graph": ["src/op"], "readers and writers": ["src/io", "src/io/format"],
         "command line": ["src/cli"], "runs in shards": ["src/app"]}
counts = collections.defaultdict(lambda: [0, 0, 0, 0])
with open(sys.argv[1]) as report, open(sys.argv[2], "w") as missed:
    for file in json.load(report)["files"]:
        count = counts[file["file"].rpartition("/")[0]]
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            branches = [branch["count"] > 0 for branch in line["branches"]]
            for i, found in enumerate((line["count"] > 0, 1, sum(branches), len(branches))):
                count[i] += found
            if not line["count"] or not all(branches):
                print("%s:%d: %d of %d branches" % (file["file"], line["line_number"], sum(branches), len(branches)), file=missed)
for what, folders in PARTS.items():
    lines, all_lines, branches, all_branches = map(sum, zip(*(counts[folder] for folder in folders)))
    print("%-20s %5.1f %% of %d lines, %5.1f %% of %d branches" % (what, 100 * lines / all_lines, all_lines,
                                                                    100 * branches / all_branches, all_branches))
END

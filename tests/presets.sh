#!/bin/sh
# Every preset of CMakePresets.json configures, compiles and links its programs: presets.sh. Where it was built before,
# that takes no time.
cd "$(dirname "$0")/.." || exit 1
. tests/support/cases.sh
for preset in $(cmake --list-presets | sed -n 's/^ *"\([^"]*\)".*/\1/p'); do
    check "preset $preset" sh -c 'cmake --preset "$1" && cmake --build --preset "$1" --target gensample_programs' sh "$preset"
done
end_of_cases

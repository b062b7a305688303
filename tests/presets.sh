#!/bin/sh
# Every preset of CMakePresets.json configures, compiles and links its programs: presets.sh. Where it was built before,
# that takes no time.
cd "$(dirname "$0")/.." || exit 1
. tests/support/cases.sh
for preset in $(cmake --list-presets | sed -n 's/^ *"\([^"]*\)".*/\1/p'); do
    # shellcheck disable=SC2016
    if cmake/quietly.sh "Building the preset $preset" \
        sh -c 'cmake --preset "$1" && cmake --build --preset "$1" --target gensample_programs' sh "$preset"; then
        ok "preset $preset"
    else
        not_ok "preset $preset" 'see above'
    fi
done
end_of_cases

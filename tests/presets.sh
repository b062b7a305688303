#!/bin/sh
# Every preset of CMakePresets.json configures, compiles and links its programs: presets.sh. Where it was built before,
# that takes no time. Those that CONFIGURED names are not compiled.
cd "$(dirname "$0")/.." || exit 1
. tests/support/cases.sh
for preset in $(cmake --list-presets | sed -n 's/^ *"\([^"]*\)".*/\1/p'); do
    case " $CONFIGURED " in
    *" $preset "*) build=: ;;
    *) build='cmake --build --preset "$1" --target gensample_programs' ;;
    esac
    if cmake/quietly.sh "Building the preset $preset" sh -c "cmake --preset \"\$1\" && $build" sh "$preset"; then
        ok "preset $preset"
    else
        not_ok "preset $preset" 'see above'
    fi
done
end_of_cases

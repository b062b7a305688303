#!/bin/sh
# Tests of the command line: run.sh BUILD_DIR [SECTION...]. A section is a file SECTION.sh of this folder, which begins with the
# same files and leaves nothing to the others; CTest has a test for each. Without a name all are run. Prints one line per
# case; the last line is "N passed, N failed, N skipped". EMULATOR, if set, is the command that runs programs of another
# architecture. With GENSAMPLE_TEST_EFFORT below 50, as under valgrind, sections say that they are left out.
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
program=$build/gensample
models=$(cd "$here/../../models" && pwd)
shift
. "$here/../support/cases.sh"
. "$here/../support/models.sh"
. "$here/../support/command_line.sh"
unset GENSAMPLE_ISA
effort=${GENSAMPLE_TEST_EFFORT:-100}
sanitizer=$(sed -n 's/^GENSAMPLE_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
slow=$sanitizer${EMULATOR:-} # sanitizers and emulators take longer
export GENSAMPLE_MODELS
cd "$work" || exit 1
if [ -n "${EMULATOR:-}" ]; then
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$EMULATOR" "$program" >gensample
    chmod +x gensample
    program=$work/gensample
fi

# The formats of images, as the help names them; that of chains (diagnose.sh) is none.
formats=$("$program" --help | sed -n 's/^  --format \([a-z|]*\).*/\1/p' | tr '|' ' ' | sed 's/ nc$//')

if [ $# -eq 0 ]; then
    for file in "$here"/*.sh; do
        name=${file##*/}
        [ "$name" = run.sh ] || set -- "$@" "${name%.sh}"
    done
fi
for section; do
    mkdir "$work/$section" "$work/$section/out" # out: for outputs; checked for leftovers
    cd "$work/$section" || exit 1
    GENSAMPLE_MODELS=$PWD/shipped # which is not there, unless the section makes it
    denoiser tiny 1
    denoiser rgb 3
    denoiser two 2
    conditional_denoiser
    plain_energy plain
    judge judge.bin
    . "$here/$section.sh" 2>"$work/said"
    cat "$work/said" >&2
    check "$section: its functions are there" sh -c '! grep ": not found$" "$1"' sh "$work/said"
    cd "$work" || exit 1
    rm -rf "${work:?}/$section"
done
end_of_cases

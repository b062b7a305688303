#!/bin/sh
# Tests of the command line: run.sh BUILD_DIR [MODELS_DIR]. Prints one line per case; the last line is "N passed, N
# failed, N skipped". EMULATOR, if set, is the command that runs programs of another architecture. With
# GENSAMPLE_TEST_EFFORT below 50, as under valgrind, only what is written is tested, and with the thread sanitizer what
# several threads write and how they are interrupted.
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
program=$build/gensample
models=${2:-$here/../../models}
models=$(cd "$models" && pwd)
. "$here/../support/cases.sh"
cd "$work" || exit 1
mkdir out # for outputs; checked for leftovers
unset GENSAMPLE_ISA
slow= # sanitizers and emulators take longer
if [ -n "${EMULATOR:-}" ] || grep -q 'GENSAMPLE_SANITIZE:STRING=.' "$build/CMakeCache.txt"; then
    slow=yes
fi
GENSAMPLE_MODELS=$work/shipped # a folder that find.sh fills
export GENSAMPLE_MODELS
if [ -n "${EMULATOR:-}" ]; then
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$EMULATOR" "$program" >gensample
    chmod +x gensample
    program=$work/gensample
fi
. "$here/models.sh"
denoiser tiny 1
denoiser rgb 3
denoiser two 2
conditional_denoiser
plain_energy plain
judge judge.bin

# The formats of images, as the help names them; that of chains (diagnose.sh) is none.
formats=$("$program" --help | sed -n 's/^  --format \([a-z|]*\).*/\1/p' | tr '|' ' ' | sed 's/ nc$//')

# run ARGUMENT...: runs the program and keeps its standard streams; its status is in $status.
run() {
    ran="gensample $*"
    timeout 1800 "$program" "$@" >stdout.txt 2>stderr.txt
    status=$?
}
# refuse STATUS PATTERN ARGUMENT...: it exits with that status and one line of error that has the pattern, and writes
# nothing.
refuse() {
    expected=$1
    pattern=$2
    shift 2
    run "$@"
    judge_refusal "gensample $*"
}
# judge_refusal NAME [-F]: the same for the last run; with -F the pattern is plain text.
judge_refusal() {
    if [ "$status" -ne "$expected" ]; then
        not_ok "$1" "exit $status, expected $expected: $(head -c 200 stderr.txt)"
    elif [ "$(wc -l <stderr.txt)" -ne 1 ] || ! grep -q '^gensample: ' stderr.txt; then
        not_ok "$1" "not one line of error: $(head -c 200 stderr.txt)"
    elif ! grep -q $2 -- "$pattern" stderr.txt; then
        not_ok "$1" "no '$pattern' in: $(cat stderr.txt)"
    elif [ -s stdout.txt ] || [ -n "$(ls -A out)" ] || [ -e samples.png ]; then
        not_ok "$1" "something was written"
        rm -rf out samples.png
        mkdir out
    else
        ok "$1"
    fi
}
# accept ARGUMENT...: it exits with 0 and prints nothing but warnings on standard error.
accept() {
    run "$@"
    if [ "$status" -eq 0 ] && ! grep -qv '^warning: ' stderr.txt; then
        ok "gensample $*"
    else
        not_ok "gensample $*" "exit $status: $(head -c 300 stderr.txt)"
    fi
}
# hex FILE OFFSET COUNT
hex() {
    od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
file_size() {
    wc -c <"$1" | tr -d ' '
}
# is_png FILE WIDTH HEIGHT TYPE: checks the signature, IHDR and IEND.
is_png() {
    [ "$(hex "$1" 0 8)" = 89504e470d0a1a0a ] && [ "$(hex "$1" 16 10)" = "$(printf '%08x%08x08%02x' "$2" "$3" "$4")" ] &&
        [ "$(tail -c 12 "$1" | od -An -v -tx1 | tr -d ' \n')" = 0000000049454e44ae426082 ]
}
# npy_shape FILE SHAPE BYTES
npy_shape() {
    [ "$(hex "$1" 0 8)" = 934e554d50590100 ] && head -c 128 "$1" | grep -aqF "'descr': '<f4'" &&
        head -c 128 "$1" | grep -aqF "'fortran_order': False, 'shape': ($2)" && [ "$(file_size "$1")" -eq $((128 + $3)) ]
}
absent() {
    [ ! -e "$1" ]
}
# has_ended: whether the process $pid has ended, waited for or not.
has_ended() {
    ! kill -0 "$pid" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}

effort=${GENSAMPLE_TEST_EFFORT:-100}
signals='INT TERM'
if [ -n "${GENSAMPLE_TEST_KILLS:-}" ]; then # these alone, so many times each
    . "$here/shards.sh"
    end_of_cases
    exit
fi
if [ "$effort" -ge 50 ]; then
    . "$here/usage.sh"
    . "$here/hostile.sh"
fi
. "$here/output.sh"
. "$here/places.sh"
. "$here/tasks.sh"
. "$here/nearest.sh"
. "$here/inputs.sh"
if [ "$effort" -ge 50 ] || grep -q 'GENSAMPLE_SANITIZE:STRING=thread' "$build/CMakeCache.txt"; then
    . "$here/same.sh"
    . "$here/stop.sh"
fi
if [ "$effort" -ge 50 ]; then
    . "$here/shards.sh" # after stop.sh, whose functions it uses
    . "$here/ranks.sh"
    . "$here/dry.sh"
fi
. "$here/study.sh"
if [ "$effort" -ge 50 ]; then
    . "$here/find.sh"
    . "$here/densities.sh"
    . "$here/shipped.sh"
    . "$here/backend.sh"
    . "$here/plan.sh"
    . "$here/rejection.sh"
    . "$here/loss.sh"
    . "$here/restore.sh"
    . "$here/energy.sh"
    . "$here/partition.sh"
    . "$here/likelihood.sh"
    . "$here/quantize.sh"
    . "$here/decoder.sh"
    . "$here/view.sh"
    . "$here/diagnose.sh"
    . "$here/host.sh"
    . "$here/doubt.sh"
fi
end_of_cases

#!/bin/sh
# Hashes of the same samples drawn in every way: same_bytes.sh BUILD_DIR [OTHER_BUILD_DIR]. For every network of models/
# that samples and every sampler that takes it, or with PAIRS=some for every network with its own sampler and every
# sampler with the first network that takes it: the instruction sets that this CPU runs, and those of the second
# folder's programs, times threads, times blocks. RUN is put before the latter programs: qemu-aarch64, for a build for
# 64-bit ARM. Prints one line per way, then the counts; fails if the hashes of a network, sampler and type of products
# differ. SAMPLES, THREADS, BLOCKS, MODELS, SAMPLERS and DTYPES override the defaults below; of the types, those that
# promise the same bytes, and int8 for networks that are quantised. There are as many pairs at a time as processors.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$1
other=${2:-}
run=${RUN:-}
samples=${SAMPLES:-64}
threads=${THREADS:-1 2 3 7}
blocks=${BLOCKS:-1 4 16}
dtypes=${DTYPES:-f32 bf16-exact int8}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset GENSAMPLE_ISA

# The instruction sets of a program that run here.
supported() {
    "$@" cpu | awk '$2 == "supported" { print $1 }'
}

# draw ISA PROGRAM...: prints the samples' hash for every number of threads and block.
draw() {
    isa=$1
    shift
    for t in $threads; do
        for b in $blocks; do
            # shellcheck disable=SC2086 # settings are words
            if "$@" --model "$model" --quiet --sampler "$sampler" $settings -n "$samples" --isa "$isa" --threads "$t" \
                --block "$b" --dtype "$dtype" --out "$work/x.npy" 2>"$work/error"; then
                hash=$(sha256sum <"$work/x.npy" | cut -c 1-16)
            else
                hash=failed
                cat "$work/error"
            fi
            echo "$name $sampler $dtype $isa threads=$t block=$b $hash"
            echo "$hash" >>"$work/hashes"
        done
    done
}

# compare: one case.
compare() {
    ways=$(wc -l <"$work/hashes")
    different=$(sort -u "$work/hashes" | wc -l)
    if [ "$different" -eq 1 ] && ! grep -q failed "$work/hashes"; then
        echo "ok - $name $sampler $dtype: $ways ways to run, the same bytes"
    else
        echo "not ok - $name $sampler $dtype: $ways ways to run, $different different results"
    fi
}

# The settings of a sampler: only as many evaluations as it needs to show all it does, as each takes an emulator seconds.
settings_of() {
    case $1 in
    decode) echo "$2" ;;
    hmc | mclmc-adjusted) echo "--steps 2 --leapfrog 2 $2" ;;
    tempering) echo "--steps 2 --leapfrog 1 --replicas 2 $2" ;;
    ais) echo "--steps 2 --leapfrog 1 $2" ;;
    tempered-smc) echo "--steps 2 --leapfrog 1 --moves 1 --particles 2 $2" ;;
    smc) echo "--steps 2 --particles 2 $2" ;;
    gibbs) echo '--steps 2 --label-steps 1' ;;
    nuts) echo "--steps 2 --max-depth 2 $2" ;;
    annealed-langevin) echo "--steps 2 --steps-per-level 1 --denoise no $2" ;;
    langevin | baoab) echo "--steps 1 --denoise no $2" ;;
    *) echo "--steps 2 $2" ;;
    esac
}

# pair MODEL SAMPLER SETTINGS...: every type, instruction set, number of threads and block.
pair() {
    model=$1
    sampler=$2
    shift 2
    settings=$*
    name=$(basename "$model" .bin)
    for dtype in $dtypes; do
        [ "$dtype" != int8 ] || "$build/gensample" cpu --model "$model" --dtype int8 >"$work/cpu" 2>&1 || continue
        : >"$work/hashes"
        for isa in $(supported "$build/gensample"); do
            draw "$isa" "$build/gensample"
        done
        # shellcheck disable=SC2086 # RUN may have options
        for isa in $([ -z "$other" ] || supported $run "$other/gensample"); do
            draw "$isa" $run "$other/gensample"
        done
        compare
    done
}

# Prints the pairs, a line each: MODEL SAMPLER SETTINGS.
pairs() {
    seen=' '
    for model in ${MODELS:-"$here"/../models/*.bin}; do
        "$build/gensample" inspect "$model" >"$work/inspect" || exit 1
        kind=$(sed -n 's/^model .*(\(.*\))$/\1/p' "$work/inspect")
        [ "$kind" = classifier ] && continue # no sampler takes it
        own=$(sed -n 's/^default  *\([^ ]*\).*/\1/p' "$work/inspect")
        label=
        ! grep -q '^labels  *[0-9]' "$work/inspect" || label='--label all'
        for sampler in ${SAMPLERS:-$("$build/gensample" --help | sed -n '/^samplers,/,/^$/s/^  \([a-z][a-z0-9-]*\)  *.*/\1/p')}; do
            case $sampler in
            decode) [ "$kind" = decoder ] || continue ;;
            mala | hmc | nuts | barker | mclmc | mclmc-adjusted | tempering | ais | tempered-smc | gibbs | elliptical-slice) [ "$kind" = energy ] || continue ;;
            langevin | baoab) [ "$kind" != decoder ] || continue ;;
            *) grep -q '^sigma ' "$work/inspect" || continue ;;
            esac
            case ${PAIRS:-all},$sampler,$seen in
            all,* | *,"$own",*) ;;
            *" $sampler "*) continue ;;
            esac
            seen="$seen$sampler "
            echo "$model $sampler $(settings_of "$sampler" "$label")"
        done
    done
}

if [ "${PAIR:-}" ]; then
    # shellcheck disable=SC2086 # of words
    pair $PAIR
    exit
fi
[ -n "$other" ] || echo "skipped - another build: none was given"
pairs >"$work/pairs" || exit 1
# A line is kept whole by -d; each pair's lines come together.
xargs -d '\n' -P "$(nproc)" -I '{}' sh -c 'lines=$(PAIR=$1 "$2" "$3" $4) || lines="$lines
not ok - $1: the comparison failed"; echo "$lines"' sh '{}' "$0" "$build" "$other" \
    <"$work/pairs" | tee "$work/log"
awk -v pairs="$(wc -l <"$work/pairs")" '
    / threads=[0-9]* block=/ { total++ }
    /^ok - / { passed++ }
    /^not ok - / { failed++ }
    END {
        if (!pairs || passed + failed < pairs) failed++
        printf "%d ways to run compared\n%d passed, %d failed, %d skipped\n", total, passed, failed, skipped
        exit failed > 0
    }' skipped="$([ -n "$other" ]; echo $?)" "$work/log"

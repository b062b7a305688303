#!/bin/sh
# Hashes of the same samples drawn in every way: same_bytes.sh BUILD_DIR [OTHER_BUILD_DIR]. For every network of models/
# that samples and every sampler that takes it: the instruction sets that this CPU runs, and those of the second
# folder's programs, times threads, times blocks. RUN is put before the latter programs: qemu-aarch64, for a build for
# 64-bit ARM. Prints one line per way, then the counts; fails if the hashes of a network, sampler and type of products
# differ. SAMPLES, THREADS, BLOCKS, MODELS, SAMPLERS and DTYPES override the defaults below; of the types, those that
# promise the same bytes, and int8 for networks that are quantised.
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
passed=0
failed=0
skipped=0

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

# compare: one case per network and sampler.
compare() {
    ways=$(wc -l <"$work/hashes")
    different=$(sort -u "$work/hashes" | wc -l)
    if [ "$different" -eq 1 ] && ! grep -q failed "$work/hashes"; then
        passed=$((passed + 1))
        echo "ok - $name $sampler $dtype: $ways ways to run, the same bytes"
    else
        failed=$((failed + 1))
        echo "not ok - $name $sampler $dtype: $ways ways to run, $different different results"
    fi
    total=$((total + ways))
}

total=0
[ -n "$other" ] || {
    skipped=$((skipped + 1))
    echo "skipped - another build: none was given"
}
for model in ${MODELS:-"$here"/../models/*.bin}; do
    name=$(basename "$model" .bin)
    "$build/gensample" inspect "$model" >"$work/inspect" || exit 1
    kind=$(sed -n 's/^model .*(\(.*\))$/\1/p' "$work/inspect")
    [ "$kind" = classifier ] && continue # no sampler takes it
    label=
    ! grep -q '^labels  *[0-9]' "$work/inspect" || label='--label all'
    for sampler in ${SAMPLERS:-$("$build/gensample" --help | sed -n '/^samplers,/,/^$/s/^  \([a-z][a-z0-9-]*\)  *.*/\1/p')}; do
        case $sampler in
        decode) [ "$kind" = decoder ] || continue ;;
        mala | hmc | nuts | barker | mclmc | mclmc-adjusted | tempering | ais | tempered-smc | gibbs | elliptical-slice) [ "$kind" = energy ] || continue ;;
        langevin | baoab) [ "$kind" != decoder ] || continue ;;
        *) grep -q '^sigma ' "$work/inspect" || continue ;;
        esac
        case $sampler in # only as many evaluations as a sampler needs to show all it does: each takes an emulator seconds
        decode) settings=$label ;;
        hmc | mclmc-adjusted) settings="--steps 2 --leapfrog 2 $label" ;;
        tempering) settings="--steps 2 --leapfrog 1 --replicas 2 $label" ;;
        ais) settings="--steps 2 --leapfrog 1 $label" ;;
        tempered-smc) settings="--steps 2 --leapfrog 1 --moves 1 --particles 2 $label" ;;
        smc) settings="--steps 2 --particles 2 $label" ;;
        gibbs) settings='--steps 2 --label-steps 1' ;;
        nuts) settings="--steps 2 --max-depth 2 $label" ;;
        annealed-langevin) settings="--steps 2 --steps-per-level 1 --denoise no $label" ;;
        langevin | baoab) settings="--steps 1 --denoise no $label" ;;
        *) settings="--steps 2 $label" ;;
        esac
        for dtype in $dtypes; do
            [ "$dtype" != int8 ] || "$build/gensample" cpu --model "$model" --dtype int8 >"$work/cpu" 2>&1 || continue
            : >"$work/hashes"
            for isa in $(supported "$build/gensample"); do
                draw "$isa" "$build/gensample"
            done
            for isa in $([ -z "$other" ] || supported $run "$other/gensample"); do
                draw "$isa" $run "$other/gensample"
            done
            compare
        done
    done
done
echo "$total ways to run compared, $samples samples each"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

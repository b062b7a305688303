# gensample rejection: what it prints and writes, what it refuses, and the same bytes; sourced by run.sh.
needs_effort 50 || return 0

accept rejection --help
check 'the help of rejection names algorithms' grep -q '^  radius  ' stdout.txt
accept rejection --dim 16 --ratio 1.1 -n 2000
check 'the algorithm' grep -q '^plain: draws the whole vector of each proposal' stdout.txt
check 'the acceptance beside the theory' grep -Eq \
    '^2000 of [0-9]+ proposals accepted: 0\.2[0-9]*, 99 % interval 0\.2[0-9]* \.\.\. 0\.2[0-9]*; theory 0\.2176, z = -?[0-3]\.[0-9]+$' \
    stdout.txt
check 'both speeds' grep -Eq \
    '^[0-9.e+-]+ s: [0-9.e+]+ proposals/s, [0-9.e+]+ accepted samples/s, [0-9]+ threads?, [a-z0-9-]+$' stdout.txt
for algorithm in radius early; do
    accept rejection --dim 16 --ratio 1.1 -n 2000 --algorithm $algorithm
    check "$algorithm does not draw whole vectors" grep -q "^$algorithm: .*whole vectors are drawn of accepted ones only" stdout.txt
done
accept rejection --dim 6 --ratio 1.2 -n 50 --seed 18446744073709551615 --json --out out/x.npy
check 'a report in JSON' grep -Eq \
    '^\{"algorithm": "plain", "draws_whole_vectors": true, "dim": 6, .*"seed": "18446744073709551615", .*"accepted": 50, .*"out": "out/x.npy"\}$' \
    stdout.txt
check 'accepted samples as NumPy has them' npy_shape out/x.npy '50, 6' 1200
accept rejection --dim 6 --ratio 1 -n 3 --quiet
check 'a quiet run' test ! -s stdout.txt
rm -f out/*

for algorithm in plain radius early; do
    r="rejection --algorithm $algorithm --dim 100 --ratio 1.02 -n 500 --quiet"
    "$program" $r --isa scalar --threads 1 --out out/reference.npy
    for isa in $("$program" cpu | awk '$2 == "supported" { print $1 }'); do
        GENSAMPLE_ISA=$isa "$program" $r --threads 2 --out out/isa.npy
        check "$algorithm: same bytes with $isa" cmp out/isa.npy out/reference.npy
    done
    "$program" $r --threads 3 --out out/threads.npy
    check "$algorithm: same bytes with 3 threads" cmp out/threads.npy out/reference.npy
    "$program" $r --seed 1 --out out/seed.npy
    check "$algorithm: another seed, other samples" sh -c '! cmp -s out/seed.npy out/reference.npy'
    mv out/reference.npy $algorithm.npy
    rm -f out/*
done
check 'early accepts what plain does' cmp plain.npy early.npy

refuse 2 'no option of gensample rejection' rejection --model tiny.bin
refuse 2 'no option of gensample sample' --dim 3
for option in dim ratio algorithm; do
    refuse 2 'is missing' rejection --$option
done
for value in 0 -1 1000000000 1.5 nan '' 3x; do
    refuse 2 'dim: .* is not a whole number' rejection --dim "$value"
done
for value in 0 -1 nan inf '' 3x; do
    refuse 2 'ratio: .* is not a positive number' rejection --ratio "$value"
done
refuse 2 'ratio 0.99: .* p/q grows without bound' rejection --ratio 0.99
refuse 2 'n: .* is not a whole number' rejection -n 0
refuse 2 '^gensample: --ratio 1.1: .* would take 10^[0-9.]* proposals .*; take fewer dimensions D, sq nearer to sp' rejection --ratio 1.1 --out out/x.npy
refuse 2 ': 1 sample would take' rejection --ratio 1.1 -n 1 --out out/x.npy
refuse 2 "algorithm 'fast' is unknown: expected one of plain" rejection --algorithm fast
refuse 2 'no instruction set' rejection --isa sse9
refuse 2 'go into a .npy' rejection --out out/x.png
refuse 2 'json: cannot go with --quiet' rejection --json --quiet
refuse 1 'No such file or directory' rejection --out no-such-directory/x.npy
refuse 1 'the disk has room for' rejection --ratio 1 -n 1000000000000 --out out/x.npy

# Samples that are not wanted take no memory; others take the memory of one block, and blocks follow each other.
if [ -n "$slow" ]; then
    skip 'samples that are counted only' 'sanitizers and emulators take all addresses there are'
else
    (
        ulimit -v 3000000
        exec "$program" rejection --algorithm radius --ratio 1 -n 2000000 --json --threads 2
    ) >stdout.txt 2>stderr.txt
    check 'two million samples in less memory than they would take' grep -q '"accepted": 2000000' stdout.txt
fi
ratio=1.000001
blocks="--dim 1048576 --ratio $ratio --algorithm radius" # a block has 16 samples
accept rejection $blocks -n 16 --json
proposals=$(sed 's/.*"proposals": \([0-9]*\).*/\1/' stdout.txt)
check 'some are rejected' test "${proposals:-0}" -gt 16
accept rejection $blocks -n 19 --out out/x.npy
check 'more than a block of samples' npy_shape out/x.npy '19, 1048576' $((19 * 4194304))
accept rejection $blocks -n 3 --first "${proposals:-0}" --out out/y.npy
tail -c 12582912 out/x.npy >out/a
tail -c 12582912 out/y.npy >out/b
check 'the next block goes on where the last one ended' cmp out/a out/b
rm -f out/*
refuse 2 'the numbers end' rejection --first 1152921504606846970 --dim 4 --ratio 1.1 -n 100 --out out/x.npy

pattern='interrupted: [1-9]'
interrupt INT rejection --dim 100 --ratio 1.07 -n 1000000 --out out/x.npy
kept=$(sed -n 's/^gensample: interrupted: \([0-9]*\) of 1000000 samples are kept in out\/x.npy$/\1/p' stderr.txt)
check 'an interrupted rejection exits with 130' test $status -eq 130
check 'and keeps what was accepted' npy_shape out/x.npy "${kept:-0}, 100" $((${kept:-0} * 400))
rm -f out/*
mkfifo out/pipe.npy
"$program" rejection --dim 100 --ratio 1.07 -n 100000000 --out out/pipe.npy >stdout.txt 2>stderr.txt &
pid=$!
exec 9<out/pipe.npy
kill -s INT $pid
cat <&9 >got.npy
exec 9<&-
wait $pid
check 'a rejection into a pipe is interrupted' test $? -eq 130
check 'which says that the header is wrong' \
    grep -Eq '^gensample: (out/pipe.npy: it has [0-9]+ of the 100000000 rows that its header says|interrupted: no sample was accepted, what was written is not to be trusted)$' stderr.txt
rm -f out/* got.npy
expected=130
pattern='no sample was accepted, nothing is written'
interrupt INT rejection --dim 100 --ratio 1.3 -n 1 --out out/x.npy
judge_refusal 'an interruption before the first accepted sample'

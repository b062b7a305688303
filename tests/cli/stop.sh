# Interruptions, full disks and closed outputs; sourced by run.sh.

# interrupt SIGNAL ARGUMENT...: sends the signal after a while; if that was too early for standard error to have the pattern,
# once more after a longer while, so that no case depends on the machine's speed. The status is in $status.
interrupt() {
    signal=$1
    shift
    ran="gensample $* and SIG$signal"
    for wait in 0.3 1 3 10 30 100; do
        timeout --preserve-status -k 300 -s "$signal" $wait "$program" "$@" >stdout.txt 2>stderr.txt
        status=$?
        ! grep -q -- "$pattern" stderr.txt || break
    done
}
expected=130
for signal in INT TERM; do
    pattern='interrupted: [1-9][0-9]* of'
    interrupt $signal --model tiny.bin -n 1000000 --sampler dpmpp-2m --steps 500 --out out/x.npy --threads 2
    kept=$(sed -n 's/^gensample: interrupted: \([0-9]*\) of 1000000 samples are kept in out\/x.npy$/\1/p' stderr.txt)
    check "SIG$signal exits with 130" test $status -eq 130
    check "SIG$signal says in one line what is kept" test "$(wc -l <stderr.txt)" -eq 1 -a "${kept:-0}" -gt 0
    check "SIG$signal keeps what was finished" npy_shape out/x.npy "${kept:-0}, 1, 8, 8" $((${kept:-0} * 256))
    if [ "${kept:-0}" -gt 0 ]; then
        "$program" --model tiny.bin -n 1 --sampler dpmpp-2m --steps 500 --out out/y.npy --quiet --first $((kept - 1))
        tail -c 256 out/x.npy >out/a
        tail -c 256 out/y.npy >out/b
        check "SIG$signal keeps finished samples only" cmp out/a out/b
    fi
    rm -f out/*
done
pattern='nothing is written'
interrupt INT --model tiny.bin -n 1 --sampler annealed-langevin --steps-per-level 1000000 --out out/x.png
judge_refusal 'an interruption before the first sample'
interrupt INT --compose tiny.bin -n 20000 --sweep 1,2 --sampler dpmpp-2m --steps 10000 --out out/x.png
judge_refusal 'an interruption of a sweep'
"$program" --model tiny.bin -n 1000 --sampler heun --steps 2 --quiet --out thousand.idx
interrupt INT denoise --model tiny.bin --input thousand.idx -n 1000 --steps 10000,9999,9998 --out out/x.png
judge_refusal 'an interruption of denoising'

# A full disk, and a limit on the size of files.
expected=1
pattern='No space left on device'
for name in full.png full.npy full.idx; do
    ln -s /dev/full $name
    run --model tiny.bin -n 200 --sampler dpmpp-2m --steps 2 --out $name
    judge_refusal "a full disk: $name"
    check "$name is still there" test -c $name
done
pattern='File too large'
echo old >old.npy
limited='out/x.png out/x.npy out/x.idx out/x old.npy'
if grep -q 'GENSAMPLE_SANITIZE:STRING=thread' "$build/CMakeCache.txt"; then
    skip "past the limit of a file's size" 'the thread sanitizer itself writes a larger file'
    limited=
fi
for name in $limited; do
    n=300
    [ $name = out/x ] && n=2
    (
        ulimit -f 2
        exec "$program" --model rgb.bin -n $n --sampler dpmpp-2m --steps 2 --out $name
    ) >stdout.txt 2>stderr.txt
    status=$?
    if [ $name = out/x ]; then
        check 'small pictures fit the limit' test $status -eq 0
        rm -rf out/x
    else
        judge_refusal "past the limit of a file's size: $name"
    fi
done
check 'a failure leaves the old file' test "$(cat old.npy)" = old

# Standard output that cannot be written.
pattern='standard output'
for arguments in '--help' '--version' 'cpu' 'inspect tiny.bin' '--model tiny.bin -n 2 --out out/x.npy'; do
    "$program" $arguments 2>stderr.txt >&-
    status=$?
    : >stdout.txt
    judge_refusal "gensample $arguments >&-"
done
for arguments in '--help' '--version' 'cpu' 'inspect tiny.bin'; do
    "$program" $arguments 2>stderr.txt >/dev/full
    status=$?
    judge_refusal "gensample $arguments >/dev/full"
done
"$program" --model tiny.bin -n 2 --sampler dpmpp-2m --steps 2 --out whole.npy 2>stderr.txt >/dev/full
status=$?
judge_refusal 'gensample sample >/dev/full'
check 'whose samples are whole' npy_shape whole.npy '2, 1, 8, 8' 512
{
    "$program" --help 2>stderr.txt
    echo $? >status.txt
} | exec true
until [ -s status.txt ]; do sleep 0.1; done
# The reader may end before or after the help is written, which gives an error in one line or success.
check 'a closed pipe' sh -c 'read s <status.txt; [ "$s" -eq 0 ] || [ "$s" -eq 1 -a "$(wc -l <stderr.txt)" -eq 1 ]'
"$program" --model tiny.bin -n 2 --sampler dpmpp-2m --steps 2 --out out/x.npy <&- 2>&- >stdout.txt
check 'closed standard input and error' test $? -eq 0
check 'and a whole file' npy_shape out/x.npy '2, 1, 8, 8' 512
rm -rf out
mkdir out

# Interruptions, full disks and closed outputs; sourced by run.sh.
[ "$sanitizer" = thread ] || needs_effort 50 || return 0

find_signals
expected=130
for signal in $signals; do
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
(
    ulimit -S -t "2${slow:+0}"
    exec "$program" --model tiny.bin -n 1000000 --sampler dpmpp-2m --steps 500 --out out/x.npy --threads 2
) >stdout.txt 2>stderr.txt
status=$?
kept=$(sed -n 's/^gensample: interrupted: \([0-9]*\) of 1000000 samples are kept in out\/x.npy$/\1/p' stderr.txt)
check 'a limit of processor time exits with 130' test $status -eq 130
check 'and keeps what was finished' npy_shape out/x.npy "${kept:-0}, 1, 8, 8" $((${kept:-0} * 256))
rm -f out/*

# Signals before the first sample: the program waits for the rest of a network, whose pipe it has opened.
mkfifo slow.bin
for signal in $signals; do
    "$program" --model slow.bin --out out/x.npy >stdout.txt 2>stderr.txt &
    pid=$!
    exec 8>slow.bin
    kill -s $signal "$pid"
    wait "$pid"
    status=$?
    exec 8>&-
    expected=130
    pattern='^gensample: interrupted: nothing is written$'
    judge_refusal "SIG$signal before the first sample"
done
rm -f slow.bin

# A pipe that nobody reads: one signal ends the program, whenever it comes after the network has been read. Before that it may
# be lost, since a shell starts programs in the background with SIGINT ignored.
mkfifo unread.npy slow.bin
pattern='interrupted.*nothing is written$'
for signal in $signals; do
    for wait in 0 1; do
        ran="gensample --out unread.npy and SIG$signal after $wait s"
        "$program" --model slow.bin -n 2 --sampler dpmpp-2m --steps 2 --out unread.npy >stdout.txt 2>stderr.txt &
        pid=$!
        cat tiny.bin >slow.bin
        sleep $wait
        kill -s $signal "$pid"
        wait "$pid"
        status=$?
        judge_refusal "SIG$signal and a pipe that nobody reads"
    done
done
rm -f unread.npy slow.bin

# Signals while the samples, all drawn, go into a pipe that takes a part of them: it is read from when the program has
# opened it.
# start_writing ARGUMENT...: starts the program, with its process number in $pid and the pipe at descriptor 9.
start_writing() {
    rm -f pipe.npy
    mkfifo pipe.npy
    "$program" --model cond.bin --label all -n 1000 --sampler dpmpp-2m --steps 2 --out pipe.npy "$@" >stdout.txt 2>stderr.txt &
    pid=$!
    exec 9<pipe.npy
}
for signal in $signals; do
    start_writing
    kill -s $signal "$pid"
    cat <&9 >got.npy
    exec 9<&-
    wait "$pid"
    check "SIG$signal while all is being written: exit status 0" test $? -eq 0
    check "SIG$signal while all is being written: all of it" npy_shape got.npy '1000, 1, 8, 8' 256000
    check "SIG$signal while all is being written: the report" grep -q '^1000 samples in ' stdout.txt
done
start_writing --quality --judge judge.bin
kill -s TERM "$pid"
cat <&9 >got.npy
exec 9<&-
wait "$pid"
check 'a signal before the samples are judged: exit status 130' test $? -eq 130
check 'a signal before the samples are judged: all of them' npy_shape got.npy '1000, 1, 8, 8' 256000
check 'and says so' grep -q '^gensample: interrupted: 1000 of 1000 samples are kept in pipe.npy, and not measured$' stderr.txt
twice='INT TERM'
if [ "$sanitizer" = thread ]; then
    skip 'a second signal ends what nobody reads' 'the thread sanitizer handles no signal within write(2)'
    twice=
fi
for signal in $twice; do
    start_writing
    tries=0
    while [ $tries -lt 60 ] && ! has_ended; do
        kill -s $signal "$pid"
        sleep 0.5
        tries=$((tries + 1))
    done
    has_ended || kill -s KILL "$pid"
    wait "$pid"
    status=$?
    exec 9<&-
    check "a second SIG$signal ends what nobody reads" test $status -eq $((128 + $(kill -l $signal 2>/dev/null || if [ $signal = INT ]; then echo 2; else echo 15; fi)))
    check "a second SIG$signal: nothing is left" test -z "$(find . -name '.*.*-*')"
done
rm -f pipe.npy got.npy

pattern='nothing is written'
interrupt INT --model tiny.bin -n 1 --sampler annealed-langevin --steps-per-level 1000000 --out out/x.png
judge_refusal 'an interruption before the first sample'
interrupt INT --compose tiny.bin -n 20000 --sweep 1,2 --sampler dpmpp-2m --steps 10000 --out out/x.png
judge_refusal 'an interruption of a sweep'
"$program" --model tiny.bin -n 1000 --sampler heun --steps 2 --quiet --out thousand.idx
interrupt INT denoise --model tiny.bin --input thousand.idx -n 1000 --steps 10000,9999,9998 --out out/x.png
judge_refusal 'an interruption of denoising'

# The finished part of a list is kept, and equals the result of a shorter list. Its length depends on the machine.
# first_numbers COUNT LIST
first_numbers() {
    echo "$2" | cut -d , -f "1-$1"
}
pattern='interrupted: samples of'
sweep=0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1,1.1,1.2,1.3,1.4,1.5,1.6
drawn="--compose tiny.bin -n 100 --sampler dpmpp-2m --steps 10000 --threads 1"
interrupt TERM $drawn --sweep $sweep --out out/x.npy
kept=$(sed -n 's/^gensample: interrupted: samples of \([0-9]*\) of 16 weights are kept in out\/x.npy$/\1/p' stderr.txt)
if [ -n "$kept" ]; then
    check 'an interrupted sweep exits with 130' test $status -eq 130
    accept $drawn --sweep "$(first_numbers "$kept" $sweep)" --out out/y.npy
    check 'and keeps what a shorter one draws' cmp out/x.npy out/y.npy
else
    check 'a sweep that is done, or of which nothing is' sh -c 'test $1 -eq 0 || grep -q "nothing is written" stderr.txt' sh $status
fi
pattern='interrupted: images of'
noises=0.1,0.15,0.2,0.25,0.3,0.35,0.4,0.45,0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85
drawn="denoise --model tiny.bin --input thousand.idx -n 100 --steps 10000 --threads 1"
interrupt TERM $drawn --noise $noises --out out/x.npy
kept=$(sed -n 's/^gensample: interrupted: images of \([0-9]*\) of 16 noise levels are kept in out\/x.npy$/\1/p' stderr.txt)
if [ -n "$kept" ]; then
    check 'an interrupted restoration exits with 130' test $status -eq 130
    check 'and reports so many levels' test "$(grep -c ' noisy  *-' stdout.txt)" -eq "$kept"
    accept $drawn --noise "$(first_numbers "$kept" $noises)" --out out/y.npy
    check 'and keeps what a shorter one restores' cmp out/x.npy out/y.npy
else
    check 'a restoration that is done, or of which nothing is' sh -c 'test $1 -eq 0 || grep -q "nothing is written" stderr.txt' sh $status
fi
rm -f out/*

# A full disk, and a limit on the size of files.
expected=1
pattern='No space left on device'
for format in $formats; do
    name=full.$format
    ln -s /dev/full $name
    run --model tiny.bin -n 200 --sampler dpmpp-2m --steps 2 --out $name
    judge_refusal "a full disk: $name"
    check "$name is still there" test -c $name
done
pattern='File too large'
echo old >old.npy
limited="$(for format in $formats; do printf 'out/x.%s ' "$format"; done)out/x old.npy"
if [ "$sanitizer" = thread ] || grep -q 'GENSAMPLE_COVERAGE:BOOL=ON' "$build/CMakeCache.txt"; then
    skip "past the limit of a file's size" 'the thread sanitizer, or what counts branches, itself writes a larger file'
    limited=
fi
for name in $limited; do
    n=300
    [ $name = out/x ] && n=2
    (
        ulimit -f 2
        exec "$program" --model tiny.bin -n $n --sampler dpmpp-2m --steps 2 --out $name
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
for arguments in '' --json --quality; do
    "$program" --model cond.bin -n 4 --sampler dpmpp-2m --steps 2 --out whole.png --judge judge.bin $arguments 2>stderr.txt >/dev/full
    status=$?
    judge_refusal "gensample sample --out whole.png $arguments >/dev/full"
    check 'whose picture is whole' is_png whole.png 22 22 0
    rm -f whole.png
done
"$program" denoise --model tiny.bin --input thousand.idx -n 2 --noise 0.2 --out whole.png 2>stderr.txt >/dev/full
status=$?
judge_refusal 'gensample denoise >/dev/full'
check 'whose picture is whole' is_png whole.png 45 45 0
"$program" rejection --dim 4 --ratio 1.1 -n 5 --out whole.npy 2>stderr.txt >/dev/full
status=$?
judge_refusal 'gensample rejection >/dev/full'
check 'whose samples are whole' npy_shape whole.npy '5, 4' 80
pattern='standard output: cannot write.*No space left on device'
for format in $formats; do
    "$program" --model tiny.bin -n 100 --sampler dpmpp-2m --steps 2 --out - --format $format 2>stderr.txt >/dev/full
    status=$?
    : >stdout.txt
    judge_refusal "gensample --out - --format $format >/dev/full"
done
pattern='standard output'
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

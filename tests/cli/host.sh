# The program's surroundings: numbers of threads that are set from outside, and locales; sourced by run.sh.
needs_effort 50 || return 0

OMP_NUM_THREADS=3 "$program" cpu >stdout.txt
check 'OMP_NUM_THREADS is told' grep -qx 'threads: 3 (OMP_NUM_THREADS)' stdout.txt
check 'and the memory' grep -q "^memory: [0-9.e+]* GB (" stdout.txt
few='--model tiny.bin -n 5 --sampler dpmpp-2m --steps 2'
# shellcheck disable=SC2086
OMP_NUM_THREADS=3 "$program" $few --out out/x.npy >stdout.txt
check 'OMP_NUM_THREADS is the default number of threads' grep -q ' 3 threads, ' stdout.txt
# shellcheck disable=SC2086
OMP_NUM_THREADS=3 "$program" $few --threads 2 --out out/x.npy >stdout.txt
check '--threads comes first' grep -q ' 2 threads, ' stdout.txt
# shellcheck disable=SC2086
OMP_NUM_THREADS=none "$program" $few --out out/x.npy >stdout.txt 2>/dev/null
check 'OMP_NUM_THREADS that is no number does not count' test $? -eq 0
if localedef --no-archive -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >localedef.txt 2>&1; then
    for command in 'inspect tiny.bin' "$few --quality --judge judge.bin --seed 3 --json --out out/x.png" 'cpu --help'; do
        # shellcheck disable=SC2086
        "$program" $command 2>&1 | sed 's/"seconds.*//; s/ in [0-9.]* s.*//' >expected.txt
        # shellcheck disable=SC2086
        LOCPATH=$work LC_ALL=de_DE.UTF-8 "$program" $command 2>&1 | sed 's/"seconds.*//; s/ in [0-9.]* s.*//' >stdout.txt
        check "a locale with decimal commas: gensample $command" cmp stdout.txt expected.txt
    done
else
    skip 'a locale with decimal commas' 'no localedef, or not what it needs (package locales)'
fi
rm -rf out
mkdir out

# Interruptions of commands that analyse, and of files of chains; sourced by run.sh.
needs_effort 50 || return 0

"$program" --model tiny.bin -n 1000 --sampler heun --steps 2 --quiet --out thousand.idx
cp "$here/../golden/energy.bin" golden.bin

# Nothing is written, and one line says what is not known.
# ends WHAT ARGUMENT...
ends() {
    pattern="^gensample: interrupted: $1\$"
    shift
    interrupt INT "$@"
    check "$1: exit status 130" test "$status" -eq 130
    check "$1: nothing but one line" sh -c 'test "$(wc -l <stderr.txt)" -eq 1 && grep -q "$1" stderr.txt && test -z "$(ls -A out)"' sh "$pattern"
}
given='--input thousand.idx -n 1000'
ends 'the loss is not complete' loss tiny.bin $given --levels 100 --draws 1000
ends 'nothing is written' likelihood tiny.bin $given --steps 4096 --out out/x.csv
ends 'nothing is written' classify cond.bin $given --levels 100 --draws 1000 --out out/x.csv
ends 'nothing is written' novelty tiny.bin $given --against thousand.idx --by likelihood --steps 4096 --out out/x.csv
ends 'nothing is written' interpolate tiny.bin --input thousand.idx -n 2 --frames 1000 --steps 4096 --out out/x.png
ends 'nothing is written' restore --model tiny.bin $given --mask box --steps 10000 --out out/x.npy
ends 'nothing is written' quantize golden.bin out/x.bin -n 10000
ends 'log Z is not known' partition plain.bin --chains 1000 --particles 100 --steps 10000

# A file of chains keeps those that are finished, with all that is said of them, and no others.
chains='--model gaussian:dim=2,levels=no --sampler nuts --steps 3000 --threads 1 --seed 3'
run $chains -n 1 --out out/known.nc
if grep -q 'built without netCDF' stderr.txt; then
    skip 'files of chains' 'this build has no netCDF'
else
    pattern='interrupted: [1-9][0-9]* of 20000 samples are kept in out/x.nc'
    interrupt INT $chains -n 20000 --out out/x.nc
    kept=$(sed -n 's/^gensample: interrupted: \([0-9]*\) of 20000 samples are kept in out\/x.nc$/\1/p' stderr.txt)
    check 'finished chains are kept' test "$status" -eq 130 -a "${kept:-0}" -gt 0
    check 'nothing else is left' test "$(ls -A out)" = 'known.nc
x.nc'
    size=$(file_size out/x.nc)
    rm -f out/*
    "$program" $chains -n "${kept:-1}" --quiet --out out/y.nc 2>stderr.txt
    check 'they take as much as a file of so many chains, but for what it says of the run' \
        sh -c 'd=$(($1 - $2)) && test "${d#-}" -lt 4096' sh "${size:-0}" "$(file_size out/y.nc)"
    pattern='no sample was finished, nothing is written'
    interrupt INT --model gaussian:dim=2,levels=no --sampler hmc -n 2 --steps 1000000 --leapfrog 1000 --out out/x.nc
    check 'without a finished chain there is no file' test "$status" -eq 130 -a ! -e out/x.nc
fi
rm -rf out
mkdir out

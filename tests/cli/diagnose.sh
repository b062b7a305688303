# --diagnose and --plot; sourced by run.sh.
needs_effort 50 || return 0

# diagnosed ARGUMENT...: it succeeds, and prints nothing but warnings on standard error.
diagnosed() {
    run "$@"
    check "gensample $*" sh -c 'test "$1" -eq 0 && ! grep -v "^warning: " stderr.txt' sh "$status"
}
chains='--model plain.bin -n 12 --sampler mala --steps 40'
diagnosed $chains --diagnose --out out/x.png
check 'the summary says how the chains are doing' grep -q '^after burn-in, 20 energies per chain: effective sample size [0-9.]*, R-hat [0-9.]*' stdout.txt
check 'acceptance is in the summary' grep -q '^acceptance after burn-in' stdout.txt
diagnosed $chains --plot out/p.svg --json --out out/x.png
check '--plot is in the JSON' grep -q '"plot": "out/p.svg"' stdout.txt
check '--plot draws' sh -c 'head -c 100 out/p.svg | grep -q "<svg" && grep -q "Acceptance" out/p.svg'
check 'the diagnosis is in the JSON' grep -q '"diagnosis": {' stdout.txt
diagnosed --model plain.bin -n 1 --sampler mala --steps 10 --plot out/p.svg --out out/x.png
check 'the report names what was written' grep -q '; wrote out/x.png and out/p.svg$' stdout.txt
check 'one chain is a chain' grep -q 'mala, 1 chain<' out/p.svg
diagnosed --model plain.bin -n 12 --sampler langevin --steps 40 --plot out/p.svg --quiet --out out/x.png
check 'langevin accepts all, so there is no such panel' sh -c '! grep -q Acceptance out/p.svg'
diagnosed --model plain.bin -n 12 --sampler langevin --steps 21 --diagnose --quality --judge judge.bin --out out/x.npy
check 'classes are counted at about ten steps' test "$(sed -n '/shares of classes/,/^12 chains/p' stdout.txt | wc -l)" -ge 8
"$program" --model plain.bin -n 12 --sampler langevin --steps 21 --quiet --out out/y.npy
check 'what is diagnosed is the same samples' cmp out/x.npy out/y.npy
diagnosed --model tiny.bin -n 4 --sampler langevin --steps 30 --diagnose --out out/x.png
check 'a denoiser has no energy' sh -c '! grep -q energy: stdout.txt'
run --model plain.bin -n 4 --sampler hmc --steps 4 --diagnose --out out/x.png
check 'warnings go to standard error' grep -q '^warning: ' stderr.txt
accept --model plain.bin -n 4 --sampler mclmc --steps 20 --out out/x.png
check 'mclmc rejects nothing, so there is no acceptance' sh -c 'grep -q "burn-in: step size " stdout.txt && ! grep -q acceptance stdout.txt'
accept --model plain.bin -n 4 --sampler mclmc --steps 20 --json --out out/x.png
check 'nor in JSON' grep -q '"acceptance": {"step_size": ' stdout.txt
rm -rf out
mkdir out
for weighted in ais tempered-smc; do
    refuse 2 "diagnose: chains of $weighted go from one density to another, with weights" \
        --model plain.bin -n 4 --sampler $weighted --steps 4 --diagnose --out out/x.png
done
refuse 2 'diagnose: chains of heun pass through noise levels.* gibbs or elliptical-slice, whose' --model tiny.bin --sampler heun --diagnose --out out/x.png
refuse 2 'coordinates: .* is not at most 16 whole numbers' $chains --diagnose --coordinates 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 --out out/no.npy
diagnosed $chains --diagnose --coordinates 1,0 --out out/x.png
check 'quantities are listed' sh -c 'grep -q "^quantity  *mean" stdout.txt && grep -q "^x\[1\] " stdout.txt && grep -q "^energy " stdout.txt'
check 'effective draws are rated' grep -q '^effective draws of .* per gradient, .* per second$' stdout.txt
check 'chains have rows' test "$(sed -n '/^ *chain  acceptance/,/of 12 chains/p' stdout.txt | wc -l)" -eq 10
diagnosed $chains --plot out/p.svg --coordinates 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 --out out/x.png
check 'sixteen coordinates may be followed' grep -q '^x\[15\] ' stdout.txt
diagnosed $chains --plot out/p.svg --coordinates 3 --out out/x.png
check 'ranks and autocorrelations are drawn' sh -c 'grep -q "x\[3\]: ranks" out/p.svg && grep -q "energy: autocorrelation" out/p.svg'

# Files of chains.
points='--model gaussian:dim=2,levels=no -n 3 --steps 40 --seed 2'
rm -rf out
mkdir out
run $points --sampler mala --out out/c.nc
if grep -q 'built without netCDF' stderr.txt; then
    check 'a build without netCDF says what it needs' sh -c 'test "$1" -eq 2 && grep -q libnetcdf-dev stderr.txt && test -z "$(ls out)"' sh "$status"
    nc=false
else
    check 'a file of chains' sh -c 'test "$1" -eq 0 && head -c 4 out/c.nc | grep -q HDF && test "$(ls out)" = c.nc' sh "$status"
    nc=true
fi
if $nc; then
    mkdir broken
    : >"broken/$(grep -ao 'libnetcdf\.[a-z0-9.]*' "$program" | head -n 1)"
    LD_LIBRARY_PATH=broken run $points --sampler mala --out out/l.nc
    check 'without its library a .nc file is refused' sh -c 'test "$1" -eq 2 && grep -q "l.nc: netCDF.s library.* cannot be loaded: .*install it" stderr.txt && test "$(ls out)" = c.nc' sh "$status"
    diagnosed $points --sampler hmc --warmup --every 2 --quiet --out out/w.nc
    check 'burn-in has groups of its own' grep -q warmup_sample_stats out/w.nc
    check 'others have none' sh -c '! grep -q warmup_ out/c.nc'
    check 'a file says what its draws are' grep -qa 'posterior: draw d is step 20 + (d + 1) 2; figures of --diagnose: of steps 21 to 40, all of them' out/w.nc
    run --model gaussian:dim=2,levels=no -n 3 --seed 2 --sampler mala --steps 16384 --quiet --out out/w.nc
    check 'and of which the figures are' grep -qa 'of steps 8193 to 16384, the others of one step in 2, from 8194 to 16384' out/w.nc
    diagnosed --model plain.bin -n 2 --sampler langevin --steps 6 --quiet --out out/i.nc
    for go in killed again; do
        left=$(ls -A out | grep '^\.k\.nc') # by the run before
        "$program" --model gaussian:dim=2,levels=no -n 3 --steps 1000000 --sampler mala --quiet --out out/k.nc >stdout.txt 2>stderr.txt &
        pid=$!
        while { begun=$(ls -A out | grep '^\.k\.nc'); [ -z "$begun" ] || [ "$begun" = "$left" ]; } && ! has_ended; do
            sleep 0.1
        done
        kill -s KILL "$pid"
        wait "$pid" 2>/dev/null
    done
    check 'a killed run leaves at most one file, which has no other name' test "$(ls -A out | grep -c 'k\.nc')" -eq 1
    diagnosed $points --sampler mala --quiet --out out/k.nc
    check 'the next run to that name clears it' test "$(ls -A out | grep 'k\.nc')" = k.nc
    rm -rf out
    mkdir out
    refuse 2 'expected --sampler .*langevin' --model tiny.bin -n 4 --sampler heun --out out/no.nc
    refuse 2 'every: 100: after burn-in there are only 20 steps' $points --sampler mala --every 100 --out out/no.nc
    refuse 2 'trajectory: cannot go with out/no.nc' $points --sampler mala --trajectory --out out/no.nc
    refuse 2 'cannot go into a stream' $points --sampler mala --format nc --out /dev/null
fi
refuse 2 'warmup: says what .nc files have' $points --sampler mala --warmup --out out/no.npy
refuse 2 'coordinates: --diagnose or --plot follows them' $points --sampler mala --coordinates 1 --out out/no.npy
refuse 2 'coordinates: "," is not at most' $points --sampler mala --diagnose --coordinates , --out out/no.npy
refuse 2 'coordinates: 2: a state of gaussian has the coordinates 0 ... 1' $points --sampler mala --diagnose --coordinates 2 --out out/no.npy
"$program" --model plain.bin -n 2 --sampler mala --steps 4 --quiet --out seen.idx
refuse 2 'no.nc: .nc files hold the steps of chains' view seen.idx --out out/no.nc
rm -rf out
mkdir out
refuse 2 'diagnose: chains of heun pass through' --model tiny.bin -n 4 --sampler heun --diagnose --out out/no.png
refuse 2 'plot: out/p.png: expected a name that ends in .svg' $chains --plot out/p.png --out out/no.png
refuse 1 'none/p.svg' $chains --plot none/p.svg --out out/no.png
refuse 2 'quiet: cannot go with --diagnose' $chains --diagnose --quiet --out out/no.png
refuse 2 'sweep: cannot go with --diagnose' --compose plain.bin --sweep 1,2 --sampler mala --diagnose --out out/no.png
rm -rf out
mkdir out

# Memory does not grow with the number of steps: those of 90,000 more, of two chains, would take 8 MB.
if [ -n "$slow" ]; then
    skip 'memory stays' 'a sanitizer or an emulator has memory of its own'
else
    long='--model gaussian:dim=2,levels=no -n 2 --sampler mala --threads 2 --diagnose'
    few=$("$build/tests/peak" "$program" $long --steps 10000 --out out/few.npy 2>/dev/null | tail -n 1)
    "$build/tests/peak" "$program" $long --steps 100000 --out out/many.npy >stdout.txt 2>/dev/null
    more=$(tail -n 1 stdout.txt)
    check "memory stays: $few and $more KiB" test "$more" -lt $((few + 2048))
    check 'and the report says what is recorded' grep -q '^recorded at 7692 of these steps' stdout.txt
    rm out/few.npy out/many.npy
fi

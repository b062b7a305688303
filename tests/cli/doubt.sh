# Results that are invalid or doubtful, and the progress shown on a terminal; sourced by run.sh.
needs_effort 50 || return 0
images
runaway runaway 900
runaway loud 30
plain_energy flat 0

# ---- Chains that leave what their noise level allows ----
for sampler in $("$program" --help | sed -n '/^samplers,/,/^$/s/^  \([a-z][a-z0-9-]*\)  *.*/\1/p' | grep -vx decode); do
    case $sampler in
    ais | tempered-smc | elliptical-slice) continue ;; # a prior holds their chains
    mala | hmc | nuts | barker | mclmc | mclmc-adjusted | tempering | gibbs) model=flat ;;
    *) model=runaway ;;
    esac
    refuse 1 'chain 0 diverged: after step [0-9]* its state is .* beyond the data range.*; ' \
        --model $model.bin --sampler "$sampler" --steps 2000 -n 20 --out out/x.npy --threads 1
    cp stderr.txt first.txt
    for ways in '--threads 3 --block 1' '--threads 2 --block 16'; do
        run --model $model.bin --sampler "$sampler" --steps 2000 -n 20 --out out/x.npy $ways
        check "$sampler: the same chain and step with $ways" cmp first.txt stderr.txt
    done
done
refuse 1 'diverged.*; lower the step size, 50' --model plain.bin --steps 100 --step-size 50 --out out/x.npy
refuse 1 'diverged.*; lower the epsilon, 1' --model tiny.bin --sampler annealed-langevin --epsilon 1 --out out/x.npy
refuse 1 'diverged.*; bring the weight, -1, nearer to 1' --compose tiny.bin:-1 --steps 20 --sampler heun --out out/x.npy
refuse 1 'diverged.*; bring the weight, 100, nearer' --compose tiny.bin:100 --compose bright.bin --out out/x.npy --quality --judge judge.bin
refuse 1 'diverged.*; bring the weight, 1000, nearer' --compose tiny.bin --sweep 1,1000 --out out/x.npy
refuse 1 'diverged.*; clamp the chains' --model flat.bin --sampler mala --steps 2000 --out out/x.npy
refuse 1 'not finite; lower the step size, 1000, or clamp' --model gaussian:dim=2 --sampler mclmc --step-size 1000 --burn-in 0 --steps 20 -n 4 --out out/x.npy
leaps='with which burn-in begins, far below 1.1e+04, the distance beyond the data range at which chains count as diverged$'
refuse 1 "diverged: after step .* lower the step size, 1e+30, $leaps" --model gaussian:dim=2 --sampler mclmc --step-size 1e30 --steps 20 --out out/x.npy
refuse 1 'diverged: after step 1 .*; lower the step size, 1e+30, far below' --model gaussian:dim=2 --sampler mclmc --step-size 1e30 --burn-in 0 --steps 20 --out out/x.npy
refuse 1 'diverged: .*; lower the step size, 1e+30$' --model gaussian:dim=2 --sampler baoab --step-size 1e30 --steps 20 --out out/x.npy
refuse 1 'diverged.*; lower the prior scale, 1e+06$' partition gaussian:dim=2,levels=no --prior-scale 1e6 --chains 2 --particles 4
refuse 1 'chain 0 begins where its state is .* beyond the data range.*with less noise' --model tiny.bin --init six.idx --init-noise 1e30 --out out/x.npy
refuse 1 'chain 0 begins where its state is ' --model tiny.bin --init six.idx --init-noise 1e38 --out out/x.npy
refuse 1 'diverged: after step 2 its state is ' denoise --model runaway.bin --input six.idx --steps 3 --noise 0.4 --out out/x.png
refuse 2 'sigmas 1 and 1: the sampler dpmpp-2m goes down 3 noise levels' --model tiny.bin --sigmas 1,1 --sampler dpmpp-2m --steps 3 --out out/x.npy
accept denoise --model tiny.bin --input six.idx --noise 0.015 --steps 3 --out out/x.npy

# ---- Results that are doubtful ----
# doubt PATTERN ARGUMENT...: exit 0 with one warning that has the pattern, whether asked to be quiet or not, in JSON too.
doubt() {
    pattern=$1
    shift
    for quiet in '' --quiet; do
        run "$@" $quiet
        check "a warning: $* $quiet" sh -c 'test "$1" -eq 0 && test "$(grep -c . stderr.txt)" -eq 1 && grep -q "^warning: .*$2" stderr.txt' \
            sh $status "$pattern"
    done
    run "$@" --json
    check "in JSON: $*" grep -q "\"warnings\": \[\"[^\"]*$pattern" stdout.txt
}
doubt '3 of 3 chains ended far outside of the data range, chain 0 .* beyond it, of which 10 are to be expected' \
    --model loud.bin --sampler heun --steps 1 --sigmas 1,1 -n 3 --out out/x.npy
doubt '2 of 2 chains ended far .*; lower the step size, 5000, with which burn-in begins, or clamp' \
    --model gaussian:dim=2 --sampler mclmc --step-size 5000 --steps 20 --denoise no -n 2 --out out/x.npy
doubt 'noise 0.5, 1 step: 6 of 6 chains ended far outside' denoise --model loud.bin --input six.idx --noise 0.5 --out out/x.npy
doubt 'weight 4: 3 of 3 chains ended far outside' --compose tiny.bin --compose loud.bin --sweep 0,4 --sampler heun --steps 1 --sigmas 1,1 -n 3 --out out/x.npy
doubt '4 of 4 chains accepted less than 1 % .*; lower the step size, 1e+06' \
    --model plain.bin --sampler mala --step-size 1e6 --burn-in 0 --steps 9 -n 4 --out out/x.npy
doubt '4 of 4 chains accepted less than 1 % of the proposals and hardly moved; give more than 1 step' \
    --model double-well --sampler ais --steps 1 -n 4 --seed 3 --out out/x.npy
doubt '4 of 4 chains ended where they began, as the prior scale, 0.001, does not suit them' \
    --model gaussian:dim=2 --sampler elliptical-slice --prior-scale 0.001 -n 4 --out out/x.npy
doubt '4 of 4 chains ended where they began, as the prior scale, 1e-10, does not suit them' \
    --model gaussian:dim=2 --sampler elliptical-slice --prior-scale 1e-10 --steps 50 -n 4 --out out/x.npy
doubt 'sampler gibbs: the network gaussian takes no labels, .* its steps are those of mala' \
    --model gaussian:dim=2 --sampler gibbs --steps 100 -n 4 --out out/x.npy
accept --model gaussian:dim=2 --sampler elliptical-slice -n 16 --out out/x.npy
check 'chains with a prior that suits them are not doubted' test ! -s stderr.txt
doubt '4 of 4 chains accepted more than 99 % .*: the step size, 1e-09, could be larger' \
    --model plain.bin --sampler mala --step-size 1e-9 --burn-in 0 --steps 30 -n 4 --out out/x.npy
doubt '4 of 4 chains accepted more than 99 % .*: the energy is nearly flat' \
    --model flat.bin --sampler hmc --clamp yes --steps 60 -n 4 --out out/x.npy
doubt '4 of 4 chains took a last step far across the data range.*; lower the step size, 1e+30' \
    --model plain.bin --sampler langevin --step-size 1e30 --noise 0.1 --clamp yes --steps 9 -n 4 --out out/x.npy
doubt '4 of 4 chains took a last step far across the data range.*; lower the step size, 0.1, or lower the noise, 1e+20' \
    --model plain.bin --sampler langevin --step-size 0.1 --noise 1e20 --clamp yes --steps 9 -n 4 --out out/x.npy
doubt '4 of 4 chains ended far outside .* of which 1e+05 are to be expected; lower the step size, 0.1, or lower the noise, 1e+10' \
    --model flat.bin --sampler langevin --step-size 0.1 --noise 1e10 --clamp no --steps 9 -n 4 --out out/x.npy
doubt '9 of 9 chains took steps whose error exceeds the tolerance, 1e-06, .* 4 noise levels .*; give more steps, or a larger tolerance' \
    --model gaussian:dim=2,sd=2 --sampler dpm-adaptive --steps 4 --tolerance 1e-6 -n 9 --out out/x.npy
doubt '9 of 9 chains took no step whose error is known, as 3 noise levels allow none of order 3, .*; give more steps' \
    --model gaussian:dim=2,sd=2 --sampler dpm-adaptive --steps 3 --tolerance 1e-6 -n 9 --out out/x.npy
accept --model gaussian:dim=2,sd=2 --sampler dpm-adaptive --tolerance 0.001 -n 9 --out out/x.npy
check 'steps within the tolerance are not doubtful' test ! -s stderr.txt
accept --model plain.bin --sampler langevin --clamp yes --steps 100 -n 4 --out out/x.npy
check 'a clamp that has little to do is not doubtful' test ! -s stderr.txt
accept --model plain.bin --sampler mala --temperature 100 --steps 100 -n 4 --out out/x.npy
check 'nor is heat that the energy holds' test ! -s stderr.txt
run --model flat.bin --sampler mala --temperature 1e30 --steps 60 -n 4 --out out/x.npy
check 'a flat energy, hot' sh -c 'test "$1" -ne 0 || grep -q "^warning: 4 of 4 chains ended far outside .*; clamp the chains, .*, or lower the temperature, 1e+30$" stderr.txt' sh $status
accept --model tiny.bin -n 3 --json --out out/x.npy
check 'no warnings' grep -q '"warnings": \[\]' stdout.txt

# ---- Progress ----
# on_terminal NAME ARGUMENT...: the program with a terminal for its standard streams, whose text goes to stdout.txt.
on_terminal() {
    printf '%s' "$program" >command.sh
    printf " '%s'" "$@" >>command.sh
    timeout 120 script -qec 'sh command.sh' /dev/null >stdout.txt 2>stderr.txt </dev/null
}
if command -v script >/dev/null; then
    bar='\[[#.]*\] *[0-9]* %, [0-9]* of'
    on_terminal --model tiny.bin -n 5 --out out/x.npy
    check 'a bar on a terminal' grep -q "$(printf '\r').*$bar 5" stdout.txt
    check 'and no more of it at the end' grep -q "$bar 5.*$(printf '\r\033')\[K[^$(printf '\r')]*5 samples in" stdout.txt
    on_terminal --compose tiny.bin --compose bright.bin --sweep 0,0.5 -n 5 --sampler heun --steps 2 --sigmas 0.1,1 --out out/x.npy
    check 'which row of a sweep' grep -q "weight 0.5 $bar 5" stdout.txt
    on_terminal denoise --model tiny.bin --input six.idx --noise 0.5 --steps 1,3 --out out/x.npy
    check 'which noise and steps' grep -q "noise 0.5, 3 steps $bar 6" stdout.txt
    on_terminal rejection --dim 10 -n 7
    check 'of rejection' grep -q "$bar 7" stdout.txt
    on_terminal --model tiny.bin -n 5 --quality --judge judge.bin --out out/x.npy
    check 'that it judges' grep -q 'judging \[\.*\]   0 %' stdout.txt
    check 'and how much of that is done' grep -q 'judging \[##########\.*\]  50 %' stdout.txt
    on_terminal --model tiny.bin -n 5 --out out/x.npy --quiet
    check 'nothing where it is to be quiet' test ! -s stdout.txt
else
    skip 'progress on a terminal' 'script(1) is not installed'
fi
accept --model tiny.bin -n 5 --quality --judge judge.bin --out out/x.npy # no bar where there is no terminal
check 'no bar elsewhere' sh -c '! grep -q "%, [0-9]* of\|judging" stdout.txt'
rm -rf out && mkdir out

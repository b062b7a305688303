# Wrong usage, and how it is refused; sourced by run.sh.
needs_effort 50 || return 0

m='--model tiny.bin --out out/x.npy'
refuse 2 'nothing to do'
refuse 2 'model: missing, .*shipped/ncsn.bin' sample
refuse 2 'model: missing, .*shipped/ncsn-cond.bin' -n 3 --label 1
refuse 1 '^gensample: ncsn: ' inspect ncsn
refuse 2 'unknown command' frobnicate
refuse 2 'unknown command' ''
refuse 2 'unexpected argument' sample tiny.bin
refuse 2 'unexpected argument' --model tiny.bin extra
refuse 2 'unknown option' $m --frobnicate
refuse 2 'unknown option' $m --step 3
refuse 2 'unknown option' $m -x
refuse 2 'unknown option' $m --number=3
refuse 2 'name is missing' inspect
refuse 2 'unexpected argument' inspect tiny.bin tiny.bin
refuse 2 'no option of gensample inspect' inspect --seed 3 tiny.bin
refuse 2 'no option of gensample cpu' cpu -n 3
refuse 2 'given twice' $m --seed 1 --seed 1
refuse 2 'given twice' $m -n 1 -n 1
refuse 2 'given twice' $m --quiet --quiet
refuse 2 'takes no value' $m --quiet=yes
for option in model n out sampler steps sigmas epsilon step-size noise noise-first clip clamp temperature leapfrog burn-in target every steps-per-level denoise eta guidance guidance-sigmas label seed first grid judge threads isa backend block compose sweep init init-noise; do
    dashes=--
    [ "$option" = n ] && dashes=-
    refuse 2 'is missing' $dashes$option
done
refuse 2 'is missing' --model --quiet
# Every option that takes a value says what it expects if the value is empty.
for command in sample denoise rejection plan cpu loss energy view quantize; do
    "$program" $command --help | sed -n 's/^  \(--*[a-z-]*\) [^ ].*/\1/p' >takes.txt
    check "options of $command that take a value" test "$(wc -l <takes.txt)" -ge 4
    while read -r option; do
        refuse 2 "^gensample: $option: the value is empty, which is not [^ ]*" $command "$option" ''
    done <takes.txt
done
refuse 2 'isa: the value is empty, which is not the NAME that is expected: instruction set' --isa ''
refuse 2 'inspect: the file.s name is empty' inspect ''

for value in 0 -1 1e30 1.5 nan '' x 3x ' 3' +3 0x10 18446744073709551616 99999999999999999999; do
    refuse 2 'n: .* is not a whole number' $m -n "$value"
done
refuse 2 'n: "0" is not a whole number that is at least 1$' $m -n 0
refuse 2 'n: "18446744073709551616" is not a whole number below 2^64$' $m -n 18446744073709551616
for value in -1 1e30 nan '' 3x 18446744073709551616; do
    refuse 2 'seed: .* is not a whole number' $m --seed "$value"
    refuse 2 'first: .* is not a whole number' $m --first "$value"
done
for value in -1 1e30 9223372036854775808 2147483648 nan '' 3x; do
    refuse 2 'steps: .* is not a whole number that a sampler takes' $m "--steps=$value"
done
for value in 0 10001 100001 10000000 2147483647; do
    refuse 2 'steps .*: expected 1 ... 10000$' $m --steps $value
    [ $value = 10001 ] || [ $value = 100001 ] || refuse 2 'steps .*: expected 1 ... 1000000$' $m --sampler langevin --steps $value
done
# What the library says of a value names the option, if it was given.
refuse 2 '^gensample: --steps 0: expected 1 ... 10000$' $m --steps 0
refuse 2 '^gensample: --sigmas: lower sigma 1e-09: expected ' $m --sigmas 1e-9,1
refuse 2 '^gensample: --sigmas: upper sigma 1e+09: expected ' $m --sigmas 1,1e9
refuse 2 '^gensample: --eta 1e+30: expected ' $m --eta 1e30
refuse 2 "^gensample: --sampler 'no' is unknown: expected " $m --sampler no
refuse 2 '^gensample: --step-size: step size 1e+35: expected ' $m --sampler langevin --step-size 1e35
refuse 2 '^gensample: "q.bin" and "r.bin": one file is named twice; expected one$' quantize tiny.bin q.bin --out r.bin
refuse 2 '^gensample: "tiny.bin" and "plain.bin": one file is named twice' energy tiny.bin --model plain.bin --input x
for option in steps-per-level threads block leapfrog every; do
    for value in 0 -1 1e30 9223372036854775808 nan '' 3x 10000000; do
        refuse 2 "$option: .* is not a whole number" $m "--$option=$value"
    done
done
refuse 2 'threads: .* from 1 to 1024' $m --threads 1000000
for value in 0 -1 1e999 nan inf '' 3x 0x1p3 ' 1'; do
    refuse 2 'epsilon: .* is not a positive number' $m --epsilon "$value"
    for option in step-size temperature target; do
        refuse 2 "$option: .* is not a positive number" $m "--$option=$value"
    done
done
for value in 1 1, ,1 0,1 -1,1 2,1 1,2,3 nan,1 1,inf 1,1e999 '' 1,2x; do
    refuse 2 'sigmas: .* is not two positive numbers' $m --sigmas "$value"
done
for value in 1, ,1 0,1 -1,2 1,2x nan,1 1,2000000 '' 1e999; do
    refuse 2 'rungs: .* is not at most 64 numbers from 1 to 1000000, with commas between' $m --rungs "$value"
done
for value in yesno 1 '' YES; do
    for option in denoise clamp noise-first; do
        refuse 2 "$option: .* is not yes or no" $m "--$option=$value"
    done
done
for value in -1 1e30 nan '' 3x 1000001; do
    refuse 2 'burn-in: .* is not a whole number' $m "--burn-in=$value"
done
for value in -1 1e30 nan '' 3x every 9223372036854775808; do
    refuse 2 'label: .* is not a class' --model cond.bin --out out/x.npy --label "$value"
done
refuse 2 'label: 3 is no class .* 0 to 2' --model cond.bin --out out/x.npy --label 3
refuse 2 'takes no labels' $m --label 0
for value in -1 1e999 nan inf '' 3x 0x1 ' 1'; do
    refuse 2 'guidance: .* is not 0 or a positive number' --model cond.bin --out out/x.npy --label 1 --guidance "$value"
done
for value in -1 nan inf '' 3x; do
    for option in eta noise clip; do
        refuse 2 "$option: .* is not 0 or a positive number" $m "--$option=$value"
    done
done
refuse 2 'eta 101: expected 0 ... 100' $m --sampler dpmpp-2m --eta 101
refuse 2 'has no such setting' $m --sampler heun --eta 1
for value in 1 0,1 2,1 nan,1 ''; do
    refuse 2 'guidance-sigmas: .* is not two positive numbers' --model cond.bin --out out/x.npy --label 1 --guidance-sigmas "$value"
done
refuse 2 'guidance 101: expected 0 ... 100' --model cond.bin --out out/x.npy --label 1 --guidance 101
refuse 2 'add --label' --model cond.bin --out out/x.npy --guidance 1
refuse 2 'add --label' --model cond.bin --out out/x.npy --guidance-sigmas 1,2
refuse 2 'takes no labels' $m --label all
refuse 2 'takes no labels' $m --label data
refuse 2 'first: "1152921504606846976" is not' $m --first 1152921504606846976
refuse 2 'first chain .* at most 2^60' $m --first 1152921504606846975 -n 2
refuse 2 'would not print' $m --quiet --quality
refuse 2 'does not say how often each class occurs' --model cond.bin --out out/x.npy --label data
for value in 0x3 3x0 3 x 3x 3X3 -1x3 1e3x3 300x300 4294967297x1 9223372036854775808x2 ''; do
    refuse 2 'grid: .* is not ROWSxCOLUMNS' --model tiny.bin --out out/x.png --grid "$value"
done
refuse 2 'grid: .* no .png' $m --grid 2x2
for value in 0 65 -1 x '' 1.5; do
    refuse 2 'scale: .* is not a whole number from 1 to 64' --model tiny.bin --out out/x.png --scale "$value"
done
refuse 2 'scale: out/x.npy is no .png or .pgm file' $m --scale 2
refuse 2 '^gensample: --scale 64: a picture of 20608 x 20608 pixels: expected at most 268435456, as with --scale 50$' --model tiny.bin -n 1000 --scale 64 --out out/x.png
refuse 2 '^gensample: --scale 64: .* as with --scale ' --model tiny.bin -n 64 --trajectory --steps 30 --scale 64 --out out/x.png
refuse 2 'scale: out/d.npy is no .png or .pgm file' denoise --model tiny.bin --input tiny.bin --out out/d.npy --scale 2
refuse 2 'grid: cannot go with --trajectory' --model tiny.bin --out out/x.png --grid 2x2 --trajectory
refuse 2 'json: cannot go with --quiet' $m --json --quiet
refuse 2 'no instruction set' $m --isa sse9
refuse 2 'no instruction set' cpu --isa sse9
refuse 2 'isa: .* is not' $m --isa ''
expected=2
pattern='GENSAMPLE_ISA: '
GENSAMPLE_ISA=sse9 "$program" $m >stdout.txt 2>stderr.txt
status=$?
judge_refusal 'GENSAMPLE_ISA=sse9 gensample'
unsupported=$("$program" cpu | awk '/not on this CPU/ { print $1; exit }')
if [ -n "$unsupported" ]; then
    refuse 2 "cannot run $unsupported" $m --isa "$unsupported"
else
    skip '--isa of another CPU' 'this CPU runs every instruction set of the build'
fi
refuse 2 'no-such' $m --sampler no-such
refuse 2 'sampler' $m --sampler ''

# Settings that the sampler does not read, and settings outside the library's range.
refuse 2 'epsilon' $m --sampler dpmpp-2m --epsilon 1e-5
refuse 2 'steps-per-level' $m --sampler dpmpp-2m --steps-per-level 5
refuse 2 'denoise' $m --sampler dpmpp-2m --denoise no
refuse 2 'epsilon: the sampler langevin has no such setting' $m --sampler langevin --epsilon 1e-5
refuse 2 'every: .* add that' $m --sampler langevin --every 5
p='--model plain.bin --out out/x.npy'
for option in target=0.5 burn-in=1 leapfrog=3 temperature=2; do
    refuse 2 'langevin has no such setting' $p --sampler langevin "--$option"
done
for option in noise=1 clip=1 noise-first=yes leapfrog=3; do
    refuse 2 'mala has no such setting' $p --sampler mala "--$option"
done
refuse 2 'step size 1e+31: expected 1e-30 ... 1e+30' $p --step-size 1e31
refuse 2 'target 0.995: expected 0.05 ... 0.99' $p --sampler hmc --target 0.995
refuse 1 'chain 0 ' $p --sampler mclmc --burn-in 0 --steps 2 --step-size 1e30
refuse 2 '^gensample: --rungs: there are 2, one per replica, and 3 replicas; give one of both$' $p --sampler tempering --rungs 1,2 --replicas 3
refuse 2 '^gensample: --rungs: 2 follows 2; expected each greater' $p --sampler tempering --rungs 1,2,2
refuse 2 'burn-in 5: expected 0 ... 4' $p --sampler hmc --steps 5 --burn-in 5
refuse 2 'takes no noise level' $p --sigmas 1,2
refuse 2 'takes no noise level' $p --denoise yes
refuse 2 'goes down noise levels; expected langevin, baoab, ' $p --sampler heun
refuse 2 'accepts by energies' $m --sampler mala
refuse 2 'accepts by energies' $m --sampler hmc
refuse 1 'chain 0 diverged: after step .* beyond the data range.*; lower the step size, 3' $p --step-size 3 --steps 500
refuse 1 'diverged: after step .* lower the epsilon, 1e+06' $m --sampler annealed-langevin --steps 10 --epsilon 1e6

# Impossible outputs, which must be refused before the sampling begins, or this would take very long.
long='--model tiny.bin -n 100000 --sampler dpmpp-2m --steps 10000'
refuse 2 'unknown extension .jpg' $long --out out/x.jpg
refuse 2 'out: .* is not' $long --out ''
refuse 1 'No such file or directory' $long --out no-such-directory/x.png
refuse 1 'No such file or directory' $long --out no-such-directory/x/
refuse 1 'Not a directory' $long --out tiny.bin/x.png
mkdir full
touch full/something
refuse 1 'is there already and is not empty' $long --out full
refuse 1 'is there already and is not empty' $long --out full/
refuse 1 'is there already and is not empty' $long --out .
refuse 1 'cannot write' $long --out /proc/x.png
refuse 1 'cannot write' $long --out "out/$(printf '%0300d' 0).png"
mkdir taken.png
refuse 1 'Is a directory' $long --out taken.png
ln -s no-such-directory/x.png dangling.png
refuse 1 'No such file or directory' $long --out dangling.png
ln -s circle.png circle.png
refuse 1 'cannot follow the symbolic link' $long --out circle.png
refuse 2 'trajectory goes into' $long --out out/x.idx --trajectory
refuse 2 'trajectory goes into' $long --out out/x/ --trajectory
refuse 2 'of 2 channels' --model two.bin --out out/x.png
refuse 2 'of 2 channels' --model two.bin --out out/x/

# Weight files that cannot be read.
refuse 1 'no-such.bin' --model no-such.bin --out out/x.png
refuse 1 'no-such.bin' inspect no-such.bin
refuse 1 'no-such.bin' cpu --model no-such.bin
refuse 1 'no-such.bin' $m --judge no-such.bin
: >empty.bin
refuse 1 'empty.bin' --model empty.bin --out out/x.png
head -c 100 tiny.bin >short.bin
refuse 1 'short.bin' --model short.bin --out out/x.png
refuse 1 'short.bin' inspect short.bin
refuse 1 '/dev/null' --model /dev/null --out out/x.png
refuse 1 '' --model out --out out/x.png
refuse 2 'no classifier' $m --judge tiny.bin
refuse 2 'another shape' --model rgb.bin --out out/x.npy --judge judge.bin

# More than fits into memory.
for n in 9223372036854775808 18446744073709551615 1000000000000; do
    refuse 1 'n: .* memory' --model tiny.bin --out out/x.png -n $n
    refuse 1 'n: .* memory\|the disk has room for' $m -n $n
done
refuse 1 'n: .* memory' --model tiny.bin --out out/x.png -n 100000000 --trajectory --sampler dpmpp-2m --steps 10000

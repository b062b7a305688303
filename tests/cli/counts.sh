# One image and many, narrow types, and what does not go together, in every command that reads images; sourced by run.sh.
needs_effort 50 || return 0

"$program" --model cond.bin --label all -n 20 --steps 2 --quiet --out all.idx
"$program" --model tiny.bin -n 20 --steps 2 --quiet --out twenty.idx 2>stderr.txt
few='--levels 2 --draws 1'

# says PATTERN ARGUMENT...: it succeeds, and says so.
says() {
    wanted=$1
    shift
    run "$@"
    check "gensample $*: $wanted" sh -c 'test "$1" -eq 0 && has_only_warnings() { ! grep -v "^warning: " stderr.txt; } && has_only_warnings && grep -q -- "$2" stdout.txt' sh "$status" "$wanted"
}
# warns PATTERN ARGUMENT...: it succeeds, and warns.
warns() {
    wanted=$1
    shift
    run "$@"
    check "gensample $* warns: $wanted" sh -c 'test "$1" -eq 0 && grep -q -- "^warning: .*$2" stderr.txt' sh "$status" "$wanted"
}

# One of what is counted.
says '^1 image of all.idx, classes by' classify cond.bin --input all.idx -n 1 $few
says '^1 image of all.idx, 1 noise each' loss cond.bin --input all.idx -n 1 $few
says '^twenty.idx  *1  ' likelihood tiny.bin --input twenty.idx -n 1 --steps 2
says '^twenty.idx  *1  ' energy plain.bin --input twenty.idx -n 1
says 'rms of y - A x: .* 1 measurement, 1 draw each' restore --model tiny.bin --input twenty.idx -n 1 --mask box --steps 2 --out out/x.npy
says '20 measurements, 2 draws each' restore --model tiny.bin --input twenty.idx --mask box --steps 2 --draws 2 --out out/x.npy
says '^mean .* of 20$' restore --model tiny.bin --judge judge.bin --input twenty.idx --mask box --steps 2 --out out/x.npy
says '"draws": 1, "mask": "box"' restore --model tiny.bin --judge judge.bin --input twenty.idx --mask box --steps 2 --json --out out/x.npy
says '^1 pair of images of twenty.idx: ' interpolate tiny.bin --input twenty.idx -n 1 --frames 3 --steps 2 --out out/x.png
"$program" --model gaussian:dim=3 -n 1 --quiet --out one.npy
warns 'one sample has no Frechet distance' --model plain.bin --sampler langevin --steps 4 -n 1 --diagnose --quality --judge judge.bin --json --out out/x.npy

# Numbers of all images; figures of those that a prior leaves out are infinite.
for out in csv json npy; do
    says '20 images of all.idx' classify cond.bin --input all.idx $few --out out/x.$out
    says '^all.idx' energy plain.bin --input all.idx --out out/x.$out
    says '^all.idx' likelihood tiny.bin --input all.idx --steps 2 --out out/x.$out
    says '^all.idx' novelty tiny.bin --input twenty.idx --against all.idx --out out/x.$out
done
for json in 'energy plain.bin' 'likelihood tiny.bin --steps 2' "loss tiny.bin $few" "classify cond.bin $few"; do
    says '^{"' $json --input all.idx --json
done
says '100 % 0 % 0 %' classify cond.bin --input all.idx $few --prior 1,0,0
says 'no energies, but scores' energy tiny.bin --input all.idx

# Types that are narrower are told, in words where results may differ from machine to machine.
for command in "classify cond.bin $few" 'likelihood tiny.bin --steps 2' "loss tiny.bin $few" 'energy plain.bin'; do
    says bf16 $command --input all.idx --dtype bf16
    says bf16-exact $command --input all.idx --dtype bf16-exact
done
says bf16 novelty tiny.bin --input twenty.idx --against all.idx --dtype bf16
says bf16 interpolate tiny.bin --input twenty.idx -n 1 --frames 3 --steps 2 --dtype bf16 --out out/x.png
says bf16 partition plain.bin --chains 16 --particles 2 --steps 3 --dtype bf16
says '"dtype": "bf16"' partition plain.bin --chains 16 --particles 2 --steps 3 --dtype bf16 --json
warns 'too few to say how uncertain log Z is' partition plain.bin --chains 2 --particles 2 --steps 3

# Diagnoses with the judge's classes on the way, as text, JSON and a picture.
chains='--model plain.bin --sampler langevin --steps 40 -n 6 --quality --judge judge.bin --out out/x.npy'
says 'shares of classes' $chains --diagnose
says '"class_shares": \[{"step": ' $chains --diagnose --json
says 'wrote out/x.npy and out/x.svg' $chains --plot out/x.svg
check 'classes have a panel' grep -q 'Classes, as the judge sees the chains' out/x.svg
begun='--init all.idx --quality --judge judge.bin --trajectory --out out/x.npy'
says '"sigma": ' --model cond.bin $begun --steps 3 --json
says 'sigma ' --model cond.bin $begun --steps 3
says '"step": ' --model plain.bin --sampler langevin $begun --steps 6 --every 2 --json
says 'step ' --model plain.bin --sampler langevin $begun --steps 6 --every 2
says 'friction' --model plain.bin --sampler baoab --steps 30 -n 4 --out out/x.npy
says 'noise' --model plain.bin --sampler langevin --noise 0 --steps 30 -n 4 --out out/x.npy
says 'for each of 2 weights' --compose tiny.bin -n 2 --steps 2 --sweep 1,2 --dry-run --out out/x.png

# What does not go together.
rm -rf out
mkdir out
refuse 1 'has 1 image: expected 2, two per pair' interpolate gaussian:dim=3 --input one.npy -n 2 --frames 3 --steps 2 --out out/no.npy
refuse 1 'has 1 image: expected 2, two per pair' interpolate gaussian:dim=3 --input one.npy --frames 3 --steps 2 --out out/no.npy
refuse 2 'sigma: the network plain takes no noise level' novelty plain.bin --input all.idx --against all.idx --sigma 0.5
refuse 2 'against: missing' novelty plain.bin --input all.idx
refuse 2 'label: 12 is no class of the network cond; they are 0 to 2' interpolate cond.bin --input all.idx -n 1 --frames 3 --steps 2 --label 12 --out out/no.png
refuse 2 'compose: cannot go with the network tiny.bin' partition tiny.bin --compose plain.bin
refuse 2 'label all: Z is of one density' partition cond.bin --label all
refuse 2 'the network judge is a classifier' energy judge.bin --input all.idx
# shellcheck disable=SC2046
refuse 2 'more than 16 studies are named' study $(yes rejection | head -n 17) --out out/no/
rm -rf out
mkdir out

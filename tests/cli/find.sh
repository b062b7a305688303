# Weight files found among the shipped ones; sourced by run.sh.
needs_effort 50 || return 0

images
mkdir shipped alone
cp tiny.bin shipped/ncsn.bin
cp cond.bin shipped/ncsn-cond.bin
cp tiny.bin alone/tiny.bin
few='-n 2 --sampler dpmpp-2m --steps 2'
# draws_as OPTIONS OTHER_OPTIONS NAME: both draw the same samples.
draws_as() {
    # shellcheck disable=SC2086
    "$program" $few --quiet $1 --out out/a.npy && "$program" $few --quiet $2 --out out/b.npy
    check "$3" cmp out/a.npy out/b.npy
    rm -f out/*
}
draws_as '' '--model tiny.bin' 'the default model'
draws_as '--label 1' '--model cond.bin --label 1' 'the default model with a label'
draws_as '--label none' '--model tiny.bin' 'the default model with no label'
draws_as '--model ncsn-cond --label 1' '--model cond.bin --label 1' 'a shipped model by its name'
draws_as '--model ncsn-cond.bin --label 1' '--model cond.bin --label 1' 'a shipped model by its file name'
accept inspect ncsn-cond
accept cpu --model ncsn
refuse 1 '^gensample: ./ncsn.bin: ' --model ./ncsn.bin
for asked in '--model nope' '--compose nope:2' 'inspect nope' 'cpu --model nope' 'denoise --input six.idx --model nope'; do
    # shellcheck disable=SC2086
    refuse 1 '^gensample: nope: no such file, no shipped network and no density: there are ncsn, ncsn-cond, in .*/shipped, and gaussian, .*double-well$' $asked
done
refuse 1 "^gensample: --judge: nope: no such file, and no shipped judge: expected a classifier's weight file, or judge, the shipped one$" \
    --model tiny.bin --judge nope
GENSAMPLE_MODELS=$PWD/out refuse 1 '^gensample: nope: no such file, no shipped network and no density: there are none in .*/out, and gaussian, .*double-well$' --model nope
check 'the folder of a program that was built is told without a detour' sh -c 'unset GENSAMPLE_MODELS; ! "$1" --model nope 2>&1 | grep -F ..' sh "$program"
accept --help
check 'the help ends with the shipped networks' sh -c 'sed -n "/^shipped networks, in .*shipped:/{n;p;}" stdout.txt | grep -q "^  ncsn ncsn-cond$"'
cp cond.bin ncsn.bin
draws_as '--model ncsn.bin --label 1' '--model cond.bin --label 1' 'a file here comes first'
rm ncsn.bin
refuse 1 '^gensample: alone/judge.bin: ' --model alone/tiny.bin --quality --out out/x.npy
cp judge.bin shipped
accept --model alone/tiny.bin --quality $few --out out/x.npy
accept --model alone/tiny.bin --judge judge $few --out out/x.npy
rm -f out/*
cp rgb.bin alone/judge.bin
refuse 2 'no classifier' --model alone/tiny.bin --quality --out out/y.npy
rm -rf shipped alone out
mkdir out

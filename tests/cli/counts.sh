# One image and many, narrow types, and what does not go together, in every command that reads images; sourced by run.sh.
needs_effort 50 || return 0

"$program" --model cond.bin --label all -n 20 --steps 2 --quiet --out all.idx
"$program" --model tiny.bin -n 20 --steps 2 --quiet --out twenty.idx 2>stderr.txt
few='--levels 2 --draws 1'

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

# Two networks, long names, names that a table has to quote, and images from standard input.
long=$(printf '%0100d' 7).idx
odd='a,"b".idx'
cp all.idx "$long"
cp all.idx "$odd"
says 'energies of' energy --compose plain.bin --compose plain.bin:2 --input "$long" --input all.idx --plot out/x.svg
says '"networks": \[{.*}, {' energy --compose plain.bin --compose plain.bin:2 --input all.idx --json
says '^a,' energy plain.bin --input "$odd" --out out/x.csv
check 'a table quotes names' grep -q '^"a,""b"".idx",' out/x.csv
run energy plain.bin --input - <all.idx
check 'images from standard input' grep -q '^energies of the network plain' stdout.txt
says 'wrote out/x.npy and out/m.svg' --compose gaussian:dim=2 --compose gaussian:dim=2:0.5 --sampler mala --steps 10 -n 4 --denoise no --map out/m.svg --out out/x.npy

# Chains without gradients, without energies, and with energies in another type than gradients.
says '^    step    energy: 5 %     median       95 %$' --model plain.bin --sampler elliptical-slice --steps 40 -n 6 --diagnose --out out/x.npy
says '"table": ' --model plain.bin --sampler elliptical-slice --steps 40 -n 6 --diagnose --json --out out/x.npy
says 'x.svg$' --model plain.bin --sampler elliptical-slice --steps 40 -n 6 --plot out/x.svg --out out/x.npy
says '"table": ' --model tiny.bin --sampler langevin --steps 30 -n 4 --diagnose --json --out out/x.npy
says 'x.svg$' --model tiny.bin --sampler langevin --steps 30 -n 4 --plot out/x.svg --out out/x.npy
says 'by energies in f32' --model plain.bin --sampler mala --dtype bf16 --steps 20 -n 4 --out out/x.npy
says '"init_taken"\|"init": ' --model tiny.bin --init all.idx --steps 3 --json --out out/x.npy
says 'per row are drawn' --compose tiny.bin -n 300 --steps 2 --sweep 1,2 --out out/x.png

# Measurements that are given: what their operator cannot have made is left out.
says 'rms of y - A x' restore --model tiny.bin --input twenty.idx --mask left --measured --steps 2 --out out/x.npy
says '"measured": true' restore --model tiny.bin --input twenty.idx --mask left --measured --steps 2 --json --out out/x.npy

# log Z that is known, and that is not.
says 'known' partition gaussian:dim=2,levels=no --chains 16 --particles 2 --steps 3
says '"known": ' partition gaussian:dim=2,levels=no --chains 16 --particles 2 --steps 3 --json
for options in '--temperature 2' '--clamp yes'; do
    says 'log Z' partition gaussian:dim=2,levels=no --chains 16 --particles 2 --steps 3 $options
done
says 'log p' partition plain.bin --chains 16 --particles 2 --steps 3 --input all.idx --input twenty.idx

# Shards with labels, products and states on the way.
shards='--steps 4 -n 5 --shard-size 2'
says '^3 of 3 shards' --model cond.bin --label 1 $shards --quality --judge judge.bin --out out/a/
says '^3 of 3 shards' --model cond.bin --label all $shards --quality --judge judge.bin --out out/b/
says '^3 of 3 shards' --compose cond.bin --compose cond.bin:0.5 --label all $shards --out out/c/
says '^1 of 1 shard of idx in out/d.idx/; 1 chain in' --model tiny.bin --steps 2 -n 1 --shard-size 2 --out out/d.idx/
says 'shards of npy in out/e/' --model plain.bin --sampler langevin $shards --keep-every 2 --out out/e/ --dry-run
rm -rf out
mkdir out
refuse 2 'format: "nosuch" is no format' --model tiny.bin $shards --format nosuch --out out/no/
refuse 2 'at most 2\^60 end there' --model tiny.bin $shards --first 1152921504606846974 --out out/no/
refuse 2 'keep-every: the sampler hmc does not stop between its steps while it adapts a mass' --model plain.bin --sampler hmc --adapt-mass yes $shards --keep-every 2 --out out/no/
refuse 2 'keep-every: the sampler dpmpp-2m does not stop between its steps' --model tiny.bin --sampler dpmpp-2m $shards --keep-every 2 --out out/no/
refuse 2 'keep-every: states on the way are not denoised' --model gaussian:dim=2 --sampler langevin --denoise yes $shards --keep-every 2 --out out/no/
refuse 2 'label all' plan cond.bin --label all
refuse 2 'label' denoise --model cond.bin --input all.idx --label all --out out/no.png
refuse 2 'label' restore --model cond.bin --input all.idx --label data --mask left --out out/no.png
refuse 2 'labels: 2 files' restore --model cond.bin --input all.idx --labels a --labels b --mask left --out out/no.png
refuse 2 'labels: 2 files for 1' energy plain.bin --input all.idx --labels a --labels b
refuse 2 'quiet: cannot go with --quality' --model tiny.bin --quiet --judge judge.bin --out out/no.npy
refuse 2 'probes' likelihood gaussian:dim=2 --input twenty.idx --trace exact --probes 3
refuse 2 'n: 21 is more than the 20 images that there are' view all.idx -n 21 --out out/no.png
refuse 2 'labels' view all.idx --labels a --labels b --out out/no.png

# Jobs that are none.
for job in '{"model": "tiny.bin", "n": {}}' '{"": 1}' '{"model": null}' '{"model": "tiny.bin", "steps": [1, {}]}' '[1]' \
    '{"-model": "tiny.bin"}' '{"model": "tiny.bin", "n": 3, "shard-size": 2, "quiet": [true, false]}' \
    "{\"model\": \"tiny.bin\", \"sweep\": [$(yes 1 | head -n 3000 | tr '\n' ,)1]}"; do
    mkdir -p out/jobs
    printf '%s' "$job" >out/jobs/a.json
    touch out/jobs/.hidden.json out/jobs/notes.txt
    run work out/jobs
    check "a job that is none: $(printf %.60s "$job")" sh -c 'test "$1" -ne 0 && grep -q "a.json" stderr.txt' sh "$status"
    rm -rf out/jobs
done
refuse 2 'work: expected the folder of the jobs' work
rm -rf out
mkdir out

# The first of several files is the one that is missing, and names of outputs that are inputs.
for command in 'energy plain.bin' 'likelihood tiny.bin --steps 2' 'partition plain.bin --chains 4 --particles 2 --steps 2'; do
    refuse 1 'no-such.idx: cannot be opened' $command --input no-such.idx --input all.idx
done
refuse 1 'no-such.idx: cannot be opened' novelty tiny.bin --input all.idx --against no-such.idx --against all.idx
refuse 1 'no-such.bin' --compose no-such.bin --compose tiny.bin -n 1 --out out/no.npy
refuse 1 'no-such.bin' --compose tiny.bin --compose no-such.bin --compose tiny.bin -n 1 --out out/no.npy
refuse 1 'no-such.labels' energy plain.bin --input all.idx --labels no-such.labels --input all.idx --labels no-such.labels
refuse 2 'all.idx' energy plain.bin --input all.idx --input twenty.idx --out all.idx
refuse 2 'twenty.idx' novelty tiny.bin --input all.idx --against twenty.idx --against all.idx --out twenty.idx
refuse 1 'no-such.idx' quantize tiny.bin out/no.bin --data no-such.idx --data all.idx

# A judge whose last class rejects, and whose pixels are in another range.
floats 0 0 0 1 0 0 0 1 0 0 0 1 | weight_file wary.bin ',"reference_mean":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},
"reference_covariance":{"dtype":"F32","shape":[3,3],"data_offsets":[12,48]}' \
    '{"name":"wary","kind":"classifier","data":{"shape":[1,8,8],"range":[-1,1],"reject":true},"inputs":["x"],
"graph":{"nodes":[{"name":"flat","op":"reshape","inputs":["x"],"attributes":{"shape":[64]}},
{"name":"logits","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}},
{"name":"features","op":"slice","inputs":["flat"],"attributes":{"begin":0,"end":3}}],
"outputs":["logits","features"]}}'
says 'rejected' --model tiny.bin -n 40 --steps 2 --quality --judge wary.bin --out out/x.npy
says '"rejected": ' --model tiny.bin -n 40 --steps 2 --quality --judge wary.bin --json --out out/x.npy
says 'rms of y - A x' restore --model tiny.bin --judge wary.bin --input all.idx --mask left --steps 2 --out out/x.npy
says 'noisy' denoise --model tiny.bin --judge wary.bin --input all.idx -n 20 --noise 0.2 --out out/x.png
says '"class_shares": ' --model plain.bin --sampler langevin --steps 40 -n 20 --diagnose --quality --judge wary.bin --json --out out/x.npy
says 'shards of npy' --model tiny.bin -n 20 --steps 2 --shard-size 7 --quality --judge wary.bin --out out/w/
says '"kept"\|"share"' --model cond.bin --init all.idx --quality --judge wary.bin --trajectory --steps 3 --json --out out/x.npy
cp wary.bin judge2.bin
says '"second": {"judge": "wary"' --model tiny.bin -n 40 --steps 2 --quality --json --out out/x.npy
says '^second judge, wary: ' --model tiny.bin -n 40 --steps 2 --quality --out out/x.npy
rm -rf out
mkdir out

# Folders of studies, and what cannot be one.
refuse 2 'out: the value is empty' study rejection --dims 2 -n 20 --ratio 1.5 --out ''
refuse 2 'out: the folder.s name is too long' study rejection --dims 2 -n 20 --ratio 1.5 --out "$(printf '%05000d' 7)"
says 'rejection' study rejection --dims 2 -n 20 --ratio 1.5 --out out/s///
rm -rf out
mkdir out

# Reports of runs that are interrupted, and of a run whose shards are damaged.
pattern='interrupted: [1-9][0-9]* of'
interrupt INT --model tiny.bin -n 1000000 --sampler dpmpp-2m --steps 200 --json --out out/x.npy
check 'an interrupted run says so in JSON' grep -q '"interrupted": true' stdout.txt
rm -rf out
mkdir out
"$program" --model tiny.bin -n 9 --steps 2 --shard-size 3 --quiet --out out/r/
for shard in 0 2; do
    printf x >>out/r/shard-0000$shard.npy
    run verify out/r
    check 'damaged shards are counted' sh -c 'test "$1" -eq 1 && grep -q "of 3 finished shard.* damaged; --resume draws .* again" stderr.txt' sh "$status"
done
rm -rf out
mkdir out

# Files, machines and settings at the edges of what commands take; sourced by run.sh.
needs_effort 50 || return 0

"$program" --model cond.bin --label all -n 20 --steps 2 --quiet --out all.idx
"$program" --model cond.bin --label all -n 10 --steps 2 --quiet --out ten.idx
"$program" --model tiny.bin -n 1 --steps 2 --quiet --out one.idx 2>stderr.txt
"$program" --model tiny.bin -n 4 --steps 2 --quiet --out grid.png 2>stderr.txt
"$program" --model gaussian:dim=3 -n 2 --quiet --out points.npy
cp "$here/../golden/energy.bin" golden.bin
few='--levels 2 --draws 1'

# begin_refusals: nothing is in out.
begin_refusals() {
    rm -rf out
    mkdir out
}

# Energies that are not finite, where a pixel is 0.
weight_file logs.bin '' '{"name":"logs","kind":"energy","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[{"name":"l","op":"log","inputs":["x"]},
{"name":"e","op":"sum","inputs":["l"],"attributes":{"over":"all"}}],"outputs":["e"]}}' </dev/null
says 'not finite' energy logs.bin --input all.idx --plot out/x.svg
says '"n": 20, "finite": 7' energy logs.bin --input all.idx --json
begin_refusals
refuse 1 'the energy of image 1 is -inf, so that its log p is not known' partition logs.bin --chains 4 --particles 2 --steps 2 --clamp yes --input all.idx

# What operations say of themselves.
weight_file odd.bin '' '{"name":"odd","kind":"energy","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[{"name":"c","op":"clamp","inputs":["x"],"attributes":{"low":0.25,"high":0.5}},
{"name":"r","op":"reshape","inputs":["c"],"attributes":{"shape":[8,8]}},
{"name":"m","op":"matmul","inputs":["r","r"],"attributes":{"transpose_b":1}},
{"name":"e","op":"mean","inputs":["m"],"attributes":{"over":"all"}}],"outputs":["e"]}}' </dev/null
says 'clamp 0.25 ... 0.5' inspect odd.bin
says 'matmul' plan odd.bin

# Networks in integers, and what they are told of.
for bands in 1 2; do
    "$program" quantize golden.bin int8-$bands.bin -n 4 --bands $bands --quiet 2>stderr.txt
    says "in $bands band" inspect int8-$bands.bin
done
"$program" quantize golden.bin half.bin --dtype f32 --weights bf16 --quiet 2>stderr.txt
"$program" quantize tiny.bin narrow.bin --dtype bf16-exact --quiet 2>stderr.txt
says '^model ' inspect half.bin
says '^dtype ' inspect narrow.bin
"$program" --model golden.bin -n 4 --steps 2 --quiet --out golden.idx 2>stderr.txt
says 'dtype int8: what needs the gradient' energy int8-1.bin --dtype int8 --input golden.idx
says 'dtype int8: what needs the gradient' --model int8-1.bin --dtype int8 --sampler langevin --steps 2 -n 2 --shard-size 2 --out out/i/
says '2 weights' --compose narrow.bin --sweep 1,2 -n 2 --steps 2 --dry-run --out out/x.png

# Two networks at a noise level; a machine of small nodes; one thread.
energy first 0,1 0.01,30
says 'energies of' energy --compose first.bin --compose first.bin:2 --sigma 1 --input all.idx --plot out/x.svg
mkdir -p machine/sys/devices/system/node/node0 machine/sys/devices/system/node/node1
echo 0-1 >machine/sys/devices/system/node/has_cpu
for node in 0 1; do echo $node >machine/sys/devices/system/node/node$node/cpulist; done
GENSAMPLE_MACHINE=$PWD/machine
export GENSAMPLE_MACHINE
says 'node 1: 1 processor, 1 thread, copy ' cpu --threads 2
says '"nodes": {"count": 2, "placed": true}' --model tiny.bin -n 4 --threads 2 --dry-run --json
for binding in true false; do
    OMP_PROC_BIND=$binding says 'NUMA nodes' --model tiny.bin -n 4 --threads 2 --dry-run
done
unset GENSAMPLE_MACHINE
says ', 1 thread, ' cpu --model tiny.bin --threads 1

# Files of chains of networks without energies, with trees of one step, and what they are refused.
if "$program" --model gaussian:dim=2,levels=no --sampler mala --steps 4 -n 2 --quiet --out out/c.nc 2>stderr.txt; then
    says 'c.nc' --model tiny.bin --sampler langevin --steps 6 -n 2 --out out/c.nc
    says 'c.nc' --model gaussian:dim=2,levels=no --sampler nuts --max-depth 1 --steps 6 -n 2 --out out/c.nc
    says 'output: out/c.nc, nc' --model gaussian:dim=2,levels=no --sampler mala --steps 6 -n 2 --out out/c.nc --dry-run
    begin_refusals
    refuse 2 'every: 5: after burn-in there is only 1 step$' --model gaussian:dim=2,levels=no --sampler mala --steps 2 --every 5 --out out/no.nc
    refuse 2 'sweep: cannot go with out/no.nc' --compose plain.bin --sampler mala --steps 4 --sweep 1,2 --out out/no.nc
fi

# Samples: classes of all sizes, guidance on the way, other files to begin at or to be near to.
says '^30 samples in ' --model cond.bin --label all --steps 2 --out out/x.npy
says 'sigma ' --model cond.bin --label 1 --guidance 2 --init all.idx --trajectory --quality --judge judge.bin --steps 3 --out out/x.npy
says '"init_taken": ' --model tiny.bin --init grid.png --steps 3 --json --out out/x.npy
says 'nearest' --model tiny.bin -n 1 --steps 2 --nearest all.idx --out out/x.npy
for format in npy idx; do
    says '^2 of 2 shards' --model cond.bin --label 1 --sampler langevin --denoise no --steps 4 --keep-every 2 -n 4 --shard-size 2 --quality --judge judge.bin --format $format --out out/k-$format/
done
begin_refusals
refuse 2 'keep-every: labels in npz are one per chain' --model cond.bin --label 1 --sampler langevin --denoise no --steps 4 --keep-every 2 -n 4 --shard-size 2 --format npz --out out/no/
refuse 2 'quiet: cannot go with --quality' --model tiny.bin --quiet --quality --out out/no.npy
refuse 2 'quiet: cannot go with --diagnose' --model plain.bin --sampler mala --quiet --diagnose --out out/no.npy
refuse 2 'plot' --model plain.bin --sampler mala --plot out/no --out out/no.npy

refuse 1 'nearest: one.idx: has a single image; expected at least 2' --model tiny.bin -n 6 --steps 2 --nearest one.idx --out out/no.npy

# Masks: grey ones, ones that hide nothing, of points, and names that are none.
{
    printf '\000\000\010\003\000\000\000\001\000\000\000\010\000\000\000\010'
    bytes 4294967295 4 | tr '\n' ' ' | sed 's/ $//'
    for row in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do printf '\377\377\377\377'; done
} >white.idx
says 'mask: white.idx: hides no pixel' restore --model tiny.bin --input all.idx --mask white.idx --steps 2 --out out/x.npy
begin_refusals
refuse 1 'hides every pixel' restore --model tiny.bin --input all.idx --mask one.idx --steps 2 --out out/no.npy
refuse 2 'mask: the network gaussian draws points' restore --model gaussian:dim=3 --input points.npy --mask left --steps 2 --out out/no.npy
refuse 1 '7: cannot be opened: File name too long' restore --model tiny.bin --input all.idx --mask "$(printf '%05000d' 7)" --steps 2 --out out/no.npy

# Labels that are too few or too many, and classes that there are not.
labels_file one.labels 1
labels_file all.labels 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1
refuse 1 '1 label' energy plain.bin --input all.idx --labels one.labels
refuse 1 'has 20 labels: expected 10' energy plain.bin --input ten.idx --labels all.labels
refuse 2 'label' loss cond.bin --input all.idx --label 7 $few
for command in 'plan cond.bin' 'partition cond.bin' 'denoise --model cond.bin --input all.idx' 'energy cond.bin --input all.idx'; do
    refuse 2 'label data' $command --label data
done
refuse 2 'label all' restore --model cond.bin --input all.idx --label all --mask left --out out/no.npy
says 'infinite, as 1 image is of classes' classify cond.bin --input all.idx -n 2 --labels all.labels $few --prior 1,0,0
says 'infinite, as 13 images are of classes' classify cond.bin --input all.idx --labels all.labels $few --prior 1,0,0

# Likelihoods, scores, limits.
says 'likelihoods of' likelihood tiny.bin --input one.idx --steps 2 --trace exact
says 'likelihoods of' likelihood gaussian:dim=3 --input points.npy --steps 2 --probes 2
says 'likelihoods of' likelihood gaussian:dim=3 --input points.npy --steps 2 --backend native
says 'tolerance: the likelihoods of 1 image' likelihood tiny.bin --input one.idx --steps 2 --tolerance 1e-12
refuse 2 'probes' likelihood tiny.bin --input one.idx --steps 2 --trace exact --probes 3
refuse 2 'energy' novelty tiny.bin --input all.idx --against all.idx --by energy
for limit in 0 2; do refuse 2 'limit' quantize tiny.bin out/no.bin --limit $limit; done

# What fails before it begins, in the order in which it is looked at.
for network in no-such.bin judge.bin; do
    run interpolate $network --input all.idx -n 1 --frames 3 --steps 2 --out out/no.png
    check "interpolation by $network is refused" sh -c 'test "$1" -ne 0 && test "$(wc -l <stderr.txt)" -eq 1 && test -z "$(ls -A out)"' sh "$status"
done
refuse 2 'out' interpolate tiny.bin --input all.idx -n 1 --frames 3 --steps 2 --out out/no.idx
refuse 1 'no-such' interpolate tiny.bin --input all.idx -n 1 --frames 3 --steps 2 --out no-such/no.png
refuse 1 'no-such.idx' interpolate tiny.bin --input no-such.idx -n 1 --frames 3 --steps 2 --out out/no.png
refuse 2 'method' restore --model tiny.bin --input all.idx --mask left --method no-such --out out/no.png
refuse 1 'no-such' restore --model tiny.bin --input all.idx --mask left --judge no-such.bin --out out/no.png
refuse 2 'score' --model judge.bin -n 1 --out out/no.png

# Judges beside the network: none, and a file that is none.
mkdir alone
cp tiny.bin alone
says 'rms of y - A x' restore --model alone/tiny.bin --input all.idx --mask left --steps 2 --out out/x.npy
cp tiny.bin alone/judge.bin
says 'rms of y - A x' restore --model alone/tiny.bin --input all.idx --mask left --steps 2 --out out/x.npy
begin_refusals
refuse 2 'judge' restore --model alone/tiny.bin --judge alone/judge.bin --input all.idx --mask left --steps 2 --out out/no.npy

# Types of quantised files, and what is drawn or shown in part.
for options in '--dtype bf16' '--dtype bf16-exact'; do
    says 'out/j.bin' quantize judge.bin out/j.bin --data all.idx $options
    says 'out/g.bin' quantize golden.bin out/g.bin $options
done
says 'out/j.bin' quantize judge.bin out/j.bin --dtype f32 --weights bf16
says 'out/g.bin' quantize golden.bin out/g.bin -n 4 --dtype int16
says 'out/g.bin' quantize golden.bin out/g.bin -n 4 --dtype int8 --json
says '"sampling this energy stays in f32' quantize golden.bin out/g.bin -n 4 --json
says 'memory, beside the program itself' --model tiny.bin -n 4 --steps 2 --trajectory --dry-run --out out/x.png
accept --model plain.bin --sampler mala --steps 20 -n 4 --quiet --diagnose --plot out/x.svg --out out/x.npy
says '(the first 6 are drawn)' --model tiny.bin -n 300 --steps 2 --grid 2x3 --out out/x.png
says '(the first 1 is drawn)' --model tiny.bin -n 3 --steps 2 --grid 1x1 --out out/x.png
begin_refusals
refuse 2 'chains' partition plain.bin --chains 1 --particles 2 --steps 2
refuse 2 'integers' quantize tiny.bin out/no.bin -n 4
refuse 2 'energy\|quantised\|int8' likelihood tiny.bin --input all.idx --steps 2 --dtype int8

# Views.
says 'wrote out/x.png' view all.idx --random --columns 2 --out out/x.png
says 'wrote out/x.png' view one.idx --columns 7 --out out/x.png
says 'wrote out/x.idx' view all.idx --random --out out/x.idx
begin_refusals
refuse 2 'n: 2 is more than the 1 image that there' view ten.idx --first 9 -n 2 --out out/no.png

# A job with a setting that is false, and one of one letter.
mkdir out/jobs
echo '{"model": "tiny.bin", "n": 2, "steps": 2, "shard-size": 2, "quality": true, "diagnose": false, "judge": "judge.bin"}' >out/jobs/a.json
accept work out/jobs
begin_refusals

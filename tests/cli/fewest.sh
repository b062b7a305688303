# Each command with the fewest of everything, one image, chain, thread and step, in words and as JSON; and what is rarely asked
# of them; sourced by run.sh.
needs_effort 50 || return 0

# both ARGUMENT...: in words and as JSON.
both() {
    accept "$@"
    accept "$@" --json
}
# energy_of_classes NAME INPUTS SIGMA: E = |x + e_label|^2 / 2, which a noise level does not change.
energy_of_classes() {
    # shellcheck disable=SC2046
    floats $(yes 0 | head -n 64) $(yes -- -1 | head -n 64) $(yes 1 | head -n 64) $(yes 0 | head -n 64) |
        weight_file "$1.bin" ',"e":{"dtype":"F32","shape":[4,64],"data_offsets":[0,1024]}' \
            '{"name":"'"$1"'","kind":"energy","data":{"shape":[1,8,8],"range":[0,1]'"$3"'},"inputs":['"$2"'],"labels":3,
"graph":{"nodes":[{"name":"row","op":"embedding","inputs":["label"],"tensors":{"weight":"e"}},
{"name":"plane","op":"reshape","inputs":["row"],"attributes":{"shape":[1,8,8]}},
{"name":"y","op":"add","inputs":["x","plane"]},{"name":"q","op":"square","inputs":["y"]},
{"name":"t","op":"sum","inputs":["q"],"attributes":{"over":"all"}},
{"name":"s","op":"affine","inputs":["t"],"attributes":{"scale":0.5}}],"outputs":["s"]}}'
}
labelled_images
full_judge judge2.bin
energy_of_classes classes '"x","label"' ''
energy_of_classes noisy '"x","sigma","label"' ',"sigma":[0.01,30]'
mkdir shipped
cp judge.bin judge2.bin shipped
one='-n 1 --threads 1'

# ---- One of everything ----
drawn="--model tiny.bin $one --sampler heun --steps 1"
# shellcheck disable=SC2086
{
    both $drawn --out out/x.npy
    both $drawn --judge judge2.bin --quality --out out/x.npy
    both --compose tiny.bin --compose bright.bin --sweep 0,0.5 --sampler heun --steps 1 $one --judge judge2.bin --quality --out out/x.png
    both $drawn --quality --out out/x.npy
    both $drawn --nearest six.idx --out out/x.npy
    both $drawn --trajectory --judge judge.bin --quality --out out/x.png
    both $drawn --dry-run --out out/x.npy
    both $drawn --dry-run --shard-size 1 --judge judge.bin --out out/run/
    both --model gaussian:dim=2 --sampler mala --denoise no $one --steps 1 --burn-in 0 --diagnose --out out/x.npy --plot out/x.svg
    both --model gaussian:dim=2 --sampler nuts --denoise no $one --steps 30 --burn-in 10 --diagnose --out out/x.npy --plot out/x.svg
    both --model gaussian:dim=2 --sampler langevin --denoise no $one --steps 9 --diagnose --out out/x.npy --plot out/x.svg --map out/map.svg
    both --model cond.bin --label 1 --sampler heun --steps 2 $one --judge judge2.bin --quality --out out/x.npy
    both denoise --model tiny.bin --input six.idx --judge judge.bin $one --steps 1 --out out/x.png
    both denoise --model plain.bin --input six.idx $one --steps 3 --noise 0.5 --out out/x.npy
    both restore --model tiny.bin --input six.idx --operator blur:1 $one --steps 2 --out out/x.png
    both restore --model tiny.bin --input six.idx --mask box --judge judge.bin --draws 1 $one --steps 2 --out out/x.png
    both energy classes.bin --input six.idx --labels labels.idx $one
    both energy --compose noisy.bin --compose bright.bin:2 --input six.idx --sigma 1 --label 2 $one --out out/x.csv --plot out/x.svg
    both loss tiny.bin --input six.idx $one --levels 1 --draws 1
    both likelihood tiny.bin --input six.idx $one --steps 2 --trace signs --probes 1 --out out/x.csv
    both likelihood cond.bin --input six.idx $one --steps 2 --label 1 --tolerance 1e-9
    both classify cond.bin --input six.idx --labels labels.idx $one --levels 2 --draws 1 --out out/x.csv --plot out/x.svg
    both classify cond.bin --input six.idx $one --levels 2 --draws 2 --prior 0,1,1 --sigmas 0.1,1
    both classify classes.bin --input six.idx $one
    both classify noisy.bin --method energy --sigma 0.5 --input six.idx --labels labels.idx -n 2 --out out/x.csv
    both classify noisy.bin --method denoising --input six.idx $one --levels 2 --draws 1
    both novelty tiny.bin --input six.idx --against six.idx $one --draws 1 --out out/x.csv --plot out/x.svg
    both novelty cond.bin --label 1 --input six.idx --against six.idx $one --sigma 1 --by gradient
    both interpolate tiny.bin --input six.idx -n 1 --frames 3 --steps 2 --threads 1 --out out/x.png
    both interpolate cond.bin --label 1 --seeds 3,4 --frames 3 --steps 2 --threads 1 --out out/x.npy
    both partition plain.bin --chains 2 --particles 2 --steps 3 --threads 1
    both partition plain.bin --sampler ais --chains 2 --steps 3 --input six.idx -n 1 --threads 1
    both partition classes.bin --label 1 --chains 2 --particles 2 --steps 3 --input six.idx -n 1
    both view six.idx -n 1 --out out/x.png
    both view six.idx --labels labels.idx -n 1 --columns 1 --out out/x.npz
    both quantize plain.bin --threads 1 --dtype bf16 --out out/q.bin
    both plan tiny.bin --batch 1
    both plan classes.bin --label 1 --gradient --batch 1
    both rejection -n 1 --dim 1 --ratio 1 --threads 1
    both rejection -n 1 --dim 2 --ratio 1.5 --threads 1 --out out/x.npy
}

# ---- What a network may say of itself ----
levels=$(seq 20 -1 1 | tr '\n' ' ' | sed 's/ $//; s/ /,/g')
# described NAME DATA DEFAULTS: a denoiser that says so.
described() {
    weight_file "$1.bin" '' '{"name":"'"$1"'","kind":"denoiser","data":{"shape":[1,8,8],"range":[0,1],"sigma":[0.01,30]'"$2"'},
"inputs":["x","sigma"],"default":{'"$3"'},"graph":{"nodes":['"$denoise"'],"outputs":["d"]}}' </dev/null
}
described ladder ",\"ladder\":[$levels]" '"sampler":"annealed-langevin","clamp":1,"rungs":[1,2,4]'
described level ',"ladder":[3]' '"denoise":0'
accept inspect ladder.bin
check 'long ladders in part' grep -Eq '20 levels: 20 .*\.\.\. 1$' stdout.txt
check 'settings of every kind' grep -q '^default .*clamp=yes.* rungs=1,2,4' stdout.txt
accept inspect level.bin
check 'a ladder of one level' grep -q '1 level: 3$' stdout.txt

weight_file operations.bin '' '{"name":"operations","kind":"score","data":{"shape":[1,8,8],"range":[0,1]},"inputs":["x"],
"graph":{"nodes":[
{"name":"p","op":"permute","inputs":["x"],"attributes":{"shape":[1,8,8],"order":[0,2,1],"result":[8,8]}},
{"name":"q","op":"attention","inputs":["p","p","p"],"attributes":{"heads":2}},
{"name":"c","op":"attention","inputs":["q","q","q"],"attributes":{"heads":1,"causal":1}},
{"name":"r","op":"reshape","inputs":["c"],"attributes":{"shape":[1,8,8]}},
{"name":"a","op":"avg_pool","inputs":["r"],"attributes":{"kernel":[3,5],"stride":[1,1],"padding":[1,2],"count_padding":0}},
{"name":"m","op":"max_pool","inputs":["a"],"attributes":{"kernel":[3,3],"stride":[1,1],"padding":[1,1]}},
{"name":"g","op":"gelu","inputs":["m"],"attributes":{"approximate":"tanh"}},
{"name":"n","op":"layer_norm","inputs":["g"],"attributes":{"over":"all"}},
{"name":"s","op":"slice","inputs":["n"],"attributes":{"begin":0,"end":1}}],"outputs":["s"]}}' </dev/null
accept inspect operations.bin
check 'operations with their attributes' sh -c 'grep -q "^p .*permute 1x8x8 in order 0 2 1" stdout.txt &&
    grep -q "^c .*attention heads 1, causal" stdout.txt && grep -q "^a .*avg_pool 3x5 padding 1x2 padding not counted" stdout.txt'
both plan operations.bin

# ---- What cannot go together ----
rm -rf out && mkdir out
refuse 2 'method denoising: the network classes takes no noise level: give --method energy' classify classes.bin --method denoising --input six.idx
refuse 2 'levels: energies have none; see --method denoising' classify classes.bin --levels 3 --input six.idx
refuse 2 'sigma: the network classes takes no noise level' classify classes.bin --sigma 1 --input six.idx
refuse 2 'sigma: only energies are at one noise level' classify cond.bin --sigma 1 --input six.idx
refuse 2 'method energy: the network cond is a denoiser' classify cond.bin --method energy --input six.idx
refuse 2 'prior: 1 weight: expected 3' classify cond.bin --prior 1 --input six.idx
refuse 2 'method: "x": expected energy or denoising' classify cond.bin --method x --input six.idx
accept --model tiny.bin -n 1 --steps 2 --out out/x.npy --
rm -rf out && mkdir out

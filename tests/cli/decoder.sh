# Decoders, and networks that need a label for every image; sourced by run.sh. What they draw is tested by test_decoder.c.
needs_effort 50 || return 0

images
# decoder NAME LABELS: latents of 12 numbers are images of 3 x 2 x 2, to which the class's number of twelve is added.
decoder() {
    tensors=
    input='"x"'
    last=x
    row=
    if [ "$2" -gt 0 ]; then
        input='"x","label"'
        last=z
        tensors=',"e":{"dtype":"F32","shape":['$(($2 + 1))',12],"data_offsets":[0,'$((48 * ($2 + 1)))']}'
        row='{"name":"row","op":"embedding","inputs":["label"],"tensors":{"weight":"e"}},
{"name":"table","op":"reshape","inputs":["row"],"attributes":{"shape":[12,1,1]}},
{"name":"z","op":"add","inputs":["x","table"]},'
    fi
    head -c $((48 * ($2 + ($2 > 0)))) /dev/zero | weight_file "$1.bin" "$tensors" '{"name":"'"$1"'","kind":"decoder",
"data":{"shape":[12,1,1],"range":[-3,3]},"inputs":['"$input"'],"labels":'"$2"',"graph":{"nodes":['"$row"'
{"name":"out","op":"reshape","inputs":["'$last'"],"attributes":{"shape":[3,2,2]}}],"outputs":["out"]}}'
}
decoder decoder 0
decoder labelled 3

accept --model decoder.bin -n 64 --scale 1 --out out/grid.png
check 'a grid of what it makes' is_png out/grid.png 34 34 2
check 'one evaluation' grep -q ' 1 evaluation per sample, .*; wrote out/grid.png$' stdout.txt
"$program" inspect out/grid.png >inspect.txt
check 'the command that repeats it' grep -q 'gensample --model decoder.bin -n 64 --sampler decode --seed 0 --grid 8x8' inspect.txt
accept --model decoder.bin -n 5 --out out/all.npy
check 'an array of images' npy_shape out/all.npy '5, 3, 2, 2' 240
accept --model decoder.bin -n 3 --first 2 --isa scalar --threads 1 --out out/rest.npy
check 'the same chain by chain' sh -c 'tail -c 144 out/all.npy >a && tail -c 144 out/rest.npy >b && cmp a b'
for name in a.npz a.idx folder/; do
    accept --model decoder.bin -n 2 --out "out/$name"
done
check 'a picture each' is_png out/folder/1.png 2 2 2
rm -rf out && mkdir out
accept --model labelled.bin -n 3 --label 2 --json --out out/s.png
check 'a report' grep -q '"sampler": "decode", "label": 2, "seed": 0' stdout.txt
"$program" inspect out/s.png | sed -n 's/^command *gensample //p' >again.txt
# shellcheck disable=SC2046
accept $(cat again.txt)
accept --model labelled.bin --label all -n 6 --out out/s.png
rm -rf out && mkdir out
accept inspect decoder.bin
check 'its latents' grep -qx 'latents     (12, 1, 1), standard normal' stdout.txt
check 'its images' grep -qx 'data        (3, 2, 2) in \[-3, 3\]' stdout.txt
accept plan decoder.bin

refuse 2 'steps: the sampler decode has no such setting; it reads none' --model decoder.bin --steps 5
refuse 2 'is a decoder, .* the sampler heun needs .*; expected decode' --model decoder.bin --sampler heun
refuse 2 'the sampler decode needs a decoder' --model tiny.bin --sampler decode
refuse 2 'takes no noise level' --model decoder.bin --sigmas 0.1,1
refuse 2 'label: the network decoder takes no labels' --model decoder.bin --label 1
refuse 2 'label: 3 is no class' --model labelled.bin --label 3
refuse 2 'guidance: the network labelled is a decoder: it is not guided' --model labelled.bin --label 1 --guidance 1
refuse 2 'trajectory: the network decoder is a decoder' --model decoder.bin --trajectory
refuse 2 'init: the network decoder is a decoder' --model decoder.bin --init six.idx
refuse 2 'diagnose: the network decoder is a decoder' --model decoder.bin --diagnose
refuse 2 'plot: the network decoder is a decoder' --model decoder.bin --plot out/a.svg
refuse 2 'map: decoder draws samples of 3 x 2 x 2' --model decoder.bin --map out/a.svg
refuse 2 'compose: network 1, decoder, is a decoder' --compose decoder.bin
refuse 2 'compose: network 2, decoder, is a decoder' --compose tiny.bin --compose decoder.bin
refuse 2 'takes images of another shape' --model decoder.bin --judge judge.bin
refuse 2 'the network decoder is a decoder' energy decoder.bin --input six.idx
refuse 2 'the network decoder is a decoder' loss decoder.bin --input six.idx
refuse 2 'the network decoder is a decoder' denoise --model decoder.bin --input six.idx

# needy NAME [MEMBER]: a denoiser of two classes, black and white, and none beside them.
needy() {
    floats 0 1 | weight_file "$1.bin" ',"e":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}' '{"name":"'"$1"'",
"kind":"denoiser","data":{"shape":[1,8,8],"range":[0,1],"sigma":[0.01,30]'"$2"'},"inputs":["x","sigma","label"],"labels":2,
"unlabelled":false,"graph":{"nodes":[{"name":"row","op":"embedding","inputs":["label"],"tensors":{"weight":"e"}},
{"name":"nothing","op":"affine","inputs":["x"],"attributes":{"scale":0}},
{"name":"out","op":"add","inputs":["nothing","row"]}],"outputs":["out"]}}'
}
needy needy ''
needy white ',"shares":[0,1]'
accept --model needy.bin -n 4 --json --out out/needy.npz
check 'labels in equal shares' grep -q '"label": "data"' stdout.txt
accept --model white.bin -n 2 --out out/white.npy
printf '\000\000\200\077\000\000\200\077' >ones
check 'labels as often as in the data' sh -c 'tail -c 8 out/white.npy | cmp - ones'
rm -rf out && mkdir out
accept inspect needy.bin
check 'that it needs labels' grep -qx 'labels      0 ... 1, one for every image' stdout.txt
accept plan needy.bin
check 'the first class' grep -q ', label 0, ' stdout.txt
accept loss needy.bin --input six.idx --label 1
refuse 2 'label: the network needy needs a label for every image: 0 to 1, all or data' --model needy.bin --label none
refuse 2 'guidance 2: the model .needy. needs a label for every image' --model needy.bin --label 1 --guidance 2
refuse 2 'label: the network needy needs a label for every image: 0 to 1' denoise --model needy.bin --input six.idx
refuse 2 'label: the network needy needs a label for every image' energy needy.bin --input six.idx --sigma 1
refuse 2 'label: the network needy needs a label for every image' loss needy.bin --input six.idx
refuse 2 'label: the network needy needs a label' plan needy.bin --label none

# ---- Images of two channels, and points ----

weight_file point.bin '' '{"name":"point","kind":"denoiser","data":{"shape":[1,1,2],"range":[0,1],"sigma":[0.01,30]},
"inputs":["x","sigma"],"graph":{"nodes":['"$denoise"'],"outputs":["d"]}}' </dev/null
accept --model two.bin -n 3 --quiet
check 'two channels go into an array unless the name says otherwise' npy_shape samples.npy '3, 2, 8, 8' 1536
rm -f samples.npy
refuse 2 'out/x.png: images of 2 channels cannot be drawn' --model two.bin -n 3 --out out/x.png
accept --model two.bin -n 3 --quiet --out out/two.idx
check 'in four dimensions' test "$(hex out/two.idx 0 20)" = 0000080400000003000000020000000800000008
accept view out/two.idx
check 'an array of what is viewed' npy_shape view.npy '3, 2, 8, 8' 1536
check 'where it is' grep -q 'wrote view.npy$' stdout.txt
accept denoise --model two.bin --input out/two.idx --noise 0.3
check 'an array of what is restored' test -s denoised.npy
rm -f view.npy denoised.npy
accept --model point.bin -n 9 --out out/points.npy --map out/points.svg
check 'a map of points in a row' grep -q '<svg' out/points.svg
rm -rf out && mkdir out

# ---- Colours ----

accept --model rgb.bin -n 6 --seed 4 --out out/rgb.png
accept --model rgb.bin -n 6 --seed 4 --out out/rgb.idx
for file in rgb.png rgb.idx; do
    accept denoise --model rgb.bin --input out/$file --noise 0.3 --out out/$file.npy
    check "$file: likeness of colours" grep -Eq '^0.3 +1 +1 +[0-9.]+ +-|^0.3 +1 +1 +[0-9.]+ +[0-9.]+' stdout.txt
    accept loss rgb.bin --input out/$file
    accept --model rgb.bin -n 6 --seed 4 --nearest out/$file --out out/near.npy
    check "$file: copies of what was drawn" grep -q ', 6 copies$' stdout.txt
done
check 'a picture holds what an array of bytes does' cmp out/rgb.png.npy out/rgb.idx.npy
rm -rf out && mkdir out

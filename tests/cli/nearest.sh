# --nearest: samples beside training images and real ones; sourced by run.sh.

images
mkdir digits few
brief='--sampler heun --steps 2 --sigmas 0.01,0.2'
"$program" --model tiny.bin $brief -n 60 --quiet --out digits/train-images-idx3-ubyte.idx
"$program" --model tiny.bin $brief -n 40 --first 100 --quiet --out digits/t10k-images-idx3-ubyte.idx
for part in train t10k; do
    mv digits/$part-images-idx3-ubyte.idx digits/$part-images-idx3-ubyte
done
ln -s ../digits/train-images-idx3-ubyte few/train-images.idx3-ubyte

accept --model tiny.bin $brief -n 30 --first 200 --nearest digits --out out/x.npy
check 'beside real images' grep -Eq '^nearest of 60 training images: .* away on average \(real images .*\), nearer than a real one in [0-9.]+ % of pairs \(std\. error [0-9.]+ %\), 0 copies$' stdout.txt
check 'no judge is needed' sh -c '! grep -q ^quality stdout.txt'
accept --model tiny.bin $brief -n 20 --nearest digits --json --out out/x.npy
check 'copies of training images are found' grep -Eq '"nearest": \{"training": 60, "real": 40, "held_out": true, "nearer": 1\.0, "error": [0-9.e-]+, "copies": 20,' stdout.txt
accept --model tiny.bin $brief -n 30 --first 200 --nearest few --json --out out/x.npy
check 'training images stand in for others' grep -q '"training": 60, "real": 60, "held_out": false' stdout.txt
cp stdout.txt folder.txt
accept --model tiny.bin $brief -n 30 --first 200 --nearest digits/train-images-idx3-ubyte --json --out out/x.npy
check 'a file is as a folder without others' test "$(sed 's/.*"nearest"//' stdout.txt)" = "$(sed 's/.*"nearest"//' folder.txt)"
accept --model tiny.bin $brief -n 30 --first 200 --nearest digits --threads 3 --quality --judge judge.bin --json --out out/x.npy
check 'beside what the judge says' grep -q '"quality": {.*"nearest": {' stdout.txt
rm -rf out
mkdir out empty
refuse 1 'there is no empty/train-images-idx3-ubyte' --model tiny.bin --nearest empty --out out/x.npy
refuse 1 'missing: cannot be opened' --model tiny.bin --nearest missing --out out/x.npy
refuse 1 'has images of 8 x 8: expected 3 x 8 x 8' --model rgb.bin --nearest digits --out out/x.npy
refuse 2 'nearest' denoise --model tiny.bin --input six.idx --nearest digits --out out/x.npy
"$program" --model tiny.bin $brief -n 1 --quiet --out one.idx
run --model tiny.bin --sampler heun --steps 1 -n 1 --quality --judge judge.bin --out out/x.npy
check 'quality of one sample is doubtful' grep -q '^warning: one sample has no Frechet distance' stderr.txt
check 'and one evaluation is one' grep -q ', 1 evaluation per sample, ' stdout.txt
rm -f out/*
refuse 1 'one.idx: has a single image; expected at least 2' --model tiny.bin --nearest one.idx --out out/x.npy
accept --model tiny.bin $brief -n 1 --nearest digits --out out/x.npy
check 'a single sample' grep -Eq '^nearest of 60 training images: [0-9.e-]+ away; real images are .* away on average, .* % of them farther than the sample, which is a copy$' stdout.txt
rm -rf out
mkdir out

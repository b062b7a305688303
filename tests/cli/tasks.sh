# Chains from images, denoising, composition: what is written and what is refused; sourced by run.sh.

images
few='--sampler dpmpp-2m --steps 3 --eta 0'

# ---- Chains that begin with images ----
accept --model tiny.bin $few --init six.idx --out out/x.npy
check 'as many chains as images' npy_shape out/x.npy '6, 1, 8, 8' $((6 * 256))
accept --model tiny.bin $few --init six.idx -n 2 --out out/two.npy
check 'the first images' test "$(tail -c 512 out/two.npy | od -An -tx1)" = "$(head -c 640 out/x.npy | tail -c 512 | od -An -tx1)"
accept --model tiny.bin $few --init six.png --out out/y.npy
check 'a grid that was drawn holds the same images' cmp out/x.npy out/y.npy
fast='--sampler consistency --steps 2 --sigmas 0.1,2 --quiet'
accept --model tiny.bin $fast --init six.idx --out out/a.npy
accept --model tiny.bin $fast --init six.idx --init-noise 2 --out out/b.npy
check 'consistency begins with noise of its upper sigma' cmp out/a.npy out/b.npy
accept --model tiny.bin $few --init six.idx --init-noise 0 --out out/z.npy
check 'noise is chosen' test "$(cmp out/x.npy out/z.npy | wc -l)" -eq 1
accept --model tiny.bin $few --init six.idx --trajectory --out out/strips.png
check 'strips: originals above states' is_png out/strips.png 91 65 0
noted_command out/strips.png 'the noted command draws the strips again'
accept --model cond.bin $few --init six.idx --trajectory --quality --json --label 1 --out out/x.npy
check 'labels kept, state by state' grep -Eq '"labels_kept": \[(\{"sigma": [0-9.e-]+, "share": [01]\.[0-9]+\}(, )?){4}\]' stdout.txt
accept --model tiny.bin $few --init six.idx --init-noise 0 --sigmas 0.01,0.011 --quality --judge judge.bin --out out/x.npy
check 'labels kept at no noise' grep -q '^labels kept: 100.0 %$' stdout.txt
accept --model bright.bin --sampler langevin --steps 5 --every 2 --init six.idx --trajectory --quality --judge judge.bin --out out/x.png
check 'labels kept, step by step' grep -Eq '^labels kept: step 0 [0-9.]+ %, step 2 [0-9.]+ %, step 4 [0-9.]+ %, step 5 [0-9.]+ %$' stdout.txt
noted_command out/x.png 'the noted command draws the strips of Langevin dynamics again'
rm -rf out && mkdir out
refuse 2 'more than the 6 images of six.idx' --model tiny.bin --init six.idx -n 7 --out out/x.npy
refuse 1 'six.idx: has images of 8 x 8: expected 16 x 16' --model wide.bin --init six.idx --out out/x.npy
refuse 1 'no-such.idx: cannot be opened' --model tiny.bin --init no-such.idx --out out/x.npy
refuse 1 'tiny.bin: is a weight file: expected an IDX, NPY, NPZ, PGM or PNG file of images' --model tiny.bin --init tiny.bin --out out/x.npy
refuse 1 'a directory' --model tiny.bin --init out --out out/x.npy
refuse 2 'init-noise: .* --init, which is missing' --model tiny.bin --init-noise 1 --out out/x.npy
refuse 1 'range.npy: -1 at image 0.* expected pixels in \[0, 1\]' --model tiny.bin --init range.npy --out out/x.npy
head -c 200 six.idx >cut.idx
refuse 1 'cut.idx: is cut short: ends in image 2 of 6' --model tiny.bin --init cut.idx --out out/x.npy
accept --model centred.bin $few --init range.npy --out out/x.npy
rm -rf out && mkdir out

# ---- Denoising ----
accept denoise --help
accept denoise --model tiny.bin --input six.idx --out out/d.png
check 'clean, noisy and restored rows' is_png out/d.png 85 85 0
check 'its table' grep -Eq '^0\.6 +1 +1 +[0-9.]+ +- +[0-9.]+ %$' stdout.txt
check 'its table of classes' grep -Eq '^0\.6 +1( +[0-9]+\.[0-9])+$' stdout.txt
check 'the classes of clean images' grep -Eq '^- +clean( +[0-9]+\.[0-9])+$' stdout.txt
noted_command out/d.png 'the noted command restores the same picture'
fits_schema denoise --model tiny.bin --input six.idx --steps 1,2 --out d.png
accept denoise --model bright.bin --input six.idx --noise 0.1,1 --steps 1,4 --judge judge.bin --json --out out/d.npy
check 'restored numbers' npy_shape out/d.npy '2, 6, 1, 8, 8' $((12 * 256))
check 'their report' grep -Eq '"restored": \[\{"noise": 0.1[0-9]*, "steps": 1, "evaluations": 1, .*"labels_kept": [01]\.' stdout.txt
accept denoise --model cond.bin --label 2 --input six.png -n 2 --noise 0.5 --out out/d.png
accept denoise --model tiny.bin --input six.idx -n 1 --out out/d.png
check 'one image is an image' grep -q '^1 image of six.idx' stdout.txt
accept denoise --model tiny.bin --input six.idx --quiet --out out/d.png
check 'quiet' test ! -s stdout.txt
langevin='denoise --model bright.bin --sampler langevin --noise 0.5 --steps 3 --step-size 0.01 --chain-noise 0.1 --input six.idx'
accept $langevin --json --out out/d.png
check "the images' noise and that of chains" grep -Eq '"noise": \[0.5[0-9]*\], .*"chain_noise": 0.1' stdout.txt
accept $langevin --out out/d.png
noted_command out/d.png 'the noted command restores by the same chains'
accept denoise --model cond.bin --label 2 --guidance 1 --guidance-sigmas 0.1,0.6 --input six.png --noise 0.5 --steps 3 --out out/d.png
check 'guidance and its noise levels are noted' grep -aq -e '--label 2 --guidance 1 --guidance-sigmas 0.1,0.6 ' out/d.png
noted_command out/d.png 'the noted command guides the same'
rm -rf out && mkdir out
d='denoise --model tiny.bin --out out/d.png'
refuse 2 'input: missing' $d
refuse 1 'no-such.idx' $d --input no-such.idx
refuse 2 'more than the 6 images of six.idx' $d --input six.idx -n 7
for value in 0 -1 nan '' 1, 101 1,,2 x "$(yes 1 | head -n 17 | tr '\n' ,)1"; do
    refuse 2 'noise: .* is not at most 16 positive numbers' $d --input six.idx --noise "$value"
done
for value in -1 1.5 '' 1, x 2147483648; do
    refuse 2 'steps: .* is not at most 16 whole numbers' $d --input six.idx --steps "$value"
done
for value in 0 1,0 10001 100001 2147483647; do
    refuse 2 'steps .*: expected 1 ... 10000$' $d --input six.idx --steps "$value"
done
refuse 2 'upper sigma 40' $d --input six.idx --noise 40
refuse 2 'label all: the images come from a file' $d --input six.idx --label all
refuse 2 'takes no labels' $d --input six.idx --label 1
refuse 2 'has no such setting' $d --input six.idx --sampler heun --eta 1
refuse 2 'chain-noise: the sampler heun has no such setting' $d --input six.idx --sampler heun --chain-noise 1
refuse 2 'out/d.idx: restored images go' denoise --model tiny.bin --input six.idx --out out/d.idx
refuse 2 'no option of gensample denoise' $d --input six.idx --trajectory
refuse 2 'given twice' $d --input six.idx --noise 1 --noise 1
refuse 1 'no-such.bin' $d --input six.idx --judge no-such.bin
refuse 2 'judge: .* another shape' denoise --model rgb.bin --input rgb.idx --judge judge.bin --out out/d.npy

# ---- Composition ----
accept --compose tiny.bin $few -n 4 --out out/a.npy
accept --model tiny.bin $few -n 4 --out out/b.npy
check 'one network alone' cmp out/a.npy out/b.npy
accept --compose tiny.bin:0.5 --compose tiny.bin:0.5 $few -n 4 --json --out out/c.npy
check 'the evaluations of both' grep -q '"evaluations_per_sample": 6' stdout.txt
check 'the networks, their hashes and weights' grep -Eq '"networks": \[\{"model": "tiny", "hash": "[0-9a-f]{64}", "weight": 0.5\}, \{"model": "tiny", .*"weight": 0.5\}\]' stdout.txt
gentle="$few --sigmas 0.1,1" # the sum of all denoisers drives chains far apart
accept --compose bright.bin:1 --compose cond.bin:-0.5 $gentle --label 1 -n 3 --quality --judge judge.bin --out out/d.png
check 'strokes' grep -q '^strokes: .* pixels wide, thick .* of the label' stdout.txt
noted_command out/d.png 'the noted command composes the same picture'
accept --compose cond.bin:1 --compose bright.bin $gentle --label 1 -n 3 --sweep 0,1,-1.5 --quality --judge judge.bin --out out/s.png
check 'a sweep, one row per weight' is_png out/s.png 61 36 0
check 'its table' grep -Eq '^-1.5 +[0-9.e+]+ +[0-9.]+ % +[0-9.]+ % +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$' stdout.txt
noted_command out/s.png 'the noted command sweeps again'
accept --compose cond.bin:1 --compose bright.bin $gentle --label 1 -n 3 --sweep 1 --out out/s.png
noted_command out/s.png 'the noted command sweeps one weight again'
accept --compose cond.bin:1 --compose bright.bin:9 $gentle --label 1 -n 3 --sweep 0,1 --out out/s.npy
check 'a sweep in numbers' npy_shape out/s.npy '2, 3, 1, 8, 8' $((6 * 256))
accept --compose cond.bin:1 --compose bright.bin:1 $gentle --label 1 -n 3 --out out/t.npy
check 'its last row' test "$(tail -c 768 out/s.npy | od -An -tx1)" = "$(tail -c 768 out/t.npy | od -An -tx1)"
rm -rf out && mkdir out
c='--out out/x.npy --compose tiny.bin:1'
refuse 1 'no-such.bin' $c --compose no-such.bin:1
refuse 1 'no-such.bin' --compose no-such.bin:1 --out out/x.npy
refuse 2 'network 2, wide, has images of 1 x 16 x 16: expected 1 x 8 x 8, as of tiny' $c --compose wide.bin
refuse 2 'network 3, centred, has pixels in \[-1, 1\]: expected \[0, 1\]' $c --compose bright.bin --compose centred.bin
refuse 2 'network 2, judge, is a classifier' $c --compose judge.bin:1
refuse 2 'network 1, judge, is a classifier' --compose judge.bin:1 --out out/x.npy
refuse 2 '^gensample: --sigmas: network 2, tiny, needs a noise level of 0.01 ... 30, of which the first, plain, knows none: choose one for all steps, S,S$' --compose plain.bin --compose tiny.bin --out out/x.npy
refuse 2 '^gensample: --sigmas 0.02,30: network 2, narrow, was trained on 0.1,1$' $c --compose narrow.bin
for value in x nan '' 1001 -1001 1e999 0x1; do
    refuse 2 'compose: .*the weight is no number' $c --compose "bright.bin:$value"
done
refuse 2 'other than 0' --compose tiny.bin:0 --out out/x.npy
refuse 2 'other than 0' $c --compose bright.bin:0
refuse 2 'name is missing' $c --compose :1
refuse 2 'compose: the value is empty, which is not the FILE:WEIGHT that is expected' $c --compose ''
# shellcheck disable=SC2046
refuse 2 'at most 16' $c $(yes -- '--compose bright.bin' | head -n 16)
refuse 2 'model: cannot go with --compose' $c --model tiny.bin
refuse 2 'takes no labels' $c --compose bright.bin --label 1
refuse 2 'label: 3 is no class' $c --compose cond.bin --label 3
refuse 2 'sweep: weights of the last --compose' --model tiny.bin --sweep 1 --out out/x.npy
refuse 2 'leaves nothing' $c --sweep 1,0
refuse 2 'cannot go with --trajectory' $c --sweep 1 --trajectory
refuse 2 'sweep goes into' --compose tiny.bin --sweep 1 --out out/x.idx
for value in '' 1, x 1001 nan; do
    refuse 2 'sweep: .* is not at most 16 numbers' $c --compose bright.bin --sweep "$value"
done

# Images of a file; sourced by run.sh.
needs_effort 50 || return 0

labelled_images
accept view six.idx --out out/v.png
check 'a grid without captions' is_png out/v.png 32 22 0
check 'how many images there are' grep -qx 'six.idx: 6 images of 8 x 8' stdout.txt
check 'what their pixels are like' grep -Eqx 'pixels in \[0, 1\]: mean [0-9.]+, sd [0-9.]+, least [0-9.]+, greatest [0-9.]+, [0-9.]+ % are 0 and [0-9.]+ % are 1' stdout.txt
check 'which are drawn' grep -qx '6 images from number 0 on; wrote out/v.png' stdout.txt
accept view named/x-images-idx3-ubyte --out out/v.png
check 'a grid with labels' is_png out/v.png 32 38 0
check 'class counts' test "$(grep -Ec '^[012] +2 +33.33 %$' stdout.txt)" -eq 3
accept view named/x-images-idx3-ubyte --only 0,2 --columns 4 --scale 3 --out out/v.png
check 'labels, columns and scale that are asked for' is_png out/v.png 126 60 0
check 'how many have them' grep -qx 'named/x-images-idx3-ubyte: 6 images of 8 x 8, 4 of the labels that were asked for' stdout.txt
noted=$(tr -c ' -~' '\n' <out/v.png | grep -A 1 'gensample:command' | tail -n 1 | sed 's/\(--out v.png\).*/\1/')
# shellcheck disable=SC2086
(cd out && mv v.png noted.png && cd .. && eval "set -- ${noted#gensample}" && "$program" "$@") >stdout.txt 2>stderr.txt
check 'the noted command draws it again' cmp out/noted.png v.png
rm -f out/noted.png v.png
accept view six.idx --labels labels.idx.gz --json --out out/v.png
check 'labels that are named' grep -q '"labels": "labels.idx.gz", ' stdout.txt
check 'the labels of those that are drawn' grep -q '"images": \[0, 1, 2, 3, 4, 5\], "labels": \[2, 1, 0, 2, 1, 0\]' stdout.txt
accept view six.idx --random --seed 3 -n 2 --json --out out/v.png
first=$(sed -n 's/.*"images": \[\([0-9, ]*\)\].*/\1/p' stdout.txt)
accept view six.idx --random --seed 3 --first 2 --json --out out/v.png
rest=$(sed -n 's/.*"images": \[\([0-9, ]*\)\].*/\1/p' stdout.txt)
check 'batches of a random order have every image once' test "$(echo "$first, $rest" | tr -d ' ' | tr ',' '\n' | sort | tr '\n' ' ')" = '0 1 2 3 4 5 '
accept view six.idx --random --seed 4 --json --out out/v.png
check 'another seed, another order' test "$first, $rest" != "$(sed -n 's/.*"images": \[\([0-9, ]*\)\].*/\1/p' stdout.txt)"
accept view six.idx --first 2 -n 3 --out out/three.idx
check 'images as a file' test "$(tail -c 192 out/three.idx | od -An -tx1)" = "$(tail -c 256 six.idx | head -c 192 | od -An -tx1)"
accept view six.png --shape 8x8 --out out/v.png
check 'a grid that is cut' grep -qx 'six.png: cut into 2 x 3 images of 8 x 8 with gaps of 2 pixels' stdout.txt
check 'is drawn again' is_png out/v.png 32 22 0
accept view six.png --out out/v.png
check 'a picture is one image' grep -qx 'six.png: 1 image of 22 x 32' stdout.txt
accept view rgb.idx --out out/v.png
check 'colours' is_png out/v.png 22 12 2
accept view range.npy --range -1,1 --out out/v.png
check 'another range' grep -q '^pixels in \[-1, 1\]: mean -1.0000, sd 0.0000, least -1, greatest -1, 100.00 % are -1 and 0.00 % are 1$' stdout.txt
accept view six.idx --out out/v.npy
check 'numbers' npy_shape out/v.npy '6, 1, 8, 8' 1536
accept view named/x-images-idx3-ubyte --out out/v.npz
accept view out/v.npz --only 1,2 --out out/v.png
check 'labels in an archive' test "$(grep -Ec '^[12] +2 +50.00 %$' stdout.txt)" -eq 2
check 'are drawn without a file of their own' sh -c 'tr -c " -~" "\n" <out/v.png | grep -q "^gensample view out/v.npz --only 1,2 "'
head -c -1 out/v.npz >cut.npz
run view cut.npz --out out/v.png
check 'the end of an archive is missed' grep -Eqx "gensample: cut.npz: is cut short: ends at byte [0-9]+, behind its images" stderr.txt
accept view out/v.npz --labels labels.idx --json --out out/v.png
check 'labels that are named come first' grep -q '"labels": \[2, 1, 0, 2, 1, 0\]' stdout.txt
for kind in $formats; do
    accept view six.idx --out "out/again.$kind"
    accept view "out/again.$kind" --out out/v.png
    check "a .$kind file says what size its images have" grep -Eqx "out/again.$kind: (6 images of 8 x 8|1 image of 22 x 32)" stdout.txt
done
rm -f out/again.*
run view - --out out/v.png <six.idx
check 'standard input' grep -q '6 images of 8 x 8$' stdout.txt
check 'a pipe' sh -c 'cat six.idx | gzip -c | "$1" view - --out out/v.png | grep -q "6 images of 8 x 8$"' sh "$program"
check 'a picture on standard output' sh -c '"$1" view six.idx --out - 2>/dev/null >out/v.png' sh "$program"
check 'that is one' is_png out/v.png 32 22 0
rm -rf out && mkdir out
accept view six.idx
check 'the default output' is_png view.png 32 22 0
rm -f view.png
fits_schema view six.idx --out v.png
fits_schema view named/x-images-idx3-ubyte --random --out v.png
rm -f v.png

v='view six.idx --out out/v.png'
refuse 2 'name is missing' view
refuse 2 'unexpected argument' $v six.idx
refuse 1 'no-such.idx' view no-such.idx --out out/v.png
refuse 1 'tiny.bin: is a weight file: expected an IDX, NPY, NPZ, PGM or PNG file of images' view tiny.bin --out out/v.png
refuse 1 'labels.idx: IDX, bytes, 6: has no images of a size that is known; expected --shape HxW' view labels.idx --out out/v.png
refuse 1 'labels.idx: an array of rank 1' view labels.idx --shape 8x8 --out out/v.png
refuse 1 'six.idx: has images of 8 x 8: expected 4 x 4, as --shape says' $v --shape 4x4
head -c 200 six.idx >cut.idx
refuse 1 'cut.idx: is cut short: ends in image 2 of 6' view cut.idx --out out/v.png
refuse 1 'range.npy: -1 at image 0, .*: expected pixels in \[0, 1\], unless --range says otherwise; 64 are like it, up to 1 beyond' view range.npy --out out/v.png
refuse 2 'only: there are no labels of six.idx' $v --only 1
refuse 2 'only: no image has such a label' view named/x-images-idx3-ubyte --only 7 --out out/v.png
refuse 2 'first 6: there are 6 images, numbered from 0' $v --first 6
refuse 2 'n: 5 is more than the 4 images that there are' $v --first 2 -n 5
refuse 2 'seed: says which order --random takes' $v --seed 1
(printf 'P5 300 300 255\n' && head -c 90000 /dev/zero | tr '\0' '\377') >large.pgm
refuse 2 '^gensample: --scale 64: a picture of 19456 x 19456 pixels: expected at most 268435456, as with --scale 53$' view large.pgm --scale 64 --out out/v.png
refuse 2 'scale: out/v.npy is no .png or .pgm file' view six.idx --scale 2 --out out/v.npy
refuse 2 'of 3 channels cannot be drawn' view rgb.idx --out out/v.pgm
refuse 2 'unknown extension .jpg' view six.idx --out out/v.jpg
refuse 2 'it is the file of --input too' view six.idx --out six.idx
refuse 1 'labels: few.idx: has 3 labels: expected 6' $v --labels few.idx
for value in 1 1,0 1,1 1,2,3 x ''; do
    refuse 2 'range: ' $v --range "$value"
done
for value in 0 256 1,1 x ''; do
    refuse 2 'only: ' $v --only "$value,$value"
done
for value in 8 0x8 8x x8 ''; do
    refuse 2 'shape: .* is not ROWSxCOLUMNS' $v --shape "$value"
done
refuse 2 'no option of gensample view' $v --threads 2

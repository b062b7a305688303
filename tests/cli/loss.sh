# The loss of denoising score matching; sourced by run.sh. The loss itself is held against known ones by test_loss.c.
needs_effort 50 || return 0

labelled_images

accept loss tiny.bin --input six.idx
check 'ten levels and their mean' test "$(grep -Ec '^(30|[0-9.]+|mean) +[0-9.e-]+ +[0-9.e-]+ +- +[0-9.e-]+ +([0-9.e-]+|-)$' stdout.txt)" -eq 11
check 'what was measured' grep -Eq '^6 images of six.idx, 1 noise each, the network tiny told no label; 60 evaluations in ' stdout.txt
cp stdout.txt first.txt
accept loss tiny.bin --input six.idx --isa scalar --threads 1 --block 2
check 'the same everywhere' test "$(sed '$d' first.txt)" = "$(sed '$d' stdout.txt)"
accept loss --model tiny.bin --input six.idx --seed 1
check 'another seed' test "$(sed '$d' first.txt)" != "$(sed '$d' stdout.txt)"
accept loss tiny.bin --input six.idx --ladder 1,0.1 --draws 3 -n 2
check 'levels, draws and images are chosen' grep -q '^2 images of six.idx, 3 noises each, .*; 12 evaluations in' stdout.txt
check 'the standard error of the noise' grep -Eq '^0.1( +[0-9.e-]+){5}$' stdout.txt
accept loss tiny.bin --input six.idx --sigmas 0.1,10 --levels 3 --json
check 'levels in equal ratios' grep -Eq '"levels": \[\{"sigma": 10.0, .*\{"sigma": (1.0|0.99999999999999)[0-9]*, .*\{"sigma": 0.1[0-9]*, ' stdout.txt
check 'the mean' grep -Eq '"mean": \{"loss": [0-9.e-]+, "error": [0-9.e-]+, "noise_error": null, "weighted": [0-9.e-]+\}, "evaluations": 18,' stdout.txt
accept loss plain.bin --input six.idx --ladder 0.5
accept loss cond.bin --input named/x-images-idx3-ubyte --json
check 'labels beside the images' grep -q '"label": "x-labels-idx1-ubyte"' stdout.txt
cp stdout.txt first.txt
accept loss cond.bin --input labelled.npz --json
check 'labels in an archive' test "$(sed 's/labelled.npz/FILE/g; s/"seconds": [0-9.e-]*//' stdout.txt)" = "$(sed 's/x-[a-z0-9-]*-ubyte/FILE/g; s/"seconds": [0-9.e-]*//' first.txt)"
accept loss cond.bin --input six.idx --labels labels.idx.gz
check 'labels that are named' grep -q 'the network cond told the labels of labels.idx.gz;' stdout.txt
accept loss cond.bin --input six.idx --json
check 'no labels' grep -q '"label": "none"' stdout.txt
accept loss cond.bin --input named/x-images-idx3-ubyte --label none --json
check 'labels beside that are not wanted' grep -q '"label": "none"' stdout.txt
accept loss cond.bin --input six.idx --label 2 --json
check 'one label' grep -q '"label": 2' stdout.txt
accept loss tiny.bin --input named/x-images-idx3-ubyte
check 'labels for a network without' grep -q 'told no label;' stdout.txt
run loss cond.bin --input - <six.idx
check 'images from standard input' test "$status" -eq 0
cp few.idx named/x-labels-idx1-ubyte
accept loss cond.bin --input named/x-images-idx3-ubyte --json
check 'labels beside that do not fit' grep -q '^warning: named/x-labels-idx1-ubyte: has 3 labels for 6 images; they are left out$' stderr.txt
cp six.idx named/x-labels-idx1-ubyte
accept loss cond.bin --input named/x-images-idx3-ubyte --json
check 'labels beside that are none' grep -q '^warning: named/x-labels-idx1-ubyte: is an IDX file of images: expected labels.*; its labels are left out$' stderr.txt

fits_schema loss tiny.bin --input six.idx --draws 2
fits_schema loss plain.bin --input six.idx --ladder 1 -n 1
refuse 2 'the network is missing' loss --input six.idx
refuse 2 'input: missing' loss tiny.bin
refuse 2 'unexpected argument' loss tiny.bin tiny.bin --input six.idx
refuse 2 'unexpected argument' loss --model tiny.bin tiny.bin --input six.idx
refuse 1 'no-such.bin' loss no-such.bin --input six.idx
refuse 1 'no-such.idx' loss tiny.bin --input no-such.idx
refuse 2 'is a classifier' loss judge.bin --input six.idx
refuse 2 'ladder: missing: the network plain takes no noise level' loss plain.bin --input six.idx
refuse 2 'ladder: missing' loss plain.bin --input six.idx --levels 3
refuse 2 '^gensample: --ladder: noise level 40: .* trained on 0.01 ... 30' loss tiny.bin --input six.idx --ladder 1,40
refuse 2 '^gensample: --sigmas: noise level 0.001: ' loss tiny.bin --input six.idx --sigmas 0.001,1
refuse 2 'levels: cannot go with --ladder' loss tiny.bin --input six.idx --ladder 1 --levels 3
refuse 2 'sigmas: cannot go with --ladder' loss tiny.bin --input six.idx --ladder 1 --sigmas 1,2
refuse 2 'more than the 6 images of six.idx' loss tiny.bin --input six.idx -n 7
refuse 1 'labels: few.idx: has 3 labels: expected 6, one per image of six.idx' loss cond.bin --input six.idx --labels few.idx
refuse 1 'high.idx: label 3 at image 5 is no class of the network cond: they are 0 to 2' loss cond.bin --input six.idx --labels high.idx
refuse 1 'no-such.idx' loss cond.bin --input six.idx --labels no-such.idx
refuse 1 'six.idx: is an IDX file of images: expected labels' loss cond.bin --input six.idx --labels six.idx
refuse 1 'tiny.bin: is no IDX file of bytes in one row' loss cond.bin --input six.idx --labels tiny.bin
head -c 10 labels.idx >short.idx
refuse 1 'short.idx: is cut short: ends at byte 10' loss cond.bin --input six.idx --labels short.idx
refuse 1 'short.idx: is cut short: ends at byte 10' loss cond.bin --input six.idx -n 1 --labels short.idx
(cat labels.idx && echo) >long.idx
refuse 1 'long.idx: more bytes follow its last label' loss cond.bin --input six.idx --labels long.idx
refuse 2 'labels: cannot go with --label' loss cond.bin --input six.idx --labels labels.idx --label 1
refuse 2 'labels: 2 files for 1 of images' loss cond.bin --input six.idx --labels labels.idx --labels labels.idx
refuse 2 'label: 3 is no class of the network cond' loss cond.bin --input six.idx --label 3
refuse 2 'label: the network tiny takes no labels' loss tiny.bin --input six.idx --label 1
refuse 2 'label all: the images come from a file' loss cond.bin --input six.idx --label all
for value in 0 -1 1, nan x '' 1001; do
    refuse 2 'ladder: .* is not at most 16 positive numbers' loss tiny.bin --input six.idx --ladder "$value"
done
for value in 0 10001 -1 x ''; do
    refuse 2 'draws: .* is not a whole number from 1 to 10000' loss tiny.bin --input six.idx --draws "$value"
done
refuse 2 'no option of gensample loss' loss tiny.bin --input six.idx --out x.png
refuse 2 'standard input is named as 2 files' loss - --input -

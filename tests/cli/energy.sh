# Energies of images; sourced by run.sh. That energies and gradients are right is tested by test_loss.c.
needs_effort 50 || return 0

labelled_images
accept energy plain.bin --input six.idx
check 'energies and their gradients' test "$(grep -Ec '^six.idx +6( +[0-9.e-]+){5}$' stdout.txt)" -eq 2
check 'of which network' grep -qx 'energies of the network plain' stdout.txt
cp stdout.txt first.txt
accept energy plain.bin --input six.idx --isa scalar --threads 1 --block 2
check 'the same everywhere' cmp first.txt stdout.txt
accept energy --model bright.bin --input six.idx --input named/x-images-idx3-ubyte --sigma 0.5
check 'files beside each other' test "$(grep -Ec '^(six.idx|x-images-idx3-ubyte) +6 ' stdout.txt)" -eq 4
check 'the noise level' grep -qx 'energies of the network bright at noise level 0.5' stdout.txt
accept energy bright.bin --input six.idx -n 2
check 'the lowest noise level' grep -qx 'energies of the network bright at noise level 0.01' stdout.txt
accept energy tiny.bin --input six.idx --sigma 1
check 'scores' sh -c 'grep -q "^|score| " stdout.txt && ! grep -q "^E " stdout.txt'
check 'are no energies' grep -qx 'no energies, but scores of the network tiny at noise level 1' stdout.txt
accept energy cond.bin --input six.idx --sigma 1 --labels labels.idx
check 'by class' test "$(grep -Ec '^  class [012] +2 ' stdout.txt)" -eq 3
check 'labels that the network is told' grep -q 'told the labels of labels.idx$' stdout.txt
accept energy cond.bin --input six.idx --sigma 1 --label 1
check 'one label' grep -q 'told label 1$' stdout.txt
accept energy cond.bin --input named/x-images-idx3-ubyte --sigma 1
check 'labels beside sort, and are not told' sh -c 'grep -q "^  class 0 *2 " stdout.txt && grep -q "told no label$" stdout.txt'
accept energy cond.bin --input labelled.npz --sigma 1
check 'so do labels in an archive' sh -c 'grep -q "^  class 0 *2 " stdout.txt && grep -q "told no label$" stdout.txt'
accept energy --compose plain.bin:2 --compose bright.bin:0.5 --input six.idx --json
check 'a sum' grep -Eq '"model": "plain", .*"weight": 2.0.*"model": "bright", .*"weight": 0.5.*"sigma": 0.01' stdout.txt
accept energy plain.bin --input six.idx --out out/e.csv --plot out/e.svg
check 'a table' test "$(head -n 1 out/e.csv) $(grep -Ec '^six.idx,[0-5],,[0-9.e-]+,[0-9.e-]+$' out/e.csv)" = 'input,image,label,energy,gradient_norm 6'
check 'histograms' sh -c 'head -n 2 out/e.svg | grep -q "<svg" && tail -n 1 out/e.svg | grep -q "</svg>"'
check 'where they are' grep -q '; wrote out/e.csv and out/e.svg$' stdout.txt
accept energy tiny.bin --input six.idx --labels labels.idx --out out/e.json --plot out/e.svg
check 'a table in JSON' grep -Eq '^\{"input":"six.idx","image":5,"label":0,"score_norm":[0-9.e-]+\}$' out/e.json
accept energy plain.bin --input six.idx --input six.idx --out out/e.npy
check 'a table in NPY' npy_shape out/e.npy '12, 2' 96
accept energy tiny.bin --input six.idx --out out/s.npy
check 'a table of scores' npy_shape out/s.npy '6, 1' 24
"$program" energy plain.bin --input six.idx --plot - >plot.svg 2>stderr.txt
check 'a plot on standard output' sh -c 'grep -q "</svg>" plot.svg && grep -q "^energies of" stderr.txt'
rm -rf out && mkdir out
fits_schema energy plain.bin --input six.idx
fits_schema energy cond.bin --sigma 1 --input six.idx --labels labels.idx

refuse 2 'the network is missing' energy --input six.idx
refuse 2 'input: missing' energy plain.bin
refuse 2 'compose: cannot go with the network plain.bin' energy plain.bin --compose bright.bin --input six.idx
refuse 2 'is a classifier' energy judge.bin --input six.idx
refuse 2 'sigma: the network plain takes no noise level' energy plain.bin --input six.idx --sigma 1
refuse 2 'sigma 40: the network bright was trained on 0.01 ... 30' energy bright.bin --input six.idx --sigma 40
refuse 1 'no-such.idx' energy plain.bin --input six.idx --input no-such.idx
refuse 1 'has images of 8 x 8: expected 3 x 8 x 8' energy rgb.bin --input six.idx
refuse 2 'labels: 1 file for 2 of images: expected one for each' energy cond.bin --input six.idx --input six.idx --labels labels.idx
refuse 2 'labels: 2 files for 1 of images' energy cond.bin --input six.idx --labels labels.idx --labels labels.idx
refuse 1 'high.idx: label 3 at image 5' energy cond.bin --input six.idx --labels high.idx
refuse 2 'label: the network plain takes no labels' energy plain.bin --input six.idx --label 1
refuse 2 'labels: cannot go with --label' energy cond.bin --input six.idx --labels labels.idx --label 1
refuse 2 'out: out/e.png: expected a name that ends in .csv, .json or .npy' energy plain.bin --input six.idx --out out/e.png
refuse 2 'out: out: expected a name' energy plain.bin --input six.idx --out out
refuse 2 'plot: out/e.png: expected a name that ends in .svg' energy plain.bin --input six.idx --plot out/e.png
refuse 1 'no-such-directory' energy plain.bin --input six.idx --out no-such-directory/e.csv
cp six.idx copy.npy
refuse 2 'it is the file of --input too' energy plain.bin --input copy.npy --out copy.npy
for value in 0 -1 nan x ''; do
    refuse 2 'sigma: .* is not a positive number' energy bright.bin --input six.idx --sigma "$value"
done
# shellcheck disable=SC2046
refuse 2 'input: "six.idx" is not one of at most 16 files' energy plain.bin $(yes -- '--input six.idx' | head -n 17)

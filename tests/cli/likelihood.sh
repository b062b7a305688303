# Likelihoods, classes, images of another kind, and ways between images; sourced by run.sh. That the
# numbers are right is tested by test_likelihood.c, test_classes.c and test_novelty.c.
needs_effort 50 || return 0

labelled_images
"$program" --model gaussian:dim=2 -n 6 --quiet --out points.npy

# Likelihoods
accept likelihood tiny.bin --input six.idx --steps 4
check 'a row of numbers' grep -Eq '^six.idx +6( +-?[0-9.e+-]+){7}$' stdout.txt
check 'how they were found' grep -Eq '^likelihoods of the network tiny from noise level 0.01 to 30 in 4 steps, traces by 2 directions of random signs; pixels of 256 levels dequantised, bits have log2\(256 / 1\) added; ' stdout.txt
cp stdout.txt first.txt
accept likelihood tiny.bin --input six.idx --steps 4 --isa scalar --threads 1 --block 2
check 'the same everywhere' test "$(sed '$d' first.txt)" = "$(sed '$d' stdout.txt)"
accept likelihood tiny.bin --input six.idx --steps 4 --seed 1
check 'another seed' test "$(sed '$d' first.txt)" != "$(sed '$d' stdout.txt)"
accept likelihood gaussian:dim=2 --input points.npy
check 'points are taken as they are, and traces exactly' grep -q '32 steps, traces exact; pixels as they are; ' stdout.txt
accept likelihood gaussian:dim=2 --input points.npy --trace normal --probes 3 --steps 3 --tolerance 0.5
check 'what is chosen' grep -q 'in 4 or more steps, traces by 3 directions of normal numbers; ' stdout.txt
accept likelihood tiny.bin --input six.idx --steps 2 --dequantize 0
check 'pixels as they are' grep -q 'signs; pixels as they are; ' stdout.txt
refuse 2 'dequantisation of 1 level:' likelihood tiny.bin --input six.idx --steps 2 --dequantize 1
accept likelihood cond.bin --input six.idx --labels labels.idx --steps 2 --dequantize 4 --out out/l.csv
check 'told labels' grep -q 'told the labels of labels.idx; ' stdout.txt
check 'a table of likelihoods' test "$(head -n 1 out/l.csv) $(wc -l <out/l.csv)" = 'input,image,label,nats,error,bits,bits_error,prior,volume,steps 7'
fits_schema likelihood tiny.bin --input six.idx --steps 2
fits_schema likelihood gaussian:dim=2 --input points.npy --steps 2 --tolerance 1
rm -rf out && mkdir out
refuse 2 'takes no noise level' likelihood plain.bin --input six.idx
refuse 2 'is a classifier' likelihood judge.bin --input six.idx
refuse 2 'trace: "exactly": expected signs, normal or exact' likelihood tiny.bin --input six.idx --trace exactly
refuse 2 'probes: cannot go with --trace exact' likelihood tiny.bin --input six.idx --trace exact --probes 2
refuse 2 'was trained on 0.01 ... 30' likelihood tiny.bin --input six.idx --sigmas 0.001,1
refuse 2 'out: out/l.png: expected a name that ends in' likelihood tiny.bin --input six.idx --out out/l.png
refuse 2 'steps' likelihood tiny.bin --input six.idx --steps 1

# Classes
accept classify cond.bin --input six.idx --levels 3
check 'shares of classes' grep -Eq '^classes +[0-9.]+ %( [0-9.]+ %){2}$' stdout.txt
check 'by what' grep -q 'classes by the network cond: denoising losses at 3 noise levels from 0.01 to 30, 2 noises each; ' stdout.txt
accept classify cond.bin --input six.idx --labels labels.idx --levels 3 --draws 1 --plot out/c.svg --out out/c.csv --prior 1,2,1
check 'how good they are' sh -c 'grep -Eq "^accuracy +[0-9.]+, 95 % interval [0-9.]+ \.\.\. [0-9.]+$" stdout.txt && grep -Eq "^calibration error +[0-9.]+$" stdout.txt'
check 'a table of classes' test "$(head -n 1 out/c.csv) $(wc -l <out/c.csv)" = 'input,image,label,class,p0,p1,p2,error0,error1,error2 7'
check 'a plot of the calibration' grep -q '</svg>' out/c.svg
accept classify cond.bin --input six.idx --labels labels.idx --levels 2 --prior 0,1,0
check 'classes that the prior leaves out' grep -Eq '^mean log loss +infinite, as [0-9]+ images are of classes that the prior leaves out$' stdout.txt
accept classify cond.bin --input six.idx --labels labels.idx --levels 2 --prior 0,1,0 --json
check 'in JSON' grep -q '"log_loss": null, "log_loss_error": null, "impossible": ' stdout.txt
fits_schema classify cond.bin --input six.idx --levels 2
fits_schema classify cond.bin --input six.idx --levels 2 --labels labels.idx
rm -rf out && mkdir out
refuse 2 'takes no labels' classify tiny.bin --input six.idx
refuse 2 'method energy: the network cond is a denoiser, which has no energy: leave --method out, or name an energy' classify cond.bin --input six.idx --method energy
refuse 2 'method: "guess": expected' classify cond.bin --input six.idx --method guess
refuse 2 'sigma: only energies' classify cond.bin --input six.idx --sigma 1
refuse 2 'prior: 2 weights: expected 3' classify cond.bin --input six.idx --prior 1,2
refuse 2 'plot: nothing to compare with' classify cond.bin --input six.idx --plot out/c.svg
refuse 1 'high.idx: label 3 at image 5 is no class of the network cond' classify cond.bin --input six.idx --labels high.idx --levels 2

# Images of another kind
accept novelty plain.bin --input six.idx --against six.idx
check 'scores of an energy without levels' grep -Eq '^six.idx +6 +0.5000 \+- [0-9.]+ +0.5000 \+- [0-9.]+$' stdout.txt
accept novelty tiny.bin --input six.idx --against six.idx --against named/x-images-idx3-ubyte --by denoising,likelihood --steps 2 --plot out/r.svg --out out/n.csv
check 'files beside each other' test "$(grep -Ec '^(six.idx|x-images-idx3-ubyte) +6 ' stdout.txt)" -eq 2
check 'a table of scores' test "$(head -n 1 out/n.csv) $(wc -l <out/n.csv)" = 'input,image,label,denoising,likelihood 19'
check 'a plot of curves' grep -q '</svg>' out/r.svg
fits_schema novelty tiny.bin --input six.idx --against six.idx
rm -rf out && mkdir out
refuse 2 'against: missing' novelty tiny.bin --input six.idx
refuse 2 'by energy: the network tiny is a [a-z]*, which has no energy: expected --by gradient or denoising, or' novelty tiny.bin --input six.idx --against six.idx --by energy
refuse 2 'by denoising: the network plain takes no noise level' novelty plain.bin --input six.idx --against six.idx --by denoising
refuse 2 'draws: no score that is taken reads it; add --by denoising$' novelty tiny.bin --input six.idx --against six.idx --by gradient --draws 2
refuse 2 'steps: no score that is taken reads it; add --by likelihood$' novelty tiny.bin --input six.idx --against six.idx --steps 4
refuse 2 'sigma: no score that is taken reads it; add --by energy or gradient$' novelty tiny.bin --input six.idx --against six.idx --by denoising --sigma 1
refuse 2 'by: "guess": expected' novelty tiny.bin --input six.idx --against six.idx --by guess

# Ways between images
accept interpolate tiny.bin --input six.idx --frames 3 --steps 2 --out out/w.npy
check 'what became of the images' grep -Eq '^3 pairs of images of six.idx: encoded and decoded they change by [0-9.e+-]+ of a pixel' stdout.txt
check 'frames' npy_shape out/w.npy '3, 3, 1, 8, 8' 2304
{ printf '\0\0\010\003\0\0\0\003\0\0\0\010\0\0\0\010' && tail -c +17 six.idx | head -c 192; } >three.idx
accept interpolate tiny.bin --input three.idx --frames 2 --steps 2 --out out/w.npy
check 'an image without a partner' grep -q '^warning: three.idx: its last image, number 2, has no other to make a pair with' stderr.txt
accept interpolate cond.bin --seeds 1,2 -n 2 --label 1 --frames 4 --steps 2 --scale 2 --out out/w.png
check 'rows of seeds' grep -q '^2 rows of 4 frames by the network cond told label 1, 2 steps between' stdout.txt
accept interpolate gaussian:dim=2 --input points.npy -n 1 --steps 8 --out out/p.npy
fits_schema interpolate tiny.bin --input six.idx --frames 2 --steps 2 --out out/w.png
fits_schema interpolate tiny.bin --seeds 1,2 --frames 2 --steps 2 --out out/w.png
rm -rf out && mkdir out
refuse 2 'input: missing' interpolate tiny.bin
refuse 2 'seeds: cannot go with --input' interpolate tiny.bin --input six.idx --seeds 1,2
for value in 1 1,2,3; do
    refuse 2 "seeds: \"$value\" is not two whole numbers from 0 to 2147483647, with a comma between" interpolate tiny.bin --seeds $value
done
refuse 2 'seeds: "1" is there twice' interpolate tiny.bin --seeds 1,1
refuse 2 'expected 8, two per pair' interpolate tiny.bin --input six.idx -n 4
refuse 2 'takes no noise level' interpolate plain.bin --input six.idx
refuse 2 'label: the network bright takes no labels' interpolate bright.bin --input six.idx --label 1

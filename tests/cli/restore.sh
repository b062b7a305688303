# gensample restore; sourced by run.sh.
needs_effort 50 || return 0

labelled_images
rm -rf out && mkdir out
r='restore --model tiny.bin --input six.idx --steps 4'
accept restore --help
check 'the help of restore names operators and methods' sh -c 'grep -q "^  pool  " stdout.txt && grep -q "^  pigdm  " stdout.txt'
accept $r --mask left --out out/r.png
check 'its table' grep -Eq '^mean +[0-9.]+ +0\.[0-9]+' stdout.txt
check 'what is seen is met' grep -Eq '^rms of y - A x: [0-9.e-]+; 6 measurements, 1 draw each by diffpir, 4 evaluations per draw' stdout.txt
noted_command out/r.png 'the noted command restores the same picture'
fits_schema $r --mask right --out r.png
for method in diffpir pigdm dps repaint replacement sdedit; do
    accept $r --operator pool:2 --noise 0.1 --method $method --draws 2 --json --out out/r.npy
    check "draws by $method" npy_shape out/r.npy '2, 6, 1, 8, 8' $((12 * 256))
done
check 'their report' grep -Eq '"draws": 2, "operator": "pool:2", "noise": 0.1[0-9]*, "method": "sdedit", .*"images": \[\{"psnr"' stdout.txt
accept restore --model bright.bin --input six.idx --steps 4 --judge judge.bin --mask box --labels labels.idx.gz --out out/r.png
check 'labels' grep -Eq '^mean +[0-9.]+ +[0-9.]+ +[0-9.]+ %$' stdout.txt
# a picture of 64 pixels, all of that octal byte
even() {
    printf '\0\0\010\003\0\0\0\001\0\0\0\010\0\0\0\010' && head -c 64 /dev/zero | tr '\0' "\\$1"
}
even 000 >black.idx
even 300 >grey.idx
accept $r --mask grey.idx --out out/r.png
check 'a grey mask is warned of' grep -q '^warning: --mask: grey.idx: 64 of 64 pixels are grey: those lighter' stderr.txt
accept restore --model tiny.bin --input six.idx --steps 1 --out out/r.png
check 'one evaluation is one' grep -q ', 1 evaluation per draw' stdout.txt
accept restore --model rgb.bin --input rgb.idx --operator grey --steps 3 --out out/r.png
accept restore --model cond.bin --label 2 --guidance 1 --input six.idx --steps 3 --method dps --mask random,0.3,5 --out out/r.png
noted_command out/r.png 'the noted command restores the same with a label'
cp noted.png mask.png
accept $r --mask left --method dps --zeta 1e6 --out out/r.png
check 'steps that a larger zeta does not change are warned of' grep -q '^warning: 6 of 6 chains took only steps that were cut to the length of those of pigdm, so that a smaller zeta than 1e+06' stderr.txt
rm -rf out && mkdir out
refuse 2 'mask.png: it is the file of --mask too' $r --mask mask.png --out mask.png
rm mask.png
refuse 2 'input: missing' restore --model tiny.bin --out out/r.png
refuse 1 'no-such.idx' restore --model tiny.bin --input no-such.idx --out out/r.png
refuse 2 "method 'magic' is unknown: expected one of diffpir" $r --method magic --out out/r.png
refuse 1 'mask: six.idx: has 6 images: expected one' $r --mask six.idx --out out/r.png
refuse 1 'mask: black.idx: hides every pixel' $r --mask black.idx --out out/r.png
refuse 2 'operator mask: hides every pixel' $r --operator mask:box,8 --out out/r.png
refuse 1 'mask: no-such.png: no such file' $r --mask no-such.png --out out/r.png
refuse 2 'mask: the network gaussian draws points' restore --model gaussian:dim=2 --input six.idx --mask left --out out/r.npy
refuse 1 'high.idx: label 3 at image 5 is no class of the network judge: they are 0 to 2$' restore --model bright.bin --input six.idx --steps 2 --judge judge.bin --labels high.idx --out out/r.png
refuse 1 'judge: no-such: no such file, and no shipped judge' $r --judge no-such --out out/r.png
refuse 2 '^gensample: --zeta 1e+99: expected 1e-30 ... 1e+30$' $r --method dps --zeta 1e99 --out out/r.png
refuse 2 "model 'plain' takes no noise level, and the method diffpir goes down noise levels, .* expected a network that takes them$" restore --model plain.bin --input six.idx --out out/r.png
refuse 2 "method 'heun' is unknown" $r --method heun --out out/r.png
refuse 2 "operator 'fog' is unknown" $r --operator fog --out out/r.png
refuse 2 'mask: .*expected left' $r --mask middle --out out/r.png
refuse 2 'operator pool: .*multiples of 3' $r --operator pool:3 --out out/r.png
refuse 2 'cannot go with --mask' $r --operator pool:2 --mask left --out out/r.png
refuse 2 'operator grey: .*3, red' $r --operator grey --out out/r.png
refuse 2 'eta: the method diffpir has no such setting' $r --eta 1 --out out/r.png
refuse 2 'noise: .* is not 0 or a positive number' $r --noise -1 --out out/r.png
refuse 2 'strength' $r --method sdedit --strength 2 --out out/r.png
refuse 2 'no option of gensample restore' $r --trajectory --out out/r.png
refuse 2 'draws: .* is not a whole number' $r --draws 0 --out out/r.png
refuse 2 'label all' $r --label all --out out/r.png
refuse 2 'restored images go' $r --out out/r.idx
refuse 1 'has images of 8 x 8: expected 4 x 4, as the operator.s measurements are$' $r --measured --operator pool:2 --out out/r.png
refuse 2 'is a method of restoring' --model tiny.bin --sampler dps --steps 2 -n 1 --out out/r.png

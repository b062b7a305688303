# Outputs are valid files of every format; sourced by run.sh.

draw='--sampler dpmpp-2m --steps 4'
accept --help
check 'the help names every option' grep -q -- '--steps-per-level T' stdout.txt
check 'the help names the samplers' grep -q '^  dpmpp-2m ' stdout.txt
accept sample --help
accept inspect --help
accept cpu -h
accept --version
check 'the version' grep -q '^gensample [0-9.]*$' stdout.txt
accept inspect tiny.bin
accept cpu
check 'the best instruction set' grep -q '^best: ' stdout.txt
check 'the types of products' grep -q '^  bf16-exact by fused multiply-adds of f32; the same bytes on every instruction set$' stdout.txt
accept cpu --isa scalar
check 'a type that is not native' grep -q '^  bf16 *by the exact fallback, fused multiply-adds of f32; the same bytes on every instruction set$' stdout.txt
check 'another one' grep -q '^  int8 *by the exact fallback, products of wider integers; ' stdout.txt
accept cpu --model tiny.bin
check 'its columns are below each other' test "$(sed -n '/^tiny:/,$p' stdout.txt | sed -n 's/->.*//p' | awk '{print length($0)}' | sort -u | wc -l)" -eq 1
check 'kernels of a network' grep -q '^tiny: ' stdout.txt

accept --model tiny.bin $draw
check 'the default output' is_png samples.png 82 82 0
check 'the last line' grep -Eq '^64 samples in .*: .* samples/s, 4 evaluations per sample, [0-9]+ threads?, [a-z0-9-]+; wrote samples.png$' stdout.txt
rm -f samples.png
accept --model tiny.bin $draw -n 10 --out out/x.png
check 'a grid of ten' is_png out/x.png 42 32 0
accept --model tiny.bin $draw -n10 --out=out/x.png --grid=2x5 --seed=7
check 'a given grid' is_png out/x.png 52 22 0
for key in Software gensample:model gensample:hash gensample:settings gensample:command; do
    check "the picture notes $key" grep -aq "tEXt$key" out/x.png
done
command=$(tr -c ' -~' '\n' <out/x.png | grep -A 1 'gensample:command' | tail -n 1 | sed 's/--out x.png.*/--out x.png/')
check 'the noted command names the model' expr "$command" : 'gensample --model tiny.bin -n 10 .*--out x.png'
mv out/x.png first.png
# shellcheck disable=SC2086
(eval "set -- ${command#gensample}" && "$program" "$@") >stdout.txt 2>stderr.txt
check 'the noted command draws the same picture' cmp x.png first.png
accept --model rgb.bin $draw -n 4 --out out/rgb.png
check 'a picture in colour' is_png out/rgb.png 22 22 2
accept --model tiny.bin $draw -n 2000 --out out/x.png
check 'a grid of 1024' is_png out/x.png 322 322 0
check 'the rest is said to be left out' grep -q 'the first 1024 are drawn' stdout.txt
accept --model cond.bin $draw --label all -n 12 --out out/x.png
check 'one row per class' is_png out/x.png 42 32 0
accept --model cond.bin $draw --label 2 -n 4 --out out/x.png
accept --model cond.bin $draw --label none -n 4 --out out/x.png
accept --model tiny.bin $draw --label none -n 4 --out out/x.png
accept --model tiny.bin $draw --trajectory -n 3 --out out/x.png
check 'a trajectory' is_png out/x.png 148 45 0
accept --model cond.bin $draw --trajectory --label all --out out/x.png
accept --model tiny.bin $draw --trajectory -n 3 --out out/x.npy
check 'a trajectory as numbers' npy_shape out/x.npy '5, 3, 1, 8, 8' $((5 * 3 * 64 * 4))

accept --model plain.bin --sampler hmc --steps 50 --trajectory --every 20 -n 3 --out out/x.png
check 'states every 20 steps' is_png out/x.png 73 45 0
check 'acceptance and step size' grep -Eq '^temperature 1; after 25 steps of burn-in: acceptance [0-9.]+ % \(chains .*\), step size .* \(.*\)$' stdout.txt
accept --model plain.bin --sampler mala --steps 50 -n 3 --burn-in 0 --step-size 0.3 --temperature 2 --out out/x.npy --json
check 'the same as JSON' grep -Eq '"step_size": 0.29.*, "temperature": 2.0, "clamp": false, "burn_in": 0, .*"acceptance": \{"rate": 0.[0-9]+, "rates": \[.*\], "step_size": 0.29' stdout.txt
accept --model plain.bin -n 3 --noise 0 --clamp yes --out out/x.npy --json
check 'and of Langevin dynamics' grep -Eq '"step_size": 0.001[0-9]*, "noise": 0.0, "noise_first": false, "clip": 0.0, "temperature": 0.0, "clamp": true' stdout.txt
accept --model plain.bin --sampler tempering --rungs 1,2,4.5 --steps 4 -n 2 --burn-in 0 --out out/x.npy --json
check 'rungs are a list' grep -q '"rungs": \[1.0, 2.0, 4.5\], "replicas": 3, "hottest": 4.5' stdout.txt
accept --model plain.bin --sampler tempering --replicas 3 --steps 4 -n 2 --burn-in 0 --out out/x.npy --json
check 'or there are none' sh -c '! grep -q "\"rungs\"" stdout.txt'
for sampler in 'langevin --clip 3 --noise-first yes' 'tempering --rungs 1,2,4.5 --leapfrog 2 --burn-in 3' 'mala --burn-in 0 --temperature 0.3 --clamp yes' 'hmc --leapfrog 3 --burn-in 4'; do
    accept --model plain.bin --sampler $sampler --steps 9 -n 4 --out out/x.png
    command=$(tr -c ' -~' '\n' <out/x.png | grep -A 1 'gensample:command' | tail -n 1 | sed 's/--out x.png.*/--out x.png/')
    mv out/x.png first.png
    (eval "set -- ${command#gensample}" && "$program" "$@") >stdout.txt 2>stderr.txt
    check "the noted command of ${sampler%% *} draws the same picture" cmp x.png first.png
done

accept --model cond.bin $draw --label all -n 9 --grid 3x4 --out out/x.pgm
check 'a PGM file' test "$(head -c 3 out/x.pgm | tr '\n' ' ')$(file_size out/x.pgm)" = "P5 $((42 * 32 + $(sed '/^255$/q' out/x.pgm | wc -c)))"
check 'whose size is said' sh -c 'sed "/^255$/q" out/x.pgm | grep -qx "42 32"'
command=$(sed -n 's/^# gensample:command: //p' out/x.pgm)
(eval "set -- ${command#gensample}" && "$program" "$@") >stdout.txt 2>stderr.txt
check 'the noted command draws the same PGM file' cmp x.pgm out/x.pgm
rm -f x.pgm
run --model tiny.bin $draw --trajectory -n 3 --out - --format pgm
check 'a trajectory in grey' sh -c 'sed "/^255$/q" stdout.txt | grep -qx "148 45"'

accept --model tiny.bin $draw -n 10 --out out/x.npy
check 'an NPY file' npy_shape out/x.npy '10, 1, 8, 8' $((10 * 64 * 4))
accept --model cond.bin $draw --label all -n 6 --out out/x.npz
accept --model cond.bin $draw --label all -n 6 --out out/x.npy
"$program" --model cond.bin $draw --label all -n 6 --out - --format npz --quiet | cat >out/piped.npz
check 'an archive is the same through a pipe' cmp out/x.npz out/piped.npz
check 'and has the NPY file' sh -c 'tail -c +62 out/x.npz | head -c "$(wc -c <out/x.npy)" | cmp - out/x.npy'
if command -v python3 >/dev/null; then
    check 'Python reads it' python3 -c 'import zipfile
z = zipfile.ZipFile("out/x.npz")
assert z.testzip() is None and z.namelist() == ["samples.npy", "labels.npy"], z.namelist()
assert z.read("samples.npy") == open("out/x.npy", "rb").read()
assert [z.read("labels.npy")[128 + 4 * k] for k in range(6)] == [0, 1, 2, 0, 1, 2]'
else
    skip 'Python reads it' 'there is no python3'
fi
accept --model tiny.bin $draw -n 3 --out out/x.idx
check 'an IDX file' test "$(hex out/x.idx 0 16) $(file_size out/x.idx)" = '00000803000000030000000800000008 208'
accept --model rgb.bin $draw -n 3 --out out/x.idx3-ubyte
check 'an IDX file in colour' test "$(hex out/x.idx3-ubyte 0 20) $(file_size out/x.idx3-ubyte)" = '0000080400000003000000030000000800000008 596'
accept --model two.bin $draw -n 3 --out out/two.npy
accept --model tiny.bin $draw -n 11 --out out/many
check 'a directory of pictures' test "$(ls out/many | tr '\n' ' ')" = '00.png 01.png 02.png 03.png 04.png 05.png 06.png 07.png 08.png 09.png 10.png '
check 'its first picture' is_png out/many/00.png 8 8 0
accept --model tiny.bin $draw -n 2 --out out/few/
check 'a directory with a slash' is_png out/few/1.png 8 8 0

# Pictures whose pixels are larger.
accept --model tiny.bin $draw -n 10 --scale 3 --out out/x.png
check 'a grid of ten, three times as large' is_png out/x.png 126 96 0
check 'the scale is noted' grep -aq -e ' --scale 3 --out x.png' out/x.png
accept --model rgb.bin $draw -n 4 --scale 2 --out out/rgb.png
check 'a larger picture in colour' is_png out/rgb.png 44 44 2
accept --model tiny.bin $draw -n 10 --scale 3 --out out/x.pgm
check 'a larger PGM file' test "$(grep -a -A 1 -x '126 96' out/x.pgm | tail -n 1)" = 255
check 'its pixels' test "$(tail -c $((126 * 96)) out/x.pgm | wc -c)" -eq $((126 * 96))
accept --model tiny.bin $draw -n 2 --trajectory --scale 2 --out out/t.png
accept --model tiny.bin $draw -n 2 --scale 2 --out out/d/
check 'a directory of larger pictures' is_png out/d/0.png 16 16 0

echo old >old.npy
ln -s old.npy link.npy
accept --model tiny.bin $draw -n 1 --out link.npy
check 'a link is followed' npy_shape old.npy '1, 1, 8, 8' 256
check 'and stays a link' test -L link.npy
(umask 027 && "$program" --model tiny.bin $draw -n 1 --quiet --out out/mask.npy)
check 'the umask holds' test "$(ls -l out/mask.npy | cut -c 1-10)" = '-rw-r-----'
check 'no temporaries are left' test -z "$(find out . -name '.*.*-*')"

accept --model tiny.bin $draw -n 4 --out out/x.npy --quiet
check 'quiet' test ! -s stdout.txt
accept --model tiny.bin $draw -n 4 --out out/x.npy --json
check 'one line of JSON' test "$(wc -l <stdout.txt)" -eq 1
check 'its keys' grep -Eq '^\{"model": "tiny", "hash": "[0-9a-f]{64}", .*"evaluations_per_sample": 4,.*\}$' stdout.txt
accept --model cond.bin $draw -n 30 --label all --out out/x.npy --quality
check 'the quality' grep -q '^quality at n = 30: agreement .*confident .*rejected 0.00 %$' stdout.txt
check 'the distance' grep -Eq '^Frechet distance +[0-9.]+ +[0-9.]+ +-$' stdout.txt
check 'nothing about what the judge does not tell' sh -c '! grep -q precision stdout.txt'
check 'of labels in other shares than data' grep -q '^warning: the samples are of all labels equally' stderr.txt
check 'the class shares' grep -q '^class shares: 0: .*, 2: .* %$' stdout.txt
accept --model cond.bin $draw -n 1 --out out/x.npy --judge judge.bin --json
check 'no distance of one sample' grep -q '"quality": {"n": 1, "frechet": null, "agreement": null, "shares"' stdout.txt
accept --model cond.bin $draw -n 3 --label 1 --out out/x.npy --judge judge.bin --json
check 'too few samples for a distance' grep -q '^warning: the Frechet distance of 3 samples says little' stderr.txt
check 'one label of which the judge does not tell' grep -q '^warning: all samples are of label 1, but' stderr.txt
check 'the same in JSON' grep -q '"warnings": \["the Frechet distance of 3 .*", "all samples are of label 1' stdout.txt
full_judge judge2.bin
accept --model cond.bin $draw -n 40 --label 1 --out out/x.npy --judge judge2.bin
check 'of one label alone' grep -q '^all of it beside real images of label 1 alone' stdout.txt
check 'precision beside real images' grep -Eq '^precision +[0-9.]+ % +[0-9.]+ % +[0-9.]+ %$' stdout.txt
check 'no warning' test ! -s stderr.txt
accept --model cond.bin $draw -n 40 --label all --out out/x.npy --quality
check 'two judges' grep -Eq '^second judge, judge2: Frechet distance [0-9.e+-]+ \(real images [0-9.e+-]+\), ' stdout.txt
accept --model cond.bin $draw -n 1 --out out/x.npy --quality
check 'of one sample a second judge tells no distance' grep -Eq '^second judge, judge2: confident ' stdout.txt
accept --model cond.bin $draw -n 40 --out out/x.npy --quality --json
check 'both in JSON' grep -q '"comparison": {"n": 40, .*"second": {"judge": "judge2", .*"coverage": {"value": ' stdout.txt
accept --model cond.bin $draw -n 40 --out out/x.npy --judge judge.bin --json
check 'the judge that is named is the only one' sh -c '! grep -q "\"second\"" stdout.txt'
rm judge2.bin
rm -rf out samples.png
mkdir out

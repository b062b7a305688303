# Files as people have them: from pipes, packed, in other spellings, and the report of inspect on each; sourced by run.sh.

images
few='--sampler dpmpp-2m --steps 2 --eta 0 --quiet'
rm -rf out && mkdir out
"$program" --model tiny.bin $few --init six.idx --out out/plain.npy
# as_plain NAME COMMAND: the command draws into out/x.npy the chains that begin at six.idx.
as_plain() {
    (eval "$2") >stdout.txt 2>stderr.txt
    check "$1" sh -c 'test ! -s stderr.txt && cmp out/plain.npy out/x.npy'
    rm -f out/x.npy
}
gzip -c six.idx >six.GZ
mkfifo six.fifo tiny.fifo
as_plain 'packed images' '"$program" --model tiny.bin $few --init six.GZ --out out/x.npy'
as_plain 'images from standard input' 'cat six.idx | "$program" --model tiny.bin $few --init - --out out/x.npy'
as_plain 'packed images from standard input' 'cat six.GZ | "$program" --model tiny.bin $few --init /dev/stdin --out out/x.npy'
as_plain 'images from a file on standard input' '"$program" --model tiny.bin $few --init - --out out/x.npy <six.idx'
as_plain 'images from a named pipe' 'cat six.idx >six.fifo & "$program" --model tiny.bin $few --init six.fifo --out out/x.npy'
as_plain 'images from a slow pipe' '(head -c 300 six.idx; sleep 0.3; tail -c +301 six.idx) | "$program" --model tiny.bin $few --init - --out out/x.npy'
as_plain 'a model from standard input' '"$program" --model - $few --init six.idx --out out/x.npy <tiny.bin'
as_plain 'a model from a pipe' 'cat tiny.bin | "$program" --model /dev/stdin $few --init six.idx --out out/x.npy'
as_plain 'a model from a named pipe, images from standard input' 'cat tiny.bin >tiny.fifo & cat six.idx | "$program" --model tiny.fifo $few --init - --out out/x.npy'
as_plain 'a network of a product from a pipe' 'cat tiny.bin | "$program" --compose -:1 $few --init six.idx --out out/x.npy'
check 'a judge from a pipe' sh -c 'cat judge.bin | "$1" --model tiny.bin --sampler heun --steps 2 -n 2 --judge - --out out/x.npy | grep -q "^quality"' sh "$program"
if [ -n "$(command -v bash)" ]; then
    as_plain 'process substitution' 'bash -c '\''"$0" --model <(cat tiny.bin) '"$few"' --init <(gzip -dc six.GZ) --out out/x.npy'\'' "$program"'
else
    skip 'process substitution' 'no bash here'
fi
rm -rf out && mkdir out
refuse 2 'standard input is named as 2 files' --model - --init - --out out/x.npy
refuse 1 'six.fifo: is a pipe that no program has opened for writing' --model tiny.bin --init six.fifo --out out/x.npy
refuse 1 'is a device' --model tiny.bin --init /dev/zero --out out/x.npy
head -c 100 six.GZ >cut.gz
refuse 1 'cut.gz: is packed by gzip, and cut short' --model tiny.bin --init cut.gz --out out/x.npy
(printf '\0\0\10\3\0\0\0\1\0\0\0\10\0\0\0\10'; head -c 50000000 /dev/zero) | gzip >bomb.gz
refuse 1 'bomb.gz: more bytes follow its last image' --model tiny.bin --init bomb.gz --out out/x.npy
printf '\377\330\377\340\0\020JFIF\0' >photo.png
refuse 1 'tiny.bin: is a weight file: expected an IDX, NPY, NPZ, PGM or PNG file' denoise --model tiny.bin --input tiny.bin --out out/x.npy
refuse 1 'photo.png: is a JPEG picture, expected a weight file' --model tiny.bin --judge photo.png --out out/x.npy
refuse 1 'photo.png: is a JPEG picture: expected an IDX, NPY, NPZ, PGM or PNG file' --model tiny.bin --init photo.png --out out/x.npy

# warns PATTERN ARGUMENT...: exit 0 with one line on standard error, a warning that has the pattern.
warns() {
    pattern=$1
    shift
    run "$@"
    check "warned: $pattern" sh -c 'test "$1" -eq 0 && test "$(wc -l <stderr.txt)" -eq 1 && grep -q "^warning: .*$2" stderr.txt' sh "$status" "$pattern"
}
# npy DESCR SHAPE: its header.
npy() {
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': ($2), }"
}
(npy '<u1' '8, 8'; head -c 64 /dev/zero | tr '\0' '\1') >ones.npy
warns 'ones.npy: no value above .* of 255' denoise --model tiny.bin --input ones.npy --out out/d.png
(npy '<u1' '8, 8'; tail -c 64 six.idx) >one.npy
(npy '<u1' '6, 8, 8'; tail -c 384 six.idx) >spelled.NPY
accept denoise --model tiny.bin --input spelled.NPY --out out/d.png
(npy '<f4' '8, 8'; printf '\0\0\300\77\0\0\0\277'; head -c 248 /dev/zero) >samples.npy # 1.5 and -0.5
warns 'samples.npy: 2 of 64 pixels are clipped to .0, 1.' denoise --model tiny.bin --input samples.npy --out out/d.png
(npy '<f4' '8, 8'; floats $(yes -- -1 | head -n 64)) >range.npy
rm -f out/*
(npy '<f4' '8, 8'; printf '\0\0\300\177'; head -c 252 /dev/zero) >nan.npy
refuse 1 'nan.npy: nan at image 0, .*: expected pixels in .0, 1., the model.s$' denoise --model tiny.bin --input nan.npy --out out/d.png
refuse 1 'range.npy: -1 at image 0.* 64 are like it.*: draw samples into .idx, which clips them; scale other data$' denoise --model tiny.bin --input range.npy --out out/x.png
accept denoise --model tiny.bin --input six.idx --noise 0.1,0.2 --quiet --out out/d.npy
accept denoise --model tiny.bin --input out/d.npy --out out/d.png
check 'what denoise writes it reads' grep -q '^12 images of out/d.npy' stdout.txt
accept denoise --model tiny.bin --input six.png --out out/d.png
check 'how a picture was cut' grep -q '^six.png: cut into 2 x 3 images of 8 x 8 with gaps of 2 pixels$' stdout.txt
accept denoise --model tiny.bin --input six.png --json --out out/d.png
check 'and in JSON' grep -q '"input_taken": "cut into 2 x 3 images of 8 x 8 with gaps of 2 pixels"' stdout.txt
accept --model tiny.bin --sampler dpmpp-2m --steps 2 --init six.png --out out/x.npy
check 'of --init' grep -q '^six.png: cut into 2 x 3 images' stdout.txt
rm -rf out && mkdir out
refuse 2 '^gensample: -n: 2 is more than the 1 image of one.npy' denoise --model tiny.bin --input one.npy -n 2 --out out/x.png
# What is written into an archive or a grey picture begins chains as what is written into others does.
for name in npy npz; do
    "$program" denoise --model tiny.bin --input six.idx --noise 0.1 --quiet --out "kept.$name"
done
for name in png pgm; do
    "$program" --model tiny.bin -n 6 --sampler heun --steps 2 --sigmas 0.01,0.2 --quiet --out "kept.$name"
done
for pair in 'npy npz' 'png pgm'; do
    set -- $pair
    for name in $pair; do
        accept --model tiny.bin --sampler heun --steps 2 --sigmas 0.1,0.2 --init "kept.$name" --out "out/from-$name.npy"
    done
    check "$2 is read as $1" cmp "out/from-$1.npy" "out/from-$2.npy"
done
rm -rf out && mkdir out

# ---- inspect ----
# inspects FILE LINE...: exit 0, and standard output has the lines.
inspects() {
    file=$1
    shift
    run inspect "$file"
    check "inspect $file" test "$status" -eq 0 -a ! -s stderr.txt
    for line in "$@"; do check "inspect $file: $line" grep -qx -- "$line" stdout.txt; done
}
"$program" --model tiny.bin -n 2 --sampler heun --steps 2 --quiet --out drawn.PNG 2>stderr.txt || "$program" --model tiny.bin -n 2 --sampler heun --steps 2 --quiet --out drawn.png
hash=$("$program" inspect tiny.bin | sed -n 's/^sha-256 *//p')
drawn=$(ls drawn.*)
inspects "$drawn" "file        $drawn" 'content     PNG, 12 x 22 pixels, 8-bit grey' 'software    gensample .*' 'model       tiny' \
    "hash        $hash" 'settings    {.*"sampler":"heun".*}' "command     gensample .*--sampler heun --steps 2 .*--out $drawn"
inspects six.idx 'content     IDX, bytes, 6 x 8 x 8'
inspects six.GZ 'content     IDX, bytes, 6 x 8 x 8' 'packed      by gzip'
inspects spelled.NPY "content     NPY, elements '<u1', shape (6, 8, 8), row-major"
inspects photo.png 'content     a JPEG picture'
inspects kept.npz "content     NPZ, samples.npy: NPY, elements '<f4', shape (1, 6, 1, 8, 8), row-major"
inspects kept.pgm 'content     PGM, 22 x 32 pixels, 8-bit grey' 'model       tiny' "hash        $hash"
(printf 'P5\n# comment: ' && head -c 5000 /dev/zero | tr '\0' x && printf '\n2 2\n255\n....') >long.pgm
inspects long.pgm 'comment     x* \.\.\. (more follows)'
check 'a long note is cut' test "$(sed -n 's/^comment  *\(x*\) .*/\1/p' stdout.txt | wc -c)" -eq 4001
run inspect - <tiny.bin
check 'inspect a model from standard input' grep -qx 'model       tiny (denoiser)' stdout.txt
run inspect /dev/stdin <"$drawn"
check 'inspect a picture from standard input' grep -qx 'model       tiny' stdout.txt
check 'inspect a pipe' sh -c 'cat "$2" | "$1" inspect - | grep -qx "model       tiny"' sh "$program" "$drawn"
echo words >words.txt
refuse 1 'words.txt: .*expected' inspect words.txt
: >empty.txt
refuse 1 'empty.txt: found 0 bytes, expected a weight file' inspect empty.txt
head -c 60 "$drawn" >cut.png
refuse 1 'cut.png: is cut short: ends at byte 60' inspect cut.png
rm -f drawn.* samples.npy

# Places of outputs: standard output, mount points, files that are kept as they are, names; sourced by run.sh.

draw='--sampler dpmpp-2m --steps 4'

# Standard output.
for name in - /dev/stdout /dev/fd/1; do
    accept_stream() { # NAME PATTERN ARGUMENT...: it exits with 0 and writes the report to standard error
        stream=$1
        report=$2
        shift 2
        run "$@" --out "$stream"
        check "gensample $* --out $stream: exit status 0" test $status -eq 0
        check "gensample $* --out $stream: the report on standard error" grep -q "$report" stderr.txt
    }
    wrote='^[0-9]* samples in .*; wrote standard output$'
    accept_stream $name "$wrote" --model tiny.bin $draw -n 10
    check "a picture on $name" is_png stdout.txt 42 32 0
    accept_stream $name "$wrote" --model tiny.bin $draw -n 10 --format npy
    check "an NPY file on $name" npy_shape stdout.txt '10, 1, 8, 8' $((10 * 64 * 4))
    accept_stream $name '"out": "'$name'"' --model tiny.bin $draw -n 3 --format idx --json
    check "an IDX file on $name" test "$(hex stdout.txt 0 16) $(file_size stdout.txt)" = '00000803000000030000000800000008 208'
    accept_stream $name '; wrote standard output$' rejection --dim 4 --ratio 1.1 -n 50
    check "accepted samples on $name" npy_shape stdout.txt '50, 4' 800
done
"$program" --model tiny.bin $draw -n 5 --quiet --out out/five.idx
accept_stream - '; wrote standard output$' denoise --model tiny.bin --input out/five.idx --noise 0.2
check 'restored images on -' test "$(hex stdout.txt 0 8)" = 89504e470d0a1a0a
accept_stream - '; wrote standard output$' denoise --model tiny.bin --input out/five.idx --noise 0.2 --format npy
check 'restored images on -, as NPY' npy_shape stdout.txt '1, 5, 1, 8, 8' 1280
"$program" --model tiny.bin $draw -n 10 --quiet --out - 2>stderr.txt | cat >piped.png
check 'a picture through a pipe' is_png piped.png 42 32 0
check 'and quiet' test ! -s stderr.txt
echo before >appended
"$program" --model tiny.bin $draw -n 10 --quiet --out - >>appended
tail -c +8 appended >appended.png
check 'a picture appended to a file' is_png appended.png 42 32 0
run --model plain.bin -n 4 --sampler hmc --steps 20 --plot - --out out/x.png
check 'a plot on -' sh -c 'head -n 1 stdout.txt | grep -q "^<?xml" && tail -n 1 stdout.txt | grep -q "</svg>"'
check 'its report on standard error' grep -q '; wrote out/x.png and standard output$' stderr.txt
accept inspect piped.png
check 'the noted command writes there again' grep -Eq '^command .* --out -$' stdout.txt
rm -rf out piped.png appended appended.png
mkdir out
refuse 2 'plot: standard output: --out goes there' --model plain.bin -n 4 --sampler hmc --steps 20 --plot - --out -
refuse 2 'is no .png' --model tiny.bin --grid 2x2 --out - --format npy
refuse 2 'known are png, ' --model tiny.bin --out - --format jpg
check 'the help of --trajectory names all formats of states' sh -c '"$1" --help | tr -s " \n" " " | grep -q -e " --trajectory draw .* with .npy .npz all states "' sh "$program"
refuse 2 'go into a .npy' rejection --out - --format png
if command -v script >/dev/null; then
    script -qec "'$program' --model tiny.bin -n 2 --out -" typescript >terminal.txt </dev/null
    check 'no picture on a terminal' grep -q 'is a terminal, which shows no pictures' terminal.txt
else
    skip 'no picture on a terminal' 'there is no script(1)'
fi
rm -f typescript terminal.txt

# The format is chosen by the name, in capitals too, and by --format.
accept --model tiny.bin $draw -n 10 --out out/x.PNG
check 'a picture with its extension in capitals' is_png out/x.PNG 42 32 0
accept --model tiny.bin $draw -n 10 --out out/x.Npy
check 'an NPY file in capitals' npy_shape out/x.Npy '10, 1, 8, 8' $((10 * 64 * 4))
accept --model tiny.bin $draw -n 3 --out out/x.IDX
check 'an IDX file in capitals' test "$(hex out/x.IDX 0 4)" = 00000803
for input in out/x.PNG out/x.IDX; do
    accept denoise --model tiny.bin --input $input -n 2 --noise 0.2 --out out/y.PNG
done
run --model plain.bin -n 2 --sampler hmc --steps 20 --plot out/x.SVG --out out/x.png
check 'a plot with its extension in capitals' grep -q "</svg>" out/x.SVG
accept --model tiny.bin $draw -n 2 --format npy --out out/noextension
check 'the format of a name that has none' npy_shape out/noextension '2, 1, 8, 8' 512
accept --model tiny.bin $draw -n 2 --format NPY --out out/capitals
check 'the name of a format in capitals' npy_shape out/capitals '2, 1, 8, 8' 512
accept --model tiny.bin $draw -n 2 --format png --out out/picture.of
check 'the format of an unknown extension' is_png out/picture.of 22 12 0
command=$(tr -c ' -~' '\n' <out/picture.of | grep -A 1 'gensample:command' | tail -n 1)
check 'which the noted command says' expr "$command" : '.* --out picture.of --format png$'
accept --model tiny.bin $draw -n 2 --format npy
check 'the default name in a format' npy_shape samples.npy '2, 1, 8, 8' 512
rm -rf out samples.npy
mkdir out

# Names that can only be a mistake make nothing.
for name in -o --json -x.png ' x.png' 'x.png ' .png png npy out/idx x.pngg x.jpg samples.; do
    run --model tiny.bin $draw -n 2 --out="$name"
    expected=2
    pattern='name\|extension'
    judge_refusal "--out='$name'"
    check "--out='$name' makes nothing" absent "$name"
done
refuse 2 "a name\\|an output's name does not begin with a dash" --model tiny.bin $draw -n 2 --out -o
refuse 2 'control characters' --model tiny.bin $draw -n 2 --out 'x
.png'
refuse 2 'asks for png, --format for npy' --model tiny.bin --out out/x.png --format npy
refuse 2 'asks for a directory of png' --model tiny.bin --out out/x/ --format npy
refuse 2 '--out goes there' --model plain.bin -n 4 --sampler hmc --steps 20 --plot out/x.svg --out ./out/x.svg --format png

# The properties that a replaced file keeps.
echo old >out/x.png
chmod 600 out/x.png
accept --model tiny.bin $draw -n 10 --out out/x.png
check 'a private file stays private' test "$(ls -l out/x.png | cut -c 1-10)" = '-rw-------'
ln out/x.png out/y.png
accept --model tiny.bin $draw -n 2 --out out/x.png
check 'a hard link is kept' cmp out/x.png out/y.png
ln -s target.npy out/link.npy
accept --model tiny.bin $draw -n 2 --out out/link.npy
check 'a symbolic link to nothing yet is followed' npy_shape out/target.npy '2, 1, 8, 8' 512
mkfifo out/pipe.idx
cat out/pipe.idx >got.idx &
accept --model tiny.bin $draw -n 3 --out out/pipe.idx
wait $!
check 'a pipe with a name' test "$(hex got.idx 0 16) $(file_size got.idx)" = '00000803000000030000000800000008 208'
check 'stays one' test -p out/pipe.idx
rm -rf out got.idx
mkdir out

# A directory that is there and empty is filled; the files that are read are not overwritten.
mkdir -m 0751 out/pictures
for name in out/pictures/ out/pictures; do
    accept --model tiny.bin $draw -n 2 --out $name
    check "$name, empty before, has the pictures" is_png out/pictures/1.png 8 8 0
    check 'and its mode' test "$(ls -ld out/pictures | cut -c 1-10)" = drwxr-x--x
    run --model tiny.bin $draw -n 2 --out $name
    check 'and is not replaced when it has some' grep -q 'is there already and is not empty; pictures go into a directory that is new or empty' stderr.txt
    rm -f out/pictures/*
done
rm -rf out
mkdir out
"$program" --model tiny.bin $draw -n 3 --quiet --out mine.png
cp mine.png before.png
ln -s mine.png other.png
refuse 2 'mine.png: it is the file of --init too' --model tiny.bin --init mine.png --out mine.png
refuse 2 'other.png: it is the file of --input too' denoise --model tiny.bin --input mine.png --out other.png
refuse 2 'mine.png: it is the file of --nearest too' --model tiny.bin --nearest ./mine.png --out mine.png
refuse 2 'tiny.bin: it is the file of --model too' --model tiny.bin --format npy --out tiny.bin
refuse 2 'tiny.bin: it is the file of --compose too' --compose tiny.bin:2 --compose tiny.bin --format npy --out tiny.bin
refuse 2 'judge.bin: it is the file of --judge too' --model tiny.bin --judge judge.bin --format npy --out judge.bin
check 'they are as they were' cmp mine.png before.png
rm -f mine.png before.png other.png

# Names that are not UTF-8, and the folder of an input.
cafe=$(printf 'caf\351')
accept --model tiny.bin $draw -n 3 --json --out "out/$cafe.idx"
check 'a name that is not UTF-8 is escaped in JSON' grep -qF '"out": "out/caf\\xE9.idx"' stdout.txt
mkdir "out/its folder"
mv "out/$cafe.idx" "out/its folder/$cafe.idx"
start=$(printf 'out/its folder/caf\351.idx')
accept --model tiny.bin $draw --sigmas 0.02,1 --init "$start" --json --out out/x.png
check 'and of an input' grep -qF '"init": "caf\\xE9.idx"' stdout.txt
check 'the settings in the picture have it' grep -aqF '"init":"caf\\xE9.idx"' out/x.png
command=$(tr -c ' -~' '\n' <out/x.png | grep -A 1 'gensample:command' | tail -n 1 | sed 's/--out x.png.*/--out x.png/')
check "the noted command escapes it, and has its folder" expr "$command" : ".* --init \$'out/its folder/caf.351.idx' .*"
if command -v bash >/dev/null; then
    bash -c "${command%%gensample*}'$program'${command#gensample}" >stdout.txt 2>stderr.txt
    check 'and draws the same picture' cmp x.png out/x.png
else
    skip 'and draws the same picture' 'there is no bash'
fi
cp tiny.bin out/mine.bin
accept denoise --model out/mine.bin --input "$start" -n 2 --noise 0.2 --json --out out/y.png
check "denoise's report has the input's name" grep -qF '"input": "caf\\xE9.idx"' stdout.txt
command=$(tr -c ' -~' '\n' <out/y.png | grep -A 1 'gensample:command' | tail -n 1)
check 'its noted command has the folders' expr "$command" : "gensample denoise --model out/mine.bin --input \$'out/its folder/caf.351.idx' .* --out y.png"
rm -rf out x.png
mkdir out

# Grids of all classes are read row by row: the picture's cells in that order, as bytes.
cells() { # PICTURE COUNT
    "$program" --model plain.bin --sampler langevin --steps 1 --step-size 1e-9 --noise 0 --init "$1" --init-noise 0 -n "$2" --quiet --out cells.idx
}
accept --model cond.bin $draw -n 6 --label all --out out/x.idx
tail -c +17 out/x.idx >drawn
for grid in 2x3 1x6 6x1; do
    accept --model cond.bin $draw -n 6 --label all --grid $grid --out out/x.png
    cells out/x.png 6
    tail -c +17 cells.idx >shown
    check "--label all --grid $grid goes row by row" cmp drawn shown
done
for grid in '--grid 3x2' ''; do
    accept --model cond.bin $draw -n 6 --label all $grid --out out/x.png
    cells out/x.png 6
    tail -c +17 cells.idx >shown
    for k in 0 3 1 4 2 5; do
        tail -c +$((64 * k + 1)) drawn | head -c 64
    done >by_class
    check "--label all $grid has one row per class" cmp by_class shown
done
rm -rf out drawn shown by_class cells.idx
mkdir out

# Mount points, as containers have them: one file, in a folder that can be written or not; and full disks.
# mounted SETUP ARGUMENT...: runs the program where SETUP has mounted something; its status is in $status.
if unshare -m true 2>/dev/null; then
    unshare='unshare -m'
elif unshare -rm true 2>/dev/null; then
    unshare='unshare -rm'
else
    unshare=
fi
mounted() {
    setup=$1
    shift
    $unshare sh -c "set -e
$setup
exec \"\$@\"" sh "$program" "$@" >stdout.txt 2>stderr.txt
    status=$?
}
kept='mkdir -p kept'
if [ -n "$unshare" ] && mkdir -p kept && touch out/x.npy && mounted 'mount --bind kept out' cpu; [ -n "$unshare" ] && [ "${status:-1}" -eq 0 ]; then
    for place in writable read-only; do
        for format in $formats; do
            name=x.$format
            echo 'older and longer than nothing' >kept/$name
            chmod 640 kept/$name
            touch out/$name
            setup="mount --bind kept/$name out/$name"
            [ $place = read-only ] && setup="mount --bind out out
mount -o remount,ro,bind out
$setup"
            mounted "$setup" --model tiny.bin $draw -n 10 --out out/$name
            check "onto a mounted $name in a $place folder" test $status -eq 0
            check 'whose mode stays' test "$(ls -l kept/$name | cut -c 1-10)" = '-rw-r-----'
            check 'and nothing else is left' test -z "$(find . -name '.*.*-*')"
        done
        check "a picture in a $place folder" is_png kept/x.png 42 32 0
        check "an NPY file in a $place folder" npy_shape kept/x.npy '10, 1, 8, 8' $((10 * 64 * 4))
        check "an IDX file in a $place folder" test "$(hex kept/x.idx 0 16) $(file_size kept/x.idx)" = '000008030000000a0000000800000008 656'
        mounted "$setup" rejection --dim 4 --ratio 1.1 -n 50 --out out/x.idx --format npy
        rm -rf out kept
        mkdir out kept
    done
    expected=1
    pattern='Read-only file system'
    mounted 'mount --bind out out
mount -o remount,ro,bind out' --model tiny.bin $draw -n 1000000000 --out out/x.npy
    judge_refusal 'a folder that is read-only, before the work'
    pattern='No space left on device'
    mounted 'mount -t tmpfs -o size=64k none out
head -c 1000000 /dev/zero >out/full 2>/dev/null || true' --model tiny.bin --sampler dpmpp-2m --steps 10000 -n 1000 --out out/x.npy
    judge_refusal 'a full disk, before the work'
    pattern='the disk has room for'
    mounted 'mount -t tmpfs -o size=64k none out' --model tiny.bin --sampler dpmpp-2m --steps 10000 -n 1000 --out out/x.npy
    judge_refusal 'a small disk, before the work'
else
    skip 'mount points' 'nothing can be mounted here'
fi
rm -rf out kept
mkdir out

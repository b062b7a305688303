# Studies as a command: what is refused, what is written and where, interruptions; sourced by run.sh. That the
# numbers of all studies are as expected is tested by study.sh of the folder above.

small='study rejection --dims 1,4 -n 100'

# What is refused, before anything is written.
refuse 2 '"no-such-study": there is no such study: there are .*rejection, ' study no-such-study
refuse 2 '"rejection": is named twice' study rejection rejection
refuse 2 'unknown option' study rejection --no-such-parameter 1
refuse 2 'no option of gensample study' study rejection --steps 3
refuse 2 'ratio: is read by other studies: rejection' study partition --ratio 1.05
for value in x '' 1,,2 1, nan; do
    refuse 2 'dims: ' study rejection --dims "$value"
done
refuse 2 'ratio: 0.5: expected a number from 1 to 1000' study rejection --ratio 0.5
refuse 2 'ratio: 2 numbers: expected 1' study rejection --ratio 1.01,1.02
refuse 2 'dims: 1.5: expected a whole number' study rejection --dims 1.5
refuse 2 ' -n: 0: expected a whole number' study rejection -n 0
refuse 2 'dims: 5000: the study score-matching takes 2 ... 4096' study rejection score-matching --dims 64,5000
refuse 2 'dims: 1: the study score-matching takes 2 ... 4096' study score-matching --dims 1
refuse 2 ' -n: 99: the study partition takes 100 ... 1000000' study partition -n 99
refuse 2 'json: cannot go with --quiet' $small --json --quiet
refuse 1 'tiny.bin: is no folder' $small --out tiny.bin
refuse 1 'no-such-directory/s: cannot make the folder: No such file' $small --out no-such-directory/s
refuse 2 'out: the value is empty' $small --out ''
refuse 1 'data: there is no out/t10k-images-idx3-ubyte, nor with .gz' $small --data out --out out/s
check 'no folder is left behind' absent out/s
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 555 shut
    refuse 1 'shut' $small --out shut
else
    skip 'a folder that cannot be written' 'root can write everywhere'
fi

# What is written.
accept $small
check 'the page, its figures and the numbers' test "$(ls study-rejection | tr '\n' ' ')" = 'index.html rejection-acceptance.svg rejection-shells.svg study.json '
check 'where they are' grep -qx 'wrote study-rejection/index.html' stdout.txt
check 'every number has a verdict' test "$(grep -c '^  as expected  acceptance at D = [14]: ' stdout.txt)" -eq 2
check 'how many are as expected' grep -Eq '^1 of 1 studies in [0-9.e-]+ s: 5 numbers as expected, 0 claims refuted, 0 undecided, 0 differ; ' stdout.txt
check 'the page needs no other file' sh -c 'grep -q "src=.data:image/svg" "$1" && ! grep -Eq "(src|href)=.[^d#]" "$1"' sh study-rejection/index.html
check 'the page names the command' grep -q 'gensample study rejection --dims 1,4 -n 100' study-rejection/index.html
cp study-rejection/index.html first.html
echo old >study-rejection/index.html
touch study-rejection/mine.txt
accept $small
check 'a second run replaces the page' grep -q '</html>' study-rejection/index.html
check 'and nothing else' test -e study-rejection/mine.txt
rm -rf study-rejection
accept $small --quiet --out out/deep/
check 'quiet' test ! -s stdout.txt
check 'a folder with a slash' test -s out/deep/index.html
accept study rejection --dims 2 -n 50 --ratio 1.5 --seed 7 --json --out out/json
check 'the command that runs it again' grep -q '"command": "gensample study rejection --ratio 1.5 --dims 2 -n 50 --seed 7"' stdout.txt
check 'the same report as a file' sh -c 'sed "s/\"seconds\": [0-9.e+-]*//g" stdout.txt >a && sed "s/\"seconds\": [0-9.e+-]*//g" out/json/study.json >b && cmp a b'
rm -rf out && mkdir out
refuse 2 'n: 60: the study contrastive takes 100 ... ' study rejection contrastive -n 60
mkdir -p taken/study.json
refuse 1 'taken/study.json: cannot write: Is a directory' $small --out taken
rm -rf taken
# Networks that are missing here.
run study energy-training rejection --dims 1,4 -n 100 --out out/some
check 'a study that cannot be run fails' test "$status" -eq 1
check 'with its name and the reason, and how many are written' grep -q 'study energy-training: ebm-document: no such file.* 1 of 2 studies are in out/some/index.html' stderr.txt
check 'the others are on the page' grep -q 'id="rejection"' out/some/index.html
check 'which says what is missing' grep -q 'could not be run:</b> ebm-document: no such file' out/some/index.html
check 'as do the numbers' grep -q '"failures": \[{"name": "energy-training", "message": "ebm-document: no such file' out/some/study.json
fits_schema study rejection --dims 1,4 -n 100 --out out/schema
rm -rf out && mkdir out

# Logs whose first line says something else of their samples than is there.
mkdir -p logged/logs
cp "$models/ebm-document.bin" logged
cp "$models/logs/ebm-document-samples.idx" logged/logs
GENSAMPLE_MODELS=$PWD/logged
# refuse_log PATTERN EDIT: a log with that edit.
refuse_log() {
    sed "$2" "$models/logs/ebm-document.jsonl" >logged/logs/ebm-document.jsonl
    refuse 1 "$1" study energy-training --out out/s
}
refuse_log 'line 1: "samples": expected a file, 1 ... 64 epochs' 's/"each": 16/"each": 0/'
refuse_log 'line 1: "samples": expected a file' 's/"file": "/&..\//'
for epoch in 10 -1 0.5 '"0"'; do
    refuse_log 'line 1: "samples": expected epochs of the log, from 0 to 9' "s/\"epochs\": \\[0/\"epochs\": [$epoch/"
done
refuse_log 'samples.idx: has 48 images: expected 51' 's/"each": 16/"each": 17/'
refuse_log 'line 1: "samples": expected how many were "judged"' 's/"judged": 1000/"judged": 0/'
GENSAMPLE_MODELS=$PWD/shipped

# same_pages A B: the figures and numbers of two runs, but for times, threads and instruction sets.
same_pages() {
    for page in "$1" "$2"; do
        sed 's/"\(seconds\|threads\|isa\)": *[^,}]*//g' "$page/study.json" >"$page.txt"
    done
    cmp "$1.txt" "$2.txt" || return 1
    for figure in "$1"/*.svg "$1"/*.png; do
        case $figure in *'*'*) continue ;; esac
        cmp "$figure" "$2/${figure##*/}" || return 1
    done
}
accept $small --quiet --threads 1 --isa scalar --out out/one
for isa in $("$program" cpu | awk '$2 == "supported" { print $1 }'); do
    accept $small --quiet --threads 2 --isa "$isa" --out out/two
    check "same pages with $isa" same_pages out/one out/two
    rm -rf out/two
done
accept $small --quiet --seed 1 --out out/two
check 'another seed, other numbers' sh -c '! cmp -s out/one/study.json out/two/study.json'
rm -rf out && mkdir out

# Digits of a folder, with the shipped networks.
if [ -n "$slow" ] || [ "$effort" -lt 50 ]; then
    skip 'studies of digits' 'sanitizers and emulators are too slow'
else
    GENSAMPLE_MODELS=$models
    n=50
    ten='0 1 2 3 4 5 6 7 8'
    mkdir data
    "$program" --model ncsn-cond --label data -n $n --quiet --out data/t10k.idx
    mv data/t10k.idx data/t10k-images-idx3-ubyte
    # shellcheck disable=SC2086
    labels_file data/t10k-labels-idx1-ubyte $ten 9 $ten 9 $ten 9 $ten 9 $ten 9
    digits="study trajectory -n $n --quiet"
    accept $digits --data data --threads 1 --out out/plain
    check 'digits of the folder' grep -q '"digits": "MNIST"' out/plain/study.json
    mkdir packed
    for file in images-idx3 labels-idx1; do
        gzip -c "data/t10k-$file-ubyte" >"packed/t10k-$file-ubyte.gz"
    done
    accept $digits --data packed --threads 2 --isa avx2 --out out/packed
    sed 's/packed/data/' out/packed/study.json >p && mv p out/packed/study.json
    check 'packed files and other threads, the same pages' same_pages out/plain out/packed
    accept $digits --out out/drawn
    check 'drawn digits' grep -q '"digits": "drawn"' out/drawn/study.json
    check 'the page says so' grep -q 'drawn by ncsn-cond' out/drawn/index.html
    rm -rf out && mkdir out
    refuse 1 "data/t10k-images-idx3-ubyte: 50 images and 50 labels: expected at least 51" study trajectory -n 51 --data data --out out/s
    rm data/t10k-labels-idx1-ubyte
    refuse 1 'there is no file of its labels beside it' $digits --data data --out out/s
    # shellcheck disable=SC2086
    labels_file data/t10k-labels-idx1-ubyte $ten 9 $ten 9 $ten 9 $ten 9 $ten 10
    refuse 1 'label 10 at image 49: expected 0 ... 9' $digits --data data --out out/s
    # shellcheck disable=SC2086
    labels_file data/t10k-labels-idx1-ubyte $ten 9 $ten 9 $ten 9 $ten 9 $ten 9
    head -c 900 packed/t10k-images-idx3-ubyte.gz >data/t10k-images-idx3-ubyte
    refuse 1 't10k-images-idx3-ubyte' $digits --data data --out out/s
    refuse 2 ' -n: 49: the study trajectory takes 50 ... 1000000' study trajectory -n 49 --out out/s

    # The first study ends at once, the second takes long.
    pattern='interrupted: 1 of 2 studies are in out/stop/index.html'
    expected=130
    interrupt INT study rejection trajectory --dims 1 -n 20000 --out out/stop
    check 'an interruption exits with 130' test $status -eq 130
    check 'it says what is kept' grep -q "$pattern" stderr.txt
    check 'which has the study that had ended' sh -c 'grep -q "rejection-acceptance\|Rejection sampling" out/stop/index.html && ! grep -q trajectory-states out/stop/index.html'
    check 'and its figures' test -s out/stop/rejection-acceptance.svg
    check 'and its numbers' grep -q '"asked": 2' out/stop/study.json
    rm -rf out && mkdir out
    GENSAMPLE_MODELS=$PWD/shipped
fi

#!/bin/sh
# Tests of genbench: run.sh BUILD_DIR. The measured figures are not judged, but the reports must follow from the
# measurements.
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
program=$build/genbench
report=$build/tests/genbench_report
. "$here/../support/cases.sh"
. "$here/../support/models.sh"
cd "$work" || exit 1
unset GENSAMPLE_ISA
GENSAMPLE_MODELS=$work
OMP_WAIT_POLICY=passive # other tests may run
export GENSAMPLE_MODELS OMP_WAIT_POLICY
denoiser tiny 1
conditional_denoiser
judge judge.bin

# run ARGUMENT...: runs the program and keeps its standard streams; its status is in $status.
run() {
    ran="genbench $*"
    timeout 1800 "$program" "$@" >stdout.txt 2>stderr.txt
    status=$?
}
# accept NAME ARGUMENT...: it exits with 0.
accept() {
    name=$1
    shift
    run "$@"
    if [ "$status" -eq 0 ]; then ok "$name"; else not_ok "$name" "exit $status: $(tail -c 300 stderr.txt)"; fi
}
# refuse STATUS PATTERN ARGUMENT...: it exits with that status and a last line of error that has the pattern, and writes
# no report.
refuse() {
    expected=$1
    pattern=$2
    shift 2
    rm -f genbench.json genbench.html
    run "$@"
    if [ "$status" -ne "$expected" ]; then
        not_ok "genbench $*" "exit $status, expected $expected: $(head -c 200 stderr.txt)"
    elif ! tail -n 1 stderr.txt | grep -q "^genbench: .*$pattern"; then
        not_ok "genbench $*" "no '$pattern' in: $(tail -n 1 stderr.txt)"
    elif [ -s stdout.txt ] || [ -e genbench.json ] || [ -e genbench.html ]; then
        not_ok "genbench $*" 'something was written'
    else
        ok "genbench $*"
    fi
}
# count FIELD FILE: one number of `report FILE counts`.
count() {
    "$report" "$2" counts | sed -n "s/.*$1 \([0-9]*\).*/\1/p"
}

# ---- Help and lists ----
accept 'help' --help
check 'the help names suites and options' sh -c 'grep -q "^  latency  " stdout.txt && grep -q "^  --seed S" stdout.txt'
accept 'version' --version
check 'the version' grep -qE '^genbench [0-9]+\.[0-9]+\.[0-9]+$' stdout.txt
accept 'list' list
check 'names of rows' sh -c '! grep -vE "^[a-z-]+/([a-z0-9_.-]+/)+(b:[0-9]+/)?t:[0-9]+/isa:[a-z0-9-]+/(f32|bf16|bf16-exact|int8|int16)(/onednn)?$" stdout.txt'
check 'each name once' sh -c 'test -z "$(sort stdout.txt | uniq -d)"'
check 'every kernel has a row' sh -c 'for k in $(sed -n "s/^GS_[A-Z]*(\([a-z0-9_]*\), f32,.*/\1/p" "$0"); do grep -q "^kernels/$k/" stdout.txt || exit 1; done' "$here/../../simd/kernels.def"
accept 'list by settings' list --suite latency,scaling --model tiny.bin --threads 1,2 --isa scalar
printf '%s\n' latency/tiny/denoise/single-stream/b:1/t:1/isa:scalar/f32 latency/tiny/denoise/single-stream/b:1/t:2/isa:scalar/f32 \
    scaling/tiny/evaluate/offline/b:64/t:1/isa:scalar/f32 scaling/tiny/evaluate/offline/b:64/t:2/isa:scalar/f32 >expected.txt
check 'gives these rows' diff expected.txt stdout.txt
accept 'list by scenario' list --model cond.bin --scenario single-stream
check 'gives one row' test "$(cat stdout.txt)" = "$(grep '^latency/cond/' stdout.txt)"

# ---- Refusals ----
refuse 2 'unknown option; see' --foo
refuse 2 'expected one of samples' --suite none
for value in samples,,kernels ,samples samples,; do
    refuse 2 "--suite: \"$value\" is not at most 16 names with commas between" --suite "$value"
done
refuse 2 "expected one of f32, bf16, bf16-exact, int8, int16" --dtype f64
refuse 2 '--isa: "mmx" is no instruction set of this build; known are scalar' --isa mmx
refuse 2 '--isa: "mmx" is no instruction set' eval --model tiny.bin --isa mmx
refuse 1 '--pictures: none: expected a folder that is there' quality --pictures none
refuse 1 'without the lines <!-- table of genbench quality -->' quality --markdown tiny.bin
export GENSAMPLE_ISA=mmx
refuse 2 'GENSAMPLE_ISA: "mmx" is no instruction set' list
unset GENSAMPLE_ISA
refuse 2 '--backend: "mkl" is no backend; known are native, onednn' --backend mkl
unsupported=$("${program%/*}/gensample" cpu | awk '/not on this CPU/ { print $1; exit }')
if [ -n "$unsupported" ]; then
    refuse 2 "--isa: this CPU or system cannot run $unsupported" --isa "$unsupported"
else
    skip '--isa of another CPU' 'this CPU runs every instruction set of the build'
fi
refuse 2 'whole numbers from 1' --threads 0
refuse 2 'from 0 to 86400' --patience -1
refuse 2 'its value' --model
refuse 2 'given twice' --quick --quick
refuse 2 '"1" is there twice' --threads 1,2,1
refuse 2 '"scalar" is there twice' --isa scalar,scalar
refuse 2 '"tiny.bin" is there twice' --model tiny.bin,tiny.bin
refuse 2 'two rows have the name latency/tiny/' --suite latency --model tiny.bin,./tiny.bin
refuse 2 'from 1 to 1024' --threads 1025
refuse 2 'seconds above 0' --benchmark_min_time=nan
refuse 2 'seconds above 0' --benchmark_min_time=0
refuse 2 'console, json or csv' --benchmark_format=xml
refuse 2 'the report and the page would be one file' --suite kernels --json k.json --html ./k.json
refuse 2 'the page and the values would be one file' --suite kernels --html k.html --csv k.html
refuse 2 'no such option' --benchmark_foo=1
refuse 2 'regular expression' '--benchmark_filter=('
refuse 2 '--batch: suite latency takes none, its rows have 1;' --suite latency,samples --model tiny.bin --batch 64
refuse 2 '--batch: 64: no row has it' --suite rejection --batch 64
refuse 2 '--backend: .*onednn' --suite kernels --backend onednn # values that this build lacks, or that no row has
refuse 2 '--model: no row has a network' --suite kernels --model tiny.bin
refuse 1 'nothing to measure' --suite kernels --benchmark_filter=nothing
refuse 1 'nothing to measure' --suite kernels --scenario offline
refuse 1 'missing.bin' --model missing.bin
printf 'no model' >bad.bin
refuse 1 'bad.bin' --model bad.bin
rm bad.bin
refuse 1 'No such file' --suite kernels --json missing/x.json
refuse 1 'No such file' --suite kernels --html missing/x.html

# ---- Nothing is measured: an earlier report stays ----
echo mine >kept.json
accept 'a run that waits' --suite kernels --benchmark_filter=axpby --benchmark_min_time=0.002 --patience 2 --json again.json
check 'says how much was disturbed' grep -q '^ *"disturbed": [0-9]' again.json
check 'in a report that is whole' "$report" again.json check
accept 'a list of tests' --suite kernels --benchmark_list_tests --json kept.json
check 'of Google Benchmark' grep -q '^kernels/mac/' stdout.txt
# interrupt PATTERN ARGUMENT...: the program gets SIGINT when standard error has the pattern; the status in $status.
interrupt() {
    pattern=$1
    shift
    ran="genbench $* and SIGINT"
    "$program" "$@" >stdout.txt 2>stderr.txt &
    running=$!
    until grep -q "$pattern" stderr.txt || ! kill -0 $running 2>/dev/null; do sleep 0.1; done
    kill -INT $running
    wait $running
    status=$?
}
interrupt 'genbench: 0 of' --suite rejection --benchmark_min_time=60 --json kept.json
check 'an interruption before the first row' sh -c 'test $1 -eq 130 && grep -q "no report is written" stderr.txt' sh $status
check 'leaves what was there' grep -qx mine kept.json

# ---- A run ----
short='--benchmark_min_time=0.002 --patience 0'
# drawn_quality MODEL.bin FACTOR OPTION...: a row of quality.json with three seeds, whose distances are FACTOR times the
# right ones.
drawn_quality() {
    file=$1
    factor=$2
    shift 2
    for seed in 1 2 3; do
        "$build/gensample" --model "$file" -n 512 --seed $seed --quality --json --out drawn.npy "$@"
    done >drawn.txt 2>/dev/null
    of() { sed "s/.*\"quality\": {[^{]*\"$1\": \([^,}]*\).*/\1/" drawn.txt | awk -v f="$2" '{ printf "%s%.17g", (NR > 1 ? "," : ""), $1 * f }'; }
    printf '{"model":"%s","model_hash":"%s","judge_hash":"%s","sampler":"%s","n":512,"seeds":[1,2,3],"frechet":[%s],"agreement":[%s]}' \
        "${file%.bin}" "$(sha256sum <"$file" | cut -d' ' -f1)" "$(sha256sum <judge.bin | cut -d' ' -f1)" \
        "$(sed -n '1s/.*"sampler": "\([^"]*\)".*/\1/p' drawn.txt)" "$(of frechet "$factor")" "$(of agreement 1 | grep -v null)"
}
expect_quality() {
    printf '{"gensample_quality":1,"rows":[%s]}\n' "$1" >quality.json
}
tiny_row=$(drawn_quality tiny.bin 1 | sed 's/"agreement":.*/"agreement":[]}/')
cond_row=$(drawn_quality cond.bin 1 --label all)
expect_quality "$tiny_row,$cond_row"
accept 'a run' --model tiny.bin,cond.bin --suite samples,latency,scaling,load,layers --threads 1,2 --quick $short \
    --json a.json --csv a.csv
check 'its report follows from what it measured' "$report" a.json check
check 'a page beside it' sh -c 'grep -q "Latency by percentile" a.html && grep -q "Thread scaling" a.html'
check 'is the one that is made of the file' sh -c '"$1" report a.json --html again.html && cmp a.html again.html' sh "$program"
check 'every output was checked, and right' test "$(count rows a.json)" -eq "$(count checked a.json)"
check 'one table per suite' test "$(grep -c '^[a-z]* .*f32$' stdout.txt)" -eq 4
check 'where the report is' grep -q '^the report: a.json' stdout.txt
check 'where the page is' grep -q '^the page: a.html' stdout.txt
check 'the samples themselves' grep -q '"png": "iVBORw0KGgo' a.json
check 'quality beside speed' grep -q 'FD .*agreement' stdout.txt
check 'one line per row' test "$(wc -l <a.csv)" -eq $(($(count rows a.json) + 1))
# The survey of samplers.
accept 'quality of samplers' quality --model tiny.bin --sampler heun,dpmpp-2m -n 12 --threads 1
check 'of those that are asked for' test "$(grep -c '^| `' stdout.txt)" -eq 4
check 'says the type' grep -q '^Products are of the type f32.$' stdout.txt
check 'has no figures of a judge that is not there' sh -c '! grep -q "judge2: 5" stdout.txt'
cp judge.bin judge2.bin
accept 'by two judges' quality --model tiny.bin --sampler heun,dpmpp-2m -n 12 --threads 1 --dtype bf16
check 'has both figures' grep -q '^| sampler | 5 | 10 | 30 | 100 | judge2: 5 | judge2: 10 | judge2: 30 | judge2: 100 | evaluations |$' stdout.txt
check 'which are the same of the same judge' awk -F '|' '/^\| `heun`/ { rows++; for (i = 3; i <= 6; i++) wrong += $i != $(i + 4) } END { exit rows != 2 || wrong }' stdout.txt
check 'in another type' grep -q '^Products are of the type bf16.$' stdout.txt
rm judge2.bin
refuse 2 "sampler 'magic' is unknown: expected one of" quality --sampler magic
refuse 2 'dtype: there are 2 types, expected one' quality --dtype f32,bf16
# judged NAME PATTERN [ARGUMENT...]: samples of tiny.bin are INVALID for a reason that has the pattern.
judged() {
    case_name=$1
    pattern=$2
    shift 2
    run --model tiny.bin --suite samples --threads 1 --quick $short --json judged.json "$@"
    check "$case_name" grep -q "INVALID.*$pattern" stdout.txt
    check 'in a report that is whole' "$report" judged.json check
}
expect_quality "$(drawn_quality tiny.bin 10000 | sed 's/"agreement":.*/"agreement":[]}/')"
judged 'samples that are too good' 'wrong: quality: Frechet distance .*, expected '
expect_quality "$(drawn_quality tiny.bin 0.0001 | sed 's/"agreement":.*/"agreement":[]}/')"
judged 'samples that are too poor' 'wrong: quality: Frechet distance .*, expected '
expect_quality "$(echo "$cond_row" | sed 's/"agreement":.*/"agreement":[0.01,0.01,0.01]}/')"
run --model cond.bin --suite samples --threads 1 --quick $short --json judged.json
check 'labels that are kept too well' grep -q 'INVALID.*wrong: quality: agreement ' stdout.txt
expect_quality "$cond_row"
judged 'samples of which nothing is expected' 'not checked: quality.json beside the weight file expects nothing'
check 'are neither right nor wrong' grep -q '"check": "not checked"' judged.json
echo '{"gensample_quality":1}' >quality.json
judged 'an expectation that is none' 'failed: quality.json: rows: missing; models/quality.py makes such files'
rm quality.json
judged 'no expectation' 'not checked: quality.json'
if command -v python3 >/dev/null; then
    script="$here/../../models/quality.py --program $build/gensample --judge judge.bin --seeds 3 --threads 1"
    check 'the script that makes expectations' python3 $script tiny.bin
    cp quality.json first.json
    sed -i 's/"seeds": \[1, 2, 3\], "frechet": \[\([^]]*\), [^],]*\]/"seeds": [1, 2], "frechet": [\1]/' quality.json
    check 'which was interrupted' grep -q '"seeds": \[1, 2\]' quality.json
    check 'goes on' python3 $script tiny.bin cond.bin
    check 'where it was' sh -c 'grep "\"tiny\"" quality.json | tr -d "," | cmp - "$0"' "$(grep '"tiny"' first.json | tr -d ',' >first.txt; echo first.txt)"
    accept 'what it expects' --model tiny.bin,cond.bin --suite samples --threads 1 --quick $short --json judged.json
    check 'is what is found' test "$(count checked judged.json)" -eq 2
    run --model cond.bin --suite samples --threads 1 --quick $short --seed 2 --json judged.json
    check 'and of a seed that it has, the same figures' python3 -c '
import json
row = json.load(open("judged.json"))["genbench"]["rows"][0]["figures"]
kept = next(row for row in json.load(open("quality.json"))["rows"] if row["model"] == "cond")
assert abs(row["FD"]["value"] / kept["frechet"][1] - 1) < 1e-9, (row["FD"], kept)
assert abs(row["agreement"]["value"] / 100 - kept["agreement"][1]) < 1e-9, (row["agreement"], kept)'
else
    skip 'the script that makes expectations' 'no python3'
fi
# Scalar C, with which everything else is compared.
accept 'scalar C' --model tiny.bin --suite latency,kernels,layers,load,rejection --isa scalar --threads 1 --quick $short --json scalar.json
check 'is compared with float64 and theory' test "$(count rows scalar.json)" -eq $(($(count checked scalar.json) + 1))
check 'or says that it is not' grep -q 'first-sample.*INVALID.*not checked: what others are compared with' stdout.txt
expect_quality "$tiny_row,$cond_row"
rm judge.bin
accept 'samples without a judge' --model tiny.bin --suite samples --threads 1 --quick $short --json poor.json
check 'are invalid too' grep -q 'INVALID.*quality not measured' stdout.txt
runaway runaway 900
run --model runaway.bin --suite samples,load --threads 1 --quick $short --json runaway.json
check 'chains that diverge end with status 1' test "$status" -eq 1
check 'and are errors of their rows' \
    test "$(grep -c '"error_message": "failed: chain 0 diverged: after step ' runaway.json)" -eq 2
refuse 1 'no shipped networks' --suite kernels
judge judge.bin
accept 'kernels and machine' --suite kernels,machine --benchmark_filter='/(mac|axpby|fma)/t:1' $short --json b.json
check 'their report' "$report" b.json check
check 'and page' sh -c 'test -s b.html && ! grep -q "Latency by percentile" b.html'
check 'which says how many bytes mac moves' grep -q '"bytes_per_call"' b.json
check 'the filter keeps these' sh -c '! "$1" b.json order | grep -vE "^(kernels/mac|kernels/axpby|machine/fma)/t:1"' sh "$report"
check 'which are right' test "$(count rows b.json)" -eq "$(count checked b.json)"
accept 'an argument with control characters' --suite kernels --isa scalar \
    --benchmark_filter="$(printf 'mac|\033x')" $short --json control.json
check 'leaves a report without' \
    sh -c '"$1" report control.json >report.txt && ! grep -q u001b control.json' sh "$program"
accept 'without what matches' list --suite kernels --benchmark_filter=-mac
check 'is all else' sh -c '! grep -q mac stdout.txt && grep -q axpby stdout.txt'
accept 'rejection sampling' --suite rejection --quick $short --json rejection.json
check 'of each algorithm, right' test "$(count rows rejection.json)" -eq 3 -a "$(count checked rejection.json)" -eq 3
check 'beside theory' grep -q '^  early-d784 .* 409 ppm' stdout.txt
plain_energy plain
accept 'chains of an energy' --model plain.bin --suite energy --threads 1 --batch 4 --quick $short --json energy.json
check 'their report' "$report" energy.json check
check 'all right' test "$(count rows energy.json)" -eq 4 -a "$(count checked energy.json)" -eq 4
check 'how they mix' grep -q 'R-hat .*ESS/s' stdout.txt

# ---- Whole programs ----
mkdir temporary alone
export TMPDIR="$work/temporary"
accept 'programs to their picture' --model tiny.bin,cond.bin --suite program --threads 1,2 --batch 1,5 --quick --pin $short \
    --seed 7 --json program.json
check 'their report' "$report" program.json check
check 'the pictures are what the library draws' test "$(count rows program.json)" -eq 4 -a "$(count checked program.json)" -eq 4
check 'in milliseconds' grep -q '^  tiny/picture/b:5/t:2 .* ms' stdout.txt
accept 'the program to its first sample' --model tiny.bin,cond.bin --suite warm-start --threads 1 --quick $short --json warm.json
check 'which is what the library draws' test "$(count rows warm.json)" -eq 1 -a "$(count checked warm.json)" -eq 1
cp "$program" alone/genbench
program=$work/alone/genbench
# instead PATTERN SCRIPT: with this script in place of gensample, the row fails or is wrong for a reason that has the
# pattern.
instead() {
    printf '#!/bin/sh\neval "out=\\${$#}"\n%s\n' "$2" >alone/gensample
    chmod +x alone/gensample
    run --model tiny.bin --suite program --threads 1 --batch 4 --quick $short --json instead.json
    check "instead of gensample: $2" grep -q "INVALID.*$1" stdout.txt
}
run --model tiny.bin --suite program --threads 1 --batch 4 --quick $short --json instead.json
check 'no program' sh -c 'test $1 -eq 1 && grep -q "INVALID.*alone/gensample: No such file" stdout.txt' sh $status
instead 'exit status 3: out of paper' 'echo out of paper >&2; exit 3'
instead 'signal 9' 'kill -9 $$'
instead 'samples.png' 'true'
"$build/gensample" --model tiny.bin -n 4 --seed 1 --out other.png >/dev/null 2>&1
instead 'wrong: the picture is .* grey levels' "cp '$work/other.png' \"\$out\""
"$build/gensample" --model tiny.bin -n 3 --out fewer.png >/dev/null 2>&1
instead 'wrong: the picture has 3 samples, expected 4' "cp '$work/fewer.png' \"\$out\""
printf '#!/bin/sh\ntouch started; exec sleep 100\n' >alone/gensample
for signal in INT TERM HUP USR1 XCPU; do
    rm -f started
    "$program" --model tiny.bin --suite program --threads 1 --batch 4 --quick $short --json instead.json >stdout.txt 2>stderr.txt &
    running=$!
    until [ -e started ] || ! kill -0 $running 2>/dev/null; do sleep 0.1; done
    kill -$signal $running
    wait $running
    check "SIG$signal ends it" test $? -eq 130
done
check 'nothing is left of any' test -z "$(ls temporary)"
unset TMPDIR
program=$build/genbench

# ---- The order of measurements ----
for seed in 1 1 2; do
    run --suite kernels --isa scalar $short --seed $seed --repetitions 2 --json order.json
    "$report" order.json order >order-$seed.txt.new
    if [ $seed = 1 ] && [ -e order-1.txt ]; then
        check 'the same seed, the same order' cmp order-1.txt order-1.txt.new
    fi
    mv order-$seed.txt.new order-$seed.txt
done
check 'another seed, another order' sh -c '! cmp -s order-1.txt order-2.txt'
check 'of the same measurements' sh -c 'sort order-1.txt >1 && sort order-2.txt >2 && cmp 1 2'

# ---- Google Benchmark's own options and tools ----
accept 'its own report' --suite kernels --benchmark_filter=mac $short --benchmark_out=own.json --benchmark_format=json --json b2.json \
    --html own-page.html
check 'to standard output' sh -c 'head -c 1 stdout.txt | grep -q "{"'
check 'a page of the name it is given' test -s own-page.html -a ! -e b2.html
check 'and to a file' grep -q '"kernels/mac/t:1/' own.json
compare=${GENBENCH_COMPARE:-/usr/share/benchmark/compare.py}
for python in ${GENBENCH_PYTHON:-python3 /usr/bin/python3}; do # the system's Python has Debian's packages
    "$python" -c 'import scipy' 2>/dev/null && break
done
if [ -e "$compare" ] && "$python" -c 'import scipy' 2>/dev/null; then
    run --suite kernels,machine --benchmark_filter='/(mac|axpby|fma)/t:1' $short --json c.json
    "$python" "$compare" --no-color benchmarks b.json c.json >compared.txt 2>&1
    check 'its compare.py reads two reports' sh -c 'test $1 -eq 0 && grep -q "^kernels/mac/t:1/.*_median" compared.txt' sh $?
else
    skip 'its compare.py reads two reports' "no $compare (package libbenchmark-tools), or no SciPy"
fi

# ---- Reports of files ----
# fails NAME STATUS PATTERN ARGUMENT...: it exits with that status and an error that has the pattern, and leaves no
# out.json.
fails() {
    name=$1
    expected=$2
    pattern=$3
    shift 3
    rm -f out.json
    run "$@"
    check "$name" sh -c 'test "$1" -eq "$2" && tail -n 1 stderr.txt | grep -q "^genbench: .*$3" && test ! -e out.json' \
        sh "$status" "$expected" "$pattern"
}
"$report" rejection.json other fast 1 >fast.json
"$report" rejection.json other slow 0.5 >slow.json
accept 'a report again' report a.json --markdown a.md --csv a2.csv
check 'has the same values' cmp a.csv a2.csv
check 'one table per suite' test "$(grep -c '^## ' a.md)" -eq 4
check 'whose lines are as wide as their heads' test -z "$(sed 's/\\|//g' a.md | awk -F '|' '/^[|]/ { if (n && NF != n) print; n = NF } !/^[|]/ { n = 0 }')"
accept 'two reports side by side' report fast.json slow.json
check 'with ratios to the first' sh -c 'test "$(grep -c "(0.50 x)" stdout.txt)" -eq 3'
accept 'merging them' merge fast.json slow.json --json both.json --markdown both.md
accept 'is a report' report both.json --markdown both2.md
cp fast.json copy.json
ln -s copy.json link.json
for output in 'report copy.json --html copy.json' 'report copy.json --csv link.json' 'merge fast.json copy.json --json ./copy.json'; do
    run $output
    check "$output" sh -c 'test $1 -eq 2 && grep -q "it is read" stderr.txt && cmp -s fast.json copy.json' sh $status
done
check 'as of the files themselves' cmp both.md both2.md
accept 'merging what is merged' merge both.json fast.json --json three.json
check 'has columns for three' grep -q '#2' stdout.txt
sed 's/"valid": true/"valid": false/; s/"reasons": \[\]/"reasons": ["<b>|`"]/' slow.json >doubtful.json
run merge fast.json doubtful.json --json both.json
check 'invalid rows are left out, and told' sh -c 'test "$1" -eq 0 && grep -q "1 row was left out" stderr.txt' sh "$status"
accept 'a reason with signs' report doubtful.json --markdown signs.md
check 'is escaped' grep -qF '&lt;b>\|\`' signs.md
sed 's/"valid": true/"valid": false/g; s/"reasons": \[\]/"reasons": ["no"]/g' slow.json >wrong.json
accept 'a report without a valid row' merge wrong.json fast.json --json both.json
check 'is left out' sh -c 'grep -q "^genbench: wrong.json: no row is valid; this report is left out" stderr.txt &&
    "$1" report both.json >left.txt && "$1" report fast.json >fast.txt && cmp left.txt fast.txt' sh "$program"
fails 'no valid row at all' 1 'nothing is left to merge' merge wrong.json wrong.json --json out.json
sed 's/^{"json_schema_version":1/{"json_schema_version":2/' both.json >wrong.json
fails 'a merger of another version' 1 'wrong.json: json_schema_version: expected 1' report wrong.json
fails 'nothing to merge' 2 'expected FILE' merge --json out.json
fails 'nowhere to merge to' 2 '--json FILE is missing' merge fast.json
mkfifo pipe.json
fails 'a pipe that nobody writes to' 1 'pipe.json: is a pipe that no program has opened for writing' merge fast.json pipe.json --json out.json
cat fast.json >pipe.json &
accept 'a report from a pipe' report pipe.json
fails 'a missing report' 1 'missing.json: cannot be opened' merge fast.json missing.json --json out.json
echo '{"json_schema_version": 1, "merged": []}' >wrong.json
fails 'a merger of nothing' 1 'wrong.json: merged: no reports' merge fast.json wrong.json --json out.json
echo '{"json_schema_version": 1, "merged": [{"path": "\u001b[31m", "merged": []}]}' >wrong.json
fails 'a merger of something else' 1 'merged\[0\]: context: missing' merge fast.json wrong.json --json out.json
echo '[1, 2' >wrong.json
fails 'no JSON' 1 'wrong.json: line 2: no JSON' report wrong.json
fails 'values of two reports' 2 'of one report only' report fast.json slow.json --csv out.json
fails 'an unknown option' 2 '--json: no option of genbench report' report fast.json --json out.json

# ---- Where outputs go ----
for output in 'report fast.json --csv' 'report fast.json --html' 'report fast.json --markdown' 'merge fast.json --json'; do
    for name in - /dev/stdout; do
        run $output $name
        mv stdout.txt streamed
        check "$output $name: the table is on standard error" sh -c 'test "$1" -eq 0 && grep -q rejection stderr.txt' sh "$status"
        echo old >kept
        chmod 600 kept
        ln kept linked
        accept "$output onto a file" $output kept
        check "$output $name: the same as in a file" cmp streamed kept
        check "$output: a private file stays private" test "$(ls -l kept | cut -c 1-10)" = '-rw-------'
        check "$output: a hard link is kept" cmp kept linked
        rm -f kept linked streamed
    done
    refuse 2 'does not begin with a dash' $output -x
    refuse 2 'neither begins nor ends with a space' $output 'x '
    "$program" $output whole >/dev/full 2>stderr.txt
    check "$output: a full standard output is an error" test $? -eq 1
    check "$output: the file is whole" test "$(tail -c 1 whole | od -An -tx1 | tr -d ' ')" = 0a
    rm -f whole
done
for unshare in 'unshare -m' 'unshare -rm' ''; do
    [ -z "$unshare" ] || ! $unshare mount --bind "$work" "$work" 2>/dev/null || break
done
if [ -n "$unshare" ]; then
    for output in 'report fast.json --csv' 'report fast.json --html' 'report fast.json --markdown' 'merge fast.json --json'; do
        "$program" $output plain >/dev/null 2>&1
        echo 'older and longer than nothing' >source
        echo >mounted
        $unshare sh -c 'mount --bind source mounted && exec "$@"' sh "$program" $output mounted >stdout.txt 2>stderr.txt
        check "$output onto a mounted file" test $? -eq 0
        check "$output onto a mounted file: all of it" cmp plain source
    done
else
    skip 'mounted files' 'nothing can be mounted here'
fi
accept 'a name that is not UTF-8' --suite kernels --isa scalar --benchmark_filter=axpby $short --json "$(printf 'caf\351.json')"
mv caf*.json escaped.json
check 'is escaped in the report' grep -qF '"caf\\xE9.json"' escaped.json
head -c 512 /dev/zero >zeros
echo old >dumped
chmod 600 dumped
accept 'eval into a file' eval --model tiny.bin --batch 2 --seconds 0 --sigma 1 --input zeros --dump dumped
check 'eval: a private file stays private' test "$(ls -l dumped | cut -c 1-10) $(wc -c <dumped)" = '-rw------- 512'
check 'nothing temporary is left' test -z "$(find . -name '.*.*-*')"

# ---- Failures and interruptions ----
ln -s /dev/full full.json
run --suite kernels --isa scalar --benchmark_filter=axpby $short --json full.json
check 'a full disk is an error' sh -c 'test $1 -eq 1 && tail -n 1 stderr.txt | grep -q "^genbench: .*No space left"' sh "$status"
for command in list doctor; do
    check "a full standard output of $command too" sh -c '"$1" $2 >/dev/full 2>stderr.txt; test $? -eq 1' sh "$program" $command
done
interrupt 'genbench: [1-9][0-9]* of' --suite kernels --isa scalar --benchmark_filter=axpby --benchmark_min_time=0.2 \
    --repetitions 100 --json stopped.json
check 'an interruption exits with 130' test $status -eq 130
check 'whose file is marked' test "$(count interrupted stopped.json)" = 1
check 'keeps what was measured' test "$(count measured stopped.json)" -gt 0
check 'and says so' grep -q '; interrupted' stdout.txt
check 'in a report that is whole' "$report" stopped.json check

# ---- The machine ----
accept 'doctor' doctor
check 'tells of other programs, of what was measured, and of the build' \
    sh -c 'grep -Eq "^(calm|NOISY|-) +other programs " stdout.txt && grep -Eq "^(calm|NOISY) +pauses .* ms, " stdout.txt && grep -Eq "^(calm|NOISY) +build " stdout.txt'
OMP_WAIT_POLICY=active GENSAMPLE_ISA=scalar run doctor
check 'and of the environment' grep -Eq '^note +environment +GENSAMPLE_ISA=scalar, OMP_WAIT_POLICY=active' stdout.txt
run doctor x
check 'doctor refuses' sh -c 'test "$1" -eq 2 && grep -q "^genbench: x: genbench doctor takes no such" stderr.txt' sh "$status"

# ---- What scripts call ----
accept 'eval by name' eval --model judge --batch 2 --seconds 0
accept 'eval' eval --model tiny.bin --batch 2 --seconds 0
check 'prints one object' sh -c 'grep -q "^{.*\"evaluations_per_second\": [0-9].*\"operations\": [0-9].*\"peak_flops\": [1-9].*}$" stdout.txt'
for wrong in '--batch 0' '--batch 1.5' '--seconds -1' '--seconds nan' '--seconds 1e30' '--threads x' '--sigma inf'; do
    run eval --model tiny.bin $wrong
    check "eval $wrong" sh -c 'test "$1" -eq 2 && grep -q "^genbench: ${2% *}: .* is not " stderr.txt' sh "$status" "$wrong"
done
run eval --model tiny.bin --batch
check 'eval refuses' test "$status" -eq 2
end_of_cases

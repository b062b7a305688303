#!/bin/sh
# Tests of genbench check and ab: regression.sh BUILD_DIR. The builds that are compared are scripts that answer as
# workers do, so that no case depends on time.
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
program=$build/genbench
. "$here/../support/cases.sh"
. "$here/../support/models.sh"
cd "$work" || exit 1
unset GENSAMPLE_ISA GITHUB_STEP_SUMMARY
GENSAMPLE_MODELS=$work
export GENSAMPLE_MODELS
denoiser tiny 1
judge judge.bin

# expect STATUS NAME ARGUMENT...: it exits with that status; the output is in stdout.txt and stderr.txt. $path is the
# program's PATH.
expect() {
    expected=$1
    name=$2
    shift 2
    ran="genbench $*"
    timeout 1800 env PATH="${path:-$PATH}" "$program" "$@" >stdout.txt 2>stderr.txt
    status=$?
    if [ "$status" -eq "$expected" ]; then
        ok "$name"
    else
        not_ok "$name" "exit $status, expected $expected: $(tail -n 2 stdout.txt stderr.txt | head -c 400)"
    fi
}
# refuse STATUS PATTERN ARGUMENT...: it exits with that status and a last line of error that has the pattern, and writes
# nothing else.
refuse() {
    pattern=$2
    refused=$1
    shift 2
    expect "$refused" "refused: $pattern" "$@"
    check 'in words' sh -c 'tail -n 1 stderr.txt | grep -q "^genbench: .*$1" && test ! -s stdout.txt' sh "$pattern"
}
# says PATTERN: standard output has the pattern.
says() {
    check "says $1" grep -qE -- "$1" stdout.txt
}

# ---- check: what is refused before the work ----
refuse 2 'baseline: missing' check
refuse 2 'threads: no option of genbench check' check --baseline a.json --threads 2
refuse 2 'expected text or github' check --baseline a.json --format xml
refuse 2 'given twice' check --baseline a.json --baseline b.json
refuse 1 'a.json: it cannot be read' check --baseline a.json
refuse 1 'missing.bin' check --baseline a.json --model missing.bin
refuse 1 'nothing to count' check --baseline a.json --benchmark_filter=nothing
refuse 1 'No such file' check --write --baseline missing/a.json
refuse 1 'a baseline' check --baseline .
refuse 1 'a baseline' check --baseline /dev/zero
surroundings='"architecture":"a","compiler":"a","flags":"a","libc":"a","jansson":"a","nettle":"a","valgrind":"a"'
counts='"instructions":1,"allocations":0,"allocated_bytes":0,"opening_allocations":0,"opening_bytes":0'
# hostile PATTERN TEXT: a baseline of that text.
hostile() {
    printf '%s' "$2" >hostile.json
    refuse 1 "hostile.json:.*$1" check --baseline hostile.json
}
hostile '1:' ''
hostile '1:' '{"rows":'
hostile 'an array, expected an object' '[]'
hostile 'gensample_baseline: 2, expected 1' '{"gensample_baseline":2,"surroundings":{},"rows":{"a":{}}}'
hostile 'surroundings.architecture: missing' '{"gensample_baseline":1,"surroundings":{},"rows":{"a":{}}}'
hostile 'rows: 0 members, expected at least 1' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{}}'
hostile 'rows: an array, expected an object' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":[1]}'
hostile 'rows.a.operations' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{'"$counts"'}}}'
hostile 'rows.a.operations' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{'"$counts"',"operations":1e3}}}'
hostile 'rows.a.operations' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{'"$counts"',"operations":-1}}}'
hostile 'rows.a.operations' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{'"$counts"',"operations":9007199254740993}}}'
hostile 'control characters' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a\n::error::x":{'"$counts"',"operations":1}}}'
hostile 'duplicate' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{},"a":{}}}'

# ---- check: counting ----
# doctored ROW COUNT PER_MILLE: the baseline, in which that count of a row is changed so that this build has that many
# per mille of it.
doctored() {
    awk -v row="\"$1\":" -v count="\"$2\": " -v mille="$3" 'index($0, row) && match($0, count "[0-9]+") {
            value = substr($0, RSTART + length(count), RLENGTH - length(count))
            $0 = substr($0, 1, RSTART + length(count) - 1) sprintf("%.0f", value * 1000 / mille) substr($0, RSTART + RLENGTH)
        } { print }' whole.json >base.json
}
row=kernels/exponentials/t:1/isa:scalar/f32
set -- --model tiny.bin --isa scalar '--benchmark_filter=kernels/(exponentials|radii)/|network/tiny'
if grep -q '^GENSAMPLE_SANITIZE:STRING=..*' "$build/CMakeCache.txt"; then
    printf '%s' '{"gensample_baseline":1,"surroundings":{'"$surroundings"'},"rows":{"a":{'"$counts"',"operations":1}}}' >base.json
    refuse 1 'sanitizers' check --baseline base.json "$@"
elif ! command -v valgrind >/dev/null || [ ! -e /usr/include/valgrind/callgrind.h ]; then
    skip 'check counts' 'no valgrind, or none when built'
else
    expect 0 'a baseline is written' check --write --baseline whole.json "$@"
    says '^genbench check: 3 rows written'
    expect 0 'and the same build is no worse' check --baseline whole.json "$@"
    says '^genbench check: no worse: 3 rows .*worse 0, better 0'
    expect 0 'a part of the rows is written' check --write --baseline whole.json --model tiny.bin --isa scalar \
        --benchmark_filter=radii
    says '^genbench check: 1 row written to whole.json, 2 kept'
    expect 0 'and the others stay' check --baseline whole.json "$@"
    says '^genbench check: no worse: 3 rows '
    sed 's/radii/chords/' whole.json >base.json
    expect 0 'a row that is no more' check --write --baseline base.json '--benchmark_filter=kernels/(radii|chords)/.*scalar'
    says '^genbench check: 1 row written to base.json, 2 kept'
    expect 0 'goes with the filter that asks for it' check --baseline base.json "$@"
    says '^genbench check: no worse: 3 rows '
    printf '{' >base.json
    refuse 1 'base.json' check --write --baseline base.json --benchmark_filter=radii
    check 'what is no baseline stays' test "$(cat base.json)" = '{'
    sed 's/"libc": "[^"]*"/"libc": "another"/' whole.json >base.json
    refuse 2 'libc is .*the baseline.s is "another".*write all of them' check --write --baseline base.json --model tiny.bin \
        --isa scalar --benchmark_filter=radii
    doctored $row instructions 1020
    expect 2 '2 % more instructions' check --baseline base.json "$@"
    says "^WORSE +$row: instructions \+2.00 %"
    doctored $row instructions 1005
    expect 0 '0.5 % more instructions' check --baseline base.json "$@"
    says 'worse 0, better 0'
    doctored $row instructions 980
    expect 0 '2 % fewer instructions' check --baseline base.json "$@"
    says "^better +$row: instructions -2.00 %"
    says 'worth committing'
    doctored network/tiny/evaluate/b:1/t:1/isa:scalar/f32 opening_allocations 2000
    expect 2 'twice as many allocations' check --baseline base.json "$@"
    sed "/exponentials/d" whole.json >base.json
    expect 1 'a row that the baseline lacks' check --baseline base.json "$@"
    says '^UNKNOWN +kernels/exponentials/'
    sed 's/"compiler": "[^"]*"/"compiler": "other 1"/' whole.json >base.json
    expect 3 'another compiler' check --baseline base.json "$@"
    says 'instructions are not compared: compiler is'
    expect 0 'fewer rows than the baseline, asked for' check --baseline whole.json --model tiny.bin --isa scalar \
        --benchmark_filter=radii
    says '2 rows not asked for'
    sed 's|"kernels/radii/t:1/isa:scalar/f32"|"kernels/radii-of-old/t:1/isa:scalar/f32": {'"$counts"',"operations":1}, &|' \
        whole.json >base.json
    expect 1 'a row that only the baseline has' check --baseline base.json --benchmark_filter=radii
    says '^GONE +kernels/radii-of-old/'
    doctored $row instructions 1020
    mkdir temporary
    for signal in INT TERM HUP; do
        TMPDIR=$work/temporary "$program" check --baseline whole.json --isa scalar >stdout.txt 2>stderr.txt &
        running=$!
        until [ -s temporary/genbench-*/counts ] || ! kill -0 $running 2>/dev/null; do sleep 0.1; done
        kill -$signal $running
        wait $running
        check "SIG$signal ends it with 130" test $? -eq 130
    done
    TMPDIR=$work/temporary "$program" check --baseline whole.json --isa scalar >stdout.txt 2>stderr.txt &
    running=$!
    until [ -s temporary/genbench-*/counts ] || ! kill -0 $running 2>/dev/null; do sleep 0.1; done
    kill -KILL $running
    wait $running 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10; do rmdir temporary 2>/dev/null && break || sleep 0.5; done
    check 'and leaves nothing, not even when it is killed' test ! -e temporary
    GITHUB_STEP_SUMMARY=summary.md
    export GITHUB_STEP_SUMMARY
    expect 2 'for GitHub' check --baseline base.json --format github "$@"
    unset GITHUB_STEP_SUMMARY
    says "^::error file=base.json,title=genbench check::$row: instructions \+2.00 %25"
    check 'with a summary' grep -q "^| \`$row\` | instructions +2.00 %" summary.md
    expect 1 'a full disk' check --write --baseline /dev/full "$@"
    mkdir bin
    path=$work/bin
    expect 1 'without valgrind' check --baseline whole.json "$@"
    check 'says so' grep -q '^genbench: check: valgrind: No such file.*package valgrind' stderr.txt
    printf '#!/bin/sh\nexit 1\n' >bin/valgrind
    chmod +x bin/valgrind
    path=$work/bin:$PATH
    expect 1 'with a valgrind that fails' check --baseline whole.json "$@"
    cp whole.json kept.json
    expect 1 'which writes no baseline' check --write --baseline whole.json "$@"
    check 'and keeps the old one' cmp whole.json kept.json
    path=
    check 'nor anything else' sh -c '! ls | grep -q "whole.json."'
fi

# ---- ab: workers that are scripts ----
# fake NAME ROWS BODY: a build whose worker has these rows. BODY, in the worker's loop, may set $took to the time that
# `time` took, or answer itself and `continue`. $start counts its processes.
fake() {
    mkdir -p "$1"
    {
        echo '#!/bin/sh'
        echo '[ "$1" = work ] && [ "$2" = 1 ] || exit 9'
        echo "cd '$work/$1' && echo x >>starts && start=\$(wc -l <starts) && n=0"
        echo "set -- $2"
        echo 'echo genbench-worker 1 $#; for r; do echo "$r -"; done'
        echo 'while read -r word k calls; do n=$((n + 1)); took=$((4000000 + n * 7919 % 40000))'
        echo "$3"
        echo 'case $word in open) echo opened 1 ;; time) echo "took $took" ;; close) echo closed ;; esac; done'
    } >"$1/genbench"
    chmod +x "$1/genbench"
    rm -f "$1/starts"
}
slow='[ "$k" = 1 ] && took=$((took * 115 / 100))'
fake base 'one two three' ''
fake head 'one two three' ''
expect 0 'two builds that are the same' ab base head --json ab.json
says '^genbench ab: not slower: 3 of 3 rows measured, 0 slower'
says '^base base \(commit unknown\), head head \(commit unknown\)$'
check 'measured in 64 pairs' sh -c 'test "$(grep -c "\"pairs\": 64" ab.json)" -eq 3'
check 'by a process a round' test "$(wc -l <head/starts)" -eq 8
fake head 'one two three' "$slow"
sed -i 's/^echo genbench-worker 1 [$]#/& 0123abcd-dirty/' head/genbench
expect 2 '15 % slower' ab base head --json ab.json
says '^base base \(commit unknown\), head head \(0123abcd-dirty\)$'
check 'commits in the report' sh -c 'grep -q "\"head_commit\": \"0123abcd-dirty\"" ab.json && ! grep -q base_commit ab.json'
says '^two +\+1[45]\.[0-9]+ %.*SLOWER$'
says '^genbench ab: SLOWER: 3 of 3 rows measured, 1 slower'
check 'in the report' sh -c 'test "$(grep -c "\"flagged\": true" ab.json)" -eq 1 && grep -q "\"median\": 1\.1[45]" ab.json'
check 'measured again' test "$(wc -l <head/starts)" -eq 24
expect 2 'for GitHub' ab base head --format github
says '^::error title=genbench ab::two: head over base \+1[45].* %25'
fake head 'one two three' '[ $start -le 8 ] && '"$slow"
expect 0 '15 % slower once' ab base head
says '^genbench ab: not slower: .* 0 slower'
check 'measured again too' test "$(wc -l <head/starts)" -eq 24
fake head 'one two three' '[ "$k" = 1 ] && took=$((took * 104 / 100))'
expect 0 '4 % slower' ab base head
check 'is not measured again' test "$(wc -l <head/starts)" -eq 8
fake head 'one two three' '[ "$k" = 1 ] && took=$((took * 85 / 100))'
expect 0 '15 % faster' ab base head
says '^two +-1[45].*quicker$'
fake head 'one two three' ''
fake base 'one two three' '[ $((start % 2)) = 0 ] && took=$((took * 103 / 100))'
expect 3 'a base that differs from itself' ab base head
says '^genbench ab: inconclusive: .*base beside itself [+-]'
fake base 'one two three' '[ "$k" = 1 ] && [ $((start % 2)) = 0 ] && took=$((took * 103 / 100))'
fake head 'one two three' ''
expect 0 'in one row, which is not slower' ab base head
says '^two .*the base differs from itself'
fake head 'one two three' "$slow"
expect 3 'which is slower' ab base head
says '^two .*noisy; the base differs from itself$'
check 'after four attempts' test "$(wc -l <head/starts)" -eq 120
fake base 'one two three' ''
fake head 'two three four' ''
expect 0 'rows of one build only' ab base head
says '^one +not compared; only the base has it'
says '^four +not compared; only the head has it'
fake head 'other' ''
expect 1 'no row in both' ab base head
says 'ERROR: 0 of [0-9]+ rows'
fake head 'one two three' '[ $word = open ] && { echo opened 2; continue; }'
expect 0 'another output' ab base head
says "^one .*output differs"
fake head 'one two three' '[ $word$k = open1 ] && { echo error it is wrong; continue; }'
expect 1 'a row that fails' ab base head
says '^two +FAILED; head: it is wrong'
says '^three .* 64'
fake head 'one two three' '[ $word$k = time1 ] && kill -SEGV $$'
expect 1 'a worker that crashes' ab base head
check 'is told' grep -q '^genbench: ab: head: its worker ended with signal 11, at two' stderr.txt
fake head 'one two three' '[ $word = time ] && exit 3'
expect 1 'a worker that ends' ab base head
check 'is told too' grep -q 'exit status 3' stderr.txt
fake head 'one two three' '[ $word = time ] && { echo what; continue; }'
refuse 1 'says "what", expected "took"' ab base head
fake head 'one two three' '[ $word = time ] && { echo took 0; continue; }'
expect 1 'a batch without time' ab base head
printf '#!/bin/sh\necho genbench-worker 2 0\n' >head/genbench
refuse 1 'expected worker protocol 1' ab base head
printf '#!/bin/sh\nexit 2\n' >head/genbench
refuse 1 'head: its worker did not begin: .* or is no genbench that speaks worker protocol 1' ab base head
refuse 1 'missing/genbench: there is no' ab base missing/genbench
refuse 2 'expected BASE_BUILD HEAD_BUILD' ab base
refuse 2 '--isa: "mmx" is no instruction set' ab base head --isa mmx
refuse 2 'no option of genbench ab' ab base head --csv x
refuse 1 'No such file' ab base base --json missing/x.json
check 'nothing is left of workers' sh -c '! ps -o args= 2>/dev/null | grep -q "[/ ]base/genbench work [1]"'

# ---- ab: a build beside itself ----
# The speed, and whether it can be told, depends on what else runs here: every answer but a failure will do.
timeout 1800 "$program" ab "$build" "$build" --suite kernels --isa scalar '--benchmark_filter=axpby|binary' >stdout.txt 2>stderr.txt
status=$?
check 'a build beside itself' test $status -eq 0 -o $status -eq 2 -o $status -eq 3
says '^kernels/axpby/t:1/isa:scalar/f32 '
check 'has the same output' sh -c '! grep -q "output differs" stdout.txt'
says '^base .* \(([0-9a-f]{40}|unknown)(-dirty)?\), head .* \(([0-9a-f]{40}|unknown)(-dirty)?\)$'
refuse 2 '"nothing" is unknown, expected one of' ab "$build" "$build" --suite nothing
refuse 2 'no option of genbench ab' ab "$build" "$build" --html page.html
end_of_cases

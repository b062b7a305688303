#!/bin/sh
# Tests of figures.py, which checks the figures in documents: figures.sh. A stand-in for the program says how often it
# ran.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cases.sh"
cd "$work" || exit 1
mkdir build
cat >build/gensample <<'PROGRAM'
#!/bin/sh
echo run >>"$(dirname "$0")/runs"
case " $* " in
*' inspect '*) echo "size 1234 parameters" ;;
*' --fail '*) echo "gensample: no" >&2; exit 1 ;;
*' --out '*' --json '*) printf '{"quality": {"frechet": 5.0625, "shares": [0.25, 0.5, 0.125], "agreement": null}, "words": "%s"}\n' "$2" ;;
*) [ -d models ] && echo "first" >first.txt ;;
esac
PROGRAM
chmod +x build/gensample

# document TEXT: doc.md, with the runs that cases use.
document() {
    printf '%s\n' '<!-- run a: gensample --model x -n 2 -->' '<!-- run slow slow: gensample -n 3 -->' \
        '<!-- run file: gensample inspect x.bin -->' '<!-- run bad: gensample --fail -->' \
        '<!-- run two: gensample --seed 1 && gensample --seed 2 -->' '<!-- run below, - -->' '' \
        '    gensample --model below \' '        -n 7' '    gensample nothing' '' "$1" >doc.md
}
figures() {
    python3 "$here/figures.py" "$@" build doc.md >out.txt 2>&1
    status=$?
}
# says NAME STATUS TEXT: what figures said last.
says() {
    if [ "$status" -eq "$2" ] && grep -qF -- "$3" out.txt; then
        ok "$1"
    else
        not_ok "$1" "exit $status, expected $2 and '$3': $(head -c 300 out.txt)"
    fi
}
# right TEXT / wrong TEXT NEW: a document with this line is right; one that is wrong is told and put right.
right() {
    document "$1"
    figures
    says "right: $1" 0 '1 passed, 0 failed, 0 skipped'
}
wrong() {
    document "$1"
    figures
    says "wrong: $1" 1 '0 passed, 1 failed, 0 skipped'
    figures --write
    says "put right: $1" 0 '1 passed, 0 failed, 0 skipped'
    check "as it has to be: $2" grep -qxF -- "$2" doc.md
}
fails() {
    document "$1"
    figures
    says "refused: $1" 1 "$2"
}
right 'x 5.06<!-- a quality.frechet .2f --> y'
right '| 12.5<!-- a min(quality.shares) .1% --> % |'
right '1,234<!-- file int(find("size (\d+)")) ,d -->'
right '-<!-- a quality.agreement .1% -->'
right '5<!-- two quality.frechet .0f -->'
wrong '**4<!-- a quality.frechet .0f -->**' '**5<!-- a quality.frechet .0f -->**'
wrong '| 0.1<!-- a quality.shares[1] .2f --> | z' '| 0.50<!-- a quality.shares[1] .2f --> | z'
wrong 'as --seed<!-- a words s -->' 'as x<!-- a words s -->'
fails '1<!-- none x .1f -->' "doc.md:12: there is no run 'none'"
fails '1<!-- a quality.missing .1f -->' "no member 'missing' among frechet, shares, agreement"
fails '1<!-- a __import__("os") s -->' "name '__import__' is not defined"
fails '1<!-- bad x s -->' 'exit status 1: gensample: no'
fails '1<!-- file find("no (.)") s -->' "nothing printed matches 'no (.)'"
document '9<!-- slow quality.frechet .0f --> 5<!-- a quality.frechet .0f -->'
figures --quick
says 'slow runs are left out' 0 'skipped - slow, left out by --quick: 1'
says 'and the others checked' 0 '1 passed, 0 failed, 1 skipped'
document '5<!-- a quality.frechet .0f --> 5.1<!-- a quality.frechet .1f -->'
rm -rf build/figures build/runs
figures
figures
check 'each command runs once' test "$(wc -l <build/runs)" -eq 1
echo '#' >>build/gensample
figures
check 'and again for another program' test "$(wc -l <build/runs)" -eq 2
document '    5<!-- none in code -->'
figures
says 'code has no figures' 0 '0 passed, 0 failed, 0 skipped'
document '<!-- run a: gensample --twice -->'
figures
says 'a name is given once' 1 "doc.md:12: 'a': expected a new name"
document '<!-- run p, q -->'
figures
says 'a name for each command' 1 'doc.md:12: 2 names for 0 commands'
end_of_cases

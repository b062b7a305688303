#!/bin/sh
# One study at its defaults: study.sh BUILD_DIR NAME. All its numbers must be as expected; and once more with MNIST's
# files, if it looks at digits, where GENSAMPLE_MNIST names a folder with them. The last line is "N passed, N failed, N
# skipped".
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
name=$2
. "$here/support/cases.sh"
cd "$work" || exit 1
GENSAMPLE_MODELS=$(cd "$here/../models" && pwd)
export GENSAMPLE_MODELS

# run_study FOLDER OPTION...
run_study() {
    folder=$1
    shift
    ran="gensample study $name $*"
    "$build/gensample" study "$name" --out "$folder" "$@" >report.txt 2>error.txt
    status=$?
    if [ $status -eq 0 ]; then
        ok "$ran"
    else
        not_ok "$ran" "exit $status: $(head -c 300 error.txt) $(grep -A 1 DIFFERS report.txt | head -c 1000)"
    fi
    check "$name leaves nothing undecided" grep -q ', 0 undecided, ' report.txt
    check "$name has figures" sh -c 'ls "$1" | grep -q "[.][sp][vn]g$"' sh "$folder"
    check "$name has numbers only" sh -c '! grep -Eqw "nan|inf" report.txt'
}
run_study page
if ! grep -q '"digits": null' page/study.json; then
    if [ -d "${GENSAMPLE_MNIST:-}" ]; then
        run_study mnist --data "$GENSAMPLE_MNIST"
    else
        skip "gensample study $name --data" 'GENSAMPLE_MNIST does not name a folder with MNIST'
    fi
fi
end_of_cases

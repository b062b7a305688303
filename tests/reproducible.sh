#!/bin/sh
# The same sources give the same bytes, wherever and whenever they are built: reproducible.sh [TARGET...]. Copies the sources
# into two folders, whose names differ in length, builds each, on one processor and on all, and compares libraries, programs
# and manual pages. The last line is "N passed, N failed, N skipped".
cd "$(dirname "$0")/.." || exit 1
root=$PWD
. tests/support/cases.sh
targets=${*:-gensample_programs gensample_objects gensample_shared gensample_documents}
unset SOURCE_DATE_EPOCH
for place in one another/folder; do
    mkdir -p "$work/$place"
    git ls-files -z | xargs -0 cp --parents -t "$work/$place" || exit 1
    jobs=$([ $place = one ] && echo 1 || nproc)
    # shellcheck disable=SC2086
    "$root/cmake/quietly.sh" "Building in $place" sh -c 'cd "$1" && shift && jobs=$1 && shift &&
        cmake --preset release && cmake --build build -j "$jobs" --target "$@"' sh "$work/$place" "$jobs" $targets ||
        { not_ok "$place builds" 'see above'; end_of_cases; exit 1; }
done
cd "$work/one/build" || exit 1
find . \( -name 'gensample' -o -name genbench -o -name 'lib*.a' -o -name 'lib*.so.*.*.*' -o -path './man/*' \) -type f \
    ! -path '*/CMakeFiles/*' ! -name '*.cmake' | sort >"$work/files"
check 'something is built' test -s "$work/files"
while read -r file; do
    check "$file" cmp "$file" "$work/another/folder/build/$file"
    ! grep -qF "$work" "$file" || not_ok "$file" 'names the folder that it was built in'
done <"$work/files"
end_of_cases

#!/bin/sh
# Builds with every compiler and without each optional part: compilers.sh [NAME...]. NAMEs are compilers, such as gcc-11 and
# clang-19, and rows of `variants`; without any all that are there are tried, each in build-compilers/NAME. A compiler has
# to build everything without warnings, its programs pass the tests of kernels, plans, samplers and formats, and draw the same
# bytes as the first one's; the public header is C11 and C++11 to it. The last line is "N passed, N failed, N skipped".
cd "$(dirname "$0")/.." || exit 1
root=$PWD
. tests/support/cases.sh
compilers='gcc-11 gcc-12 gcc-13 gcc-14 clang-13 clang-14 clang-15 clang-16 clang-17 clang-18 clang-19'
library='--target gensample_objects --target gensample_shared'
# NAME|TARGETS|OPTIONS...: builds without a part.
variants="without-openmp|$library|-D GENSAMPLE_PROGRAMS=OFF -D GENSAMPLE_OPENMP=OFF
without-measures|$library|-D GENSAMPLE_PROGRAMS=OFF -D GENSAMPLE_MEASURE=OFF
without-onednn|--target gensample_programs|-D GENSAMPLE_ONEDNN=OFF
without-netcdf|--target gensample_programs|-D GENSAMPLE_NETCDF=OFF"

# built NAME TARGETS OPTION...: configures build-compilers/NAME, and builds it.
built() {
    folder=build-compilers/$1
    targets=$2
    shift 2
    # shellcheck disable=SC2086
    cmake/quietly.sh "Building $folder" sh -c 'folder=$1 targets=$2; shift 2
        cmake -G Ninja -S . -B "$folder" -D CMAKE_BUILD_TYPE=Release "$@" && cmake --build "$folder" $targets' \
        sh "$folder" "$targets" "$@"
}
# with_compiler NAME: the packages with OpenMP of several Clangs exclude each other, but the library of one serves all.
with_compiler() {
    header=$(find /usr/lib/llvm-*/ -name omp.h 2>/dev/null | head -n 1)
    name=$1
    set -- "$1" '' -D CMAKE_C_COMPILER="$1" -D GENSAMPLE_TESTS=ON -D GENSAMPLE_GENBENCH=OFF
    case $name in
    clang*)
        if [ -z "$header" ]; then
            skip "$name" 'no OpenMP library of Clang here'
            return
        fi
        mkdir -p build-compilers/include && cp "$header" build-compilers/include/
        set -- "$@" -D OpenMP_C_FLAGS="-fopenmp -isystem $root/build-compilers/include" -D OpenMP_C_LIB_NAMES=omp \
            -D OpenMP_omp_LIBRARY="$(find /usr/lib/llvm-*/lib -name libomp.so | head -n 1)"
        ;;
    esac
    if ! built "$@"; then
        not_ok "$1" 'see above'
        return
    fi
    ok "$1 builds everything without warnings"
    check "$1: its tests pass" env GENSAMPLE_TEST_EFFORT=10 ctest --test-dir "build-compilers/$1" --output-on-failure \
        -R '^(test_kernels|test_isas|test_engine|test_samplers|test_reference|test_formats|test_read|fuzz_.*)$'
    "build-compilers/$1/gensample" --model "$root/models/ncsn.bin" -n 3 --steps 2 --quiet --out "$work/$1.npy"
    first=${first:-$1}
    check "$1: the same bytes as $first's" cmp "$work/$1.npy" "$work/$first.npy"
    for language in 'c -std=c11' 'c++ -std=c++11'; do
        echo 'int main(void) { return 0; }' >"$work/main.c"
        # shellcheck disable=SC2086
        if "$1" -x$language -fsyntax-only "$work/main.c" 2>/dev/null; then
            check "$1: the header as $language" "$1" -x$language -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror \
                -fsyntax-only include/gensample/gensample.h
        else
            skip "$1: the header as $language" 'no such language here'
        fi
    done
}
# musl: Debian has neither OpenMP nor jansson, Nettle and LAPACKE for it. What needs none of them compiles without warnings.
with_musl() {
    for source in src/base/*.c simd/dispatch.c simd/cpu.c src/random/*.c src/inverse/*.c; do
        check "musl: $source" musl-gcc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wconversion -Wshadow -Werror \
            -ffp-contract=off -Iinclude -Isrc -Isimd -c -o "$work/musl.o" "$source"
    done
}

# shellcheck disable=SC2086
set -- ${*:-$compilers $(echo "$variants" | cut -d'|' -f1) musl}
for name; do
    row=$(echo "$variants" | grep "^$name|")
    if [ -n "$row" ]; then
        # shellcheck disable=SC2046
        if built "$name" "$(echo "$row" | cut -d'|' -f2)" $(echo "$row" | cut -d'|' -f3); then
            ok "$name"
        else
            not_ok "$name" 'see above'
        fi
    elif [ "$name" = musl ] && command -v musl-gcc >/dev/null; then
        with_musl
    elif [ "$name" != musl ] && command -v "$name" >/dev/null; then
        with_compiler "$name"
    else
        skip "$name" 'is not installed'
    fi
done
end_of_cases

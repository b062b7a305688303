#!/bin/sh
# Builds with every compiler and without each optional part: compilers.sh [NAME...]. NAMEs are compilers, such as
# gcc-11 and clang-19, rows of `variants`, and musl; without any all that are there are tried, each in build-
# compilers/NAME. A compiler has to build everything without warnings, its programs pass the tests of kernels, plans,
# samplers and formats, and draw the same bytes as the first one's; the public header is C11 and C++11 to it. Without
# a part, and against musl, the same bytes are drawn too. With QUICK=yes compilers read every source and warn, but
# make no code. The last line is "N passed, N failed, N skipped".
cd "$(dirname "$0")/.." || exit 1
root=$PWD
. tests/support/cases.sh
compilers='gcc-11 gcc-12 gcc-13 gcc-14 clang-13 clang-14 clang-15 clang-16 clang-17 clang-18 clang-19'
alone='-D GENSAMPLE_PROGRAMS=OFF -D GENSAMPLE_TESTS=OFF' # the library without the programs
library='--target gensample_objects --target gensample_shared'
# NAME|TARGETS|OPTIONS...: builds without a part.
variants="without-openmp|$library|$alone -D GENSAMPLE_OPENMP=OFF
without-measures|$library|$alone -D GENSAMPLE_MEASURE=OFF
without-onednn|--target gensample_programs|-D GENSAMPLE_ONEDNN=OFF
without-netcdf|--target gensample_programs|-D GENSAMPLE_NETCDF=OFF
without-mpi|--target gensample_programs|-D GENSAMPLE_MPI=OFF"
tests='^(test_kernels|test_isas|test_engine|test_samplers|test_reference|test_formats|test_read|fuzz_.*)$'

# configured NAME OPTION...: configures build-compilers/NAME.
configured() {
    folder=build-compilers/$1
    shift
    cmake/quietly.sh "Configuring $folder" cmake -G Ninja -S . -B "$folder" -D CMAKE_BUILD_TYPE=Release "$@"
}
# built NAME TARGETS OPTION...: builds it, too.
built() {
    name=$1
    targets=$2
    shift 2
    # shellcheck disable=SC2086
    configured "$name" "$@" && cmake/quietly.sh "Building $folder" cmake --build "$folder" $targets
}
# read_by NAME OPTION...: its compiler reads every source, with those that are made while building.
read_by() {
    configured "$@" || return
    # By their own commands: to Ninja they come after the libraries that their targets need.
    ninja -C "$folder" -t targets all | sed -En 's/^([^/].*\.(inc|h)): CUSTOM_COMMAND$/\1/p' |
        xargs -n 1 ninja -C "$folder" --quiet -t commands -s >"$work/made.txt"
    (cd "$folder" && sh -e "$work/made.txt") >"$work/made.log" 2>&1 || { cat "$work/made.log"; return 1; }
    sed -n 's/^  "command": "\(.*\)",$/\1/p' "$folder/compile_commands.json" |
        sed 's/\\\(.\)/\1/g; s/ -o [^ ]* -c / -fsyntax-only /' >"$work/commands.txt"
    test -s "$work/commands.txt" && (cd "$folder" && xargs -d '\n' -n 1 -P "$(nproc)" sh -c <"$work/commands.txt")
}
# same_bytes NAME FILE: what the program or library of that name has drawn is what the first one has.
same_bytes() {
    first=${first:-$1}
    cp "$2" "$work/$1.drawn"
    check "$1: the same bytes as $first's" cmp "$work/$1.drawn" "$work/$first.drawn"
}
model=$root/models/ncsn.bin
# program_draws NAME: what the program draws is the same.
program_draws() {
    "build-compilers/$1/gensample" --model "$model" -n 1 --steps 2 --seed 7 --quiet --out "$work/drawn.npy"
    tail -c +129 "$work/drawn.npy" >"$work/drawn"
    same_bytes "$1" "$work/drawn"
}
# library_draws NAME COMPILER...: what a program draws that the compiler builds on the static library is the same.
library_draws() {
    name=$1
    shift
    prefix=$work/$name
    cmake --install "build-compilers/$name" --prefix "$prefix" >/dev/null
    libdir=$(dirname "$(find "$prefix" -name libgensample.a)")
    rm -f "$libdir"/*.so*
    # shellcheck disable=SC2046
    check "$name: a program is built on the library" "$@" tests/install/consumer/program.c -o "$prefix/program" \
        $(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --static --cflags --libs gensample)
    "$prefix/program" "$model" >"$work/drawn"
    same_bytes "$name" "$work/drawn"
}
# with_compiler NAME: the packages with OpenMP of several Clangs exclude each other, but the library of one serves all.
with_compiler() {
    header=$(find /usr/lib/llvm-*/ -name omp.h 2>/dev/null | head -n 1)
    compiler=$1
    set -- -D CMAKE_C_COMPILER="$1" -D GENSAMPLE_TESTS=ON -D GENSAMPLE_GENBENCH=OFF
    case $compiler in
    clang*)
        if [ -z "$header" ]; then
            skip "$compiler" 'no OpenMP library of Clang here'
            return
        fi
        mkdir -p build-compilers/include && cp "$header" build-compilers/include/
        set -- "$@" -D OpenMP_C_FLAGS="-fopenmp -isystem $root/build-compilers/include" -D OpenMP_C_LIB_NAMES=omp \
            -D OpenMP_omp_LIBRARY="$(find /usr/lib/llvm-*/lib -name libomp.so | head -n 1)"
        ;;
    esac
    if [ "$QUICK" ]; then
        if read_by "$compiler" "$@"; then
            ok "$compiler reads everything without warnings"
        else
            not_ok "$compiler reads everything without warnings" 'see above'
        fi
    elif built "$compiler" '' "$@"; then
        ok "$compiler builds everything without warnings"
        check "$compiler: its tests pass" env GENSAMPLE_TEST_EFFORT=10 ctest --test-dir "build-compilers/$compiler" \
            --output-on-failure -R "$tests"
        program_draws "$compiler"
    else
        not_ok "$compiler builds everything without warnings" 'see above'
    fi
    for language in 'c -std=c11' 'c++ -std=c++11'; do
        echo 'int main(void) { return 0; }' >"$work/main.c"
        # shellcheck disable=SC2086
        if "$compiler" -x$language -fsyntax-only "$work/main.c" 2>/dev/null; then
            check "$compiler: the header as $language" "$compiler" -x$language -pedantic -Wall -Wextra -Wconversion \
                -Wshadow -Werror -fsyntax-only include/gensample/gensample.h
        else
            skip "$compiler: the header as $language" 'no such language here'
        fi
    done
}
# without PART TARGETS OPTIONS: a build without a part.
without() {
    # shellcheck disable=SC2086
    if ! built "$1" "$2" $3; then
        not_ok "$1 builds" 'see above'
    else
        ok "$1 builds"
        if [ "$2" = "$library" ]; then library_draws "$1" cc; else program_draws "$1"; fi
    fi
}
# source_of PACKAGE...: the sources of Debian's packages, in the present folder.
source_of() {
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mkdir -p lists/partial cache/archives/partial
    echo "deb-src http://deb.debian.org/debian $release main" >sources.list
    for command in update "source -qq $*"; do
        # shellcheck disable=SC2086
        apt-get -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=- \
            -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" \
            -o APT::Sandbox::User="$(id -un)" -qq $command || return
    done
}
# musl_libraries: jansson and Nettle for musl, in build-compilers/musl-libraries.
musl_libraries() {
    mkdir -p build-compilers/musl-libraries && cd build-compilers/musl-libraries || return
    prefix=$PWD
    [ ! -e lib/libnettle.a ] || return 0
    source_of jansson nettle || return
    cmake -G Ninja -S jansson-* -B jansson -D CMAKE_C_COMPILER=musl-gcc -D CMAKE_BUILD_TYPE=Release \
        -D JANSSON_BUILD_DOCS=OFF -D CMAKE_POSITION_INDEPENDENT_CODE=ON -D CMAKE_INSTALL_PREFIX="$prefix" \
        -D CMAKE_INSTALL_LIBDIR=lib -D JANSSON_WITHOUT_TESTS=ON -D JANSSON_EXAMPLES=OFF &&
        cmake --build jansson --target install || return
    cd nettle-* && ./configure CC=musl-gcc CFLAGS='-O2 -fPIC' --prefix="$prefix" --libdir="$prefix/lib" \
        --disable-shared --disable-public-key --disable-documentation --disable-openssl --disable-assembler &&
        make libnettle.a && make install-headers install-pkgconfig && cp libnettle.a "$prefix/lib"
}
# musl: Debian has no OpenMP for it, and so neither programs nor their tests: the library alone, on one thread.
with_musl() {
    (musl_libraries) >"$work/musl.txt" 2>&1 || {
        skip musl "jansson and Nettle cannot be built for it here: $(tail -n 1 "$work/musl.txt")"
        return
    }
    PKG_CONFIG_LIBDIR=$root/build-compilers/musl-libraries/lib/pkgconfig
    export PKG_CONFIG_LIBDIR
    # shellcheck disable=SC2086
    set -- -D CMAKE_C_COMPILER=musl-gcc $alone -D GENSAMPLE_OPENMP=OFF -D GENSAMPLE_MEASURE=OFF
    if [ "$QUICK" ] && read_by musl "$@"; then
        ok 'musl: everything compiles without warnings'
    elif [ ! "$QUICK" ] && built musl "$library" "$@"; then
        ok 'musl: the library builds without warnings'
        library_draws musl musl-gcc -static
    else
        not_ok musl 'see above'
    fi
    unset PKG_CONFIG_LIBDIR
}

# shellcheck disable=SC2086
set -- ${*:-$compilers $([ "$QUICK" ] || echo "$variants" | cut -d'|' -f1) musl}
for name; do
    row=$(echo "$variants" | grep "^$name|")
    if [ -n "$row" ]; then
        without "$name" "$(echo "$row" | cut -d'|' -f2)" "$(echo "$row" | cut -d'|' -f3)"
    elif [ "$name" = musl ] && command -v musl-gcc >/dev/null; then
        with_musl
    elif [ "$name" != musl ] && command -v "$name" >/dev/null; then
        with_compiler "$name"
    else
        skip "$name" 'is not installed'
    fi
done
end_of_cases

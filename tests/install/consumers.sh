# Programs of users, built against the installed library with pkg-config and CMake, in C and C++, with the shared and
# the static library. Each must draw the sample that the installed program draws; sourced by run.sh.

model=$prefix/share/gensample/models/ncsn.bin
"$prefix/bin/gensample" --model "$model" -n 1 --steps 2 --seed 7 --quiet --out program.npy
tail -c +129 program.npy >expected

# draws NAME PROGRAM shared|static: it runs, does or does not need the shared library, and draws the same bytes.
draws() {
    needs=$(readelf -dW "$2" 2>/dev/null | grep -c "NEEDED.*\[$soname\]")
    if [ "$3" = shared ]; then
        LD_LIBRARY_PATH=$libdir "$2" "$model" >drawn 2>drawn.txt
    else
        "$2" "$model" >drawn 2>drawn.txt
    fi
    status=$?
    if [ $status -ne 0 ]; then
        not_ok "$1" "exit $status: $(cat drawn.txt)"
    elif [ "$3 $needs" != 'shared 1' ] && [ "$3 $needs" != 'static 0' ]; then
        not_ok "$1" "linked $needs times with $soname"
    else
        check "$1" cmp drawn expected
    fi
}

# In a prefix that has only the static library, -lgensample means that one.
mkdir static
cp -r "$prefix/." static
static_libdir=$work/static${libdir#"$prefix"}
rm "$static_libdir"/*.so*
for compiler in gcc clang g++ clang++; do
    case $compiler in
    *++) language='-xc++ -std=c++17' ;;
    *) language='-xc -std=c11' ;;
    esac
    if ! have $compiler; then
        skip "$compiler, pkg-config" 'no such compiler here'
        continue
    fi
    for library in shared static; do
        if [ $library = shared ]; then
            flags=$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs gensample)
        else
            flags=$(PKG_CONFIG_PATH=$static_libdir/pkgconfig pkg-config --static --cflags --libs gensample)
        fi
        # shellcheck disable=SC2086
        check "$compiler, pkg-config, $library: builds" $compiler $language -Wall -Wextra -pedantic -Werror \
            "$here/consumer/program.c" -xnone -o $compiler.$library $flags
        draws "$compiler, pkg-config, $library: draws" ./$compiler.$library $library
    done
done

# project NAME OPTION...: configures the project in a folder of that name.
project() {
    folder=$1
    shift
    cmake -S "$here/consumer" -B "$folder" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$folder.txt" 2>&1
}
for language in C CXX; do
    check "find_package in $language" project $language -DLANGUAGE=$language -DVERSION="${version%.*}" '-DCOMPONENTS=shared;static'
    check "find_package in $language: builds" cmake --build $language
    draws "find_package in $language, shared" $language/gensample shared
    draws "find_package in $language, static" $language/static static
done
check 'find_package without components' project both -DLANGUAGE=NONE
check 'find_package of another minor version fails' sh -c "! cmake -S '$here/consumer' -B other -DLANGUAGE=NONE \
    -DVERSION=${version%%.*}.999 -DCMAKE_PREFIX_PATH='$prefix'"
PKG_CONFIG_LIBDIR=$work/nowhere
export PKG_CONFIG_LIBDIR
check 'the shared library needs no other package' project shared -DLANGUAGE=NONE -DCOMPONENTS=shared
check 'without components it does neither' project neither -DLANGUAGE=NONE
check 'the static library does' sh -c "! cmake -S '$here/consumer' -B needs -DLANGUAGE=NONE -DCOMPONENTS=static \
    -DCMAKE_PREFIX_PATH='$prefix' >needs.txt 2>&1"
check 'and says which' grep -q 'gensample::static needs [a-z]*, which pkg-config' needs.txt
unset PKG_CONFIG_LIBDIR

# gensample as a part of another CMake project, and installed by it in folders given as absolute paths; sourced by run.sh.

# part HOW OPTION...: configure the project in a folder of that name, without a network.
part() {
    how=$1
    shift
    cmake -S "$here/part" -B "$how" -DGENSAMPLE="$source" -DHOW="$how" -DFETCHCONTENT_FULLY_DISCONNECTED=ON "$@"
}
check 'add_subdirectory' part add_subdirectory -G Ninja
check 'add_subdirectory: compiles with its header' cmake --build add_subdirectory --target \
    CMakeFiles/use_static.dir/program.cc.o CMakeFiles/use_gensample.dir/program.cc.o
check 'FetchContent' part FetchContent -DGENSAMPLE_INSTALL=ON -DCMAKE_INSTALL_PREFIX="$work/prefix" \
    -DCMAKE_INSTALL_LIBDIR="$work/absolute/lib" -DCMAKE_INSTALL_INCLUDEDIR="$work/headers"
check 'FetchContent: builds' cmake --build FetchContent --parallel
moved_libdir=$libdir
libdir=$work/FetchContent/_deps/gensample-build
draws 'FetchContent, shared' FetchContent/use_gensample shared
draws 'FetchContent, static' FetchContent/use_static static

check 'absolute folders: installs' cmake --install FetchContent
libdir=$work/absolute/lib
check 'absolute folders: the header' cmp "$header" headers/gensample/gensample.h
check 'absolute folders: nothing in the prefix' test ! -e prefix
mv FetchContent moved_build # what is installed does not need it
for library in shared static; do
    flags=$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config $([ $library = shared ] || echo --static) --cflags --libs gensample)
    # The static library is what -lgensample means where there is no other.
    [ $library = shared ] || rm "$libdir"/libgensample.so*
    # shellcheck disable=SC2086
    check "absolute folders, pkg-config, $library: builds" cc "$here/consumer/program.c" -o absolute.$library $flags
    [ $library = static ] || cp -P "$libdir"/libgensample.so* .
    draws "absolute folders, pkg-config, $library: draws" ./absolute.$library $library
done
mv libgensample.so* "$libdir"
check 'absolute folders, find_package' cmake -S "$here/consumer" -B absolute_package -DLANGUAGE=C \
    '-DCOMPONENTS=shared;static' -DCMAKE_PREFIX_PATH="$work/absolute"
check 'absolute folders, find_package: builds' cmake --build absolute_package
draws 'absolute folders, find_package, shared' absolute_package/gensample shared
draws 'absolute folders, find_package, static' absolute_package/static static
libdir=$moved_libdir

# A target without OpenMP and LAPACKE: networks and samplers, on one thread. The kernels are compiled already.
mv moved_build FetchContent
check 'without OpenMP and LAPACKE' part FetchContent -DGENSAMPLE_OPENMP=OFF -DGENSAMPLE_MEASURE=OFF
check 'without OpenMP and LAPACKE: builds' cmake --build FetchContent --parallel
check 'without OpenMP and LAPACKE: needs neither' sh -c "! ldd FetchContent/use_gensample FetchContent/use_static |
    grep -E 'gomp|libomp|lapack'"
libdir=$work/FetchContent/_deps/gensample-build
draws 'without OpenMP and LAPACKE, shared' FetchContent/use_gensample shared
draws 'without OpenMP and LAPACKE, static' FetchContent/use_static static
libdir=$moved_libdir

#!/bin/sh
# Tests of what is installed: run.sh BUILD_DIR [BUILD_TYPE]. The build is installed below DESTDIR and then moved, so
# that anything that remembers a path of the build or of the installation is found out.
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
. "$here/../support/cases.sh"
cd "$work" || exit 1
unset GENSAMPLE_ISA GENSAMPLE_MODELS PKG_CONFIG_PATH CMAKE_PREFIX_PATH LD_LIBRARY_PATH
if ! DESTDIR=$work/stage cmake --install "$build" --prefix /opt/gensample >install.txt 2>&1; then
    not_ok 'cmake --install' "$(tail -n 3 install.txt)"
    end_of_cases
    exit 1
fi
mv stage/opt/gensample moved
prefix=$work/moved
header=$prefix/include/gensample/gensample.h
version=$(sed -n 's/^#define GS_VERSION "\(.*\)"/\1/p' "$header")
soname=libgensample.so.${version%.*}
build_type=${2:-Release}
# The library's folder below the prefix: lib or, on some systems, lib/x86_64-linux-gnu.
libdir=$(dirname "$(find "$prefix" -name libgensample.a)")

# same_lines NAME FILE FILE: the files hold the same lines in any order.
same_lines() {
    sort -u "$2" >sorted1.txt
    sort -u "$3" >sorted2.txt
    check "$1" diff sorted1.txt sorted2.txt
}
have() {
    command -v "$1" >/dev/null 2>&1
}

genbench=$([ ! -e "$prefix/bin/genbench" ] || echo genbench) # not built without Google Benchmark
. "$here/library.sh"
. "$here/consumers.sh"
. "$here/build.sh"
. "$here/part.sh"
. "$here/programs.sh"
. "$here/documents.sh"
. "$here/hardening.sh"
. "$here/portable.sh"
end_of_cases

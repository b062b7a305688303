#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite ask: into $OUT, by $CC with $CFLAGS and $LIB_FUZZING_ENGINE, each
# with its corpus, its words, and the shared libraries that the images which run them do not have.
cd "$SRC/gensample"
for header in /usr/lib/llvm-*/lib/clang/*/include/omp.h; do # the compiler is not the system's, the OpenMP library is
    [ ! -e "$header" ] || cp "$header" /usr/local/include/
done
folder=$(dirname "$(find /usr/lib/llvm-* -name libomp.so | head -n 1)")
cmake -G Ninja -S . -B "$WORK/build" -D CMAKE_BUILD_TYPE=RelWithDebInfo -D CMAKE_C_FLAGS="$CFLAGS" \
    -D CMAKE_CXX_FLAGS="$CXXFLAGS" -D CMAKE_EXE_LINKER_FLAGS="-L$folder" -D CMAKE_BUILD_RPATH='$ORIGIN/lib' \
    -D CMAKE_BUILD_WITH_INSTALL_RPATH=ON -D CMAKE_INSTALL_RPATH='$ORIGIN/lib' \
    -D GENSAMPLE_WERROR=OFF -D GENSAMPLE_GENBENCH=OFF -D GENSAMPLE_ONEDNN=OFF -D GENSAMPLE_NETCDF=OFF \
    -D GENSAMPLE_FUZZ=ON -D GENSAMPLE_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" -D GENSAMPLE_FUZZ_LINKER=CXX
ninja -C "$WORK/build" gensample_fuzz
mkdir -p "$OUT/lib"
for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c) name=$(basename "$source" .c | sed 's/^fuzz_//')
    cp "$WORK/build/tests/fuzz/$target" "$OUT/"
    zip -qrj "$OUT/${target}_seed_corpus.zip" "tests/fuzz/corpus/$name"
    [ ! -e "tests/fuzz/$name.dict" ] || cp "tests/fuzz/$name.dict" "$OUT/$target.dict"
    ldd "$OUT/$target" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | grep -Ev '/lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so' |
        xargs -r cp -ut "$OUT/lib"
done

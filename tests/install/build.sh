# Checks what `make sample` builds and needs, and how little it prints; sourced by run.sh.

quietly=$source/cmake/quietly.sh
check 'a build that goes well prints one line' sh -c 'test "$("$1" "Doing it" echo much)" = "Doing it"' sh "$quietly"
"$quietly" 'Doing it' sh -c 'echo much; echo wrong >&2; exit 3' >quietly.txt 2>&1
check 'one that fails keeps its exit status' test $? -eq 3
printf 'Doing it\nmuch\nwrong\nDoing it: failed with exit status 3\n' >expected.txt
check 'and shows all' cmp quietly.txt expected.txt

make -n -C "$source" sample BUILD="$work/sample" >sample.txt 2>&1
check 'make sample builds the program alone' grep -q -- '--target gensample$' sample.txt
check 'and needs no packages of tests and benchmarks' sh -c '! grep -E "cmocka|benchmark|valgrind" sample.txt'
# The packages of the tests are hidden here, so `make sample` has to do without them.
mkdir hidden
for module in jansson nettle lapacke libpng zlib; do
    pkg-config --exists $module && cp -L "$(pkg-config --variable=pcfiledir $module)/$module.pc" hidden
done
for module in lapack blas hogweed; do
    ! pkg-config --exists $module || cp -L "$(pkg-config --variable=pcfiledir $module)/$module.pc" hidden
done
check 'and configures without them' env PKG_CONFIG_LIBDIR="$work/hidden" cmake -S "$source" -B sample -G Ninja \
    -DGENSAMPLE_TESTS=OFF -DGENSAMPLE_GENBENCH=OFF
PKG_CONFIG_LIBDIR=$work/hidden cmake -S "$source" -B tests -G Ninja >tests.txt 2>&1
check 'the tests cannot' test $? -ne 0
check 'for want of cmocka' grep -q cmocka tests.txt

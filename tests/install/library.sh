# The library's files and symbols, and its header alone; sourced by run.sh.

for file in "$soname" libgensample.so pkgconfig/gensample.pc cmake/gensample/gensample-config.cmake; do
    check "$file is installed" test -f "$libdir/$file"
done
check 'the shared library is versioned' test "$(readlink "$libdir/libgensample.so") $(readlink "$libdir/$soname")" = \
    "$soname libgensample.so.$version"
check "its soname is $soname" test \
    "$(readelf -dW "$libdir/libgensample.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')" = "$soname"

# Comments also name functions, so the preprocessor removes them. A * behind the parenthesis is a pointer's.
cc -E -P "$header" | grep -oE '\<gs_[a-z0-9_]* *[(]([^*]|$)' | sed 's/ *(.*//' >declared.txt
nm -D --defined-only "$libdir/libgensample.so" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' >exported.txt
check 'the header declares functions' test "$(wc -l <declared.txt)" -ge 20
same_lines 'the shared library exports what the header declares' declared.txt exported.txt
nm -g --defined-only "$libdir/libgensample.a" | awk 'NF == 3 { print $3 }' | grep -v '^gs_\|^\.gomp_critical_user_gs_' >foreign.txt
check 'symbols of the static library begin with gs_' test ! -s foreign.txt

check 'the installed header is the source'"'"'s' cmp "$header" "$source/include/gensample/gensample.h"
for compiler in 'gcc -xc -std=c11' 'clang -xc -std=c11' 'g++ -xc++ -std=c++17' 'clang++ -xc++ -std=c++17'; do
    if have "${compiler%% *}"; then
        # shellcheck disable=SC2086
        check "the header alone: $compiler" $compiler -pedantic -Wall -Wextra -Wconversion -Werror -fsyntax-only "$header"
    else
        skip "the header alone: $compiler" 'no such compiler here'
    fi
done

if [ "$build_type" != Release ]; then
    skip 'nothing installed names the build' 'but for the notes to debuggers'
elif grep -rlF -e "$build" -e "$source" -e "$work/stage" "$prefix" >leaks.txt; then
    not_ok 'nothing installed names the build' "$(cat leaks.txt)"
else
    ok 'nothing installed names the build'
fi

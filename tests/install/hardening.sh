# Looks in the installed files for what cmake/hardening.cmake asks for; sourced by run.sh.

# shows NAME PATTERN COMMAND...: the command's output has a line with the pattern.
shows() {
    what=$1
    pattern=$2
    shift 2
    "$@" >shown.txt 2>&1
    check "$what" grep -qE "$pattern" shown.txt
}
for file in "$prefix/bin/gensample" ${genbench:+"$prefix/bin/genbench"} "$libdir/libgensample.so"; do
    name=${file##*/}
    shows "$name: position-independent" 'Type: +DYN' readelf -hW "$file"
    shows "$name: relocations read-only" GNU_RELRO readelf -lW "$file"
    shows "$name: bound at start" 'BIND_NOW|FLAGS.*NOW' readelf -dW "$file"
    shows "$name: stack not executable" 'GNU_STACK.* RW +0x' readelf -lW "$file"
    check "$name: no relocations in the code, no search path" sh -c '! readelf -dW "$1" | grep -E "TEXTREL|RPATH|RUNPATH"' sh "$file"
    check "$name: no segment both written and executed" sh -c '! readelf -lW "$1" | grep -E "LOAD.* RWE"' sh "$file"
    shows "$name: stack protector" '__stack_chk_fail' readelf --dyn-syms -W "$file"
done
for program in gensample $genbench; do
    shows "$program: a program" 'FLAGS_1.* PIE' readelf -dW "$prefix/bin/$program"
done
if [ "$build_type" = Debug ]; then
    skip 'fortified calls' 'a debug build has none'
else
    shows 'gensample: fortified calls' '__(f|sn|vsn)printf_chk' readelf --dyn-syms -W "$prefix/bin/gensample"
    shows 'the library: fortified calls' '__(sn|vsn)printf_chk' readelf --dyn-syms -W "$libdir/libgensample.so"
fi
case $(uname -m) in
x86_64)
    objects=$(ar t "$libdir/libgensample.a" | wc -l)
    check 'control flow is protected in every object' test \
        "$(readelf -nW "$libdir/libgensample.a" | grep -c 'x86 feature: IBT, SHSTK')" -eq "$objects"
    # A stack frame of more than a page is allocated page by page, each touched by an instruction that changes nothing.
    objdump -d --no-show-raw-insn "$prefix/bin/gensample" | grep -A 1 -E 'sub +\$0x1000,%rsp' >pages.txt
    check 'gensample: large stack frames are probed' grep -qE '(or|mov)[ql]? +\$0x0,(0x0)?\(%rsp\)' pages.txt
    ;;
*) skip 'control flow and stack clashes' 'known for x86-64 only' ;;
esac

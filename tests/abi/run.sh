#!/bin/sh
# Compares the types of the public interface with those that gensample.abi describes: run.sh [--write]. With --write the
# description is renewed. tests/install/library.sh compares the exported names. The types are read, by abidw and abidiff of
# Debian's abigail-tools, from a small library whose variables point to every function that the header declares, so no
# build is needed. Exit status 77: there are no such tools here, or another processor than the description's.
here=$(cd "$(dirname "$0")" && pwd)
header=$here/../../include/gensample/gensample.h
if [ "$(uname -m)" != x86_64 ] || ! command -v abidw >/dev/null || ! command -v gcc >/dev/null; then
    echo 'skipped - no x86-64, or no abidw (abigail-tools) or gcc here'
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
{
    echo '#include "gensample/gensample.h"'
    gcc -E -P "$header" | grep -oE '\<gs_[a-z0-9_]* *[(]([^*]|$)' | sed 's/ *(.*//' | sort -u |
        sed 's/.*/__typeof__(\&&) type_of_& = \&&;/'
} >"$work/abi.c"
cd "$work" || exit 1
gcc -std=c11 -g -O0 -fPIC -shared -I"$here/../../include" -fdebug-prefix-map="$work=." -o abi.so abi.c &&
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash --out-file abi abi.so || exit 1
if [ "$1" = --write ]; then
    cp abi "$here/gensample.abi"
elif abidiff --no-show-locs "$here/gensample.abi" abi; then
    echo '1 passed, 0 failed, 0 skipped'
else
    echo 'The interface has changed. Where that is meant, and CHANGELOG.md says it: tests/abi/run.sh --write'
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
fi

#!/bin/sh
# Measure this project beside its peers: run.sh [options]; --help tells them. Peers that are missing are installed first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peers='' previous=''
for word; do
    case $word in
    --peers=*) peers=${word#*=} ;;
    *) [ "$previous" = --peers ] && peers=$word ;;
    esac
    previous=$word
done
"$here/setup.sh" $(echo "$peers" | tr , ' ')
exec "$here/.venv/bin/python" "$here/compare.py" "$@"

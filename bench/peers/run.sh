#!/bin/sh
# Measures this project beside its peers: run.sh [options]; --help lists them. Missing peers are installed first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
options() {
    "${PYTHON:-python3}" "$here/options.py" "$@"
}
for word; do
    case $word in
    -h | --help)
        options --help
        exit
        ;;
    esac
done
peers=$(options "$@")
"$here/setup.sh" $peers
exec "$here/.venv/bin/python" "$here/compare.py" "$@"

#!/bin/sh
# Sets up the peers' own Python environments, bench/peers/.venv and, for what only converts networks and is no part of
# what is measured, .venv-NAME: setup.sh [NAME]... of the libraries in peers.py, all of them without arguments; NumPy and
# SciPy are always included. Packages that are there already are left alone. PYTHON names the interpreter (default
# python3). PyTorch's default package for Linux, which most of them need, brings 5 GB for graphics cards; TORCH_INDEX is
# the address of its packages for CPUs, which is tried first.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
needs=$("$python" peers.py "$@") || exit 2

# install ENVIRONMENT NAME PACKAGE...: installs them unless that was done with these versions.
install() {
    environment=$1
    done=$1/$2.installed
    shift 2
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
    cmp -s requirements.txt "$done" && return
    echo "setup.sh: installing $*" >&2
    case " $* " in
    *' torch '*) [ -z "${TORCH_INDEX:-}" ] || get --index-url "$TORCH_INDEX" torch || : ;;
    esac
    get "$@" && cp requirements.txt "$done"
}
get() {
    "$environment/bin/pip" install --quiet --constraint requirements.txt "$@"
}

while read -r line; do
    # shellcheck disable=SC2086
    install $line </dev/null
done <<NEEDS
$needs
NEEDS

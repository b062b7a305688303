#!/bin/sh
# Installs the Debian packages that are missing: packages.sh [--architecture A] PACKAGE... Runs the package manager only
# if a package is missing.
command -v dpkg-query >/dev/null || {
    echo "No Debian system; these packages or their like must be there: $*"
    exit 0
}
architecture=
if [ "$1" = --architecture ]; then
    architecture=$2
    shift 2
fi
missing=$(for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"; done)
[ -n "$missing" ] || exit 0
root=
[ "$(id -u)" -eq 0 ] || root=sudo
[ -z "$architecture" ] || $root dpkg --add-architecture "$architecture" || exit
# shellcheck disable=SC2086
"$(dirname "$0")/../cmake/quietly.sh" "Installing: $(echo $missing)" sh -c 'root=$1; shift
    $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"' \
    sh "$root" $missing

#!/bin/sh
# Run a command whose output matters only when it fails: quietly.sh WHAT COMMAND... Prints WHAT, and all of the output
# after a failure. On a terminal a build shows Ninja's own line, which says how far it is.
what=$1
shift
echo "$what"
if [ -t 1 ] && [ "$1 $2" = 'cmake --build' ]; then
    exec "$@"
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 || {
    status=$?
    cat "$log"
    echo "$what: failed with exit status $status"
    exit $status
}

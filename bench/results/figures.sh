#!/bin/sh
# Makes the views of these reports that the repository shows: figures.sh [BUILD_DIR [FOLDER]] writes index.html, the
# tables and speed.svg into FOLDER, else to where they belong. The test genbench_page compares them with those that are
# committed.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
program=$(cd "${1:-$here/../../build}" && pwd)/genbench || exit 1
tables=$here
pictures=$here/../pictures
if [ -n "$2" ]; then
    tables=$(cd "$2" && pwd) || exit 1
    pictures=$tables
fi
cd "$here" || exit 1
set -e
for machine in xeon-207 xeon-167; do
    "$program" report $machine.json --markdown "$tables/$machine.md" >/dev/null
done
"$program" report xeon-207.json xeon-167.json xeon-207-networks.json xeon-207-gradients.json xeon-207-rejection.json \
    xeon-167-networks.json xeon-167-gradients.json xeon-167-rejection.json zen5-networks.json zen5-gradients.json \
    zen5-rejection.json zen4-networks.json --html "$tables/index.html" >/dev/null
"$program" report zen5-networks.json zen5-gradients.json zen5-rejection.json --chart "$pictures/speed.svg" >/dev/null

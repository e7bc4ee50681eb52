#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exports.sh NM LIBRARY: the library exports the functions of functions.txt, and nothing else.
set -eu
exported=$("$1" -D --defined-only "$2" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort)
wanted=$(tr ' ' '\n' <"$(dirname "$0")/functions.txt" | sed '/^$/d; s/^/SDF_/' | LC_ALL=C sort)
[ "$exported" = "$wanted" ] && exit 0
# Without process substitution, which sh has not.
for name in $exported; do
    echo "$wanted" | grep -qx "$name" || echo "exported, but not of the interface: $name"
done
for name in $wanted; do
    echo "$exported" | grep -qx "$name" || echo "not exported: $name"
done
exit 1

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exports.sh NM LIBRARY: the library's soname is fixed and it exports berth_* only, and all that the headers declare.
set -eu
nm=$1 library=$2 include=$(dirname "$0")/../../include/berth
exported=$("$nm" -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
foreign=$(echo "$exported" | grep -v '^berth_' || true)
[ -z "$foreign" ] || { echo "exported, but not of the interface: $foreign"; exit 1; }
declared=$(cat "$include/berth.h" "$include/berth_hsm.h" | tr '\n' ' ' |
    grep -o 'BERTH_API [^(;]*(' | grep -o 'berth_[a-z0-9_]*(' | tr -d '(' | sort)
[ "$declared" = "$exported" ] || {
    echo "declared and exported differ:"; echo "$declared" >"${TMPDIR:-/tmp}/declared.$$"
    echo "$exported" | diff "${TMPDIR:-/tmp}/declared.$$" - || true; rm -f "${TMPDIR:-/tmp}/declared.$$"; exit 1; }
case $(readlink -f "$library") in *libberth.so.0.*) ;; *) echo "unexpected version: $library"; exit 1 ;; esac

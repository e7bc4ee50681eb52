#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exports.sh NM LIBRARY: the module exports PKCS #11's functions and nothing else.
set -eu
exported=$("$1" -D --defined-only "$2" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }')
foreign=$(echo "$exported" | grep -v '^C_[A-Z][A-Za-z]*$' || true)
[ -z "$foreign" ] || { echo "exported, but not of PKCS #11: $foreign"; exit 1; }
for function in C_GetFunctionList C_GetInterface C_GetInterfaceList C_Initialize C_Sign; do
    echo "$exported" | grep -qx "$function" || { echo "$function is missing"; exit 1; }
done
[ "$(echo "$exported" | wc -l)" -eq 70 ] || { echo "$(echo "$exported" | wc -l) functions instead of 70"; exit 1; }

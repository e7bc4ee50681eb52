#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD SECONDS [FUZZER...]: runs each fuzzer for so long. The corpus stays in BUILD/corpus and grows from run to
# run; an input that fails is in BUILD/found, is shown how to be repeated, and belongs into fuzz/regressions/FUZZER,
# which every run begins with.
set -euo pipefail
build=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
fuzzers=("$@")
[ ${#fuzzers[@]} -gt 0 ] || for program in "$here"/*_fuzzer.c; do
    fuzzers+=("$(basename "$program" _fuzzer.c)")
done
mkdir -p "$build/corpus" "$build/seeds" "$build/found"
"$build/fuzz-seeds" "$here/../../shm-protocol/golden/vectors.txt" "$build/seeds"

for fuzzer in "${fuzzers[@]}"; do
    mkdir -p "$build/corpus/$fuzzer" "$build/seeds/$fuzzer"
    folders=("$build/corpus/$fuzzer" "$build/seeds/$fuzzer")
    [ ! -d "$here/regressions/$fuzzer" ] || folders+=("$here/regressions/$fuzzer")
    log="$build/$fuzzer.log"
    # What the tested code itself prints is not wanted (close_fd_mask).
    if "$build/fuzz-$fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 \
        -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$build/found/$fuzzer-" "${folders[@]}" >"$log" 2>&1; then
        awk -v name="$fuzzer" '/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
            /number_of_executed_units/ { units = $2 }
            END { printf "%-14s %9d inputs, %5d edges of the program reached\n", name, units, edges }' "$log"
    else
        tail -n 60 "$log"
        echo "$fuzzer failed; again: $build/fuzz-$fuzzer $(ls -t "$build/found/$fuzzer-"* 2>/dev/null | head -n 1)"
        exit 1
    fi
done

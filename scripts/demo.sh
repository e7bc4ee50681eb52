#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration behind ./run: applications under different uids sign and encrypt real files with keys in the software card,
# a worker is killed in the middle, and the openssl command checks every signature and digest.
#   demo.sh yes|no DIR        yes: stop at the end; DIR: where to put files (empty: a temporary folder)
set -euo pipefail
once=$1
root=$PWD
dist=$root/target/dist
work=${2:-}
made=
if [ -z "$work" ]; then
    work=$(mktemp -d /tmp/berth-demo.XXXXXX)
    made=yes
fi
mkdir -p "$work/results" "$work/files"
chmod 755 "$work"
broker=
export BERTH_SOCKET=$work/run/broker.sock

cleanup() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$broker" ]; then
        kill "$broker" 2>/dev/null || true
        wait "$broker" 2>/dev/null || true
    fi
    if [ $status -ne 0 ]; then
        echo "--- the broker's log ends with" >&2
        tail -n 30 "$work/broker.log" >&2 || true
    fi
    [ -z "$made" ] || rm -rf "$work"
    left=$(pgrep -f -- "$work" | grep -v "^$$\$" || true)
    if [ -n "$left" ]; then
        echo "left behind: processes $left" >&2
        status=1
    else
        echo "stopped; nothing is left behind"
    fi
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

uids=("$(id -u)")
as() { # uid command...
    shift
    "$@"
}
allow=()
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    uids=(42101 42102 42103 42104)
    as() {
        local uid=$1
        shift
        setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"
    }
    for uid in "${uids[@]}"; do
        allow+=(--allow-uid "$uid")
    done
else
    echo "not root: all applications run under uid $(id -u)"
fi

"$dist/bin/berth" up --embedded "$work" "${allow[@]}" >"$work/broker.log" 2>&1 &
broker=$!

# Waits until a look succeeds; bounded, and over at once when the broker ends.
await() { # what command...
    local what=$1
    shift
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then
            return
        fi
        kill -0 "$broker" 2>/dev/null || { echo "the broker ended while waiting for $what" >&2; exit 1; }
        sleep 0.1
    done
    echo "gave up waiting for $what" >&2
    exit 1
}
serving() {
    "$dist/bin/berth" status --run "$work/run" | grep -q '^hsm:demo *SERVING'
}
worker_pid() {
    "$dist/bin/berth" status --run "$work/run" | awk '$1 == "hsm:demo" {print $3}'
}
await "the software card" serving
before=$(worker_pid)
echo "broker $broker serves; the card belongs to worker $before alone"

# Real files, readable to every application.
files=()
for file in LICENSE README.md docs/*.md c-src/client/src/*.c broker/src/main/java/io/berth/broker/*/*.java /usr/share/common-licenses/* /etc/services; do
    [ -f "$file" ] && [ -s "$file" ] && [ "$(stat -Lc %s "$file")" -le 65536 ] || continue
    copy=$work/files/$(printf '%03d' ${#files[@]})-$(basename "$file")
    cp "$file" "$copy"
    chmod 644 "$copy"
    files+=("$copy")
done
echo "${#files[@]} files, ${#uids[@]} uids, key hsm:demo/sign-key-1"

# One application process per file and uid in turn; each is a program of its own with a session of its own.
application() { # number
    local i=$1 file uid begun
    while [ "$i" -lt ${#files[@]} ]; do
        file=${files[$i]}
        uid=${uids[$(($1 % ${#uids[@]}))]}
        begun=$(date +%s%N)
        if as "$uid" env BERTH_SOCKET="$BERTH_SOCKET" "$dist/libexec/berth-sign-file" "$file" hsm:demo/sign-key-1 hsm:demo/kek-1 \
            >"$work/results/$(basename "$file").txt" 2>"$work/results/$(basename "$file").err"; then
            echo "$uid $(( ($(date +%s%N) - begun) / 1000 ))" >>"$work/times-$1"
        else
            echo "$file" >>"$work/failed"
        fi
        i=$((i + lanes))
    done
}
lanes=4
pids=()
for n in $(seq 0 $((lanes - 1))); do
    application "$n" &
    pids+=($!)
done
# In the middle: once a third of the results is there.
while [ "$(find "$work/results" -name '*.txt' | wc -l)" -lt $((${#files[@]} / 3)) ]; do
    sleep 0.05
done
killed=$(date +%s%N)
kill -9 "$before"
echo "killed worker $before with kill -9 while applications were at work"
for pid in "${pids[@]}"; do
    wait "$pid"
done
await "the successor" serving
after=$(worker_pid)
gap=$(awk -v from="$killed" '/hsm:demo: worker [0-9]+ serves/ {t = $1} END {print t}' "$work/broker.log")
gap=$(( ($(date -d "${gap}" +%s%N) - killed) / 1000000 ))

# Independent verification: the openssl command knows nothing of Berth.
hex_file() { # hex file
    printf '%b' "$(printf '%s' "$1" | sed 's/../\\x&/g')" >"$2"
}
verified=0
rejected=0
for file in "${files[@]}"; do
    result=$work/results/$(basename "$file").txt
    field() { awk -v name="$1" 'index($0, name) == 1 {print $NF}' "$result"; }
    x=$(field 'key x') y=$(field 'key y') signature=$(field signature)
    if [ -z "$signature" ]; then
        continue
    fi
    hex_file "3059301306072a8648ce3d020106082a811ccf5501822d03420004$x$y" "$work/key.der"
    printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${signature:0:64}" "${signature:64:64}" >"$work/sig.cnf"
    openssl asn1parse -genconf "$work/sig.cnf" -noout -out "$work/sig.der"
    verify() {
        openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -digest sm3 -in "$1" -sigfile "$work/sig.der" \
            -pkeyopt distid:1234567812345678 >/dev/null 2>&1
    }
    verify "$file" && grep -q '^SM4 .*there and back' "$result" && verified=$((verified + 1))
    # A verification that cannot fail is worth nothing: the same signature under a changed file must be refused.
    { cat "$file"; echo changed; } >"$work/changed"
    verify "$work/changed" || rejected=$((rejected + 1))
done
rm -f "$work/key.der" "$work/sig.cnf" "$work/sig.der" "$work/changed"
failed=0
[ ! -f "$work/failed" ] || failed=$(wc -l <"$work/failed")

printf '\n%-10s %12s %18s %18s\n' uid applications "median run, ms" "longest run, ms"
for uid in "${uids[@]}"; do
    cat "$work"/times-* | awk -v uid="$uid" '$1 == uid {print $2}' | sort -n | awk -v uid="$uid" \
        '{t[NR] = $1} END {if (NR) printf "%-10s %12d %18.1f %18.1f\n", uid, NR, t[int((NR + 1) / 2)] / 1000, t[NR] / 1000}'
done
printf '\nworker killed: pid %s; successor: pid %s, serving after %s ms\n' "$before" "$after" "$gap"
printf 'failed applications: %s\n' "$failed"
printf 'verified by openssl: %s/%s (and %s/%s changed files refused)\n' "$verified" "${#files[@]}" "$rejected" "${#files[@]}"
"$dist/bin/berth" audit verify --config "$work/data/berth.yaml"
[ "$failed" = 0 ] && [ "$verified" = ${#files[@]} ] && [ "$rejected" = ${#files[@]} ] || { echo "not everything is as it should be" >&2; exit 1; }

if [ "$once" = yes ]; then
    exit 0
fi
cat <<TEXT

Berth stays up. In another terminal:
  target/dist/bin/berth status --run $work/run
  target/dist/bin/berth top --run $work/run
  target/dist/bin/berth call --run $work/run echo:bench echo --data hello
  BERTH_SOCKET=$work/run/broker.sock target/dist/libexec/berth-sign-file README.md
Ctrl-C stops everything.
TEXT
wait "$broker"

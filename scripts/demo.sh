#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demonstration behind ./run, on a built tree:
#   demo.sh yes|no DIR        yes: stop at the end; DIR: where to put files (empty: a temporary folder)
set -eu
cd "$(dirname "$0")/.."
umask 022 # applications under other uids read what is prepared for them
export LC_ALL=C.UTF-8 # for paths and output that are not ASCII, whatever the caller has set
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx64m -XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 \
    -cp "$(echo target/dist/lib/berth-demo-*.jar)" io.berth.demo.Demonstration "$PWD" "$1" "$2"

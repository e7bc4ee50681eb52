#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds an installation into target/dist, without running tests. Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/.."
stamp=target/dist/.built

# So that its processes start sooner; by the Java that is to run them, once its jars are as they stay.
share_classes() {
    archive=target/dist/lib/berth-worker.jsa
    [ -f "$archive" ] && [ -z "$(find target/dist/lib -name '*.jar' -newer "$archive" -print | head -n 1)" ] \
        || target/dist/libexec/berth-share-classes
}

# Of docs, only what is installed counts.
if [ -f "$stamp" ] && [ -z "$(find . docs/mechanisms \( -name target -o -name .git -o -name docs \) -prune -o -type f -newer "$stamp" -print 2>/dev/null | head -n 1)" ]; then
    share_classes
    exit 0
fi
mkdir -p target
echo "building (log: target/build.log)"
# Offline first: a second build asks nobody.
mvn -o -q -Dmaven.test.skip=true -Dberth.ctest.skip=true package >target/build.log 2>&1 \
    || mvn -q -Dmaven.test.skip=true -Dberth.ctest.skip=true package >target/build.log 2>&1 \
    || { tail -n 40 target/build.log >&2; echo "the build failed; see target/build.log" >&2; exit 1; }
share_classes
touch "$stamp"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the build and the tests need and this machine lacks. Says what and why; changes nothing else.
#   scripts/install-deps.sh          what ./run needs
#   scripts/install-deps.sh test     and what ./test needs besides
set -eu
purpose=${1:-run}
missing=

need() { # command, Debian package, RPM package, why
    command -v "$1" >/dev/null 2>&1 && return
    echo "missing $1: $4"
    missing="$missing $2|$3"
}

java_ok() {
    version=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ]
}

java_ok || { echo "missing a JDK of version 17 or newer: broker and workers are Java"
             missing="$missing openjdk-17-jdk-headless|java-17-openjdk-devel"; }
need mvn maven maven "builds everything"
need cmake cmake cmake "builds the native code"
need ninja ninja-build ninja-build "builds the native code"
need cc gcc gcc "compiles the native code"
# Debian's gcc only recommends the C library's headers.
if ! echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; then
    echo "missing the headers of the C library: the native code is built with them"
    missing="$missing libc6-dev|glibc-devel"
fi
need openssl openssl openssl "checks every result independently"
need pkg-config pkg-config pkgconf "finds libcrypto"
need pgrep procps procps-ng "finds what a demonstration has left behind"
need setpriv util-linux util-linux "runs applications under other users"
if ! pkg-config --exists libcrypto 2>/dev/null; then
    echo "missing the headers of libcrypto: the software card is built on it"
    missing="$missing libssl-dev|openssl-devel"
fi
if ! pkg-config --exists p11-kit-1 2>/dev/null; then
    echo "missing the header of PKCS #11: modules are called, and offered, by it"
    missing="$missing libp11-kit-dev|p11-kit-devel"
fi
if [ "$purpose" = test ]; then
    need softhsm2-util softhsm2 softhsm "is the real PKCS #11 token of the tests"
    need pkcs11-tool opensc opensc "uses tokens, directly and through Berth"
    need p11tool gnutls-bin gnutls-utils "uses tokens, directly and through Berth"
    need p11-kit p11-kit p11-kit "serves a token over a socket, for comparison"
    if command -v apt-get >/dev/null 2>&1 && ! dpkg -s libengine-pkcs11-openssl >/dev/null 2>&1; then
        echo "missing OpenSSL's PKCS #11 engine: it uses tokens, directly and through Berth"
        missing="$missing libengine-pkcs11-openssl|openssl-pkcs11"
    fi
    # Where not every user's PATH leads. The tests start it themselves; the service that its package may start is not used.
    [ -x /usr/sbin/nginx ] || need nginx nginx-light nginx "serves TLS with a key behind Berth"
    need php php-cli php-cli "runs the example of a script that signs"
    # In Debian a part of PHP's command line.
    if command -v php >/dev/null 2>&1 && ! php -m | grep -qx FFI; then
        echo "missing PHP's FFI extension: PHP calls the SDF library by it"
        missing="$missing php-common|php-ffi"
    fi
    need kill procps procps-ng "sends signals to processes of the tests"
    need flock util-linux util-linux "holds locks that tests must find taken"
    need fallocate util-linux util-linux "punches holes into shared memory"
    need mount mount util-linux "makes small disks to fill"
    need clang-format-14 clang-format-14 clang-tools-extra "checks the format of the C code"
    need clang-14 clang-14 clang "builds the C fuzzers"
    if command -v apt-get >/dev/null 2>&1 && ! dpkg -s libclang-rt-14-dev >/dev/null 2>&1; then
        echo "missing clang's runtime: the C fuzzers link with it"
        missing="$missing libclang-rt-14-dev|compiler-rt"
    fi
fi
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "install the above as root, then try again" >&2; exit 1; }
    sudo=sudo
fi
debian=$(printf '%s\n' $missing | cut -d'|' -f1)
rpm=$(printf '%s\n' $missing | cut -d'|' -f2)
# shellcheck disable=SC2086 # package names are words
if command -v apt-get >/dev/null 2>&1; then
    echo "installing with apt-get:" $debian
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $debian >/dev/null
elif command -v dnf >/dev/null 2>&1; then
    echo "installing with dnf:" $rpm
    $sudo dnf install -y -q $rpm
else
    echo "neither apt-get nor dnf is here; install the above by hand" >&2
    exit 1
fi

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doorbells. SIGPIPE is not dealt with here: HotSpot installs its own handler for it, which ignores
 * it, so that a write whose reader has gone ends in EPIPE.
 */
#include "os/os_native.h"

#include <fcntl.h>
#include <unistd.h>

OS_NATIVE(jint, Pipes, create)(JNIEnv *env, jclass c, jintArray readAndWriteEnd) {
    int fds[2];
    if ((*env)->GetArrayLength(env, readAndWriteEnd) < 2) {
        return -EINVAL;
    }
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        return -errno;
    }
    /* Saves memory with many sessions. Where it is refused the pipe is merely larger. */
    (void)fcntl(fds[1], F_SETPIPE_SZ, (int)sysconf(_SC_PAGESIZE));
    (*env)->SetIntArrayRegion(env, readAndWriteEnd, 0, 2, fds);
    return 0;
}

OS_NATIVE(jint, Pipes, capacity)(JNIEnv *env, jclass c, jint fd) {
    return value_or_errno(fcntl(fd, F_GETPIPE_SZ));
}

OS_NATIVE(jint, Pipes, ring)(JNIEnv *env, jclass c, jint fd) {
    static const char token = 1;
    for (;;) {
        ssize_t written = write(fd, &token, 1);
        if (written == 1) {
            return 1;
        }
        if (errno == EAGAIN) {
            return 0; /* Full: the sleeper already has more than it needs to wake. */
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

/* A peer that keeps writing must not keep us reading. */
#define DRAIN_READS_MAX 16

OS_NATIVE(jint, Pipes, drain)(JNIEnv *env, jclass c, jint fd) {
    char scratch[4096];
    jint total = 0;
    for (int i = 0; i < DRAIN_READS_MAX; i++) {
        ssize_t got = read(fd, scratch, sizeof scratch);
        if (got > 0) {
            total += (jint)got;
            if ((size_t)got < sizeof scratch) {
                break;
            }
        } else if (got == 0) {
            return total > 0 ? total : -EPIPE;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return total > 0 ? total : -errno;
        }
    }
    return total;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel facilities, probed by using them: a version number says nothing about a kernel that its
   vendor has patched, or about a sandbox that forbids the call. */
#include "os/os_native.h"

#include <linux/types.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One number on all architectures since 5.1. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

static jint closed(long fd) {
    if (fd < 0) {
        return -errno;
    }
    close((int)fd);
    return 0;
}

OS_NATIVE(jint, Facilities, pidfdOpen0)(JNIEnv *env, jclass c) {
    return closed(syscall(SYS_pidfd_open, getpid(), 0));
}

OS_NATIVE(jint, Facilities, ioUringSetup0)(JNIEnv *env, jclass c) {
    unsigned char parameters[120]; /* struct io_uring_params, whose header old systems lack */
    memset(parameters, 0, sizeof parameters);
    return closed(syscall(SYS_io_uring_setup, 1, parameters));
}

OS_NATIVE(jint, Facilities, epollWaitNanos0)(JNIEnv *env, jclass c) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        return -errno;
    }
    struct epoll_event event;
    struct timespec no_time = {0, 0};
    jint result = value_or_errno(syscall(SYS_epoll_pwait2, epoll, &event, 1, &no_time, NULL, 0));
    close(epoll);
    return result;
}

/* No futex to wait for is EINVAL where the call exists, and ENOSYS or EPERM where it does not. */
OS_NATIVE(jint, Facilities, futexWaitv0)(JNIEnv *env, jclass c) {
    long result = syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0);
    return result < 0 && errno != EINVAL ? -errno : 0;
}

OS_NATIVE(jint, Facilities, peerGroups0)(JNIEnv *env, jclass c) {
    int both[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) < 0) {
        return -errno;
    }
    socklen_t length = 0;
    /* ERANGE: it would tell, had there been room. */
    long result = getsockopt(both[0], SOL_SOCKET, SO_PEERGROUPS, NULL, &length);
    jint outcome = result < 0 && errno != ERANGE ? -errno : 0;
    close(both[0]);
    close(both[1]);
    return outcome;
}

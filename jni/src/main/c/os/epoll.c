/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441 /* One number on all architectures. */
#endif

#define NANOS_PER_SECOND 1000000000LL
#define NANOS_PER_MILLI 1000000LL

OS_NATIVE(jint, Epoll, create)(JNIEnv *env, jclass c) {
    return value_or_errno(epoll_create1(EPOLL_CLOEXEC));
}

/* The struct is packed on x86-64 only; Java reads events where the compiler put them. */
OS_NATIVE(jint, Epoll, eventBytes)(JNIEnv *env, jclass c) {
    return (jint)sizeof(struct epoll_event);
}

OS_NATIVE(jint, Epoll, dataOffset)(JNIEnv *env, jclass c) {
    return (jint)offsetof(struct epoll_event, data);
}

static jint control(int epoll, int operation, int fd, jint events, jlong data) {
    struct epoll_event event = {.events = (uint32_t)events, .data.u64 = (uint64_t)data};
    return value_or_errno(epoll_ctl(epoll, operation, fd, &event));
}

OS_NATIVE(jint, Epoll, add0)(JNIEnv *env, jclass c, jint epoll, jint fd, jint events, jlong data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

OS_NATIVE(jint, Epoll, remove0)(JNIEnv *env, jclass c, jint epoll, jint fd) {
    return control(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

/* An interruption is a wake-up without an event: every caller looks at its rings again anyway. */
static jint ready_or_errno(long ready) {
    return ready < 0 && errno == EINTR ? 0 : value_or_errno(ready);
}

OS_NATIVE(jint, Epoll, wait0)
(JNIEnv *env, jclass c, jint epoll, jlong events, jint maxEvents, jint timeoutMillis) {
    return ready_or_errno(epoll_wait(epoll, pointer(events), maxEvents, timeoutMillis));
}

static atomic_bool pwait2_missing;

OS_NATIVE(jint, Epoll, waitNanos0)
(JNIEnv *env, jclass c, jint epoll, jlong events, jint maxEvents, jlong timeoutNanos) {
    if (!atomic_load_explicit(&pwait2_missing, memory_order_relaxed)) {
        struct timespec timeout = {.tv_sec = timeoutNanos / NANOS_PER_SECOND,
                                   .tv_nsec = timeoutNanos % NANOS_PER_SECOND};
        long ready = syscall(SYS_epoll_pwait2, epoll, pointer(events), maxEvents,
                             timeoutNanos < 0 ? NULL : &timeout, NULL, 0);
        /* Kernels before 5.11 do not have it, and a sandbox answers EPERM to what it does not know;
           epoll_wait itself never fails with either. */
        if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) {
            return ready_or_errno(ready);
        }
        atomic_store_explicit(&pwait2_missing, 1, memory_order_relaxed);
    }
    int millis = -1;
    if (timeoutNanos >= 0) {
        jlong rounded =
            timeoutNanos / NANOS_PER_MILLI + (timeoutNanos % NANOS_PER_MILLI != 0 ? 1 : 0);
        millis = rounded > INT_MAX ? INT_MAX : (int)rounded;
    }
    return ready_or_errno(epoll_wait(epoll, pointer(events), maxEvents, millis));
}

/* For tests: behave as on a kernel without epoll_pwait2. */
OS_NATIVE(void, Epoll, setNanosecondWaitMissing)(JNIEnv *env, jclass c, jboolean missing) {
    atomic_store_explicit(&pwait2_missing, missing, memory_order_relaxed);
}

OS_NATIVE(jint, EventFd, create)(JNIEnv *env, jclass c) {
    return value_or_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

OS_NATIVE(jint, EventFd, signal)(JNIEnv *env, jclass c, jint fd) {
    uint64_t one = 1;
    if (write(fd, &one, sizeof one) == (ssize_t)sizeof one) {
        return 1;
    }
    return errno == EAGAIN ? 0 : -errno;
}

OS_NATIVE(jlong, EventFd, drain)(JNIEnv *env, jclass c, jint fd) {
    uint64_t count = 0;
    if (read(fd, &count, sizeof count) == (ssize_t)sizeof count) {
        return count > INT64_MAX ? INT64_MAX : (jlong)count;
    }
    return errno == EAGAIN ? 0 : -errno;
}

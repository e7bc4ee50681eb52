/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_native.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

OS_NATIVE(jint, Descriptors, close)(JNIEnv *env, jclass c, jint fd) {
    /* Linux releases the descriptor before it can report EINTR: a second close could hit a
       descriptor that another thread has just been given. */
    if (close(fd) < 0 && errno != EINTR) {
        return -errno;
    }
    return 0;
}

OS_NATIVE(jint, Descriptors, duplicate)(JNIEnv *env, jclass c, jint fd) {
    return value_or_errno(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

OS_NATIVE(jint, Descriptors, statusFlags)(JNIEnv *env, jclass c, jint fd) {
    return value_or_errno(fcntl(fd, F_GETFL));
}

OS_NATIVE(jint, Descriptors, setNonBlocking)(JNIEnv *env, jclass c, jint fd, jboolean on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    return value_or_errno(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

OS_NATIVE(jint, Descriptors, setCloseOnExec)(JNIEnv *env, jclass c, jint fd, jboolean on) {
    return value_or_errno(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0));
}

OS_NATIVE(jint, Descriptors, isCloseOnExec0)(JNIEnv *env, jclass c, jint fd) {
    int flags = fcntl(fd, F_GETFD);
    return flags < 0 ? -errno : (flags & FD_CLOEXEC) != 0;
}

OS_NATIVE(jint, Descriptors, poll)
(JNIEnv *env, jclass c, jint fd, jint events, jint timeoutMillis) {
    struct pollfd one = {.fd = fd, .events = (short)events};
    int ready = poll(&one, 1, timeoutMillis);
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    return ready == 0 ? 0 : (unsigned short)one.revents;
}

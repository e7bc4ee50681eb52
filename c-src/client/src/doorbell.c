/* SPDX-License-Identifier: Apache-2.0 */
#include "doorbell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

bool doorbell_adopt(int descriptor, bool write_end) {
    struct stat status;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fstat(descriptor, &status) != 0 || !S_ISFIFO(status.st_mode) ||
        (flags & O_ACCMODE) != (write_end ? O_WRONLY : O_RDONLY)) {
        return false;
    }
    return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* A library must not let its host die of SIGPIPE, and a pipe has no MSG_NOSIGNAL: the signal is
 * held back in this thread for the one call, and taken away if this call raised it. */
bool doorbell_ring(int descriptor) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    bool was_blocked = sigismember(&before, SIGPIPE) == 1;
    bool was_pending = false;
    if (was_blocked) {
        sigpending(&pending);
        was_pending = sigismember(&pending, SIGPIPE) == 1;
    }
    ssize_t written;
    do {
        written = write(descriptor, "", 1);
    } while (written < 0 && errno == EINTR);
    bool heard = written == 1 || errno == EAGAIN;
    if (written < 0 && errno == EPIPE && !was_pending) {
        const struct timespec no_wait = {0, 0};
        while (sigtimedwait(&pipe_signal, NULL, &no_wait) < 0 && errno == EINTR) {
        }
    }
    if (!was_blocked) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return heard;
}

bool doorbell_drain(int descriptor) {
    char bytes[64];
    /* Bounded: a peer that keeps ringing must not keep us here. What is left wakes us again. */
    for (int i = 0; i < 64; i++) {
        ssize_t got = read(descriptor, bytes, sizeof bytes);
        if (got == 0) {
            return false;
        }
        if (got < 0 && errno != EINTR) {
            return errno == EAGAIN;
        }
        if (got > 0 && (size_t)got < sizeof bytes) {
            return true;
        }
    }
    return true;
}

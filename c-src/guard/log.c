/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 512 }; /* below PIPE_BUF: a line is written whole or not at all */

static const char *name = "?";
static int log_fd = STDERR_FILENO;
static bool log_is_socket;
static bool log_may_block = true;
static unsigned dropped_lines;

void guard_log_open(const char *guard_name) {
    name = guard_name;
    struct stat status;
    if (fstat(STDERR_FILENO, &status) != 0) {
        return;
    }
    log_is_socket = S_ISSOCK(status.st_mode); /* systemd's journal */
    if (S_ISREG(status.st_mode)) {
        /* Broker, workers and other guards write the same file. Where it was opened without
           O_APPEND, those who inherited it would write over the lines that are appended below. */
        int flags = fcntl(STDERR_FILENO, F_GETFL);
        if (flags >= 0) {
            (void)fcntl(STDERR_FILENO, F_SETFL, flags | O_APPEND);
        }
    }
    if (!log_is_socket) {
        /* O_NONBLOCK belongs to the open file description, which others share; hence one of our
           own. Fails on a pipe that another uid made: see write_line. */
        int own = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0) {
            log_fd = own;
            log_may_block = false;
        }
    }
}

static bool write_line(const char *line, size_t bytes) {
    if (log_is_socket) {
        return send(log_fd, line, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)bytes;
    }
    if (log_may_block) {
        /* Best effort: another writer can still fill the pipe between these two calls. */
        struct pollfd writable = {.fd = log_fd, .events = POLLOUT};
        if (poll(&writable, 1, 0) != 1 || (writable.revents & POLLOUT) == 0) {
            return false;
        }
    }
    return write(log_fd, line, bytes) == (ssize_t)bytes;
}

void guard_log(const char *format, ...) {
    int saved_errno = errno;
    char line[LINE_BYTES];
    int used = snprintf(line, sizeof line, "berth-guard %s: ", name);
    if (dropped_lines > 0) {
        used +=
            snprintf(line + used, sizeof line - (size_t)used, "(%u lines dropped) ", dropped_lines);
    }
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
    va_end(arguments);
    if (wanted > 0) {
        used += wanted;
    }
    if (used > LINE_BYTES - 2) {
        used = LINE_BYTES - 2;
    }
    line[used++] = '\n';
    if (write_line(line, (size_t)used)) {
        dropped_lines = 0;
    } else {
        dropped_lines++;
    }
    errno = saved_errno;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "broker_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "monotonic_clock.h"

static const uint64_t FIRST_RETRY_NS = 50 * NANOS_PER_MILLI;
static const uint64_t LONGEST_RETRY_NS = NANOS_PER_SECOND;

void broker_link_init(struct broker_link *link, const char *socket_path, const char *guard_name,
                      uint64_t now_ns) {
    memset(link, 0, sizeof *link);
    link->socket_path = socket_path;
    link->guard_name = guard_name;
    link->fd = -1;
    link->retry_at_ns = now_ns;
    link->retry_delay_ns = FIRST_RETRY_NS;
    link->alone_since_ns = now_ns;
}

static int connect_once(const char *socket_path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno; /* EAGAIN: the broker's backlog is full */
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

bool broker_link_connect_if_due(struct broker_link *link, uint64_t now_ns) {
    if (link->fd >= 0 || now_ns < link->retry_at_ns) {
        return false;
    }
    link->fd = connect_once(link->socket_path);
    if (link->fd < 0) {
        if (errno != link->last_connect_error) {
            link->last_connect_error = errno;
            guard_log("no broker at %s: %s; trying again", link->socket_path, strerror(errno));
        }
        link->retry_at_ns = now_ns + link->retry_delay_ns;
        link->retry_delay_ns *= 2;
        if (link->retry_delay_ns > LONGEST_RETRY_NS) {
            link->retry_delay_ns = LONGEST_RETRY_NS;
        }
        return false;
    }
    link->last_connect_error = 0;
    link->connected_at_ns = now_ns;
    link->retry_at_ns = NEVER_NS;
    link->alone_since_ns = NEVER_NS;
    guard_log("connected to the broker at %s", link->socket_path);
    return true;
}

void broker_link_close(struct broker_link *link, const char *reason) {
    uint64_t now_ns = monotonic_now_ns();
    guard_log("connection to the broker closed: %s", reason);
    close(link->fd);
    link->fd = -1;
    link->waiting_count = 0;
    link->alone_since_ns = now_ns;
    /* A broker that lets go has a successor behind the same name, which waits for us. But one that
     * ends connections as soon as they are made is not asked in a tight loop. */
    bool at_once = now_ns - link->connected_at_ns >= LONGEST_RETRY_NS;
    link->retry_at_ns = at_once ? now_ns : now_ns + link->retry_delay_ns;
}

short broker_link_poll_events(const struct broker_link *link) {
    return link->waiting_count > 0 ? POLLOUT : POLLIN;
}

void broker_link_flush(struct broker_link *link) {
    while (link->fd >= 0 && link->waiting_count > 0) {
        const struct guard_message *message = &link->waiting[link->waiting_first];
        if (send(link->fd, message, sizeof *message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                broker_link_close(link, strerror(errno));
            }
            return;
        }
        link->waiting_first = (link->waiting_first + 1) % BROKER_LINK_QUEUE;
        link->waiting_count--;
    }
}

void broker_link_send(struct broker_link *link, struct guard_message message) {
    if (link->fd < 0) {
        return; /* the next HELLO tells what has become of it */
    }
    if (link->waiting_count == BROKER_LINK_QUEUE) {
        /* Better no broker than one with a gap in what it was told. */
        broker_link_close(link, "the broker does not read what it is told");
        return;
    }
    message.magic = GUARD_MESSAGE_MAGIC;
    message.version = GUARD_MESSAGE_VERSION;
    message.monotonic_ns = monotonic_now_ns();
    strncpy(message.name, link->guard_name, sizeof message.name - 1);
    size_t last = (link->waiting_first + link->waiting_count) % BROKER_LINK_QUEUE;
    link->waiting[last] = message;
    link->waiting_count++;
    broker_link_flush(link);
}

static bool is_order(uint32_t kind) {
    return (kind >= GUARD_ORDER_START && kind <= GUARD_ORDER_UNLOCK) || kind == GUARD_ORDER_STOP;
}

static bool is_well_formed(const struct broker_link *link, const struct guard_message *untrusted,
                           size_t bytes, char complaint[GUARD_TEXT_BYTES]) {
    if (bytes != GUARD_MESSAGE_BYTES) {
        snprintf(complaint, GUARD_TEXT_BYTES, "malformed order: expected %d bytes, found %s%zu",
                 GUARD_MESSAGE_BYTES, bytes > GUARD_MESSAGE_BYTES ? "at least " : "", bytes);
    } else if (untrusted->magic != GUARD_MESSAGE_MAGIC) {
        snprintf(complaint, GUARD_TEXT_BYTES,
                 "malformed order: expected magic 0x%08x, found 0x%08x", GUARD_MESSAGE_MAGIC,
                 untrusted->magic);
    } else if (untrusted->version != GUARD_MESSAGE_VERSION) {
        snprintf(complaint, GUARD_TEXT_BYTES, "malformed order: expected version %u, found %u",
                 GUARD_MESSAGE_VERSION, untrusted->version);
    } else if (!is_order(untrusted->kind)) {
        snprintf(complaint, GUARD_TEXT_BYTES, "malformed order: kind %u is no order",
                 untrusted->kind);
    } else if (memchr(untrusted->name, '\0', sizeof untrusted->name) == NULL ||
               (untrusted->name[0] != '\0' && strcmp(untrusted->name, link->guard_name) != 0)) {
        snprintf(complaint, GUARD_TEXT_BYTES, "malformed order: it is for another guard");
    } else {
        return true;
    }
    return false;
}

enum broker_link_event broker_link_receive(struct broker_link *link, struct guard_message *order,
                                           char complaint[GUARD_TEXT_BYTES]) {
    /* One byte more than a message, so that a longer one is noticed. */
    union {
        struct guard_message message;
        char bytes[GUARD_MESSAGE_BYTES + 1];
    } untrusted;
    memset(&untrusted, 0, sizeof untrusted);
    if (link->fd < 0 || link->waiting_count > 0) {
        return BROKER_LINK_NOTHING;
    }
    /* Without room for control messages the kernel throws descriptors away that come along. */
    ssize_t bytes = recv(link->fd, untrusted.bytes, sizeof untrusted.bytes, MSG_DONTWAIT);
    if (bytes < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            broker_link_close(link, strerror(errno));
        }
        return BROKER_LINK_NOTHING;
    }
    if (bytes == 0) {
        broker_link_close(link, "the broker closed it");
        return BROKER_LINK_NOTHING;
    }
    *order = untrusted.message;
    if (!is_well_formed(link, &untrusted.message, (size_t)bytes, complaint)) {
        return BROKER_LINK_MALFORMED;
    }
    link->retry_delay_ns = FIRST_RETRY_NS;
    return BROKER_LINK_ORDER;
}

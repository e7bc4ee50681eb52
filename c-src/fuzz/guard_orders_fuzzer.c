/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker that sends a guard any datagrams. The worker is a number that never runs, so that
 * nothing is started or killed. A guard moves only as state.h allows (it aborts otherwise), its
 * incarnation never falls, and what it says is well formed.
 *
 * The input: a byte for how, a byte for the length beyond or below a message's, the bytes.
 */
#include "input.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descendants.h"
#include "guard.h"
#include "monotonic_clock.h"

/* ---- Instead of worker_process.c and descendants.c */

int worker_process_start(const struct guard_options *options, uint32_t incarnation, int lock_fd,
                         struct worker_process *worker, char *text, size_t text_bytes) {
    MUST(options->worker_argv[0] != NULL && lock_fd < 0);
    if (incarnation % 5 == 0) {
        snprintf(text, text_bytes, "no more processes");
        return EAGAIN;
    }
    worker->pid = INT32_MAX; /* above what the kernel gives out */
    worker->outcome_fd = -1;
    return 0;
}

enum worker_start_outcome worker_process_outcome(const struct guard_options *options,
                                                 struct worker_process *worker, int *error,
                                                 char *text, size_t text_bytes) {
    MUST(options->name != NULL);
    if (worker->pid % 2 == 0) {
        return WORKER_START_PENDING;
    }
    *error = 0;
    snprintf(text, text_bytes, "runs");
    return WORKER_START_DONE;
}

void descendants_kill(void) {
}

pid_t descendants_first_child(void) {
    return 0;
}

/* ---- */

static void hear_all(int broker, const char *name) {
    struct guard_message said;
    ssize_t bytes;
    while ((bytes = recv(broker, &said, sizeof said, MSG_DONTWAIT)) > 0) {
        MUST(bytes == GUARD_MESSAGE_BYTES && said.magic == GUARD_MESSAGE_MAGIC &&
             said.version == GUARD_MESSAGE_VERSION);
        MUST(said.kind >= GUARD_HELLO && said.kind <= GUARD_REFUSED);
        MUST(strcmp(said.name, name) == 0);
        MUST(memchr(said.text, '\0', sizeof said.text) != NULL);
    }
}

static void send_order(int broker, struct input *input) {
    uint8_t bytes[GUARD_MESSAGE_BYTES + 32] = {0};
    struct guard_message order = {.magic = GUARD_MESSAGE_MAGIC, .version = GUARD_MESSAGE_VERSION};
    uint64_t how = input_number(input, 1);
    size_t length = GUARD_MESSAGE_BYTES;
    if ((how & 1) != 0) { /* well formed but for what it orders */
        order.kind = GUARD_ORDER_START + (uint32_t)input_number(input, 1) % 6;
        order.incarnation = (uint32_t)input_number(input, 1);
        memcpy(bytes, &order, sizeof order);
    } else {
        length = 1 + input_number(input, 2) % sizeof bytes;
        input_take(input, bytes, length);
    }
    (void)send(broker, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char worker[] = "/bin/true";
    char *worker_argv[] = {worker, NULL};
    struct guard_options options = {.name = "fuzz",
                                    .broker_socket_path = "/nowhere",
                                    .worker_argv = worker_argv,
                                    .stuck_after_ns = NANOS_PER_SECOND};
    struct input input = {.bytes = bytes, .left = size};
    struct guard guard;
    int ends[2];
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    guard_init(&guard, &options, monotonic_now_ns());
    guard.link.fd = ends[0];
    guard.link.retry_at_ns = guard.link.alone_since_ns = NEVER_NS;
    guard_say_hello(&guard);
    while (input.left != 0 && guard.link.fd >= 0) {
        send_order(ends[1], &input);
        uint32_t incarnation = guard.incarnation;
        struct guard_message order;
        char complaint[GUARD_TEXT_BYTES];
        switch (broker_link_receive(&guard.link, &order, complaint)) {
        case BROKER_LINK_ORDER:
            guard_obey(&guard, &order);
            break;
        case BROKER_LINK_MALFORMED:
            MUST(memchr(complaint, '\0', sizeof complaint) != NULL);
            break;
        case BROKER_LINK_NOTHING:
            break;
        }
        MUST(guard.incarnation >= incarnation);
        if (guard.state == GUARD_STARTING && (input_number(&input, 1) & 1) != 0) {
            guard_check_start(&guard);
        }
        if ((input_number(&input, 1) & 7) == 0) {
            guard_reap(&guard); /* there is no child: a killed one is gone */
        }
        hear_all(ends[1], options.name);
    }
    if (guard.link.fd >= 0) {
        close(guard.link.fd);
    }
    close(ends[1]);
    return 0;
}

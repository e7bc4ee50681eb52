/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The yardstick `unix-socket`: the relay client -> relay -> worker -> relay -> client as one would
 * write it in C with three processes and Unix sockets. Clients and the worker block in recv; the
 * relay blocks in epoll_wait, reads what is there, stamps each message with the connection it came
 * from and passes it on.
 *
 *   socket_echo relay  TYPE SOCKET CLIENTS    listens, waits for the worker and CLIENTS clients,
 * then says READY socket_echo worker TYPE SOCKET socket_echo client TYPE SOCKET
 *
 * TYPE is stream or seqpacket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child_protocol.h"

#define MESSAGE_BYTES 64u
#define MOST_CLIENTS 1024u
#define BUFFER_BYTES (1u << 18)
#define LARGEST_WINDOW 1024u

struct message {
    uint64_t correlation;
    uint32_t client;
    uint8_t payload[MESSAGE_BYTES - 12u];
} __attribute__((packed));

_Static_assert(sizeof(struct message) == MESSAGE_BYTES, "the echo is 64 bytes");

static int socket_type;

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    return address;
}

static int connect_to(const char *path, char role) {
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, socket_type | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path);
    if (send(fd, &role, 1, MSG_NOSIGNAL) != 1)
        fail("send of the role");
    return fd;
}

/* Blocks until everything is sent; a packet socket takes one message at a time. */
static void send_all(int fd, const uint8_t *bytes, size_t length) {
    size_t sent = 0;
    while (sent < length) {
        size_t chunk = socket_type == SOCK_SEQPACKET ? MESSAGE_BYTES : length - sent;
        ssize_t n = send(fd, bytes + sent, chunk, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail("send");
        sent += (size_t)n;
    }
}

/* ---- worker ---- */

static void run_worker(const char *path) {
    int fd = connect_to(path, 'w');
    uint8_t *received = malloc(BUFFER_BYTES);
    if (received == NULL)
        fail("malloc");
    say_ready();
    for (;;) {
        ssize_t n = recv(fd, received, BUFFER_BYTES, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        send_all(fd, received, (size_t)n);
    }
    free(received);
    close(fd);
}

/* ---- relay ---- */

struct connection {
    int fd;
    uint32_t in_bytes; /* an incomplete message waits for its rest */
    uint32_t out_bytes;
    uint32_t out_sent;
    bool waits_for_room;
    uint8_t in[BUFFER_BYTES];
    uint8_t out[2 * BUFFER_BYTES];
};

struct relay {
    int epoll;
    uint32_t clients;
    struct connection *worker;
    struct connection *client[MOST_CLIENTS];
};

static void watch(struct relay *relay, struct connection *connection, int operation,
                  uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(relay->epoll, operation, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

static void flush(struct relay *relay, struct connection *to) {
    while (to->out_sent < to->out_bytes) {
        size_t left = to->out_bytes - to->out_sent;
        size_t chunk = socket_type == SOCK_SEQPACKET ? MESSAGE_BYTES : left;
        ssize_t n = send(to->fd, to->out + to->out_sent, chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (!to->waits_for_room)
                watch(relay, to, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            to->waits_for_room = true;
            return;
        }
        if (n < 0)
            fail("relay: send");
        to->out_sent += (uint32_t)n;
    }
    to->out_bytes = to->out_sent = 0;
    if (to->waits_for_room)
        watch(relay, to, EPOLL_CTL_MOD, EPOLLIN);
    to->waits_for_room = false;
}

static void append(struct connection *to, const struct message *message) {
    if (to->out_sent > BUFFER_BYTES) {
        memmove(to->out, to->out + to->out_sent, to->out_bytes - to->out_sent);
        to->out_bytes -= to->out_sent;
        to->out_sent = 0;
    }
    if (to->out_bytes + MESSAGE_BYTES > sizeof to->out) {
        errno = ENOBUFS;
        fail("relay: more messages in flight than its buffers hold");
    }
    memcpy(to->out + to->out_bytes, message, MESSAGE_BYTES);
    to->out_bytes += MESSAGE_BYTES;
}

/* False when the peer is gone. */
static bool pass_on(struct relay *relay, struct connection *from, uint32_t from_index) {
    ssize_t n =
        recv(from->fd, from->in + from->in_bytes, sizeof from->in - from->in_bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    from->in_bytes += (uint32_t)n;
    uint32_t taken = 0;
    while (from->in_bytes - taken >= MESSAGE_BYTES) {
        struct message message;
        memcpy(&message, from->in + taken, MESSAGE_BYTES);
        taken += MESSAGE_BYTES;
        if (from != relay->worker) {
            message.client = from_index;
            append(relay->worker, &message);
        } else if (message.client < relay->clients) {
            append(relay->client[message.client], &message);
        }
    }
    memmove(from->in, from->in + taken, from->in_bytes - taken);
    from->in_bytes -= taken;

    if (from != relay->worker) {
        flush(relay, relay->worker);
        return true;
    }
    for (uint32_t i = 0; i < relay->clients; i++) {
        if (relay->client[i]->out_bytes > 0 && !relay->client[i]->waits_for_room)
            flush(relay, relay->client[i]);
    }
    return true;
}

static void accept_peers(struct relay *relay, int listener, uint32_t clients) {
    while (relay->worker == NULL || relay->clients < clients) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        char role = 0;
        if (fd < 0 || recv(fd, &role, 1, 0) != 1)
            fail("accept");
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL)
            fail("calloc");
        connection->fd = fd;
        if (role == 'w' && relay->worker == NULL) {
            relay->worker = connection;
        } else if (role == 'c' && relay->clients < MOST_CLIENTS) {
            relay->client[relay->clients++] = connection;
        } else {
            errno = EPROTO;
            fail("relay: a peer of unknown role");
        }
        watch(relay, connection, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static uint32_t index_of(const struct relay *relay, const struct connection *connection) {
    uint32_t i = 0;
    while (i < relay->clients && relay->client[i] != connection)
        i++;
    return i;
}

static void run_relay(const char *path, uint32_t clients) {
    static struct relay relay;
    struct sockaddr_un address = address_of(path);
    int listener = socket(AF_UNIX, socket_type | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, (int)MOST_CLIENTS) != 0)
        fail(path);
    relay.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (relay.epoll < 0)
        fail("epoll_create1");
    say_ready();
    accept_peers(&relay, listener, clients);
    close(listener);
    unlink(path);

    uint32_t clients_left = relay.clients;
    while (clients_left > 0) {
        struct epoll_event ready[64];
        int n = epoll_wait(relay.epoll, ready, 64, -1);
        if (n < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < n; i++) {
            struct connection *connection = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT)
                flush(&relay, connection);
            if (!(ready[i].events & (EPOLLIN | EPOLLHUP)) ||
                pass_on(&relay, connection, index_of(&relay, connection)))
                continue;
            if (connection == relay.worker) {
                errno = EPIPE;
                fail("relay: the worker is gone");
            }
            watch(&relay, connection, EPOLL_CTL_DEL, 0);
            clients_left--;
        }
    }
    for (uint32_t i = 0; i < relay.clients; i++) {
        close(relay.client[i]->fd);
        free(relay.client[i]);
    }
    close(relay.worker->fd);
    free(relay.worker);
    close(relay.epoll);
}

/* ---- client ---- */

struct client {
    int fd;
    uint64_t next_send;
    uint64_t next_answer;
    uint32_t in_bytes;
    uint64_t sent_at[LARGEST_WINDOW];
    uint8_t in[BUFFER_BYTES];
    uint8_t out[LARGEST_WINDOW * MESSAGE_BYTES];
};

static void fill_payload(struct message *message) {
    for (size_t i = 0; i < sizeof message->payload; i++)
        message->payload[i] = (uint8_t)(message->correlation + i);
}

static void send_requests(struct client *client, uint32_t count, uint64_t now) {
    for (uint32_t i = 0; i < count; i++) {
        struct message message = {.correlation = client->next_send};
        fill_payload(&message);
        client->sent_at[client->next_send++ % LARGEST_WINDOW] = now;
        memcpy(client->out + i * MESSAGE_BYTES, &message, MESSAGE_BYTES);
    }
    send_all(client->fd, client->out, (size_t)count * MESSAGE_BYTES);
}

/* Blocks for at least a part of an answer, records what is complete. */
static void take_answers(struct client *client, struct outcome *outcome, uint64_t *last_answer) {
    ssize_t n =
        recv(client->fd, client->in + client->in_bytes, sizeof client->in - client->in_bytes, 0);
    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0)
        fail("client: the relay is gone");
    uint64_t now = now_nanos();
    client->in_bytes += (uint32_t)n;
    uint32_t taken = 0;
    for (; client->in_bytes - taken >= MESSAGE_BYTES; taken += MESSAGE_BYTES) {
        struct message message, expected = {.correlation = client->next_answer};
        memcpy(&message, client->in + taken, MESSAGE_BYTES);
        fill_payload(&expected);
        if (message.correlation != expected.correlation ||
            memcmp(message.payload, expected.payload, sizeof expected.payload) != 0)
            outcome->failed++;
        outcome->operations++;
        histogram_record(&outcome->latency,
                         now - client->sent_at[client->next_answer++ % LARGEST_WINDOW]);
    }
    memmove(client->in, client->in + taken, client->in_bytes - taken);
    client->in_bytes -= taken;
    if (taken > 0) {
        if (now - *last_answer > outcome->longest_gap_nanos)
            outcome->longest_gap_nanos = now - *last_answer;
        *last_answer = now;
    }
}

static void run_load(struct client *client, const struct load *load, struct outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    uint64_t start = now_nanos();
    uint64_t last_answer = start;
    uint64_t next_due = start;
    for (uint64_t now = start; now - start < load->duration_nanos; now = now_nanos()) {
        if (load->interval_nanos > 0) {
            next_due += load->interval_nanos;
            if (next_due > now)
                sleep_until_nanos(next_due);
            now = now_nanos();
            last_answer = now; /* the pause between two requests is no gap */
        }
        uint32_t in_flight = (uint32_t)(client->next_send - client->next_answer);
        if (in_flight < load->window)
            send_requests(client, load->window - in_flight, now);
        take_answers(client, outcome, &last_answer);
        while (load->interval_nanos > 0 && client->next_answer < client->next_send)
            take_answers(client, outcome, &last_answer);
    }
    outcome->elapsed_nanos = now_nanos() - start;
    /* What is still in flight ends here, uncounted, so that the next run starts with nothing. */
    struct outcome rest = {0};
    while (client->next_answer < client->next_send)
        take_answers(client, &rest, &last_answer);
    outcome->failed += rest.failed;
}

static void run_client(const char *path) {
    static struct client client;
    static struct outcome outcome;
    struct load load;
    client.fd = connect_to(path, 'c');
    say_ready();
    while (next_run(&load)) {
        if (load.window == 0 || load.window > LARGEST_WINDOW) {
            fprintf(stderr, "client: a window of %u is outside 1..%u\n", load.window,
                    LARGEST_WINDOW);
            exit(2);
        }
        run_load(&client, &load, &outcome);
        say_result(&outcome);
    }
    close(client.fd);
}

int main(int argc, char **argv) {
    die_with_parent();
    if (argc >= 4) {
        socket_type = strcmp(argv[2], "seqpacket") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
        if (strcmp(argv[1], "relay") == 0 && argc == 5) {
            run_relay(argv[3], (uint32_t)strtoul(argv[4], NULL, 10));
            return 0;
        }
        if (strcmp(argv[1], "worker") == 0) {
            run_worker(argv[3]);
            return 0;
        }
        if (strcmp(argv[1], "client") == 0) {
            run_client(argv[3]);
            return 0;
        }
    }
    fprintf(stderr, "usage: socket_echo relay|worker|client stream|seqpacket SOCKET [CLIENTS]\n");
    return 2;
}

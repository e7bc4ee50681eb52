/* SPDX-License-Identifier: Apache-2.0 */
/* Making and closing connections, and what happens to them at a fork. */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "default_socket.h"
#include "error.h"

/* ---- Fork
 * ---------------------------------------------------------------------------------------- */

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list_node registry = {&registry, &registry};
static pthread_once_t registry_once = PTHREAD_ONCE_INIT;

#define FOR_EACH_CONNECTION(connection)                                                            \
    for (struct list_node *node = registry.next;                                                   \
         node != &registry && (connection = LIST_ENTRY(node, struct berth_conn, registry), true);  \
         node = node->next)

/* Descriptors change only under the connections' mutexes; holding them all, the child sees none
 * half-changed. */
static void before_fork(void) {
    struct berth_conn *connection;
    pthread_mutex_lock(&registry_lock);
    fork_lock();
    FOR_EACH_CONNECTION(connection) {
        pthread_mutex_lock(&connection->lock);
    }
}

static void after_fork_in_parent(void) {
    struct berth_conn *connection;
    FOR_EACH_CONNECTION(connection) {
        pthread_mutex_unlock(&connection->lock);
    }
    fork_unlock();
    pthread_mutex_unlock(&registry_lock);
}

static void close_descriptors(struct berth_conn *connection) {
    struct session *sessions[] = {connection->current, connection->leaving};
    for (int i = 0; i < 2; i++) {
        if (sessions[i] != NULL) {
            session_close_descriptors(sessions[i]);
        }
    }
    int *const own[] = {&connection->wake, &connection->loop, &connection->loop_event,
                        &connection->loop_timer};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (*own[i] >= 0) {
            close(*own[i]);
            *own[i] = -1;
        }
    }
}

/* The child's copies would keep the session's socket and bells open after the parent has gone. */
static void after_fork_in_child(void) {
    struct berth_conn *connection;
    FOR_EACH_CONNECTION(connection) {
        close_descriptors(connection);
    }
    after_fork_in_parent();
}

static void registry_prepare(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* ---- Connect
 * -------------------------------------------------------------------------------------- */

static bool connect_settled(void *what) {
    const struct berth_conn *connection = what;
    return connection->failed_attempts != 0 ||
           (connection->current != NULL && connection->current->phase == SESSION_OPEN);
}

static void connection_free(struct berth_conn *connection, bool forked) {
    close_descriptors(connection);
    struct session *sessions[] = {connection->current, connection->leaving};
    for (int i = 0; i < 2; i++) {
        if (sessions[i] != NULL) {
            /* In a child nothing is mapped there, or something else. */
            if (!forked) {
                region_unmap(&sessions[i]->mine);
                region_unmap(&sessions[i]->theirs);
            }
            free(sessions[i]);
        }
    }
    while (!list_empty(&connection->resources)) {
        struct berth_resource *resource =
            LIST_ENTRY(connection->resources.next, struct berth_resource, node);
        list_remove(&resource->node);
        free(resource->name);
        free(resource->on_behalf_of);
        free(resource);
    }
    arena_free(&connection->arena, !forked);
    if (connection->slots != NULL) {
        munmap(connection->slots, connection->slots_bytes);
    }
    free(connection->client_name);
    free(connection->control_bytes);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}

struct berth_conn *connection_new(const char *path, const berth_connect_options *options) {
    struct berth_conn *connection = calloc(1, sizeof *connection);
    const char *name =
        options->client_name != NULL ? options->client_name : program_invocation_short_name;
    if (connection == NULL || (connection->client_name = strdup(name)) == NULL ||
        (connection->control_bytes = malloc(BERTH_CONTROL_MAX_BYTES)) == NULL) {
        if (connection != NULL) {
            free(connection->client_name);
        }
        free(connection);
        return NULL;
    }
    pthread_mutex_init(&connection->lock, NULL);
    list_init(&connection->registry);
    connection->address.sun_family = AF_UNIX;
    memcpy(connection->address.sun_path, path, strlen(path));
    connection->request_ring_bytes = options->request_ring_bytes;
    connection->response_ring_bytes = options->response_ring_bytes;
    connection->max_in_flight =
        options->max_in_flight == 0 ? DEFAULT_MAX_IN_FLIGHT : options->max_in_flight;
    connection->connect_timeout_ms = options->connect_timeout_ms == 0
                                         ? DEFAULT_CONTROL_TIMEOUT_MILLIS
                                         : options->connect_timeout_ms;
    connection->yield_micros = options->yield_micros;
    connection->next_deadline_nanos = NANOS_FOREVER;
    connection->loop = connection->loop_event = connection->loop_timer = -1;
    list_init(&connection->queue);
    list_init(&connection->done);
    list_init(&connection->resources);
    list_init(&connection->asks);
    list_init(&connection->followers);
    connection->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (connection->wake < 0) {
        connection_free(connection, false);
        return NULL;
    }
    return connection;
}

berth_result berth_connect(const char *path, const berth_connect_options *options,
                           berth_conn **connection_out) {
    static const berth_connect_options defaults = BERTH_CONNECT_OPTIONS_INIT;
    *connection_out = NULL;
    if (options == NULL) {
        options = &defaults;
    }
    socket_path_buffer chosen;
    if (path == NULL || path[0] == '\0') {
        path = default_socket(chosen);
    }
    struct sockaddr_un address;
    if (options->struct_size != sizeof *options || strlen(path) >= sizeof address.sun_path ||
        options->max_in_flight > UINT16_MAX + 1 ||
        (options->client_name != NULL && strlen(options->client_name) > 1024)) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "berth_connect: struct_size %zu (expected %zu), max_in_flight %u, or a "
                         "path over %zu or a name over 1 024 bytes",
                         options->struct_size, sizeof *options, options->max_in_flight,
                         sizeof address.sun_path - 1);
    }
    struct fork_mark mark;
    struct berth_conn *connection = NULL;
    pthread_once(&registry_once, registry_prepare);
    if (!fork_mark_process(&mark) || (connection = connection_new(path, options)) == NULL) {
        return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE,
                         "berth_connect: no memory or descriptors: %s", strerror(errno));
    }
    connection->mark = mark;
    pthread_mutex_lock(&registry_lock);
    list_append(&registry, &connection->registry);
    pthread_mutex_unlock(&registry_lock);

    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    (void)wait_until(connection, connect_settled, connection, now,
                     clock_after_millis(now, connection->connect_timeout_ms), 0);
    bool open = connection->current != NULL && connection->current->phase == SESSION_OPEN;
    berth_result result = BERTH_OK;
    if (!open) {
        result = connection->failed_attempts != 0
                     ? error_keep(connection->down, connection->down_text)
                     : error_say(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT,
                                 "the broker at %s did not answer HELLO within %u ms", path,
                                 connection->connect_timeout_ms);
    }
    connection->no_reconnect = options->no_reconnect != 0;
    pthread_mutex_unlock(&connection->lock);
    if (open) {
        *connection_out = connection;
        return BERTH_OK;
    }
    pthread_mutex_lock(&registry_lock);
    list_remove(&connection->registry);
    pthread_mutex_unlock(&registry_lock);
    connection_free(connection, false);
    return result;
}

berth_result berth_close(berth_conn *connection) {
    if (connection == NULL) {
        return BERTH_OK;
    }
    bool forked = fork_happened(&connection->mark);
    pthread_mutex_lock(&registry_lock);
    list_remove(&connection->registry);
    pthread_mutex_unlock(&registry_lock);
    struct session *session = connection->current;
    if (!forked && session != NULL && session->phase == SESSION_OPEN && !session->failed) {
        uint8_t bytes[64];
        struct control_writer writer;
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_GOODBYE, ++connection->last_token);
        pthread_mutex_lock(&connection->lock);
        (void)session_tell(connection, session, &writer);
        pthread_mutex_unlock(&connection->lock);
    }
    connection_free(connection, forked);
    return BERTH_OK;
}

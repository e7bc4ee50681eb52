/* SPDX-License-Identifier: Apache-2.0 */
/* Resources: names that the policy lets this process use, opened anew in every session. */
#include "connection.h"

#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "clock.h"
#include "control.h"
#include "error.h"

void resources_ask(struct berth_conn *connection) {
    struct session *session = connection->current;
    if (session == NULL || session->phase != SESSION_OPEN || session->failed) {
        return;
    }
    for (struct list_node *node = connection->resources.next; node != &connection->resources;
         node = node->next) {
        struct berth_resource *resource = LIST_ENTRY(node, struct berth_resource, node);
        if (resource->state != RESOURCE_WANTED || resource->released) {
            continue;
        }
        uint8_t bytes[CONTROL_BUFFER_BYTES];
        struct control_writer writer;
        resource->token = ++connection->last_token;
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_OPEN, resource->token);
        control_u32(&writer, resource->permissions_wanted);
        control_str(&writer, resource->name);
        control_str(&writer, resource->on_behalf_of);
        if (session_tell(connection, session, &writer) != ASK_SENT) {
            return; /* the next message read tries again */
        }
        resource->state = RESOURCE_ASKED;
    }
}

void resources_forget_session(struct berth_conn *connection) {
    for (struct list_node *node = connection->resources.next; node != &connection->resources;
         node = node->next) {
        struct berth_resource *resource = LIST_ENTRY(node, struct berth_resource, node);
        resource->state = RESOURCE_WANTED;
        resource->permissions = 0;
    }
}

static void resource_free(struct berth_resource *resource) {
    struct berth_conn *connection = resource->connection;
    list_remove(&resource->node);
    struct session *session = connection->current;
    if (resource->state == RESOURCE_OPEN && session != NULL && session->phase == SESSION_OPEN) {
        uint8_t bytes[64];
        struct control_writer writer;
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_CLOSE, ++connection->last_token);
        control_u32(&writer, resource->handle);
        (void)session_tell(connection, session, &writer);
    }
    free(resource->name);
    free(resource->on_behalf_of);
    free(resource);
}

void resource_free_if_over(struct berth_resource *resource) {
    if (resource->released && resource->slots == 0) {
        resource_free(resource);
    }
}

static bool resource_settled(void *what) {
    const struct berth_resource *resource = what;
    if (resource->state == RESOURCE_OPEN || resource->state == RESOURCE_REFUSED) {
        return true;
    }
    return resource->connection->no_reconnect && resource->connection->current == NULL;
}

berth_result berth_open(berth_conn *connection, const char *name, const berth_open_options *options,
                        berth_resource **resource_out) {
    static const berth_open_options defaults = BERTH_OPEN_OPTIONS_INIT;
    *resource_out = NULL;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    if (options == NULL) {
        options = &defaults;
    }
    const char *on_behalf_of = options->on_behalf_of == NULL ? "" : options->on_behalf_of;
    if (options->struct_size != sizeof *options || strlen(name) > 1024 ||
        strlen(on_behalf_of) > 1024) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "berth_open: struct_size %zu (expected %zu), or a name over 1 024 bytes",
                         options->struct_size, sizeof *options);
    }
    struct berth_resource *resource = calloc(1, sizeof *resource);
    if (resource != NULL) {
        resource->name = strdup(name);
        resource->on_behalf_of = strdup(on_behalf_of);
    }
    if (resource == NULL || resource->name == NULL || resource->on_behalf_of == NULL) {
        if (resource != NULL) {
            free(resource->name);
            free(resource->on_behalf_of);
        }
        free(resource);
        return error_say(BERTH_STATUS_RESOURCE_EXHAUSTED, BERTH_REASON_NONE,
                         "berth_open %s: no memory", name);
    }
    resource->connection = connection;
    resource->permissions_wanted = options->permissions;
    uint32_t timeout_ms =
        options->timeout_ms == 0 ? DEFAULT_CONTROL_TIMEOUT_MILLIS : options->timeout_ms;

    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    list_append(&connection->resources, &resource->node);
    resources_ask(connection);
    (void)wait_until(connection, resource_settled, resource, now,
                     clock_after_millis(now, timeout_ms), 0);
    berth_result result = BERTH_OK;
    if (resource->state == RESOURCE_OPEN) {
        *resource_out = resource;
    } else {
        if (resource->state == RESOURCE_REFUSED) {
            result = error_keep(resource->refusal, resource->refusal_text);
        } else if (connection->current == NULL) {
            result = error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST, "%s: %s",
                               name, connection->down_text);
        } else {
            result = error_say(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT,
                               "%s: the broker did not answer OPEN within %u ms", name, timeout_ms);
        }
        resource->released = true;
        resource_free_if_over(resource);
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

uint32_t berth_permissions(berth_resource *resource) {
    struct berth_conn *connection = resource->connection;
    if (fork_happened(&connection->mark)) {
        return 0;
    }
    pthread_mutex_lock(&connection->lock);
    uint32_t permissions = resource->permissions;
    pthread_mutex_unlock(&connection->lock);
    return permissions;
}

berth_result berth_driver(berth_resource *resource, char *text, size_t bytes) {
    struct berth_conn *connection = resource->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    snprintf(text, bytes, "%s", resource->driver);
    pthread_mutex_unlock(&connection->lock);
    return BERTH_OK;
}

berth_result berth_release(berth_resource *resource) {
    if (resource == NULL) {
        return BERTH_OK;
    }
    struct berth_conn *connection = resource->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    resource->released = true;
    arena_release_resource(resource);
    resource_free_if_over(resource);
    pthread_mutex_unlock(&connection->lock);
    return BERTH_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous requests: submit, poll, cancel. */
#include "connection.h"

#include <string.h>

#include "clock.h"
#include "error.h"

/* Of a batch so many are made visible at once: the broker begins while the rest is written, and
 * other threads get at the connection. */
#define PUBLISH_EVERY 32

static uint64_t ticket_id(const struct slot *slot) {
    return (slot->sequence << 16) | slot->index;
}

/* Afterwards the caller owes a requests_publish. */
static berth_result submit(struct berth_conn *connection, berth_resource *resource,
                           const berth_request *request, int64_t now, void *user_data,
                           berth_ticket *ticket) {
    struct slot *slot;
    berth_result result = request_take(resource, request, USER_ASYNC, now, &slot);
    if (result != BERTH_OK) {
        return result;
    }
    slot->user_data = user_data;
    if (ticket != NULL) {
        ticket->id = ticket_id(slot);
    }
    if (slot->deadline_nanos < connection->next_deadline_nanos) {
        connection->next_deadline_nanos = slot->deadline_nanos;
    }
    /* Kept until the END, whatever its flags: a leaving broker may decline it unexecuted, a lost
     * one may not have taken it, and the caller may change its buffer as soon as we return.
     * request_take has checked that it fits. */
    (void)request_keep_payload(connection, slot);
    connection->async_count++;
    request_dispatch(connection, slot);
    if (connection->receiver_asleep &&
        (slot->ended || slot->queued || slot->deadline_nanos < connection->asleep_until_nanos)) {
        receiver_wake(connection); /* its wait was reckoned without this one */
    }
    return BERTH_OK;
}

berth_result berth_submit(berth_resource *resource, const berth_request *request, void *user_data,
                          berth_ticket *ticket) {
    struct berth_conn *connection = resource->connection;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    int64_t now = clock_nanos();
    pthread_mutex_lock(&connection->lock);
    berth_result result = submit(connection, resource, request, now, user_data, ticket);
    requests_publish(connection);
    pthread_mutex_unlock(&connection->lock);
    return result;
}

berth_result berth_submit_batch(berth_conn *connection, berth_submission *submissions, size_t count,
                                size_t *submitted) {
    *submitted = 0;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    berth_result result = BERTH_OK;
    while (*submitted < count && result == BERTH_OK) {
        size_t end = count - *submitted < PUBLISH_EVERY ? count : *submitted + PUBLISH_EVERY;
        int64_t now = clock_nanos();
        pthread_mutex_lock(&connection->lock);
        while (*submitted < end) {
            berth_submission *submission = &submissions[*submitted];
            if (submission->resource->connection != connection) {
                result = error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                                   "berth_submit_batch: %s is a resource of another connection",
                                   submission->resource->name);
                break;
            }
            result = submit(connection, submission->resource, submission->request, now,
                            submission->user_data, &submission->ticket);
            if (result != BERTH_OK) {
                break;
            }
            ++*submitted;
        }
        requests_publish(connection);
        pthread_mutex_unlock(&connection->lock);
    }
    return result;
}

struct wanted {
    const struct berth_conn *connection;
    size_t at_least;
};

/* Also when fewer than wanted can come. */
static bool has_completions(void *what) {
    const struct wanted *wanted = what;
    const struct berth_conn *connection = wanted->connection;
    return connection->done_count != 0 && (connection->done_count >= wanted->at_least ||
                                           connection->done_count == connection->async_count);
}

static size_t take_completions(struct berth_conn *connection, berth_completion *completions,
                               size_t capacity) {
    size_t count = 0;
    while (count < capacity && !list_empty(&connection->done)) {
        struct slot *slot = LIST_ENTRY(connection->done.next, struct slot, node);
        list_remove(&slot->node);
        berth_completion *completion = &completions[count++];
        completion->user_data = slot->user_data;
        completion->ticket.id = ticket_id(slot);
        completion->reply = slot->reply;
        completion->result = slot->result;
        completion->bytes = slot->bytes;
        completion->output_bytes = slot->output_bytes;
        if ((slot->flags & BERTH_FLAG_TRACE) != 0) {
            memcpy(completion->trace_nanos, slot->trace_nanos, sizeof completion->trace_nanos);
        } else {
            memset(completion->trace_nanos, 0, sizeof completion->trace_nanos);
        }
        if (slot->result == BERTH_OK) {
            completion->text[0] = '\0';
            completion->device_code = 0;
        } else {
            memcpy(completion->text, slot->text, sizeof completion->text);
            completion->device_code = slot->device_code;
        }
        request_abandon(connection, slot);
    }
    connection->done_count -= (uint32_t)count;
    connection->async_count -= (uint32_t)count;
    return count;
}

/* The loop was woken, perhaps by a bell. */
static void see_what_woke_the_loop(struct berth_conn *connection) {
    struct session *sessions[] = {connection->current, connection->leaving};
    for (int i = 0; i < 2; i++) {
        if (sessions[i] != NULL && !session_empty_bell(connection, sessions[i])) {
            return;
        }
    }
}

berth_result berth_poll(berth_conn *connection, berth_completion *completions, size_t capacity,
                        int timeout_ms, size_t *count) {
    return berth_poll_batch(connection, completions, capacity, 1, timeout_ms, count);
}

berth_result berth_poll_batch(berth_conn *connection, berth_completion *completions,
                              size_t capacity, size_t at_least, int timeout_ms, size_t *count) {
    *count = 0;
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    bool was_armed = connection->loop_armed;
    loop_disarm(connection);
    struct wanted wanted = {connection, at_least < capacity ? at_least : capacity};
    /* Completions that are left from the last look are taken without another one. */
    bool look = was_armed || capacity == 0 || !has_completions(&wanted);
    int64_t now = look ? clock_nanos() : 0;
    if ((was_armed || capacity == 0) && !connection->receiving) {
        /* The receiver: nobody else looks at rings and sockets meanwhile. */
        connection->receiving = true;
        if (was_armed) {
            see_what_woke_the_loop(connection);
        }
        (void)connection_tend(connection, now);
        connection->receiving = false;
    }
    if (capacity != 0) {
        int64_t deadline = timeout_ms == 0  ? 0
                           : timeout_ms < 0 ? NANOS_FOREVER
                                            : clock_after_millis(now, (uint32_t)timeout_ms);
        (void)wait_until(connection, has_completions, &wanted, now, deadline,
                         timeout_ms == 0 ? 0 : session_yield_nanos(connection));
        *count = take_completions(connection, completions, capacity);
    }
    pthread_mutex_unlock(&connection->lock);
    return BERTH_OK;
}

berth_result berth_cancel(berth_conn *connection, berth_ticket ticket) {
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    pthread_mutex_lock(&connection->lock);
    uint32_t index = (uint32_t)(ticket.id & 0xffff);
    berth_result result = BERTH_OK;
    if (index >= connection->slot_count || connection->slots[index].user != USER_ASYNC ||
        connection->slots[index].ended || ticket_id(&connection->slots[index]) != ticket.id) {
        result =
            error_say(BERTH_STATUS_NOT_FOUND, BERTH_REASON_NONE,
                      "ticket %#llx names no unfinished request", (unsigned long long)ticket.id);
    } else {
        request_cancel(connection, &connection->slots[index]);
        if (!list_empty(&connection->done)) {
            receiver_leave(connection);
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}

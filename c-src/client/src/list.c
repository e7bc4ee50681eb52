/* SPDX-License-Identifier: Apache-2.0 */
/* berth_list: asks for the names page by page, all in one session, then tells them. */
#include "connection.h"

#include <string.h>

#include "clock.h"
#include "control.h"
#include "error.h"
#include "listing.h"

/* More than any broker's configuration can hold; bounds what a wrong one makes us keep. */
#define LISTING_MAX_BYTES ((size_t)64 << 20)
/* A socket without room is tried again after this time at the latest. */
#define RETRY_MILLIS 10

static bool ask_answered(void *what) {
    return ((const struct ask *)what)->answered;
}

static bool session_is_open(void *what) {
    const struct berth_conn *connection = what;
    return (connection->current != NULL && connection->current->phase == SESSION_OPEN &&
            !connection->current->failed) ||
           (connection->no_reconnect && connection->current == NULL);
}

static berth_result too_late(uint32_t timeout_ms) {
    return error_say(BERTH_STATUS_DEADLINE_EXCEEDED, BERTH_REASON_CALLER_TIMED_OUT,
                     "berth_list: the broker did not answer LIST within %u ms", timeout_ms);
}

/* Sends LIST and waits for the page. */
static berth_result ask_page(struct berth_conn *connection, struct session *session,
                             const char *on_behalf_of, uint32_t after, int64_t deadline,
                             uint32_t timeout_ms, struct listing **page) {
    struct ask ask = {
        .session = session, .token = ++connection->last_token, .lists = true, .descriptor = -1};
    uint8_t bytes[CONTROL_BUFFER_BYTES];
    struct control_writer writer;
    list_append(&connection->asks, &ask.node);
    for (int64_t now = clock_nanos(); !ask.answered && now < deadline; now = clock_nanos()) {
        control_begin(&writer, bytes, sizeof bytes, BERTH_KIND_LIST, ask.token);
        control_u32(&writer, after);
        control_str(&writer, on_behalf_of);
        /* An ask that stands in the list learns of the session's end, and so may name it here. */
        if (session_tell(connection, session, &writer) != ASK_LATER) {
            (void)wait_until(connection, ask_answered, &ask, now, deadline, 0);
            break;
        }
        int64_t again = clock_after_millis(now, RETRY_MILLIS);
        (void)wait_until(connection, ask_answered, &ask, now, again < deadline ? again : deadline,
                         0);
    }
    list_remove(&ask.node);
    if (!ask.answered) {
        return too_late(timeout_ms);
    }
    *page = ask.page;
    return ask.result == BERTH_OK
               ? BERTH_OK
               : error_say(berth_status_of(ask.result), berth_reason_of(ask.result),
                           "berth_list: %s", ask.text);
}

/* All pages of one session. */
static berth_result ask_pages(struct berth_conn *connection, const char *on_behalf_of,
                              int64_t deadline, uint32_t timeout_ms, struct listing **first) {
    struct session *session = connection->current;
    struct listing **place = first;
    uint32_t after = 0;
    size_t bytes = 0;
    do {
        berth_result result =
            ask_page(connection, session, on_behalf_of, after, deadline, timeout_ms, place);
        if (result != BERTH_OK) {
            return result;
        }
        struct listing *page = *place;
        bytes += page->bytes;
        if ((page->next != 0 && page->next <= after) || bytes > LISTING_MAX_BYTES) {
            return error_say(BERTH_STATUS_INTERNAL, BERTH_REASON_MALFORMED_FRAME,
                             "berth_list: the broker's list does not end (page %u after %u, %zu "
                             "bytes)",
                             page->next, after, bytes);
        }
        after = page->next;
        place = &page->following;
    } while (after != 0 && session == connection->current);
    /* What another broker would say goes with another list. */
    return after == 0 ? BERTH_OK
                      : BERTH_RESULT(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST);
}

static berth_result list_within(struct berth_conn *connection, const char *on_behalf_of,
                                uint32_t timeout_ms, struct listing **pages) {
    int64_t now = clock_nanos();
    int64_t deadline = clock_after_millis(now, timeout_ms);
    for (;;) {
        (void)wait_until(connection, session_is_open, connection, now, deadline, 0);
        if (connection->current == NULL) {
            return error_say(BERTH_STATUS_UNAVAILABLE, BERTH_REASON_CONNECTION_LOST,
                             "berth_list: %s", connection->down_text);
        }
        if (connection->current->phase != SESSION_OPEN) {
            return too_late(timeout_ms);
        }
        berth_result result = ask_pages(connection, on_behalf_of, deadline, timeout_ms, pages);
        now = clock_nanos();
        if (berth_reason_of(result) != BERTH_REASON_CONNECTION_LOST) {
            return result;
        }
        listing_free(*pages);
        *pages = NULL;
        if (now >= deadline) {
            return too_late(timeout_ms);
        }
    }
}

berth_result berth_list(berth_conn *connection, const char *on_behalf_of,
                        bool (*each)(void *context, const berth_listed *entry), void *context,
                        uint32_t timeout_ms) {
    if (fork_happened(&connection->mark)) {
        return error_forked();
    }
    if (on_behalf_of == NULL) {
        on_behalf_of = "";
    }
    if (each == NULL || strlen(on_behalf_of) > 1024) {
        return error_say(BERTH_STATUS_INVALID_ARGUMENT, BERTH_REASON_NONE,
                         "berth_list: no function to tell, or a name over 1 024 bytes");
    }
    struct listing *pages = NULL;
    pthread_mutex_lock(&connection->lock);
    berth_result result =
        list_within(connection, on_behalf_of,
                    timeout_ms == 0 ? DEFAULT_CONTROL_TIMEOUT_MILLIS : timeout_ms, &pages);
    pthread_mutex_unlock(&connection->lock);
    bool more = result == BERTH_OK;
    for (struct listing *page = pages; page != NULL && more; page = page->following) {
        for (size_t i = 0; i < page->count && more; i++) {
            more = each(context, &page->entries[i]);
        }
    }
    listing_free(pages);
    return result;
}

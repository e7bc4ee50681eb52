/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting while another thread receives: each follower sleeps on a condition of its own until what
 * it waits for has happened, or until the receiver leaves with its answer and one of them takes its
 * place.
 */
#include "connection.h"

#include "clock.h"

struct follower {
    struct list_node node;
    pthread_cond_t woken;
    wait_test ready;
    void *what;
};

void followers_wake_ready(struct berth_conn *connection) {
    for (struct list_node *node = connection->followers.next; node != &connection->followers;
         node = node->next) {
        struct follower *follower = LIST_ENTRY(node, struct follower, node);
        if (follower->ready(follower->what)) {
            pthread_cond_signal(&follower->woken);
        }
    }
}

void followers_promote(struct berth_conn *connection) {
    for (struct list_node *node = connection->followers.next; node != &connection->followers;
         node = node->next) {
        struct follower *follower = LIST_ENTRY(node, struct follower, node);
        /* Signalled even if it is ready and about to leave: whoever leaves promotes again. */
        pthread_cond_signal(&follower->woken);
        if (!follower->ready(follower->what)) {
            return;
        }
    }
}

void follow(struct berth_conn *connection, wait_test ready, void *what, int64_t deadline_nanos) {
    struct follower follower = {.ready = ready, .what = what};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&follower.woken, &attributes);
    pthread_condattr_destroy(&attributes);
    list_append(&connection->followers, &follower.node);
    if (deadline_nanos == NANOS_FOREVER) {
        pthread_cond_wait(&follower.woken, &connection->lock);
    } else {
        struct timespec until = clock_timespec(deadline_nanos);
        pthread_cond_timedwait(&follower.woken, &connection->lock, &until);
    }
    list_remove(&follower.node);
    pthread_cond_destroy(&follower.woken);
}

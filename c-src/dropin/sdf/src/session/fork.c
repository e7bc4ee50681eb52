/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles stay valid in a child: it connects to the broker at its first call. What a session held
 * is copied; only of a session that another thread was using at that moment the running hash,
 * cipher or MAC ends, for it may be half-changed.
 *
 * Whatever is locked here is a leaf: the C client's handlers lock after or before it alike.
 */
#include "session/session.h"

#include <string.h>

static void before(void) {
    handles_before_fork();
    link_before_fork();
}

static void after_in_parent(void) {
    link_after_fork(false);
    handles_after_fork();
}

static void renew(struct object *object) {
    struct session *session = (struct session *)object;
    if (atomic_exchange(&session->busy, false)) {
        kept_drop_in_child(&session->hash.data);
        kept_drop_in_child(&session->cipher.seal.aad);
        kept_drop_in_child(&session->cipher.seal.data);
        kept_drop_in_child(&session->hmac.clear_key);
        kept_drop_in_child(&session->hmac.data);
        memset(&session->hash, 0, sizeof session->hash);
        memset(&session->cipher, 0, sizeof session->cipher);
        memset(&session->mac, 0, sizeof session->mac);
        memset(&session->hmac, 0, sizeof session->hmac);
    }
    pthread_mutex_init(&session->lock, NULL); /* its owner is not here */
}

static void after_in_child(void) {
    link_after_fork(true);
    handles_visit(HANDLE_SESSION, renew);
    handles_after_fork();
}

static void watch(void) {
    pthread_atfork(before, after_in_parent, after_in_child);
}

void session_watch_forks(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}

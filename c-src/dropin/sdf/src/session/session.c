/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

void hash_end(struct hash_state *hash) {
    kept_empty(&hash->data);
    *hash = (struct hash_state){.data = hash->data};
}

void cipher_end(struct cipher_state *cipher) {
    kept_drop(&cipher->seal.aad);
    kept_drop(&cipher->seal.data);
    explicit_bzero(cipher, sizeof *cipher);
}

void mac_end(struct mac_state *mac) {
    explicit_bzero(mac, sizeof *mac);
}

void hmac_end(struct hmac_state *hmac) {
    kept_drop(&hmac->clear_key);
    kept_empty(&hmac->data);
    *hmac = (struct hmac_state){.data = hmac->data};
}

static void session_destroy(struct object *object) {
    struct session *session = (struct session *)object;
    handle_remove_owned(HANDLE_KEY, object);
    handle_remove_owned(HANDLE_AGREEMENT, object);
    hash_end(&session->hash);
    kept_drop(&session->hash.data);
    cipher_end(&session->cipher);
    mac_end(&session->mac);
    hmac_end(&session->hmac);
    kept_drop(&session->hmac.data);
    pthread_mutex_destroy(&session->lock);
    link_release(session->link);
    free(session);
}

struct session *session_new(const struct object *device, struct link *link) {
    struct session *session = calloc(1, sizeof *session);
    if (session != NULL) {
        session->object = (struct object){.owner = device, .destroy = session_destroy};
        session->link = link_hold(link);
        pthread_mutex_init(&session->lock, NULL);
    }
    return session;
}

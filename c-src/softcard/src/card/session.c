/* SPDX-License-Identifier: Apache-2.0 */
#include "card/session.h"

#include "berth/sdf.h"
#include "card/handle.h"
#include "crypto/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

static void hold(void *object) {
    atomic_fetch_add(&((struct session *)object)->references, 1);
}

static void release(struct session *session) {
    if (atomic_fetch_sub(&session->references, 1) == 1) {
        pthread_mutex_destroy(&session->lock);
        OPENSSL_clear_free(session, sizeof *session);
    }
}

static bool make_contexts(struct session *session) {
    char digest[] = "SM3";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    session->hash = EVP_MD_CTX_new();
    session->cipher = EVP_CIPHER_CTX_new();
    session->hmac = EVP_MAC_CTX_new(algorithms()->hmac);
    session->running_cipher.cipher = EVP_CIPHER_CTX_new();
    session->running_mac.cipher = EVP_CIPHER_CTX_new();
    session->running_hmac.hmac = EVP_MAC_CTX_new(algorithms()->hmac);
    return session->hash != NULL && session->cipher != NULL && session->hmac != NULL &&
           session->running_cipher.cipher != NULL && session->running_mac.cipher != NULL &&
           session->running_hmac.hmac != NULL &&
           EVP_MAC_CTX_set_params(session->hmac, parameters) &&
           EVP_MAC_CTX_set_params(session->running_hmac.hmac, parameters);
}

/* Everything secret goes at once, also while another thread still waits for the session's lock. */
static void wipe(struct session *session) {
    struct session_key *key;
    struct agreement *agreement;
    while ((agreement = handle_remove_owned(HANDLE_AGREEMENT, session)) != NULL)
        agreement_free(agreement);
    while ((key = handle_remove_owned(HANDLE_KEY, session)) != NULL) {
        OPENSSL_secure_clear_free(key->key, key->bytes);
        free(key);
    }
    EVP_MD_CTX_free(session->hash);
    EVP_CIPHER_CTX_free(session->cipher);
    EVP_MAC_CTX_free(session->hmac);
    EVP_CIPHER_CTX_free(session->running_cipher.cipher);
    EVP_CIPHER_CTX_free(session->running_mac.cipher);
    EVP_MAC_CTX_free(session->running_hmac.hmac);
    if (session->running_cipher.aead != NULL) {
        aead_free(session->running_cipher.aead);
        free(session->running_cipher.aead);
    }
    EVP_PKEY_free(session->external_key);
    session->right_count = 0;
    if (session->slot >= 0)
        driver_free_slot(&session->card->driver, session->slot);
    card_release(session->card);
    session->closed = true;
}

static void close_removed(struct session *session) {
    pthread_mutex_lock(&session->lock);
    wipe(session);
    pthread_mutex_unlock(&session->lock);
    release(session);
}

/* With the device's lock held, so that a device being closed gets no new session. */
static int register_session(struct device *device, struct session *session, void **handle) {
    pthread_mutex_lock(&device->lock);
    *handle = device->closed ? NULL : handle_make(HANDLE_SESSION, session, device);
    int status = device->closed ? SDR_OPENSESSION : *handle == NULL ? SDR_NOBUFFER : SDR_OK;
    pthread_mutex_unlock(&device->lock);
    return status;
}

int session_make(struct device *device, void **handle) {
    struct session *session = OPENSSL_zalloc(sizeof *session);
    if (session == NULL)
        return SDR_NOBUFFER;
    pthread_mutex_init(&session->lock, NULL);
    session->references = 1;
    session->card = device->card;
    card_hold(session->card);
    session->slot = driver_take_slot(&session->card->driver);
    int status = session->slot < 0         ? SDR_OPENSESSION
                 : !make_contexts(session) ? SDR_NOBUFFER
                                           : register_session(device, session, handle);
    if (status != SDR_OK)
        close_removed(session);
    return status;
}

struct session *session_enter(void *handle) {
    struct session *session = handle_take(HANDLE_SESSION, handle, NULL, hold);
    if (session == NULL)
        return NULL;
    pthread_mutex_lock(&session->lock);
    if (!session->closed)
        return session;
    session_leave(session);
    return NULL;
}

void session_leave(struct session *session) {
    pthread_mutex_unlock(&session->lock);
    release(session);
}

bool session_close(void *handle) {
    struct session *session = handle_remove(HANDLE_SESSION, handle, NULL);
    if (session != NULL)
        close_removed(session);
    return session != NULL;
}

static void close_lost(void *session) {
    close_removed(session);
}

static void free_key(void *object) {
    struct session_key *key = object;
    OPENSSL_secure_clear_free(key->key, key->bytes);
    free(key);
}

static void free_agreement(void *agreement) {
    agreement_free(agreement);
}

void keys_forget(void) {
    handles_reset(HANDLE_KEY, free_key);
    handles_reset(HANDLE_AGREEMENT, free_agreement);
}

void sessions_reset(void) {
    handles_reset(HANDLE_SESSION, close_lost);
}

bool device_close(void *handle) {
    struct device *device = handle_remove(HANDLE_DEVICE, handle, NULL);
    struct session *session;
    if (device == NULL)
        return false;
    pthread_mutex_lock(&device->lock);
    device->closed = true;
    pthread_mutex_unlock(&device->lock);
    while ((session = handle_remove_owned(HANDLE_SESSION, device)) != NULL)
        close_removed(session);
    device_release(device);
    return true;
}

bool session_has_right(const struct session *session, const struct key_access *access) {
    bool has = access->verifier.set == 0;
    for (unsigned i = 0; i < session->right_count && !has; i++)
        has = session->rights[i] == access->number;
    return has;
}

int session_add_key(struct session *session, const uint8_t *key, size_t bytes, void **handle) {
    struct session_key *made = calloc(1, sizeof *made);
    uint8_t *copy = OPENSSL_secure_malloc(bytes);
    if (made != NULL && copy != NULL && session->key_count < SESSION_KEYS_MOST) {
        memcpy(copy, key, bytes);
        made->key = copy;
        made->bytes = bytes;
        *handle = handle_make(HANDLE_KEY, made, session);
        if (*handle != NULL) {
            session->key_count++;
            return SDR_OK;
        }
    }
    OPENSSL_secure_clear_free(copy, bytes);
    free(made);
    return SDR_NOBUFFER;
}

const struct session_key *session_find_key(struct session *session, void *handle) {
    return handle_take(HANDLE_KEY, handle, session, NULL);
}

bool session_destroy_key(struct session *session, void *handle) {
    struct session_key *key = handle_remove(HANDLE_KEY, handle, session);
    if (key == NULL)
        return false;
    OPENSSL_secure_clear_free(key->key, key->bytes);
    free(key);
    session->key_count--;
    return true;
}

struct agreement *agreement_make(const uint8_t *id, size_t id_bytes) {
    struct agreement *agreement = OPENSSL_secure_zalloc(sizeof *agreement + id_bytes);
    if (agreement != NULL) {
        agreement->id_bytes = id_bytes;
        memcpy(agreement->id, id, id_bytes);
    }
    return agreement;
}

void agreement_free(struct agreement *agreement) {
    if (agreement != NULL)
        OPENSSL_secure_clear_free(agreement, sizeof *agreement + agreement->id_bytes);
}

int session_add_agreement(struct session *session, struct agreement *agreement, void **handle) {
    if (session->key_count >= SESSION_KEYS_MOST)
        return SDR_NOBUFFER;
    void *made = handle_make(HANDLE_AGREEMENT, agreement, session);
    if (made == NULL)
        return SDR_NOBUFFER;
    session->key_count++;
    *handle = made;
    return SDR_OK;
}

const struct agreement *session_find_agreement(struct session *session, void *handle) {
    return handle_take(HANDLE_AGREEMENT, handle, session, NULL);
}

bool session_destroy_agreement(struct session *session, void *handle) {
    struct agreement *agreement = handle_remove(HANDLE_AGREEMENT, handle, session);
    if (agreement == NULL)
        return false;
    agreement_free(agreement);
    session->key_count--;
    return true;
}

EVP_PKEY *session_external_key(struct session *session, const struct sm2_point *point) {
    if (session->external_key != NULL &&
        memcmp(&session->external_point, point, sizeof *point) == 0)
        return session->external_key;
    EVP_PKEY_free(session->external_key);
    session->external_key = sm2_public_key(point);
    session->external_point = *point;
    return session->external_key;
}

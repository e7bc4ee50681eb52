/* SPDX-License-Identifier: Apache-2.0 */
#include "card/card.h"

#include "berth/sdf.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const struct card *card, enum store_status status, const struct reason *why) {
    struct reason named;
    if (status == STORE_ABSENT)
        return SDR_KEYNOTEXIST;
    reason_set(&named, "card %s: %.600s", card->config.serial, why->text);
    reason_report(&named);
    return SDR_KEYERR;
}

static void free_pair(struct key_pair *pair) {
    EVP_PKEY_free(pair->signing);
    EVP_PKEY_free(pair->encryption);
    OPENSSL_clear_free(pair, sizeof *pair);
}

static int load_pair(struct card *card, uint32_t index, struct key_pair **loaded) {
    struct reason why;
    struct stored_pair stored;
    enum store_status status = store_read_pair(&card->store, index, &stored, &why);
    if (status != STORE_OK)
        return refuse(card, status, &why);
    struct key_pair *pair = OPENSSL_zalloc(sizeof *pair);
    if (pair != NULL) {
        pair->index = index;
        pair->access = (struct key_access){.number = index, .verifier = stored.access};
        pair->signing = sm2_private_key(stored.signing, &pair->signing_point);
        pair->encryption = sm2_private_key(stored.encryption, &pair->encryption_point);
    }
    OPENSSL_cleanse(&stored, sizeof stored);
    if (pair == NULL || pair->signing == NULL || pair->encryption == NULL) {
        reason_set(&why, "pair-%u: holds no usable SM2 keys, or memory for keys is used up", index);
        if (pair != NULL)
            free_pair(pair);
        return refuse(card, STORE_DAMAGED, &why);
    }
    *loaded = pair;
    return SDR_OK;
}

int card_pair(struct card *card, uint32_t index, const struct key_pair **pair) {
    int status = SDR_OK;
    pthread_mutex_lock(&card->keys_lock);
    struct key_pair *found = card->pairs;
    while (found != NULL && found->index != index)
        found = found->next;
    if (found == NULL) {
        status = index > KEY_INDEX_MOST ? SDR_KEYNOTEXIST : load_pair(card, index, &found);
        if (status == SDR_OK) {
            found->next = card->pairs;
            card->pairs = found;
        }
    }
    pthread_mutex_unlock(&card->keys_lock);
    *pair = found;
    return status;
}

static void free_rsa_pair(struct rsa_pair *pair) {
    EVP_PKEY_free(pair->signing.key);
    EVP_PKEY_free(pair->encryption.key);
    OPENSSL_clear_free(pair, sizeof *pair);
}

static bool make_rsa_key(const struct rsa_primes *primes, struct rsa_key *key) {
    struct rsa_numbers numbers;
    if (rsa_numbers_of(primes, &numbers)) {
        key->key = rsa_private_key(&numbers);
        key->bits = numbers.bits;
        memcpy(key->n, numbers.n, sizeof key->n);
        memcpy(key->e, numbers.e, sizeof key->e);
    }
    OPENSSL_cleanse(&numbers, sizeof numbers);
    return key->key != NULL;
}

static int load_rsa_pair(struct card *card, uint32_t index, struct rsa_pair **loaded) {
    struct reason why;
    struct stored_rsa_pair stored;
    enum store_status status = store_read_rsa_pair(&card->store, index, &stored, &why);
    if (status != STORE_OK)
        return refuse(card, status, &why);
    struct rsa_pair *pair = OPENSSL_zalloc(sizeof *pair);
    bool usable = pair != NULL && make_rsa_key(&stored.signing, &pair->signing) &&
                  make_rsa_key(&stored.encryption, &pair->encryption);
    if (usable) {
        pair->index = index;
        pair->access =
            (struct key_access){.number = KEY_INDEX_MOST + 1 + index, .verifier = stored.access};
    }
    OPENSSL_cleanse(&stored, sizeof stored);
    if (!usable) {
        reason_set(&why, "rsa-%u: holds no usable RSA keys, or memory for keys is used up", index);
        if (pair != NULL)
            free_rsa_pair(pair);
        return refuse(card, STORE_DAMAGED, &why);
    }
    *loaded = pair;
    return SDR_OK;
}

int card_rsa_pair(struct card *card, uint32_t index, const struct rsa_pair **pair) {
    int status = SDR_OK;
    pthread_mutex_lock(&card->keys_lock);
    struct rsa_pair *found = card->rsa_pairs;
    while (found != NULL && found->index != index)
        found = found->next;
    if (found == NULL) {
        status = index > KEY_INDEX_MOST ? SDR_KEYNOTEXIST : load_rsa_pair(card, index, &found);
        if (status == SDR_OK) {
            found->next = card->rsa_pairs;
            card->rsa_pairs = found;
        }
    }
    pthread_mutex_unlock(&card->keys_lock);
    *pair = found;
    return status;
}

static int load_kek(struct card *card, uint32_t index, struct kek **loaded) {
    struct reason why;
    struct kek *kek = calloc(1, sizeof *kek);
    uint8_t *key = OPENSSL_secure_zalloc(KEK_BYTES);
    enum store_status status = STORE_FAILED;
    reason_set(&why, "kek-%u: memory for keys is used up", index);
    if (kek != NULL && key != NULL)
        status = store_read_kek(&card->store, index, key, &why);
    if (status != STORE_OK) {
        OPENSSL_secure_clear_free(key, KEK_BYTES);
        free(kek);
        return refuse(card, status, &why);
    }
    kek->index = index;
    kek->key = key;
    *loaded = kek;
    return SDR_OK;
}

int card_kek(struct card *card, uint32_t index, const uint8_t **key) {
    int status = SDR_OK;
    pthread_mutex_lock(&card->keys_lock);
    struct kek *found = card->keks;
    while (found != NULL && found->index != index)
        found = found->next;
    if (found == NULL) {
        status =
            index == 0 || index > KEY_INDEX_MOST ? SDR_KEYNOTEXIST : load_kek(card, index, &found);
        if (status == SDR_OK) {
            found->next = card->keks;
            card->keks = found;
        }
    }
    pthread_mutex_unlock(&card->keys_lock);
    *key = found == NULL ? NULL : found->key;
    return status;
}

void card_wipe_keys(struct card *card) {
    while (card->pairs != NULL) {
        struct key_pair *pair = card->pairs;
        card->pairs = pair->next;
        free_pair(pair);
    }
    while (card->rsa_pairs != NULL) {
        struct rsa_pair *pair = card->rsa_pairs;
        card->rsa_pairs = pair->next;
        free_rsa_pair(pair);
    }
    while (card->keks != NULL) {
        struct kek *kek = card->keks;
        card->keks = kek->next;
        OPENSSL_secure_clear_free(kek->key, KEK_BYTES);
        free(kek);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sm2_exchange.h"

#include "crypto/algorithms.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

enum { DIGEST_BYTES = 32, HALF_BITS = 127 /* w of GM/T 0003.3 for a 256-bit order */ };

struct computation {
    EC_GROUP *group;
    BN_CTX *context;
    EC_POINT *peer_public;
    EC_POINT *peer_temporary;
    EC_POINT *shared;
    BIGNUM *number, *temporary, *half, *x, *y;
};

static bool take(struct computation *c) {
    memset(c, 0, sizeof *c);
    c->group = EC_GROUP_new_by_curve_name(NID_sm2);
    c->context = BN_CTX_secure_new();
    if (c->group == NULL || c->context == NULL)
        return false;
    c->peer_public = EC_POINT_new(c->group);
    c->peer_temporary = EC_POINT_new(c->group);
    c->shared = EC_POINT_new(c->group);
    BN_CTX_start(c->context);
    c->number = BN_CTX_get(c->context);
    c->temporary = BN_CTX_get(c->context);
    c->half = BN_CTX_get(c->context);
    c->x = BN_CTX_get(c->context);
    c->y = BN_CTX_get(c->context);
    return c->peer_public != NULL && c->peer_temporary != NULL && c->shared != NULL && c->y != NULL;
}

static void give_back(struct computation *c) {
    EC_POINT_free(c->peer_public);
    EC_POINT_free(c->peer_temporary);
    EC_POINT_clear_free(c->shared);
    if (c->context != NULL)
        BN_CTX_end(c->context);
    BN_CTX_free(c->context);
    EC_GROUP_free(c->group);
    ERR_clear_error();
}

/* Refuses a point that is not on the curve. */
static bool read_point(struct computation *c, const struct sm2_point *from, EC_POINT *to) {
    return BN_bin2bn(from->x, SM2_NUMBER_BYTES, c->x) != NULL &&
           BN_bin2bn(from->y, SM2_NUMBER_BYTES, c->y) != NULL &&
           EC_POINT_set_affine_coordinates(c->group, to, c->x, c->y, c->context);
}

/* 2^w + (x mod 2^w) */
static bool half_of(BIGNUM *half, const uint8_t x[SM2_NUMBER_BYTES]) {
    uint8_t low[HALF_BITS / 8 + 1];
    memcpy(low, x + SM2_NUMBER_BYTES - sizeof low, sizeof low);
    low[0] |= 0x80;
    return BN_bin2bn(low, sizeof low, half) != NULL;
}

/* t = d + half(x) * r mod n, into c->number. */
static bool own_factor(struct computation *c, const uint8_t d[SM2_NUMBER_BYTES],
                       const uint8_t r[SM2_NUMBER_BYTES], const struct sm2_point *temporary) {
    const BIGNUM *order = EC_GROUP_get0_order(c->group);
    BN_set_flags(c->number, BN_FLG_CONSTTIME);
    BN_set_flags(c->temporary, BN_FLG_CONSTTIME);
    return BN_bin2bn(d, SM2_NUMBER_BYTES, c->number) != NULL &&
           BN_bin2bn(r, SM2_NUMBER_BYTES, c->temporary) != NULL && half_of(c->half, temporary->x) &&
           BN_mod_mul(c->temporary, c->temporary, c->half, order, c->context) &&
           BN_mod_add(c->number, c->number, c->temporary, order, c->context);
}

/* U = t * (P' + half(x') * R'); the cofactor is 1. The multiplication by t alone is by a secret,
 * and with one factor it is libcrypto's ladder. */
static bool shared_point(struct computation *c, const struct exchange_party *peer,
                         uint8_t xy[2 * SM2_NUMBER_BYTES]) {
    return read_point(c, &peer->public_point, c->peer_public) &&
           read_point(c, &peer->temporary_point, c->peer_temporary) &&
           half_of(c->half, peer->temporary_point.x) &&
           EC_POINT_mul(c->group, c->shared, NULL, c->peer_temporary, c->half, c->context) &&
           EC_POINT_add(c->group, c->peer_public, c->shared, c->peer_public, c->context) &&
           EC_POINT_mul(c->group, c->shared, NULL, c->peer_public, c->number, c->context) &&
           !EC_POINT_is_at_infinity(c->group, c->shared) &&
           EC_POINT_get_affine_coordinates(c->group, c->shared, c->x, c->y, c->context) &&
           BN_bn2binpad(c->x, xy, SM2_NUMBER_BYTES) == SM2_NUMBER_BYTES &&
           BN_bn2binpad(c->y, xy + SM2_NUMBER_BYTES, SM2_NUMBER_BYTES) == SM2_NUMBER_BYTES;
}

/* SM3(seed | 1) | SM3(seed | 2) ...; Z of the sponsor comes first on both sides. */
static bool derive_key(const uint8_t xy[2 * SM2_NUMBER_BYTES], const struct exchange_party *sponsor,
                       const struct exchange_party *responder, uint8_t *key, size_t key_bytes) {
    uint8_t block[DIGEST_BYTES];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash != NULL;
    for (uint32_t i = 0; good && i * DIGEST_BYTES < key_bytes; i++) {
        const uint8_t count[4] = {0, 0, (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1)};
        size_t at = i * DIGEST_BYTES, left = key_bytes - at;
        good = EVP_DigestInit_ex2(hash, algorithms()->sm3, NULL) &&
               EVP_DigestUpdate(hash, xy, 2 * SM2_NUMBER_BYTES) &&
               sm2_hash_z(hash, &sponsor->public_point, sponsor->id, sponsor->id_bytes) &&
               sm2_hash_z(hash, &responder->public_point, responder->id, responder->id_bytes) &&
               EVP_DigestUpdate(hash, count, sizeof count) && EVP_DigestFinal_ex(hash, block, NULL);
        if (good)
            memcpy(key + at, block, left < DIGEST_BYTES ? left : DIGEST_BYTES);
    }
    EVP_MD_CTX_free(hash);
    OPENSSL_cleanse(block, sizeof block);
    return good;
}

bool sm2_exchange(bool sponsor, const uint8_t own_number[SM2_NUMBER_BYTES],
                  const uint8_t own_temporary_number[SM2_NUMBER_BYTES],
                  const struct exchange_party *own, const struct exchange_party *peer, uint8_t *key,
                  size_t key_bytes) {
    struct computation c;
    uint8_t xy[2 * SM2_NUMBER_BYTES];
    bool made = take(&c) &&
                own_factor(&c, own_number, own_temporary_number, &own->temporary_point) &&
                shared_point(&c, peer, xy) &&
                derive_key(xy, sponsor ? own : peer, sponsor ? peer : own, key, key_bytes);
    OPENSSL_cleanse(xy, sizeof xy);
    give_back(&c);
    return made;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sm2.h"

#include "crypto/algorithms.h"
#include "crypto/der.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

/* a | b | xG | yG of the curve, GM/T 0003.5: what Z puts between the id and the public key. */
static const uint8_t curve_numbers[128] = {
    0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
    0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A, 0x9E, 0x4B, 0xCF, 0x65, 0x09, 0xA7,
    0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB, 0x8F, 0x92, 0xDD, 0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93,
    0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94,
    0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7,
    0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53,
    0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0};

enum { UNCOMPRESSED_POINT_BYTES = 65 };

static EVP_PKEY *key_from(const BIGNUM *d, const uint8_t octets[UNCOMPRESSED_POINT_BYTES]) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (context != NULL && builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets,
                                         UNCOMPRESSED_POINT_BYTES) &&
        (d == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d)) &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) > 0 &&
        EVP_PKEY_fromdata(context, &key, d == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          parameters) <= 0)
        key = NULL;
    ERR_clear_error();
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* d in [1, n-2]: n-1 has no inverse of 1+d, which signing needs. */
static bool usable_private_number(const EC_GROUP *group, const BIGNUM *d) {
    BIGNUM *largest = BN_dup(EC_GROUP_get0_order(group));
    bool usable =
        largest != NULL && BN_sub_word(largest, 2) && !BN_is_zero(d) && BN_cmp(d, largest) <= 0;
    BN_free(largest);
    return usable;
}

EVP_PKEY *sm2_private_key(const uint8_t d[SM2_NUMBER_BYTES], struct sm2_point *public_point) {
    EVP_PKEY *key = NULL;
    uint8_t octets[UNCOMPRESSED_POINT_BYTES];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *number = BN_secure_new();
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    if (number != NULL && point != NULL && BN_bin2bn(d, SM2_NUMBER_BYTES, number) != NULL &&
        usable_private_number(group, number) &&
        EC_POINT_mul(group, point, number, NULL, NULL, NULL) &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets,
                           NULL) == sizeof octets)
        key = key_from(number, octets);
    if (key != NULL) {
        memcpy(public_point->x, octets + 1, SM2_NUMBER_BYTES);
        memcpy(public_point->y, octets + 1 + SM2_NUMBER_BYTES, SM2_NUMBER_BYTES);
    }
    EC_POINT_free(point);
    BN_clear_free(number);
    EC_GROUP_free(group);
    return key;
}

EVP_PKEY *sm2_public_key(const struct sm2_point *point) {
    uint8_t octets[UNCOMPRESSED_POINT_BYTES];
    octets[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(octets + 1, point->x, SM2_NUMBER_BYTES);
    memcpy(octets + 1 + SM2_NUMBER_BYTES, point->y, SM2_NUMBER_BYTES);
    /* Decoding checks that the point is on the curve; the curve's cofactor is 1, so that is all
     * there is to check. */
    return key_from(NULL, octets);
}

bool sm2_generate(uint8_t d[SM2_NUMBER_BYTES]) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *bound = group == NULL ? NULL : BN_dup(EC_GROUP_get0_order(group));
    BIGNUM *number = BN_secure_new();
    bool made = bound != NULL && number != NULL && BN_sub_word(bound, 2) &&
                BN_priv_rand_range(number, bound) && BN_add_word(number, 1) &&
                BN_bn2binpad(number, d, SM2_NUMBER_BYTES) == SM2_NUMBER_BYTES;
    BN_clear_free(number);
    BN_free(bound);
    EC_GROUP_free(group);
    return made;
}

bool sm2_number_of(EVP_PKEY *key, uint8_t d[SM2_NUMBER_BYTES]) {
    BIGNUM *number = NULL;
    bool got = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
               BN_bn2binpad(number, d, SM2_NUMBER_BYTES) == SM2_NUMBER_BYTES;
    BN_clear_free(number);
    ERR_clear_error();
    return got;
}

bool sm2_sign(EVP_PKEY *key, const uint8_t e[32], struct sm2_signature *signature) {
    uint8_t der[DER_SM2_SIGNATURE_MOST];
    size_t bytes = sizeof der;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool made = context != NULL && EVP_PKEY_sign_init(context) > 0 &&
                EVP_PKEY_sign(context, der, &bytes, e, 32) > 0;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    struct der_reader reader = {der, der + bytes};
    return made && der_enter_sequence(&reader) && der_read_integer32(&reader, signature->r) &&
           der_read_integer32(&reader, signature->s);
}

bool sm2_verify(EVP_PKEY *key, const uint8_t e[32], const struct sm2_signature *signature) {
    uint8_t der[DER_SM2_SIGNATURE_MOST];
    size_t bytes = der_write_signature(der, signature->r, signature->s);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool valid = context != NULL && EVP_PKEY_verify_init(context) > 0 &&
                 EVP_PKEY_verify(context, der, bytes, e, 32) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return valid;
}

bool sm2_encrypt(EVP_PKEY *key, const uint8_t *plain, size_t bytes,
                 struct sm2_ciphertext_head *head, uint8_t *c2) {
    size_t der_bytes = der_ciphertext_most(bytes);
    uint8_t *der = OPENSSL_malloc(der_bytes);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool made = der != NULL && context != NULL && EVP_PKEY_encrypt_init(context) > 0 &&
                EVP_PKEY_encrypt(context, der, &der_bytes, plain, bytes) > 0;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    if (made) {
        struct der_reader reader = {der, der + der_bytes};
        const uint8_t *hash, *cipher;
        size_t hash_bytes, cipher_bytes;
        made = der_enter_sequence(&reader) && der_read_integer32(&reader, head->c1.x) &&
               der_read_integer32(&reader, head->c1.y) &&
               der_read_octets(&reader, &hash, &hash_bytes) && hash_bytes == sizeof head->c3 &&
               der_read_octets(&reader, &cipher, &cipher_bytes) && cipher_bytes == bytes;
        if (made) {
            memcpy(head->c3, hash, sizeof head->c3);
            memcpy(c2, cipher, bytes);
        }
    }
    OPENSSL_free(der);
    return made;
}

bool sm2_decrypt(EVP_PKEY *key, const struct sm2_ciphertext_head *head, const uint8_t *c2,
                 size_t bytes, uint8_t *plain) {
    size_t most = der_ciphertext_most(bytes);
    uint8_t *der = OPENSSL_malloc(most);
    /* libcrypto asks for as much room as its estimate from the DER length says, which is more than
     * the plaintext. */
    size_t plain_bytes = most;
    uint8_t *room = OPENSSL_malloc(most);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool opened = false;
    if (der != NULL && room != NULL && context != NULL) {
        size_t der_bytes = der_write_ciphertext(der, head->c1.x, head->c1.y, head->c3, c2, bytes);
        opened = EVP_PKEY_decrypt_init(context) > 0 &&
                 EVP_PKEY_decrypt(context, room, &plain_bytes, der, der_bytes) > 0 &&
                 plain_bytes == bytes;
    }
    if (opened)
        memcpy(plain, room, bytes);
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    OPENSSL_free(der);
    OPENSSL_clear_free(room, most);
    return opened;
}

bool sm2_hash_z(EVP_MD_CTX *hash, const struct sm2_point *public_point, const uint8_t *id,
                size_t id_bytes) {
    uint8_t z[32];
    const uint8_t id_bits[2] = {(uint8_t)(id_bytes * 8 >> 8), (uint8_t)(id_bytes * 8)};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context != NULL && EVP_DigestInit_ex2(context, algorithms()->sm3, NULL) &&
                EVP_DigestUpdate(context, id_bits, sizeof id_bits) &&
                EVP_DigestUpdate(context, id, id_bytes) &&
                EVP_DigestUpdate(context, curve_numbers, sizeof curve_numbers) &&
                EVP_DigestUpdate(context, public_point->x, sizeof public_point->x) &&
                EVP_DigestUpdate(context, public_point->y, sizeof public_point->y) &&
                EVP_DigestFinal_ex(context, z, NULL) && EVP_DigestUpdate(hash, z, sizeof z);
    EVP_MD_CTX_free(context);
    return made;
}

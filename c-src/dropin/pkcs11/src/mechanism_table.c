/* SPDX-License-Identifier: Apache-2.0 */
#include "mechanism_table.h"

#include "gm.h"

#define ANY CK_UNAVAILABLE_INFORMATION
#define HMAC(type, bytes)                                                                          \
    {type, FAMILY_MAC, FORM_NONE, TRAIT_PARTS, bytes, ANY}, {                                      \
        (type) + 1, FAMILY_MAC, FORM_NUMBER, TRAIT_PARTS, 0, ANY                                   \
    }
#define DIGEST(type, bytes)                                                                        \
    { type, FAMILY_DIGEST, FORM_NONE, TRAIT_PARTS, bytes, ANY }
#define RSA(type, form, traits)                                                                    \
    { type, FAMILY_RSA, form, traits, 0, CKK_RSA }
#define ECDSA(type, traits)                                                                        \
    { type, FAMILY_EC, FORM_NONE, traits, 0, CKK_EC }
#define AES(type, form, traits, bytes)                                                             \
    { type, FAMILY_AES, form, traits, bytes, CKK_AES }
#define OTHER(type, form, traits, key)                                                             \
    { type, FAMILY_OTHER, form, traits, 0, key }

/* The length of a MAC's CKM_…_GENERAL is its parameter. */
static const struct mechanism_kind kinds[] = {
    DIGEST(CKM_MD5, 16),
    DIGEST(CKM_SHA_1, 20),
    DIGEST(CKM_SHA224, 28),
    DIGEST(CKM_SHA256, 32),
    DIGEST(CKM_SHA384, 48),
    DIGEST(CKM_SHA512, 64),
    DIGEST(CKM_SHA512_224, 28),
    DIGEST(CKM_SHA512_256, 32),
    DIGEST(CKM_NEW_SHA3_224, 28),
    DIGEST(CKM_NEW_SHA3_256, 32),
    DIGEST(CKM_NEW_SHA3_384, 48),
    DIGEST(CKM_NEW_SHA3_512, 64),

    HMAC(CKM_MD5_HMAC, 16),
    HMAC(CKM_SHA_1_HMAC, 20),
    HMAC(CKM_SHA224_HMAC, 28),
    HMAC(CKM_SHA256_HMAC, 32),
    HMAC(CKM_SHA384_HMAC, 48),
    HMAC(CKM_SHA512_HMAC, 64),
    HMAC(CKM_SHA512_224_HMAC, 28),
    HMAC(CKM_SHA512_256_HMAC, 32),
    {CKM_AES_CMAC, FAMILY_MAC, FORM_NONE, TRAIT_PARTS, 16, CKK_AES},
    {CKM_AES_CMAC_GENERAL, FAMILY_MAC, FORM_NUMBER, TRAIT_PARTS, 0, CKK_AES},
    {CKM_AES_MAC, FAMILY_MAC, FORM_NONE, TRAIT_PARTS, 8, CKK_AES},
    {CKM_DES3_CMAC, FAMILY_MAC, FORM_NONE, TRAIT_PARTS, 8, ANY},

    RSA(CKM_RSA_PKCS, FORM_NONE, 0),
    RSA(CKM_RSA_X_509, FORM_NONE, 0),
    RSA(CKM_RSA_PKCS_OAEP, FORM_OAEP, 0),
    RSA(CKM_RSA_PKCS_PSS, FORM_PSS, 0),
    RSA(CKM_MD5_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA1_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA224_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA256_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA384_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA512_RSA_PKCS, FORM_NONE, TRAIT_PARTS),
    RSA(CKM_SHA1_RSA_PKCS_PSS, FORM_PSS, TRAIT_PARTS),
    RSA(CKM_SHA224_RSA_PKCS_PSS, FORM_PSS, TRAIT_PARTS),
    RSA(CKM_SHA256_RSA_PKCS_PSS, FORM_PSS, TRAIT_PARTS),
    RSA(CKM_SHA384_RSA_PKCS_PSS, FORM_PSS, TRAIT_PARTS),
    RSA(CKM_SHA512_RSA_PKCS_PSS, FORM_PSS, TRAIT_PARTS),

    ECDSA(CKM_ECDSA, 0),
    ECDSA(CKM_ECDSA_SHA1, TRAIT_PARTS),
    ECDSA(CKM_ECDSA_SHA1 + 1, TRAIT_PARTS), /* SHA-224 to SHA-512 */
    ECDSA(CKM_ECDSA_SHA1 + 2, TRAIT_PARTS),
    ECDSA(CKM_ECDSA_SHA1 + 3, TRAIT_PARTS),
    ECDSA(CKM_ECDSA_SHA1 + 4, TRAIT_PARTS),
    {CKM_EDDSA, FAMILY_EC, FORM_NONE, 0, 0, ANY},
    {CKM_ECDH1_DERIVE, FAMILY_EC, FORM_ECDH, 0, 0, ANY},
    {CKM_ECDH1_COFACTOR_DERIVE, FAMILY_EC, FORM_ECDH, 0, 0, ANY},

    AES(CKM_AES_ECB, FORM_NONE, TRAIT_PARTS | TRAIT_CHAINED, 0),
    AES(CKM_AES_CBC, FORM_IV, TRAIT_PARTS | TRAIT_CHAINED, 0),
    AES(CKM_AES_CBC_PAD, FORM_IV, TRAIT_PARTS | TRAIT_CHAINED | TRAIT_PADDED, 0),
    AES(CKM_AES_CTR, FORM_CTR, TRAIT_PARTS | TRAIT_CHAINED, 0),
    AES(CKM_AES_GCM, FORM_GCM, TRAIT_PARTS, 0),
    AES(CKM_AES_KEY_WRAP, FORM_IV_OPTIONAL, TRAIT_PARTS, 0),
    AES(CKM_AES_KEY_WRAP_PAD, FORM_IV_OPTIONAL, TRAIT_PARTS, 0),

    /* Old ciphers: collected, and one request at the end. */
    OTHER(CKM_DES_ECB, FORM_NONE, TRAIT_PARTS, ANY),
    OTHER(CKM_DES_CBC, FORM_IV_SHORT, TRAIT_PARTS, ANY),
    OTHER(CKM_DES_CBC_PAD, FORM_IV_SHORT, TRAIT_PARTS, ANY),
    OTHER(CKM_DES3_ECB, FORM_NONE, TRAIT_PARTS, ANY),
    OTHER(CKM_DES3_CBC, FORM_IV_SHORT, TRAIT_PARTS, ANY),
    OTHER(CKM_DES3_CBC_PAD, FORM_IV_SHORT, TRAIT_PARTS, ANY),
    OTHER(CKM_DSA, FORM_NONE, 0, CKK_DSA),
    OTHER(CKM_DSA_SHA1, FORM_NONE, TRAIT_PARTS, CKK_DSA),

};

/* Of SDF cards; the registry has the numbers. */
#define GM(traits, bytes)                                                                          \
    { 0, FAMILY_GM, FORM_AS_IT_STANDS, traits, bytes, ANY }
#define SM4(form, traits)                                                                          \
    { 0, FAMILY_SM4, form, traits, 0, ANY }
static const struct mechanism_kind gm_kinds[GM_MECHANISMS] = {
    [GM_SM3_SM2] = GM(TRAIT_PARTS, 0),
    [GM_SM3_SM2_DER] = GM(TRAIT_PARTS, 0),
    [GM_SM3_SM2_ID] = GM(TRAIT_PARTS, 0),
    [GM_SM3_SM2_ID_DER] = GM(TRAIT_PARTS, 0),
    [GM_SM2_SIGN] = GM(0, 0),
    [GM_SM2_SIGN_DER] = GM(0, 0),
    [GM_SM2_ENCRYPT] = GM(0, 0),
    [GM_SM2_ENCRYPT_DER] = GM(0, 0),
    [GM_SM3] = GM(TRAIT_PARTS, GM_DIGEST_BYTES),
    [GM_SM4_KEY_GEN] = SM4(FORM_NONE, 0),
    [GM_SM4_ECB] = SM4(FORM_NONE, TRAIT_PARTS | TRAIT_CHAINED),
    [GM_SM4_CBC] = SM4(FORM_IV, TRAIT_PARTS | TRAIT_CHAINED),
    [GM_SM4_CBC_PAD] = SM4(FORM_IV, TRAIT_PARTS | TRAIT_CHAINED | TRAIT_PADDED),
    [GM_SM4_CTR] = SM4(FORM_CTR, TRAIT_PARTS | TRAIT_CHAINED),
    [GM_SM4_GCM] = SM4(FORM_GCM, TRAIT_PARTS),
};

static const struct mechanism_kind *find(CK_MECHANISM_TYPE type) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type == type) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool mechanism_is_standard(CK_MECHANISM_TYPE type) {
    return find(type) != NULL;
}

static struct mechanism_kind gm_kind(enum gm_use use) {
    struct mechanism_kind kind = gm_kinds[use];
    kind.type = gm_number(use);
    if (kind.family == FAMILY_SM4) {
        kind.key_type = gm_number(GM_SM4_KEY_TYPE);
    } else if (use != GM_SM3) {
        kind.key_type = gm_number(GM_SM2_KEY_TYPE);
    }
    return kind;
}

struct mechanism_kind mechanism_kind_of(CK_MECHANISM_TYPE type, bool of_card) {
    const struct mechanism_kind *known = find(type);
    if (known != NULL) {
        return *known;
    }
    if (of_card && gm_use_of(type) != GM_MECHANISMS) {
        return gm_kind(gm_use_of(type));
    }
    /* A vendor's parameter is handed on. One of the standard's that is not known here might hold
     * pointers. */
    enum parameter_form form =
        (type & CKM_VENDOR_DEFINED) != 0 ? FORM_AS_IT_STANDS : FORM_MUST_BE_EMPTY;
    return (struct mechanism_kind){type, FAMILY_OTHER, form, TRAIT_PARTS, 0, ANY};
}

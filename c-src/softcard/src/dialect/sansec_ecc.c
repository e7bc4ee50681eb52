/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 in Sansec's structures. */
#include "dialect/sansec.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

CORE(ExportSignPublicKey_ECC);
CORE(ExportEncPublicKey_ECC);
CORE(GenerateKeyWithIPK_ECC);
CORE(GenerateKeyWithEPK_ECC);
CORE(ImportKeyWithISK_ECC);
CORE(ExternalVerify_ECC);
CORE(InternalSign_ECC);
CORE(InternalVerify_ECC);
CORE(ExternalEncrypt_ECC);
CORE(InternalEncrypt_ECC);
CORE(InternalDecrypt_ECC);
CORE(HashInit);

_Static_assert(sizeof(struct sansec_public_key) == 68, "swsds.h");
_Static_assert(sizeof(struct sansec_cipher) == 236, "swsds.h");
_Static_assert(sizeof(struct sansec_signature) == 64, "swsds.h");

enum { PREFIX = ECCref_MAX_LEN - SANSEC_NUMBER_BYTES, UNKNOWN_ALGORITHM = 0 };

/* The core's ciphertext with as much data as this dialect has room for. */
union wide_cipher {
    ECCCipher cipher;
    unsigned char bytes[offsetof(ECCCipher, C) + SANSEC_CIPHER_BYTES];
};

static void widen(const unsigned char *number, unsigned char *field) {
    memset(field, 0, PREFIX);
    memcpy(field + PREFIX, number, SANSEC_NUMBER_BYTES);
}

static ECCrefPublicKey wide_key(const struct sansec_public_key *key) {
    ECCrefPublicKey wide = {.bits = key->bits};
    widen(key->x, wide.x);
    widen(key->y, wide.y);
    return wide;
}

static ECCSignature wide_signature(const struct sansec_signature *signature) {
    ECCSignature wide;
    widen(signature->r, wide.r);
    widen(signature->s, wide.s);
    return wide;
}

static unsigned char *data_of(union wide_cipher *wide) {
    return wide->bytes + offsetof(ECCCipher, C);
}

static void narrow_cipher(union wide_cipher *wide, struct sansec_cipher *cipher) {
    memset(cipher, 0, sizeof *cipher);
    cipher->clength = (int)wide->cipher.L;
    memcpy(cipher->x, wide->cipher.x + PREFIX, sizeof cipher->x);
    memcpy(cipher->y, wide->cipher.y + PREFIX, sizeof cipher->y);
    memcpy(cipher->C, data_of(wide), wide->cipher.L);
    memcpy(cipher->M, wide->cipher.M, sizeof cipher->M);
}

/* False: more data than there is room for. */
static bool widen_cipher(const struct sansec_cipher *cipher, union wide_cipher *wide) {
    int untrusted_length = cipher->clength;
    if (untrusted_length < 0 || untrusted_length > SANSEC_CIPHER_BYTES)
        return false;
    widen(cipher->x, wide->cipher.x);
    widen(cipher->y, wide->cipher.y);
    memcpy(wide->cipher.M, cipher->M, sizeof cipher->M);
    wide->cipher.L = (unsigned)untrusted_length;
    memcpy(data_of(wide), cipher->C, (size_t)untrusted_length);
    return true;
}

/* This dialect's number for encryption as the core's; any other is unknown there. */
static unsigned encryption(unsigned algorithm) {
    return algorithm == SANSEC_SM2_ENCRYPT ? SGD_SM2_3 : UNKNOWN_ALGORITHM;
}

static unsigned export_key(__typeof__(core_ExportSignPublicKey_ECC) *export, void *session,
                           unsigned index, struct sansec_public_key *key) {
    ECCrefPublicKey wide;
    if (key == NULL)
        return SDR_OUTARGERR;
    int status = export(session, index, &wide);
    if (status != SDR_OK)
        return (unsigned)status;
    key->bits = wide.bits;
    memcpy(key->x, wide.x + PREFIX, sizeof key->x);
    memcpy(key->y, wide.y + PREFIX, sizeof key->y);
    return SDR_OK;
}

unsigned sansec_ExportSignPublicKey_ECC(void *session, unsigned index,
                                        struct sansec_public_key *key) {
    return export_key(core_ExportSignPublicKey_ECC, session, index, key);
}

unsigned sansec_ExportEncPublicKey_ECC(void *session, unsigned index,
                                       struct sansec_public_key *key) {
    return export_key(core_ExportEncPublicKey_ECC, session, index, key);
}

unsigned sansec_GenerateKeyWithIPK_ECC(void *session, unsigned index, unsigned bits,
                                       struct sansec_cipher *wrapped, void **key) {
    union wide_cipher wide;
    if (wrapped == NULL)
        return SDR_OUTARGERR;
    int status = core_GenerateKeyWithIPK_ECC(session, index, bits, &wide.cipher, key);
    if (status == SDR_OK)
        narrow_cipher(&wide, wrapped);
    return (unsigned)status;
}

unsigned sansec_GenerateKeyWithEPK_ECC(void *session, unsigned bits, unsigned algorithm,
                                       struct sansec_public_key *public_key,
                                       struct sansec_cipher *wrapped, void **key) {
    union wide_cipher wide;
    if (public_key == NULL || wrapped == NULL)
        return public_key == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    ECCrefPublicKey wide_public_key = wide_key(public_key);
    int status = core_GenerateKeyWithEPK_ECC(session, bits, encryption(algorithm), &wide_public_key,
                                             &wide.cipher, key);
    if (status == SDR_OK)
        narrow_cipher(&wide, wrapped);
    return (unsigned)status;
}

unsigned sansec_ImportKeyWithISK_ECC(void *session, unsigned index, struct sansec_cipher *wrapped,
                                     void **key) {
    union wide_cipher wide;
    if (wrapped == NULL || !widen_cipher(wrapped, &wide))
        return SDR_INARGERR;
    return (unsigned)core_ImportKeyWithISK_ECC(session, index, &wide.cipher, key);
}

unsigned sansec_ExternalVerify_ECC(void *session, unsigned algorithm, struct sansec_public_key *key,
                                   unsigned char *e, unsigned bytes,
                                   struct sansec_signature *signature) {
    if (key == NULL || signature == NULL)
        return SDR_INARGERR;
    ECCrefPublicKey wide_public_key = wide_key(key);
    ECCSignature wide = wide_signature(signature);
    return (unsigned)core_ExternalVerify_ECC(
        session, algorithm == SANSEC_SM2_SIGN ? SGD_SM2_1 : UNKNOWN_ALGORITHM, &wide_public_key, e,
        bytes, &wide);
}

unsigned sansec_InternalSign_ECC(void *session, unsigned index, unsigned char *e, unsigned bytes,
                                 struct sansec_signature *signature) {
    ECCSignature wide;
    if (signature == NULL)
        return SDR_OUTARGERR;
    int status = core_InternalSign_ECC(session, index, e, bytes, &wide);
    if (status == SDR_OK) {
        memcpy(signature->r, wide.r + PREFIX, sizeof signature->r);
        memcpy(signature->s, wide.s + PREFIX, sizeof signature->s);
    }
    return (unsigned)status;
}

unsigned sansec_InternalVerify_ECC(void *session, unsigned index, unsigned char *e, unsigned bytes,
                                   struct sansec_signature *signature) {
    if (signature == NULL)
        return SDR_INARGERR;
    ECCSignature wide = wide_signature(signature);
    return (unsigned)core_InternalVerify_ECC(session, index, e, bytes, &wide);
}

unsigned sansec_ExternalEncrypt_ECC(void *session, unsigned algorithm,
                                    struct sansec_public_key *key, unsigned char *data,
                                    unsigned bytes, struct sansec_cipher *cipher) {
    union wide_cipher wide;
    if (cipher == NULL)
        return SDR_OUTARGERR;
    if (key == NULL || bytes > SANSEC_CIPHER_BYTES)
        return SDR_INARGERR;
    ECCrefPublicKey wide_public_key = wide_key(key);
    int status = core_ExternalEncrypt_ECC(session, encryption(algorithm), &wide_public_key, data,
                                          bytes, &wide.cipher);
    if (status == SDR_OK)
        narrow_cipher(&wide, cipher);
    return (unsigned)status;
}

unsigned sansec_InternalEncrypt_ECC(void *session, unsigned index, unsigned algorithm,
                                    unsigned char *data, unsigned bytes,
                                    struct sansec_cipher *cipher) {
    union wide_cipher wide;
    if (cipher == NULL)
        return SDR_OUTARGERR;
    if (bytes > SANSEC_CIPHER_BYTES)
        return SDR_INARGERR;
    int status =
        core_InternalEncrypt_ECC(session, index, encryption(algorithm), data, bytes, &wide.cipher);
    if (status == SDR_OK)
        narrow_cipher(&wide, cipher);
    return (unsigned)status;
}

unsigned sansec_InternalDecrypt_ECC(void *session, unsigned index, unsigned algorithm,
                                    struct sansec_cipher *cipher, unsigned char *data,
                                    unsigned *bytes) {
    union wide_cipher wide;
    if (cipher == NULL || !widen_cipher(cipher, &wide))
        return SDR_INARGERR;
    return (unsigned)core_InternalDecrypt_ECC(session, index, encryption(algorithm), &wide.cipher,
                                              data, bytes);
}

unsigned sansec_HashInit(void *session, unsigned algorithm, struct sansec_public_key *key,
                         unsigned char *id, unsigned id_bytes) {
    if (key == NULL)
        return (unsigned)core_HashInit(session, algorithm, NULL, id, id_bytes);
    ECCrefPublicKey wide = wide_key(key);
    return (unsigned)core_HashInit(session, algorithm, &wide, id, id_bytes);
}

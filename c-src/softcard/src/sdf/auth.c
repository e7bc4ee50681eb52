/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023: authenticated encryption, at once and in pieces. */
#include "sdf/call.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static int mode_of(uint32_t algorithm, enum aead_mode *mode) {
    switch (algorithm) {
    case SGD_SM4_GCM:
        *mode = AEAD_GCM;
        return SDR_OK;
    case SGD_SM4_CCM:
        *mode = AEAD_CCM;
        return SDR_OK;
    default:
        return (algorithm & SGD_SM4) != 0 ? SDR_ALGMODNOTSUPPORT : SDR_ALGNOTSUPPORT;
    }
}

/* Drops what runs, and gives the structure, made when first needed. */
static struct aead *fresh_aead(struct session *session) {
    struct running_cipher *running = &session->running_cipher;
    running->step = RUNNING_NOT;
    if (running->aead == NULL) {
        struct aead *made = calloc(1, sizeof *made);
        if (made != NULL && !aead_make(made)) {
            aead_free(made);
            free(made);
            made = NULL;
        }
        running->aead = made;
    }
    return running->aead;
}

struct parameters {
    uint32_t algorithm;
    const uint8_t *iv;
    size_t iv_bytes;
    const uint8_t *aad;
    size_t aad_bytes;
    uint64_t total_bytes;
    size_t tag_bytes;
};

static int begin(struct call *call, bool encrypting, void *key_handle,
                 const struct parameters *given, struct aead **aead) {
    enum aead_mode mode;
    const struct session_key *key;
    int status = mode_of(given->algorithm, &mode);
    if (status == SDR_OK)
        status = sm4_key(call, key_handle, &key);
    if (status != SDR_OK)
        return status;
    const struct aead_message message = {key->key,        given->iv,        given->iv_bytes,
                                         given->aad,      given->aad_bytes, given->total_bytes,
                                         given->tag_bytes};
    if (given->iv == NULL || (given->aad == NULL && given->aad_bytes != 0) ||
        given->aad_bytes > call->card->config.behaviour.buffer_bytes ||
        !aead_accepts(mode, &message))
        return SDR_INARGERR;
    *aead = fresh_aead(call->session);
    if (*aead == NULL)
        return SDR_NOBUFFER;
    return aead_begin(*aead, mode, encrypting, &message) ? SDR_OK : SDR_SYMOPERR;
}

/* An untrusted length of a tag's room: 16 or more is 16. */
static size_t tag_bytes(unsigned int wanted) {
    return wanted < AEAD_TAG_BYTES_MOST ? wanted : AEAD_TAG_BYTES_MOST;
}

static bool fits_one_call(const struct call *call, size_t bytes) {
    return bytes <= call->card->config.behaviour.buffer_bytes;
}

static int seal(struct call *call, void *key, const struct parameters *given, const uint8_t *in,
                uint8_t *out, uint8_t *tag) {
    struct aead *aead;
    size_t bytes = (size_t)given->total_bytes;
    if (!fits_one_call(call, bytes))
        return SDR_INARGERR;
    int status = begin(call, true, key, given, &aead);
    if (status != SDR_OK)
        return status;
    return aead_update(aead, in, bytes, out) && aead_finish(aead, tag) ? SDR_OK : SDR_SYMOPERR;
}

int SDF_AuthEnc(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                unsigned char *pucStartVar, unsigned int uiStartVarLength, unsigned char *pucAad,
                unsigned int uiAadLength, unsigned char *pucData, unsigned int uiDataLength,
                unsigned char *pucEncData, unsigned int *puiEncDataLength, unsigned char *pucTag,
                unsigned int *puiTagLength) {
    struct call call;
    if (pucStartVar == NULL || (pucData == NULL && uiDataLength != 0))
        return SDR_INARGERR;
    if ((pucEncData == NULL && uiDataLength != 0) || puiEncDataLength == NULL || pucTag == NULL ||
        puiTagLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    const struct parameters given = {uiAlgID,     pucStartVar,  uiStartVarLength,        pucAad,
                                     uiAadLength, uiDataLength, tag_bytes(*puiTagLength)};
    status = seal(&call, hKeyHandle, &given, pucData, pucEncData, pucTag);
    if (status == SDR_OK) {
        *puiEncDataLength = uiDataLength;
        *puiTagLength = (unsigned int)given.tag_bytes;
    }
    return call_end(&call, status, pucTag, given.tag_bytes);
}

static int open_sealed(struct call *call, void *key, const struct parameters *given,
                       const uint8_t *tag, const uint8_t *in, uint8_t *out) {
    struct aead *aead;
    uint8_t expected[AEAD_TAG_BYTES_MOST];
    size_t bytes = (size_t)given->total_bytes;
    if (!fits_one_call(call, bytes))
        return SDR_INARGERR;
    int status = begin(call, false, key, given, &aead);
    if (status != SDR_OK)
        return status;
    if (!aead_update(aead, in, bytes, out) || !aead_finish(aead, expected))
        status = SDR_SYMOPERR;
    else if (CRYPTO_memcmp(expected, tag, given->tag_bytes) != 0)
        status = SDR_MACERR;
    if (status != SDR_OK && bytes > 0)
        OPENSSL_cleanse(out, bytes);
    OPENSSL_cleanse(expected, sizeof expected);
    return status;
}

int SDF_AuthDec(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                unsigned char *pucStartVar, unsigned int uiStartVarLength, unsigned char *pucAad,
                unsigned int uiAadLength, unsigned char *pucTag, unsigned int *puiTagLength,
                unsigned char *pucEncData, unsigned int uiEncDataLength, unsigned char *pucData,
                unsigned int *puiDataLength) {
    struct call call;
    if (pucStartVar == NULL || pucTag == NULL || puiTagLength == NULL ||
        (pucEncData == NULL && uiEncDataLength != 0))
        return SDR_INARGERR;
    if ((pucData == NULL && uiEncDataLength != 0) || puiDataLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    /* Not cut to 16 here: a tag that is longer is not one of ours. */
    const struct parameters given = {uiAlgID,     pucStartVar,     uiStartVarLength, pucAad,
                                     uiAadLength, uiEncDataLength, *puiTagLength};
    status = open_sealed(&call, hKeyHandle, &given, pucTag, pucEncData, pucData);
    if (status == SDR_OK)
        *puiDataLength = uiEncDataLength;
    return call_end(&call, status, pucData, uiEncDataLength);
}

/* --- in pieces */

static int init_pieces(struct call *call, bool encrypting, void *key,
                       const struct parameters *given, const uint8_t *tag) {
    struct aead *aead;
    struct running_cipher *running = &call->session->running_cipher;
    running->step = RUNNING_NOT;
    int status = begin(call, encrypting, key, given, &aead);
    if (status != SDR_OK)
        return status;
    running->tag_bytes = given->tag_bytes;
    if (tag != NULL)
        memcpy(running->tag, tag, given->tag_bytes);
    running->step = encrypting ? RUNNING_SEAL : RUNNING_OPEN;
    return SDR_OK;
}

int SDF_AuthEncInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                    unsigned char *pucStartVar, unsigned int uiStartVarLength,
                    unsigned char *pucAad, unsigned int uiAadLength, unsigned int uiTotalLength) {
    struct call call;
    if (pucStartVar == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    const struct parameters given = {uiAlgID,     pucStartVar,   uiStartVarLength,   pucAad,
                                     uiAadLength, uiTotalLength, AEAD_TAG_BYTES_MOST};
    return call_end(&call, init_pieces(&call, true, hKeyHandle, &given, NULL), NULL, 0);
}

int SDF_AuthDecInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                    unsigned char *pucStartVar, unsigned int uiStartVarLength,
                    unsigned char *pucAad, unsigned int uiAadLength, unsigned char *pucTag,
                    unsigned int uiTagLength, unsigned int uiTotalLength) {
    struct call call;
    if (pucStartVar == NULL || pucTag == NULL)
        return SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    const struct parameters given = {uiAlgID,     pucStartVar,   uiStartVarLength, pucAad,
                                     uiAadLength, uiTotalLength, uiTagLength};
    return call_end(&call, init_pieces(&call, false, hKeyHandle, &given, pucTag), NULL, 0);
}

static int update(struct call *call, enum running_step step, const uint8_t *in, size_t bytes,
                  uint8_t *out, unsigned int *out_bytes) {
    struct running_cipher *running = &call->session->running_cipher;
    if (running->step != step)
        return SDR_STEPERR;
    if (!fits_one_call(call, bytes) ||
        bytes > running->aead->total_bytes - running->aead->done_bytes)
        return SDR_INARGERR;
    if (!aead_update(running->aead, in, bytes, out)) {
        running->step = RUNNING_NOT;
        return SDR_SYMOPERR;
    }
    *out_bytes = (unsigned int)bytes;
    return SDR_OK;
}

static int update_call(void *session, enum running_step step, const uint8_t *in, unsigned int bytes,
                       uint8_t *out, unsigned int *out_bytes) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL)
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, session, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    return call_end(&call, update(&call, step, in, bytes, out, out_bytes), out, bytes);
}

int SDF_AuthEncUpdate(void *hSessionHandle, unsigned char *pucData, unsigned int uiDataLength,
                      unsigned char *pucEncData, unsigned int *puiEncDataLength) {
    return update_call(hSessionHandle, RUNNING_SEAL, pucData, uiDataLength, pucEncData,
                       puiEncDataLength);
}

int SDF_AuthDecUpdate(void *hSessionHandle, unsigned char *pucEncData, unsigned int uiEncDataLength,
                      unsigned char *pucData, unsigned int *puiDataLength) {
    return update_call(hSessionHandle, RUNNING_OPEN, pucEncData, uiEncDataLength, pucData,
                       puiDataLength);
}

/* SDR_INARGERR: less than the announced total, and the message is given up. */
static int finish(struct call *call, enum running_step step, uint8_t tag[AEAD_TAG_BYTES_MOST]) {
    struct running_cipher *running = &call->session->running_cipher;
    if (running->step != step)
        return SDR_STEPERR;
    running->step = RUNNING_NOT;
    return aead_finish(running->aead, tag) ? SDR_OK : SDR_INARGERR;
}

int SDF_AuthEncFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                     unsigned int *puiLastEncDataLength, unsigned char *pucTag,
                     unsigned int *puiTagLength) {
    struct call call;
    (void)pucLastEncData; /* nothing was held back */
    if (puiLastEncDataLength == NULL || pucTag == NULL || puiTagLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    status = finish(&call, RUNNING_SEAL, pucTag);
    if (status == SDR_OK) {
        *puiLastEncDataLength = 0;
        *puiTagLength = AEAD_TAG_BYTES_MOST;
    }
    return call_end(&call, status, pucTag, AEAD_TAG_BYTES_MOST);
}

int SDF_AuthDecFinal(void *hSessionHandle, unsigned char *pucLastData,
                     unsigned int *puiLastDataLength) {
    struct call call;
    uint8_t expected[AEAD_TAG_BYTES_MOST];
    (void)pucLastData;
    if (puiLastDataLength == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_CIPHER);
    if (status != SDR_OK)
        return status;
    const struct running_cipher *running = &call.session->running_cipher;
    status = finish(&call, RUNNING_OPEN, expected);
    if (status == SDR_OK && CRYPTO_memcmp(expected, running->tag, running->tag_bytes) != 0)
        status = SDR_MACERR;
    if (status == SDR_OK)
        *puiLastDataLength = 0;
    OPENSSL_cleanse(expected, sizeof expected);
    return call_end(&call, status, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018-2023: authenticated encryption in parts. GCM and CCM encrypt in counter mode: each part
 * is a request in that mode, with the counter that the message's own begins with, and comes out at
 * once. The tag is made, or held against the program's, by one request with the whole message at
 * the end. So the card computes all of it, encrypts twice, and a worker may be replaced between
 * any two parts. What is given out before the end is not yet known to be genuine.
 */
#include <string.h>

#include "cipher/feed.h"
#include "cipher/seal.h"

enum { BLOCK = BERTH_SM4_BLOCK_BYTES, GCM_IV_BYTES = 12 };

/* The counter block of the message's first data. */
static void first_counter(const struct seal_message *message, uint8_t counter[BLOCK]) {
    memset(counter, 0, BLOCK);
    if (message->mode == SEAL_GCM) { /* NIST SP 800-38D, 7.1: block 1 covers the tag */
        memcpy(counter, message->iv, GCM_IV_BYTES);
        counter[BLOCK - 1] = 2;
    } else { /* NIST SP 800-38C, A.3: block 0 covers the tag */
        counter[0] = (uint8_t)(BLOCK - 2 - message->iv_bytes);
        memcpy(counter + 1, message->iv, message->iv_bytes);
        counter[BLOCK - 1] = 1;
    }
}

static int begin(const struct call *call, enum cipher_direction direction, void *key_handle,
                 uint32_t algorithm, struct seal_message *message, const uint8_t *tag,
                 size_t total_bytes) {
    struct cipher_state *state = &call->session->cipher;
    struct session_key *key;
    cipher_end(state);
    int status = seal_mode_of(algorithm, &message->mode);
    if (status == SDR_OK) {
        status = session_key_take(call, key_handle, SM4_KEY_BYTES, &key);
    }
    if (status != SDR_OK) {
        return status;
    }
    handle_release(&key->object);
    if (!seal_accepts(message, total_bytes)) {
        return SDR_INARGERR;
    }
    /* Any other IV's first counter is a hash that the card tells nobody. */
    if (message->mode == SEAL_GCM && message->iv_bytes != GCM_IV_BYTES) {
        return SDR_NOTSUPPORT;
    }
    if (total_bytes > link_config(call->link)->buffer_bytes ||
        !kept_append(&state->seal.aad, message->aad, message->aad_bytes)) {
        return SDR_NOBUFFER;
    }
    state->direction = direction;
    state->mode = BERTH_SM4_CTR;
    state->chain.key = key_handle;
    first_counter(message, state->chain.iv);
    state->seal.mode = message->mode;
    memcpy(state->seal.iv, message->iv, message->iv_bytes);
    state->seal.iv_bytes = message->iv_bytes;
    state->seal.tag_bytes = message->tag_bytes;
    if (tag != NULL) {
        memcpy(state->seal.tag, tag, message->tag_bytes);
    }
    state->seal.total_bytes = total_bytes;
    return SDR_OK;
}

static int start(enum cipher_direction direction, void *session, void *key_handle,
                 uint32_t algorithm, struct seal_message *message, const uint8_t *tag,
                 size_t total_bytes) {
    struct call call;
    if (message->iv == NULL) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call,
                    begin(&call, direction, key_handle, algorithm, message, tag, total_bytes));
}

BERTH_SDF_API int SDF_AuthEncInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucStartVar, unsigned int uiStartVarLength,
                                  unsigned char *pucAad, unsigned int uiAadLength,
                                  unsigned int uiTotalLength) {
    struct seal_message message = {.iv = pucStartVar,
                                   .iv_bytes = uiStartVarLength,
                                   .aad = pucAad,
                                   .aad_bytes = uiAadLength,
                                   .tag_bytes = SEAL_TAG_BYTES_MOST};
    return start(CIPHER_SEALING, hSessionHandle, hKeyHandle, uiAlgID, &message, NULL,
                 uiTotalLength);
}

BERTH_SDF_API int SDF_AuthDecInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                  unsigned char *pucStartVar, unsigned int uiStartVarLength,
                                  unsigned char *pucAad, unsigned int uiAadLength,
                                  unsigned char *pucTag, unsigned int uiTagLength,
                                  unsigned int uiTotalLength) {
    struct seal_message message = {.iv = pucStartVar,
                                   .iv_bytes = uiStartVarLength,
                                   .aad = pucAad,
                                   .aad_bytes = uiAadLength,
                                   .tag_bytes = uiTagLength};
    if (pucTag == NULL) {
        return SDR_INARGERR;
    }
    return start(CIPHER_OPENING, hSessionHandle, hKeyHandle, uiAlgID, &message, pucTag,
                 uiTotalLength);
}

/* ---- Update
 * ------------------------------------------------------------------------------------- */

static void remember_tail(struct seal_state *seal, const uint8_t *out, size_t bytes) {
    size_t now = bytes < BLOCK ? bytes : BLOCK;
    memmove(seal->tail, seal->tail + now, BLOCK - now);
    memcpy(seal->tail + BLOCK - now, out + bytes - now, now);
}

static size_t room(const struct call *call) {
    const struct seal_state *seal = &call->session->cipher.seal;
    return seal->total_bytes - seal->data.used;
}

static int feed(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes) {
    struct seal_state *seal = &call->session->cipher.seal;
    /* Before the output, which may be the input, is written. */
    if (!kept_append(&seal->data, in, bytes)) {
        return SDR_NOBUFFER;
    }
    int status = feed_stream(call, in, bytes, out, out_bytes);
    if (status == SDR_OK) {
        remember_tail(seal, out, bytes);
    }
    return status;
}

BERTH_SDF_API int SDF_AuthEncUpdate(void *hSessionHandle, unsigned char *pucData,
                                    unsigned int uiDataLength, unsigned char *pucEncData,
                                    unsigned int *puiEncDataLength) {
    return feed_update(CIPHER_SEALING, hSessionHandle, pucData, uiDataLength, pucEncData,
                       puiEncDataLength, room, feed);
}

BERTH_SDF_API int SDF_AuthDecUpdate(void *hSessionHandle, unsigned char *pucEncData,
                                    unsigned int uiEncDataLength, unsigned char *pucData,
                                    unsigned int *puiDataLength) {
    return feed_update(CIPHER_OPENING, hSessionHandle, pucEncData, uiEncDataLength, pucData,
                       puiDataLength, room, feed);
}

/* ---- Final
 * -------------------------------------------------------------------------------------- */

/* What the whole message's request gives must end as the parts did, or one of them was wrong. */
static bool ends_alike(const struct seal_state *seal) {
    size_t bytes = seal->data.used < BLOCK ? seal->data.used : BLOCK;
    return bytes == 0 || memcmp(seal->data.bytes + seal->data.used - bytes,
                                seal->tail + BLOCK - bytes, bytes) == 0;
}

/* The message is over, however it ends. `tag`: of what is sealed. */
static int finish(const struct call *call, enum cipher_direction direction, uint8_t *tag) {
    struct cipher_state *state = &call->session->cipher;
    struct seal_state *seal = &state->seal;
    struct session_key *key;
    if (state->direction != direction) {
        return SDR_STEPERR;
    }
    const struct seal_message message = {.mode = (enum seal_mode)seal->mode,
                                         .iv = seal->iv,
                                         .iv_bytes = seal->iv_bytes,
                                         .aad = seal->aad.bytes,
                                         .aad_bytes = seal->aad.used,
                                         .tag_bytes = seal->tag_bytes};
    int status = seal->data.used == seal->total_bytes
                     ? session_key_take(call, state->chain.key, SM4_KEY_BYTES, &key)
                     : SDR_INARGERR;
    if (status == SDR_OK) {
        status = direction == CIPHER_SEALING
                     ? seal_run(call, key, &message, seal->data.bytes, seal->data.used,
                                seal->data.bytes, tag, "SDF_AuthEncFinal")
                     : seal_open(call, key, &message, seal->tag, seal->data.bytes, seal->data.used,
                                 seal->data.bytes, "SDF_AuthDecFinal");
        handle_release(&key->object);
    }
    if (status == SDR_OK && !ends_alike(seal)) {
        status = SDR_UNKNOWERR;
    }
    cipher_end(state);
    return status;
}

/* Nothing was held back; the lengths are only written. */
BERTH_SDF_API int SDF_AuthEncFinal(void *hSessionHandle, unsigned char *pucLastEncData,
                                   unsigned int *puiLastEncDataLength, unsigned char *pucTag,
                                   unsigned int *puiTagLength) {
    struct call call;
    uint8_t tag[SEAL_TAG_BYTES_MOST];
    (void)pucLastEncData;
    if (puiLastEncDataLength == NULL || pucTag == NULL || puiTagLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = finish(&call, CIPHER_SEALING, tag);
    if (status == SDR_OK) {
        memcpy(pucTag, tag, sizeof tag);
        *puiLastEncDataLength = 0;
        *puiTagLength = sizeof tag;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_AuthDecFinal(void *hSessionHandle, unsigned char *pucLastData,
                                   unsigned int *puiLastDataLength) {
    struct call call;
    (void)pucLastData;
    if (puiLastDataLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = finish(&call, CIPHER_OPENING, NULL);
    if (status == SDR_OK) {
        *puiLastDataLength = 0;
    }
    return call_end(&call, status);
}

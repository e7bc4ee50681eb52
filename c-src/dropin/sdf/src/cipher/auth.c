/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2023: authenticated encryption in one call. */
#include "cipher/seal.h"

static bool fits_one_call(const struct call *call, size_t bytes) {
    return bytes <= link_config(call->link)->buffer_bytes;
}

/* The key, with a reference more, for a message that can be. */
static int check(const struct call *call, void *key_handle, uint32_t algorithm,
                 struct seal_message *message, size_t bytes, struct session_key **key) {
    if (!fits_one_call(call, bytes)) {
        return SDR_INARGERR;
    }
    int status = seal_mode_of(algorithm, &message->mode);
    if (status == SDR_OK) {
        status = session_key_take(call, key_handle, SM4_KEY_BYTES, key);
    }
    if (status == SDR_OK && !seal_accepts(message, bytes)) {
        handle_release(&(*key)->object);
        status = SDR_INARGERR;
    }
    return status;
}

/* *puiTagLength says how long a tag is wanted: 16 or more is 16. */
BERTH_SDF_API int SDF_AuthEnc(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucStartVar, unsigned int uiStartVarLength,
                              unsigned char *pucAad, unsigned int uiAadLength,
                              unsigned char *pucData, unsigned int uiDataLength,
                              unsigned char *pucEncData, unsigned int *puiEncDataLength,
                              unsigned char *pucTag, unsigned int *puiTagLength) {
    struct call call;
    struct session_key *key;
    if (pucStartVar == NULL || (pucData == NULL && uiDataLength != 0)) {
        return SDR_INARGERR;
    }
    if ((pucEncData == NULL && uiDataLength != 0) || puiEncDataLength == NULL || pucTag == NULL ||
        puiTagLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    unsigned wanted = *puiTagLength;
    struct seal_message message = {.iv = pucStartVar,
                                   .iv_bytes = uiStartVarLength,
                                   .aad = pucAad,
                                   .aad_bytes = uiAadLength,
                                   .tag_bytes =
                                       wanted < SEAL_TAG_BYTES_MOST ? wanted : SEAL_TAG_BYTES_MOST};
    status = check(&call, hKeyHandle, uiAlgID, &message, uiDataLength, &key);
    if (status == SDR_OK) {
        status = seal_run(&call, key, &message, pucData, uiDataLength, pucEncData, pucTag,
                          "SDF_AuthEnc");
        handle_release(&key->object);
    }
    if (status == SDR_OK) {
        *puiEncDataLength = uiDataLength;
        *puiTagLength = (unsigned)message.tag_bytes;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_AuthDec(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                              unsigned char *pucStartVar, unsigned int uiStartVarLength,
                              unsigned char *pucAad, unsigned int uiAadLength,
                              unsigned char *pucTag, unsigned int *puiTagLength,
                              unsigned char *pucEncData, unsigned int uiEncDataLength,
                              unsigned char *pucData, unsigned int *puiDataLength) {
    struct call call;
    struct session_key *key;
    if (pucStartVar == NULL || pucTag == NULL || puiTagLength == NULL ||
        (pucEncData == NULL && uiEncDataLength != 0)) {
        return SDR_INARGERR;
    }
    if ((pucData == NULL && uiEncDataLength != 0) || puiDataLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct seal_message message = {.iv = pucStartVar,
                                   .iv_bytes = uiStartVarLength,
                                   .aad = pucAad,
                                   .aad_bytes = uiAadLength,
                                   .tag_bytes = *puiTagLength};
    status = check(&call, hKeyHandle, uiAlgID, &message, uiEncDataLength, &key);
    if (status == SDR_OK) {
        status = seal_open(&call, key, &message, pucTag, pucEncData, uiEncDataLength, pucData,
                           "SDF_AuthDec");
        handle_release(&key->object);
    }
    if (status == SDR_OK) {
        *puiDataLength = uiEncDataLength;
    }
    return call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012 6.3: a digital envelope turned from one SM2 key to another; and vendors' import of
 * a key in the clear. */
#include "sdf/call.h"

#include <openssl/crypto.h>
#include <string.h>

static int exchange(struct call *call, uint32_t index, uint32_t algorithm,
                    const ECCrefPublicKey *public_key, const ECCCipher *in, ECCCipher *out,
                    unsigned int *bytes) {
    const struct key_pair *pair;
    struct sm2_point point;
    uint8_t key[KEY_BYTES_MOST];
    unsigned int untrusted_length = in->L;
    if (algorithm != SGD_SM2_3)
        return SDR_ALGNOTSUPPORT;
    if (!point_of(public_key, &point) || !key_length_fits(untrusted_length))
        return SDR_INARGERR;
    int status = card_pair(call->card, index, &pair);
    if (status != SDR_OK)
        return status;
    if (!session_has_right(call->session, &pair->access))
        return SDR_PARDENY;
    EVP_PKEY *to = session_external_key(call->session, &point);
    if (to == NULL)
        return SDR_KEYERR;
    status = decrypt_from(call, pair->encryption, in, key, untrusted_length);
    if (status == SDR_OK)
        status = encrypt_into(call, to, key, untrusted_length, out);
    OPENSSL_cleanse(key, sizeof key);
    *bytes = untrusted_length;
    return status;
}

int SDF_ExchangeDigitEnvelopeBaseOnECC(void *hSessionHandle, unsigned int uiKeyIndex,
                                       unsigned int uiAlgID, ECCrefPublicKey *pucPublicKey,
                                       ECCCipher *pucEncDataIn, ECCCipher *pucEncDataOut) {
    struct call call;
    unsigned int bytes = 0;
    if (pucPublicKey == NULL || pucEncDataIn == NULL || pucEncDataOut == NULL)
        return pucEncDataOut == NULL ? SDR_OUTARGERR : SDR_INARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status =
        exchange(&call, uiKeyIndex, uiAlgID, pucPublicKey, pucEncDataIn, pucEncDataOut, &bytes);
    return call_end(&call, status, pucEncDataOut->C, status == SDR_OK ? bytes : 0);
}

int SDF_ImportKey(void *hSessionHandle, unsigned char *pucKey, unsigned int uiKeyLength,
                  void **phKeyHandle) {
    struct call call;
    if (pucKey == NULL || phKeyHandle == NULL)
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_KEY);
    if (status != SDR_OK)
        return status;
    status = key_length_fits(uiKeyLength)
                 ? session_add_key(call.session, pucKey, uiKeyLength, phKeyHandle)
                 : SDR_INARGERR;
    return call_end(&call, status, NULL, 0);
}

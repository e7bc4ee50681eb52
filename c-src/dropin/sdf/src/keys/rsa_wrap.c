/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: session keys under the card's RSA pairs, padded by the card as PKCS #1 v1.5 says.
 */
#include <string.h>

#include "keys/wrap.h"
#include "rsa/rsa.h"

BERTH_SDF_API int SDF_GenerateKeyWithIPK_RSA(void *hSessionHandle, unsigned int uiIPKIndex,
                                             unsigned int uiKeyBits, unsigned char *pucKey,
                                             unsigned int *puiKeyLength, void **phKeyHandle) {
    struct call call;
    char under[NAME_BYTES];
    berth_wrapped_key wrapped;
    berth_resource *resource;
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = call_key(&call, KEY_RSA, uiIPKIndex, MAY(WRAP), &resource);
    if (status == SDR_OK) {
        status = generated_bits(uiKeyBits);
    }
    if (status == SDR_OK) {
        status = wrap_generate(&call, KEY_RSA, uiIPKIndex, uiKeyBits, under, &wrapped,
                               "SDF_GenerateKeyWithIPK_RSA");
    }
    /* The caller has room for the interface's longest modulus and no more. */
    if (status == SDR_OK && wrapped.bytes > RSAref_MAX_LEN) {
        status = SDR_KEYTYPEERR;
    }
    if (status == SDR_OK) {
        status = session_key_make(&call, under, uiKeyBits / 8, &wrapped, phKeyHandle);
    }
    if (status == SDR_OK) {
        memcpy(pucKey, wrapped.blob, wrapped.bytes);
        *puiKeyLength = wrapped.bytes;
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ImportKeyWithISK_RSA(void *hSessionHandle, unsigned int uiISKIndex,
                                           unsigned char *pucKey, unsigned int uiKeyLength,
                                           void **phKeyHandle) {
    struct call call;
    berth_resource *resource;
    if (pucKey == NULL || phKeyHandle == NULL) {
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = call_key(&call, KEY_RSA, uiISKIndex, 0, &resource);
    if (status == SDR_OK && (uiKeyLength == 0 || uiKeyLength > RSAref_MAX_LEN)) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK) {
        berth_wrapped_key wrapped = {.bytes = uiKeyLength};
        memcpy(wrapped.blob, pucKey, uiKeyLength);
        status = wrap_import(&call, KEY_RSA, uiISKIndex, ANY_KEY_BYTES, &wrapped, phKeyHandle,
                             "SDF_ImportKeyWithISK_RSA");
    }
    return call_end(&call, status);
}

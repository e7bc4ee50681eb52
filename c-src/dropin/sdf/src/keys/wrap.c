/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.3: session keys made by the card, or brought in wrapped. None enters or leaves in the
 * clear. */
#include <string.h>

#include "keys/wrap.h"
#include "layout.h"

enum { OVERHEAD = BERTH_SM2_CIPHERTEXT_OVERHEAD_BYTES };

bool key_length_fits(size_t bytes) {
    return bytes == SM4_KEY_BYTES || bytes == HMAC_KEY_BYTES;
}

int generated_bits(uint32_t bits) {
    return bits % 8 == 0 && key_length_fits(bits / 8) ? SDR_OK : SDR_INARGERR;
}

/*
 * The worker wraps in ECB. CBC from a zero IV is the same for a key of one block, and another thing
 * for one of two.
 */
static int wrapping(uint32_t algorithm, size_t key_bytes) {
    if (algorithm != SGD_SM4_ECB && algorithm != SGD_SM4_CBC) {
        return SDR_ALGNOTSUPPORT;
    }
    return algorithm == SGD_SM4_CBC && key_bytes != SM4_KEY_BYTES ? SDR_ALGMODNOTSUPPORT : SDR_OK;
}

int wrap_generate(const struct call *call, enum key_kind kind, uint32_t index, uint32_t bits,
                  char under[NAME_BYTES], berth_wrapped_key *wrapped, const char *what) {
    berth_resource *resource;
    int status = catalogue_find(call->link, kind, index, MAY(WRAP), under);
    if (status == SDR_OK) {
        status = code_of(link_resource(call->link, under, &resource), under);
    }
    if (status == SDR_OK) {
        status = code_of(berth_generate_key(resource, bits, wrapped, call->timeout_ms), what);
    }
    return status;
}

/* `wrapped_bytes`: what the caller has room for, and no other length. */
static int generate(const struct call *call, enum key_kind kind, uint32_t index, uint32_t bits,
                    size_t wrapped_bytes, char under[NAME_BYTES], berth_wrapped_key *wrapped,
                    const char *what) {
    int status = wrap_generate(call, kind, index, bits, under, wrapped, what);
    return status == SDR_OK && wrapped->bytes != wrapped_bytes ? SDR_UNKNOWERR : status;
}

BERTH_SDF_API int SDF_GenerateKeyWithKEK(void *hSessionHandle, unsigned int uiKeyBits,
                                         unsigned int uiAlgID, unsigned int uiKEKIndex,
                                         unsigned char *pucKey, unsigned int *puiKeyLength,
                                         void **phKeyHandle) {
    struct call call;
    char under[NAME_BYTES];
    berth_wrapped_key wrapped;
    if (pucKey == NULL || puiKeyLength == NULL || phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = generated_bits(uiKeyBits);
    if (status == SDR_OK) {
        status = wrapping(uiAlgID, uiKeyBits / 8);
    }
    if (status == SDR_OK) {
        status = generate(&call, KEY_KEK, uiKEKIndex, uiKeyBits, uiKeyBits / 8, under, &wrapped,
                          "SDF_GenerateKeyWithKEK");
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

BERTH_SDF_API int SDF_GenerateKeyWithIPK_ECC(void *hSessionHandle, unsigned int uiIPKIndex,
                                             unsigned int uiKeyBits, ECCCipher *pucKey,
                                             void **phKeyHandle) {
    struct call call;
    char under[NAME_BYTES];
    berth_wrapped_key wrapped;
    if (pucKey == NULL || phKeyHandle == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    berth_resource *resource;
    status = call_key(&call, KEY_SM2, uiIPKIndex, MAY(WRAP), &resource);
    if (status == SDR_OK) {
        status = generated_bits(uiKeyBits);
    }
    if (status == SDR_OK) {
        status = generate(&call, KEY_SM2, uiIPKIndex, uiKeyBits, OVERHEAD + uiKeyBits / 8, under,
                          &wrapped, "SDF_GenerateKeyWithIPK_ECC");
    }
    if (status == SDR_OK) {
        status = session_key_make(&call, under, uiKeyBits / 8, &wrapped, phKeyHandle);
    }
    if (status == SDR_OK) {
        put_ciphertext(pucKey, wrapped.blob, wrapped.bytes);
    }
    return call_end(&call, status);
}

/*
 * A card says at once that a wrapped key is none of its own. Here the key is tried out once, by
 * whatever the policy allows with it, so that the same is said at the same place. Of a key whose
 * length is not known SM4 tells whether it is its own.
 */
static int try_out(const struct call *call, const char *under, unsigned *bytes,
                   const berth_wrapped_key *wrapped, const char *what) {
    static const uint8_t zeros[BERTH_SM4_BLOCK_BYTES];
    uint8_t result[BERTH_SM3_BYTES];
    size_t result_bytes = sizeof result;
    berth_resource *resource;
    uint32_t permissions;
    berth_result tried = BERTH_OK;
    int status = code_of(link_permissions(call->link, under, &permissions), under);
    if (status == SDR_OK) {
        status = code_of(link_resource(call->link, under, &resource), under);
    }
    if (status != SDR_OK) {
        return status;
    }
    bool by_sm4 = *bytes != HMAC_KEY_BYTES && (permissions & (MAY(ENCRYPT) | MAY(DECRYPT))) != 0;
    if ((permissions & (MAY(ENCRYPT) | MAY(DECRYPT) | MAY(MAC))) == 0) {
        return SDR_PARDENY;
    }
    if (by_sm4 && (permissions & MAY(ENCRYPT)) != 0) {
        tried = berth_sm4_encrypt(resource, wrapped, BERTH_SM4_ECB, NULL, zeros, sizeof zeros,
                                  result, call->timeout_ms);
    } else if (by_sm4) {
        tried = berth_sm4_decrypt(resource, wrapped, BERTH_SM4_ECB, NULL, zeros, sizeof zeros,
                                  result, call->timeout_ms);
    } else if ((permissions & MAY(MAC)) != 0) {
        tried = berth_mac(resource, wrapped, BERTH_MAC_HMAC_SM3, NULL, zeros, sizeof zeros, result,
                          &result_bytes, call->timeout_ms);
    }
    explicit_bzero(result, sizeof result);
    if (*bytes == ANY_KEY_BYTES && by_sm4) {
        if (tried != BERTH_OK && berth_last_device_code() == SDR_KEYTYPEERR) {
            *bytes = HMAC_KEY_BYTES;
            return SDR_OK;
        }
        *bytes = tried == BERTH_OK ? SM4_KEY_BYTES : ANY_KEY_BYTES;
    }
    /* A card without this algorithm may have the one that the key is for. */
    return berth_reason_of(tried) == BERTH_REASON_ALGORITHM_DISABLED ? SDR_OK
                                                                     : code_of(tried, what);
}

int wrap_import(const struct call *call, enum key_kind kind, uint32_t index, unsigned bytes,
                const berth_wrapped_key *wrapped, void **handle, const char *what) {
    char under[NAME_BYTES];
    int status =
        catalogue_find(call->link, kind, index, MAY(ENCRYPT) | MAY(DECRYPT) | MAY(MAC), under);
    if (status == SDR_OK) {
        status = try_out(call, under, &bytes, wrapped, what);
    }
    return status == SDR_OK ? session_key_make(call, under, bytes, wrapped, handle) : status;
}

BERTH_SDF_API int SDF_ImportKeyWithKEK(void *hSessionHandle, unsigned int uiAlgID,
                                       unsigned int uiKEKIndex, unsigned char *pucKey,
                                       unsigned int uiKeyLength, void **phKeyHandle) {
    struct call call;
    if (pucKey == NULL || phKeyHandle == NULL) {
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = key_length_fits(uiKeyLength) ? wrapping(uiAlgID, uiKeyLength) : SDR_INARGERR;
    if (status == SDR_OK) {
        berth_wrapped_key wrapped = {.bytes = uiKeyLength};
        memcpy(wrapped.blob, pucKey, uiKeyLength);
        status = wrap_import(&call, KEY_KEK, uiKEKIndex, uiKeyLength, &wrapped, phKeyHandle,
                             "SDF_ImportKeyWithKEK");
    }
    return call_end(&call, status);
}

BERTH_SDF_API int SDF_ImportKeyWithISK_ECC(void *hSessionHandle, unsigned int uiISKIndex,
                                           ECCCipher *pucKey, void **phKeyHandle) {
    struct call call;
    berth_resource *key;
    berth_wrapped_key wrapped;
    if (pucKey == NULL || phKeyHandle == NULL) {
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    unsigned untrusted_length = pucKey->L;
    status = call_key(&call, KEY_SM2, uiISKIndex, 0, &key);
    if (status == SDR_OK && !key_length_fits(untrusted_length)) {
        status = SDR_INARGERR;
    }
    if (status == SDR_OK && !get_ciphertext(pucKey, untrusted_length, wrapped.blob)) {
        status = SDR_ENCDATAERR;
    }
    if (status == SDR_OK) {
        wrapped.bytes = OVERHEAD + untrusted_length;
        status = wrap_import(&call, KEY_SM2, uiISKIndex, untrusted_length, &wrapped, phKeyHandle,
                             "SDF_ImportKeyWithISK_ECC");
    }
    return call_end(&call, status);
}

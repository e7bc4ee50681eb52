/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 CBC-MAC. Every part is a request of its own that begins with the MAC so far. */
#include "mac/mac.h"

#include <string.h>

enum { REQUEST_BYTES_MOST = 1024 * 1024, BLOCK = BERTH_SM4_BLOCK_BYTES };

int cbc_mac(const struct call *call, struct session_key *key, uint8_t iv[BLOCK],
            const uint8_t *data, size_t bytes, const char *what) {
    berth_resource *under;
    uint8_t chain[BLOCK], mac[BERTH_SM3_BYTES];
    struct exchange_key named = session_key_named(key);
    memcpy(chain, iv, BLOCK);
    int status = session_key_resource(call, key, &under);
    for (size_t at = 0; status == SDR_OK && at < bytes; at += REQUEST_BYTES_MOST) {
        size_t now = bytes - at < REQUEST_BYTES_MOST ? bytes - at : REQUEST_BYTES_MOST;
        size_t mac_bytes = sizeof mac;
        status = session_key_code(key,
                                  exchange_mac(under, &named, BERTH_MAC_SM4_CBC, chain, data + at,
                                               now, mac, &mac_bytes, call->timeout_ms),
                                  what);
        if (status == SDR_OK && mac_bytes != BLOCK) {
            status = SDR_UNKNOWERR;
        }
        if (status == SDR_OK) {
            memcpy(chain, mac, BLOCK);
        }
    }
    if (status == SDR_OK) {
        memcpy(iv, chain, BLOCK);
    }
    return status;
}

static int begin(struct call *call, void *key, uint32_t algorithm, const uint8_t *iv,
                 unsigned iv_bytes) {
    struct mac_state *state = &call->session->mac;
    struct session_key *found;
    mac_end(state);
    if (algorithm != SGD_SM4_MAC) {
        return SDR_ALGNOTSUPPORT;
    }
    int status = session_key_take(call, key, SM4_KEY_BYTES, &found);
    if (status != SDR_OK) {
        return status;
    }
    handle_release(&found->object);
    if (iv == NULL || iv_bytes != BLOCK) {
        return SDR_INARGERR;
    }
    *state = (struct mac_state){.running = true, .chain.key = key};
    memcpy(state->chain.iv, iv, BLOCK);
    return SDR_OK;
}

BERTH_SDF_API int SDF_CalculateMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID,
                                       unsigned char *pucIV, unsigned int uiIVLength) {
    struct call call;
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, begin(&call, hKeyHandle, uiAlgID, pucIV, uiIVLength));
}

static int send(const struct call *call, const uint8_t *data, size_t bytes) {
    struct mac_state *state = &call->session->mac;
    struct session_key *key;
    int status = session_key_take(call, state->chain.key, SM4_KEY_BYTES, &key);
    if (status != SDR_OK) {
        return status;
    }
    status = cbc_mac(call, key, state->chain.iv, data, bytes, "SDF_CalculateMACUpdate");
    handle_release(&key->object);
    state->any = true;
    return status;
}

static int feed(const struct call *call, const uint8_t *data, size_t bytes) {
    struct chain *chain = &call->session->mac.chain;
    int status = SDR_OK;
    if (chain->begun != 0) {
        size_t now = BLOCK - chain->begun < bytes ? BLOCK - chain->begun : bytes;
        memcpy(chain->block + chain->begun, data, now);
        chain->begun += (unsigned)now;
        data += now;
        bytes -= now;
        if (chain->begun == BLOCK) {
            status = send(call, chain->block, BLOCK);
            chain->begun = 0;
        }
    }
    size_t whole = bytes - bytes % BLOCK;
    if (status == SDR_OK && whole != 0) {
        status = send(call, data, whole);
    }
    if (status == SDR_OK && bytes != whole) {
        memcpy(chain->block, data + whole, bytes - whole);
        chain->begun = (unsigned)(bytes - whole);
    }
    return status;
}

BERTH_SDF_API int SDF_CalculateMACUpdate(void *hSessionHandle, unsigned char *pucData,
                                         unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct mac_state *state = &call.session->mac;
    if (!state->running) {
        status = SDR_STEPERR;
    } else if (uiDataLength > link_config(call.link)->buffer_bytes) {
        status = SDR_INARGERR;
    } else if (uiDataLength != 0) {
        status = feed(&call, pucData, uiDataLength);
        if (status != SDR_OK) {
            mac_end(state);
        }
    }
    return call_end(&call, status);
}

/* Nothing is padded: a rest, or nothing at all, has no MAC. */
BERTH_SDF_API int SDF_CalculateMACFinal(void *hSessionHandle, unsigned char *pucMAC,
                                        unsigned int *puiMACLength) {
    struct call call;
    if (pucMAC == NULL || puiMACLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct mac_state *state = &call.session->mac;
    if (!state->running) {
        status = SDR_STEPERR;
    } else if (!state->any || state->chain.begun != 0) {
        status = SDR_INARGERR;
    } else {
        memcpy(pucMAC, state->chain.iv, BLOCK);
        *puiMACLength = BLOCK;
    }
    mac_end(state);
    return call_end(&call, status);
}

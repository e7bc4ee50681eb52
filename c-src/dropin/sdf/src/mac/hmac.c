/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SM3, which no card takes in parts that could be continued elsewhere: the data is kept and
 * sent as one request at the end. */
#include "mac/mac.h"
#include "test_only/test_only.h"

int hmac(const struct call *call, struct session_key *key, const uint8_t *data, size_t bytes,
         uint8_t mac[BERTH_SM3_BYTES], const char *what) {
    berth_resource *under;
    size_t mac_bytes = BERTH_SM3_BYTES;
    struct exchange_key named = session_key_named(key);
    int status = session_key_resource(call, key, &under);
    if (status == SDR_OK) {
        status = session_key_code(key,
                                  exchange_mac(under, &named, BERTH_MAC_HMAC_SM3, NULL, data, bytes,
                                               mac, &mac_bytes, call->timeout_ms),
                                  what);
    }
    return status == SDR_OK && mac_bytes != BERTH_SM3_BYTES ? SDR_UNKNOWERR : status;
}

static int begin(struct call *call, void *key, uint32_t algorithm) {
    struct hmac_state *state = &call->session->hmac;
    struct session_key *found;
    hmac_end(state);
    int status = session_key_take(call, key, ANY_KEY_BYTES, &found);
    if (status != SDR_OK) {
        return status;
    }
    handle_release(&found->object);
    if (!means_hmac(algorithm)) {
        return SDR_ALGNOTSUPPORT;
    }
    state->running = true; /* what hmac_end has left, memory for the data, is used again */
    state->key = key;
    return SDR_OK;
}

BERTH_SDF_API int SDF_HMACInit(void *hSessionHandle, void *hKeyHandle, unsigned int uiAlgID) {
    struct call call;
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    return call_end(&call, begin(&call, hKeyHandle, uiAlgID));
}

BERTH_SDF_API int SDF_HMACUpdate(void *hSessionHandle, unsigned char *pucData,
                                 unsigned int uiDataLength) {
    struct call call;
    if (pucData == NULL && uiDataLength != 0) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct hmac_state *state = &call.session->hmac;
    size_t most = link_config(call.link)->buffer_bytes;
    if (!state->running) {
        status = SDR_STEPERR;
    } else if (uiDataLength > most) {
        status = SDR_INARGERR;
    } else if (uiDataLength > most - state->data.used ||
               !kept_append(&state->data, pucData, uiDataLength)) {
        status = SDR_NOBUFFER;
        hmac_end(state);
    }
    return call_end(&call, status);
}

static int finish(const struct call *call, uint8_t *mac, unsigned *mac_bytes) {
    const struct hmac_state *state = &call->session->hmac;
    struct session_key *key;
    if (state->data.used == 0) {
        return SDR_INARGERR;
    }
    int status;
    if (state->clear_key.used != 0) {
        status = test_hmac(call, state->clear_key.bytes, state->clear_key.used, state->data.bytes,
                           state->data.used, mac, "SDF_HMACFinal");
    } else {
        status = session_key_take(call, state->key, ANY_KEY_BYTES, &key);
        if (status == SDR_OK) {
            status = hmac(call, key, state->data.bytes, state->data.used, mac, "SDF_HMACFinal");
            handle_release(&key->object);
        }
    }
    if (status == SDR_OK) {
        *mac_bytes = BERTH_SM3_BYTES;
    }
    return status;
}

/* *puiHMACLength is only written. */
BERTH_SDF_API int SDF_HMACFinal(void *hSessionHandle, unsigned char *pucHMAC,
                                unsigned int *puiHMACLength) {
    struct call call;
    if (pucHMAC == NULL || puiHMACLength == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = call.session->hmac.running ? finish(&call, pucHMAC, puiHMACLength) : SDR_STEPERR;
    hmac_end(&call.session->hmac);
    return call_end(&call, status);
}

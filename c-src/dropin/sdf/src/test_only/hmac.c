/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SM3 under a key in the clear. The key waits with the data for SDF_HMACFinal, and both go
 * over in one request, so that a lost worker or broker loses nothing. */
#include "hsm_exchange.h"
#include "mac/mac.h"
#include "test_only/test_only.h"

/* Beside it the message has room for what of the data travels in it. A longer key is no better: SM3
 * makes 32 bytes of one that is longer than its block. */
enum { KEY_BYTES_MOST = 1024 };

int test_hmac(const struct call *call, const uint8_t *key, size_t key_bytes, const uint8_t *data,
              size_t bytes, uint8_t mac[BERTH_SM3_BYTES], const char *what) {
    struct exchange exchange;
    berth_resource *resource;
    int status = test_device(call, &resource);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, key, key_bytes);
    berth_result result = exchange_put_data(&exchange, resource, 2, data, bytes);
    if (result == BERTH_OK) {
        result = exchange_call(&exchange, resource, BERTH_OP_TEST_HMAC, call->timeout_ms);
    }
    status = code_of(result, what);
    if (status == SDR_OK && !exchange_field(&exchange, 1, mac, BERTH_SM3_BYTES)) {
        status = SDR_UNKNOWERR;
    }
    exchange_free_blocks(&exchange, resource);
    exchange_end(&exchange);
    return status;
}

/* The parts go on with SDF_HMACUpdate and SDF_HMACFinal. */
BERTH_SDF_API int SDF_ExternalKeyHMACInit(void *hSessionHandle, unsigned int uiAlgID,
                                          unsigned char *pucKey, unsigned int uiKeyLength) {
    struct call call;
    if (pucKey == NULL) {
        return SDR_INARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    struct hmac_state *state = &call.session->hmac;
    hmac_end(state);
    if (!means_hmac(uiAlgID)) {
        status = SDR_ALGNOTSUPPORT;
    } else if (uiKeyLength == 0 || uiKeyLength > KEY_BYTES_MOST) {
        status = SDR_INARGERR;
    } else if (!kept_append(&state->clear_key, pucKey, uiKeyLength)) {
        status = SDR_NOBUFFER;
    } else {
        state->running = true;
    }
    return call_end(&call, status);
}

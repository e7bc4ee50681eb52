/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session key brought in in the clear. Nothing of it is kept here: the worker holds it, and it is
 * lost with the worker. It belongs to the device itself, over which it is also used.
 */
#include "hsm_exchange.h"
#include "keys/wrap.h"
#include "test_only/test_only.h"

static int import(const struct call *call, const uint8_t *key, size_t bytes, uint64_t *number,
                  const char *what) {
    struct exchange exchange;
    berth_resource *resource;
    int status = test_device(call, &resource);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, SHORT_REPLY_BYTES);
    protobuf_put_bytes(&exchange.writer, 1, key, bytes);
    status = code_of(exchange_call(&exchange, resource, BERTH_OP_TEST_IMPORT_KEY, call->timeout_ms),
                     what);
    if (status == SDR_OK &&
        (!protobuf_find_varint(exchange.reply, exchange.result.bytes, 1, number) || *number == 0)) {
        status = SDR_UNKNOWERR;
    }
    exchange_end(&exchange);
    return status;
}

BERTH_SDF_API int SDF_ImportKey(void *hSessionHandle, unsigned char *pucKey,
                                unsigned int uiKeyLength, void **phKeyHandle) {
    struct call call;
    uint64_t number = 0;
    if (pucKey == NULL || phKeyHandle == NULL) {
        return pucKey == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = key_length_fits(uiKeyLength)
                 ? import(&call, pucKey, uiKeyLength, &number, "SDF_ImportKey")
                 : SDR_INARGERR;
    if (status == SDR_OK) {
        status = session_key_hold(&call, link_device(call.link), uiKeyLength, number, phKeyHandle);
    }
    return call_end(&call, status);
}

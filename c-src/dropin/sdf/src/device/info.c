/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 5.1 and 6.2: who answers here, and what the card behind it can do. */
#include <string.h>

#include "hsm_exchange.h"
#include "session/call.h"

/* TokenInfo's field of the first mask; the others follow, in DEVICEINFO's order. */
enum { FIRST_MASK = 11 };

static void put_text(unsigned char *field, size_t room, const char *text) {
    size_t bytes = strlen(text);
    memcpy(field, text, bytes < room ? bytes : room);
}

static bool number(const struct exchange *exchange, uint32_t field, unsigned *to) {
    uint64_t value;
    if (!protobuf_find_varint(exchange->reply, exchange->result.bytes, field, &value) ||
        value > UINT32_MAX) {
        return false;
    }
    *to = (unsigned)value;
    return true;
}

static int ask(const struct call *call, DEVICEINFO *info) {
    struct exchange exchange;
    berth_resource *resource;
    int status = call_any(call, MAY(EXPORT), &resource);
    if (status != SDR_OK) {
        return status;
    }
    exchange_begin(&exchange, MESSAGE_BYTES);
    status = code_of(exchange_call(&exchange, resource, BERTH_OP_TOKEN_INFO, call->timeout_ms),
                     "SDF_GetDeviceInfo");
    unsigned masks[4] = {0};
    for (int i = 0; i < 4 && status == SDR_OK; i++) {
        status = number(&exchange, FIRST_MASK + (uint32_t)i, &masks[i]) ? SDR_OK : SDR_UNKNOWERR;
    }
    exchange_end(&exchange);
    info->AsymAlgAbility[0] = masks[0];
    info->AsymAlgAbility[1] = masks[1];
    info->SymAlgAbility = masks[2];
    info->HashAlgAbility = masks[3];
    return status;
}

/* What every card that Berth serves has, for a program that may not ask this one. */
static void put_least(DEVICEINFO *info) {
    info->AsymAlgAbility[0] = SGD_SM2_1 | SGD_SM2_3;
    info->AsymAlgAbility[1] = 8 * BERTH_SM2_COORDINATE_BYTES;
    info->SymAlgAbility = SGD_SM4 | SGD_ECB | SGD_CBC | SGD_CFB | SGD_OFB | SGD_MAC | SGD_CTR;
    info->HashAlgAbility = SGD_SM3;
}

/* The names and numbers are the interface's, not those of the card behind: that may be several. */
BERTH_SDF_API int SDF_GetDeviceInfo(void *hSessionHandle, DEVICEINFO *pstDeviceInfo) {
    struct call call;
    DEVICEINFO info;
    if (pstDeviceInfo == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    memset(&info, 0, sizeof info);
    status = ask(&call, &info);
    if (status == SDR_PARDENY || status == SDR_NOTSUPPORT) {
        put_least(&info);
        status = SDR_OK;
    }
    if (status == SDR_OK) {
        const char *name = strchr(link_device(call.link), ':');
        put_text(info.IssuerName, sizeof info.IssuerName, "Berth");
        put_text(info.DeviceName, sizeof info.DeviceName,
                 name == NULL ? link_device(call.link) : name + 1);
        put_text(info.DeviceSerial, sizeof info.DeviceSerial, "0000000000000000");
        info.DeviceVersion = BERTH_VERSION_MAJOR << 16 | BERTH_VERSION_MINOR;
        info.StandardVersion = 1;
        info.BufferSize = link_config(call.link)->buffer_bytes;
        *pstDeviceInfo = info;
    }
    return call_end(&call, status);
}

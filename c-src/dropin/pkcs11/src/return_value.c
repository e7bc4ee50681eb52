/* SPDX-License-Identifier: Apache-2.0 */
#include "return_value.h"

/* GM/T 0018, chapter on error codes: SDR_BASE + n. */
#define SDR_BASE UINT32_C(0x01000000)

static CK_RV of_sdf(uint32_t code) {
    switch (code - SDR_BASE) {
    case 0x02: /* NOTSUPPORT */
        return CKR_FUNCTION_NOT_SUPPORTED;
    case 0x07: /* PARDENY */
    case 0x18: /* PRKRERR */
        return CKR_USER_NOT_LOGGED_IN;
    case 0x08: /* KEYNOTEXIST */
        return CKR_KEY_HANDLE_INVALID;
    case 0x09: /* ALGNOTSUPPORT */
    case 0x0a: /* ALGMODNOTSUPPORT */
        return CKR_MECHANISM_INVALID;
    case 0x0e: /* VERIFYERR */
        return CKR_SIGNATURE_INVALID;
    case 0x14: /* KEYTYPEERR */
        return CKR_KEY_TYPE_INCONSISTENT;
    case 0x16: /* ENCDATAERR */
        return CKR_ENCRYPTED_DATA_INVALID;
    case 0x1c: /* NOBUFFER */
        return CKR_DEVICE_MEMORY;
    case 0x1d: /* INARGERR */
        return CKR_ARGUMENTS_BAD;
    default:
        return CKR_DEVICE_ERROR;
    }
}

static CK_RV of_reason(enum berth_reason reason) {
    switch (reason) {
    /* Overload. The token has no room for this now: the call may be made again. */
    case BERTH_REASON_QUEUE_FULL:
    case BERTH_REASON_PRINCIPAL_LIMIT:
    case BERTH_REASON_REPLY_SPACE:
    case BERTH_REASON_BUDGET_EXCEEDED:
    case BERTH_REASON_EXPIRED_BEFORE_DISPATCH:
        return CKR_DEVICE_MEMORY;
    case BERTH_REASON_SESSION_LIMIT:
        return CKR_SESSION_COUNT;
    case BERTH_REASON_CANCELLED:
        return CKR_FUNCTION_CANCELED;
    case BERTH_REASON_NOT_PERMITTED:
    case BERTH_REASON_REQUEST_KILLS_WORKER:
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    case BERTH_REASON_STALE_HANDLE:
    case BERTH_REASON_UNKNOWN_RESOURCE:
        return CKR_OBJECT_HANDLE_INVALID;
    case BERTH_REASON_PAYLOAD_TOO_LARGE:
    case BERTH_REASON_REPLY_TOO_LARGE:
        return CKR_DATA_LEN_RANGE;
    case BERTH_REASON_UNKNOWN_OPERATION:
        return CKR_FUNCTION_NOT_SUPPORTED;
    case BERTH_REASON_ALGORITHM_DISABLED:
        return CKR_MECHANISM_INVALID;
    case BERTH_REASON_DEVICE_GIVEN_UP:
    case BERTH_REASON_DEVICE_RELEASED:
        return CKR_DEVICE_REMOVED;
    case BERTH_REASON_FORKED:
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    case BERTH_REASON_NONE:
    case BERTH_REASON_DRIVER_ERROR:
        return CKR_OK; /* the status tells more */
    default:
        /* Lost workers and brokers, an unknown outcome, time that has passed, no journal. */
        return CKR_DEVICE_ERROR;
    }
}

static CK_RV of_status(enum berth_status status) {
    switch (status) {
    case BERTH_STATUS_INVALID_ARGUMENT:
        return CKR_ARGUMENTS_BAD;
    case BERTH_STATUS_OUT_OF_RANGE:
        return CKR_DATA_LEN_RANGE;
    case BERTH_STATUS_NOT_FOUND:
        return CKR_OBJECT_HANDLE_INVALID;
    case BERTH_STATUS_PERMISSION_DENIED:
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    case BERTH_STATUS_UNAUTHENTICATED:
        return CKR_USER_NOT_LOGGED_IN;
    case BERTH_STATUS_RESOURCE_EXHAUSTED:
        return CKR_DEVICE_MEMORY;
    case BERTH_STATUS_UNIMPLEMENTED:
        return CKR_FUNCTION_NOT_SUPPORTED;
    case BERTH_STATUS_CANCELLED:
        return CKR_FUNCTION_CANCELED;
    default:
        return CKR_DEVICE_ERROR;
    }
}

CK_RV return_value(berth_result result, uint32_t device_code) {
    if (result == BERTH_OK) {
        return CKR_OK;
    }
    if (device_code != 0 && berth_reason_of(result) != BERTH_REASON_STALE_HANDLE) {
        return device_code >> 24 == SDR_BASE >> 24 ? of_sdf(device_code) : device_code;
    }
    CK_RV value = of_reason(berth_reason_of(result));
    return value != CKR_OK ? value : of_status(berth_status_of(result));
}

bool return_is_passing(berth_result result) {
    switch (berth_reason_of(result)) {
    case BERTH_REASON_WORKER_UNAVAILABLE:
    case BERTH_REASON_GOING_AWAY:
    case BERTH_REASON_CONNECTION_LOST:
    case BERTH_REASON_SHUTTING_DOWN:
        return true;
    default:
        return false;
    }
}

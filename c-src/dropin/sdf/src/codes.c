/* SPDX-License-Identifier: Apache-2.0 */
#include "codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int of_status(enum berth_status status) {
    switch (status) {
    case BERTH_STATUS_OK:
        return SDR_OK;
    case BERTH_STATUS_INVALID_ARGUMENT:
    case BERTH_STATUS_OUT_OF_RANGE:
        return SDR_INARGERR;
    case BERTH_STATUS_PERMISSION_DENIED:
    case BERTH_STATUS_UNAUTHENTICATED:
        return SDR_PARDENY;
    case BERTH_STATUS_NOT_FOUND:
        return SDR_KEYNOTEXIST;
    case BERTH_STATUS_UNIMPLEMENTED:
        return SDR_NOTSUPPORT;
    case BERTH_STATUS_RESOURCE_EXHAUSTED:
        return SDR_NOBUFFER;
    case BERTH_STATUS_CANCELLED:
    case BERTH_STATUS_DEADLINE_EXCEEDED:
        return SDR_COMMFAIL;
    case BERTH_STATUS_UNAVAILABLE:
    case BERTH_STATUS_ABORTED:
    case BERTH_STATUS_DATA_LOSS:
        return SDR_HARDFAIL;
    default:
        return SDR_UNKNOWERR;
    }
}

/* SDR_OK: the reason says nothing, the status counts. */
static int of_reason(enum berth_reason reason) {
    switch (reason) {
    case BERTH_REASON_QUEUE_FULL:
    case BERTH_REASON_PRINCIPAL_LIMIT:
    case BERTH_REASON_REPLY_SPACE:
    case BERTH_REASON_BUDGET_EXCEEDED:
    case BERTH_REASON_SESSION_LIMIT:
        return SDR_BERTH_BUSY;
    case BERTH_REASON_EXPIRED_BEFORE_DISPATCH:
    case BERTH_REASON_EXPIRED_IN_FLIGHT:
    case BERTH_REASON_CALLER_TIMED_OUT:
    case BERTH_REASON_WORKER_UNAVAILABLE:
    case BERTH_REASON_GOING_AWAY:
    case BERTH_REASON_SHUTTING_DOWN:
    case BERTH_REASON_CONNECTION_LOST:
    case BERTH_REASON_VERSION_MISMATCH:
    case BERTH_REASON_FORKED:
    case BERTH_REASON_AUDIT_UNAVAILABLE:
        return SDR_COMMFAIL;
    case BERTH_REASON_WORKER_LOST_OUTCOME_UNKNOWN:
    case BERTH_REASON_CONNECTION_LOST_OUTCOME_UNKNOWN:
    case BERTH_REASON_REQUEST_KILLS_WORKER:
    case BERTH_REASON_DEVICE_GIVEN_UP:
    case BERTH_REASON_DEVICE_RELEASED:
        return SDR_HARDFAIL;
    case BERTH_REASON_NOT_PERMITTED:
        return SDR_PARDENY;
    case BERTH_REASON_STALE_HANDLE:
    case BERTH_REASON_UNKNOWN_RESOURCE:
        return SDR_KEYNOTEXIST;
    case BERTH_REASON_UNKNOWN_OPERATION:
        return SDR_NOTSUPPORT;
    case BERTH_REASON_ALGORITHM_DISABLED:
        return SDR_ALGNOTSUPPORT;
    default:
        return SDR_OK;
    }
}

static bool log_says(const char *word) {
    const char *set = secure_getenv("BERTH_SDF_LOG");
    return set != NULL && strcmp(set, word) == 0;
}

/* 0: the call did not fail in the card's library, or not with a code of this interface. */
static int of_device(void) {
    uint32_t code = berth_last_device_code();
    return (code & 0xFF000000u) == SDR_BASE && code != SDR_BASE ? (int)code : SDR_OK;
}

int code_of(berth_result result, const char *what) {
    if (result == BERTH_OK) {
        return SDR_OK;
    }
    int code = of_device();
    if (code == SDR_OK) {
        code = of_reason(berth_reason_of(result));
    }
    if (code == SDR_OK) {
        code = of_status(berth_status_of(result));
    }
    return code_told(code, result, what);
}

int code_told(int code, berth_result result, const char *what) {
    if (log_says("errors")) {
        fprintf(stderr, "libberth-sdf: %s: 0x%08X: %s %s: %s\n", what, (unsigned)code,
                berth_status_name(result), berth_reason_name(result), berth_last_error());
    }
    return code;
}

bool refused_by_worker(berth_result result) {
    return berth_status_of(result) == BERTH_STATUS_INVALID_ARGUMENT &&
           berth_last_device_code() == 0;
}

void log_opening(const char *why) {
    if (!log_says("off")) {
        fprintf(stderr, "libberth-sdf: SDF_OpenDevice: %s\n", why);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf/call.h"

/* SDR_OK: go on. */
static int suffer(struct call *call) {
    enum fault_action action = faults_next(&call->card->faults, call->operation);
    switch (action) {
    case FAULT_NONE:
        return SDR_OK;
    case FAULT_HARDFAIL:
        return SDR_HARDFAIL;
    case FAULT_COMMFAIL:
        return SDR_COMMFAIL;
    case FAULT_SESSION_LOST:
        if (call->session != NULL)
            call->session->lost = true;
        return SDR_OPENSESSION;
    case FAULT_RESET:
        call->afterwards = sessions_reset;
        return SDR_OPENSESSION;
    case FAULT_FORGET_KEYS:
        call->afterwards = keys_forget;
        return SDR_KEYNOTEXIST;
    case FAULT_WRONG_ANSWER:
        call->answer_wrong = true;
        return SDR_OK;
    case FAULT_CRASH:
    case FAULT_ABORT:
    case FAULT_HANG:
    case FAULT_SCRIBBLE:
        fault_strike(action);
        return SDR_OK;
    }
    return SDR_UNKNOWERR;
}

/* Faults strike while the card is held, as a real one fails in the middle of its work. */
static int occupy(struct call *call) {
    driver_begin(&call->card->driver, &call->service);
    int status = suffer(call);
    if (status != SDR_OK)
        driver_end(&call->card->driver, call->operation, &call->service, false);
    return status;
}

int call_begin(struct call *call, void *session_handle, enum operation operation) {
    struct session *session = session_enter(session_handle);
    if (session == NULL)
        return SDR_OPENSESSION;
    *call = (struct call){.card = session->card, .session = session, .operation = operation};
    int status = session->lost ? SDR_OPENSESSION : occupy(call);
    if (status != SDR_OK)
        session_leave(session);
    if (call->afterwards != NULL)
        call->afterwards();
    return status;
}

int call_begin_on_card(struct call *call, struct card *card, enum operation operation) {
    *call = (struct call){.card = card, .operation = operation};
    int status = occupy(call);
    if (call->afterwards != NULL)
        call->afterwards();
    return status;
}

static bool done(int status) {
    return status == SDR_OK || status == SDR_VERIFYERR;
}

int call_end(struct call *call, int status, void *result, size_t bytes) {
    if (call->answer_wrong && call->operation == OPERATION_VERIFY && done(status))
        status = status == SDR_OK ? SDR_VERIFYERR : SDR_OK;
    else if (call->answer_wrong && status == SDR_OK && bytes > 0)
        ((unsigned char *)result)[bytes - 1] ^= 1;
    driver_end(&call->card->driver, call->operation, &call->service, done(status));
    if (call->session != NULL)
        session_leave(call->session);
    return status;
}

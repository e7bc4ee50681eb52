/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "pkcs11_calls.h"

#define NO_SUCH_SLOT 0x7654321UL

static void slots(struct calls *c) {
    CK_SLOT_INFO slot;
    CK_TOKEN_INFO token;
    CK_MECHANISM_INFO mechanism;
    CK_MECHANISM_TYPE types[1];
    CK_ULONG count = 1;
    CK_SLOT_ID event;
    SAY("C_GetInfo to nowhere", c->f->C_GetInfo(NULL));
    SAY("C_GetSlotList without count", c->f->C_GetSlotList(CK_TRUE, NULL, NULL));
    SAY("C_GetSlotInfo of no slot", c->f->C_GetSlotInfo(NO_SUCH_SLOT, &slot));
    SAY("C_GetSlotInfo to nowhere", c->f->C_GetSlotInfo(c->slot, NULL));
    SAY("C_GetTokenInfo of no slot", c->f->C_GetTokenInfo(NO_SUCH_SLOT, &token));
    SAY("C_GetTokenInfo to nowhere", c->f->C_GetTokenInfo(c->slot, NULL));
    SAY("C_GetMechanismList without count", c->f->C_GetMechanismList(c->slot, NULL, NULL));
    SAY_LENGTH("C_GetMechanismList with little room",
               c->f->C_GetMechanismList(c->slot, types, &count), count);
    SAY("C_GetMechanismList of no slot", c->f->C_GetMechanismList(NO_SUCH_SLOT, NULL, &count));
    SAY("C_GetMechanismInfo of none", c->f->C_GetMechanismInfo(c->slot, 0x7ffff, &mechanism));
    SAY("C_GetMechanismInfo to nowhere", c->f->C_GetMechanismInfo(c->slot, CKM_RSA_PKCS, NULL));
    SAY("C_GetMechanismInfo of no slot",
        c->f->C_GetMechanismInfo(NO_SUCH_SLOT, CKM_RSA_PKCS, &mechanism));
    SAY("C_WaitForSlotEvent", c->f->C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL));
}

static void sessions(struct calls *c) {
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session;
    CK_FLAGS flags = CKF_SERIAL_SESSION;
    SAY("C_OpenSession that is not serial", c->f->C_OpenSession(c->slot, 0, NULL, NULL, &session));
    SAY("C_OpenSession of no slot", c->f->C_OpenSession(NO_SUCH_SLOT, flags, NULL, NULL, &session));
    SAY("C_OpenSession to nowhere", c->f->C_OpenSession(c->slot, flags, NULL, NULL, NULL));
    SAY("C_GetSessionInfo of none", c->f->C_GetSessionInfo(NO_SUCH_HANDLE, &info));
    SAY("C_CloseSession of none", c->f->C_CloseSession(NO_SUCH_HANDLE));
    SAY("C_CloseAllSessions of no slot", c->f->C_CloseAllSessions(NO_SUCH_SLOT));
    SAY("C_OpenSession",
        c->f->C_OpenSession(c->slot, flags | CKF_RW_SESSION, NULL, NULL, &c->session));
    SAY("C_GetSessionInfo to nowhere", c->f->C_GetSessionInfo(c->session, NULL));
    SAY_LENGTH("C_GetSessionInfo before C_Login", c->f->C_GetSessionInfo(c->session, &info),
               info.state);
}

static void logins(struct calls *c) {
    unsigned char wrong[] = "00000000";
    CK_SESSION_INFO info;
    SAY("C_Logout without C_Login", c->f->C_Logout(c->session));
    SAY("C_Login of no session", c->f->C_Login(NO_SUCH_HANDLE, CKU_USER, c->pin, c->pin_bytes));
    SAY("C_Login as nobody", c->f->C_Login(c->session, 99, c->pin, c->pin_bytes));
    SAY("C_Login for one operation without one",
        c->f->C_Login(c->session, CKU_CONTEXT_SPECIFIC, c->pin, c->pin_bytes));
    SAY("C_Login without PIN", c->f->C_Login(c->session, CKU_USER, NULL, 0));
    SAY("C_Login with a wrong PIN", c->f->C_Login(c->session, CKU_USER, wrong, 8));
    SAY("C_Login with a short PIN", c->f->C_Login(c->session, CKU_USER, wrong, 1));
    SAY("C_Login as security officer", c->f->C_Login(c->session, CKU_SO, wrong, 8));
    SAY("C_Login", c->f->C_Login(c->session, CKU_USER, c->pin, c->pin_bytes));
    SAY("C_Login again", c->f->C_Login(c->session, CKU_USER, c->pin, c->pin_bytes));
    SAY_LENGTH("C_GetSessionInfo", c->f->C_GetSessionInfo(c->session, &info), info.state);
}

static void administration(struct calls *c) {
    unsigned char label[32], seed[8] = {0};
    memset(label, ' ', sizeof label);
    SAY("C_InitPIN", c->f->C_InitPIN(c->session, c->pin, c->pin_bytes));
    SAY("C_InitToken while sessions are open",
        c->f->C_InitToken(c->slot, c->pin, c->pin_bytes, label));
    SAY("C_SeedRandom", c->f->C_SeedRandom(c->session, seed, sizeof seed));
    SAY("C_GetFunctionStatus", c->f->C_GetFunctionStatus(c->session));
    SAY("C_CancelFunction", c->f->C_CancelFunction(c->session));
}

void calls_of_slots_and_sessions(struct calls *c) {
    slots(c);
    sessions(c);
    logins(c);
    administration(c);
}

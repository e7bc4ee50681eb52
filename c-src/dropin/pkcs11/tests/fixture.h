/* SPDX-License-Identifier: Apache-2.0 */
/* What every test of the module begins with. */
#ifndef BERTH_PKCS11_TESTS_FIXTURE_H
#define BERTH_PKCS11_TESTS_FIXTURE_H

#include "check.h"
#include "cryptoki.h"
#include "played_token.h"

#define CHECK_RV(call, wanted)                                                                     \
    do {                                                                                           \
        CK_RV check_rv = (call);                                                                   \
        if (check_rv != (wanted)) {                                                                \
            fprintf(stderr, "%s:%d: %s: %#lx instead of %s\n", __FILE__, __LINE__, __func__,       \
                    check_rv, #wanted);                                                            \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The slot of "hsm:token" or "hsm:card". */
CK_SLOT_ID fixture_slot(const char *resource);
/* C_Initialize, and a session of the token's slot. */
CK_SESSION_HANDLE fixture_start(void);
CK_SESSION_HANDLE fixture_session(const char *resource);
/* Session and module end. */
void fixture_stop(CK_SESSION_HANDLE session);
/* The only object with that label and class. */
CK_OBJECT_HANDLE fixture_object(CK_SESSION_HANDLE session, const char *label,
                                CK_OBJECT_CLASS class);
CK_ULONG fixture_count(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *templ, CK_ULONG count);
CK_MECHANISM fixture_mechanism(CK_MECHANISM_TYPE type);

#endif

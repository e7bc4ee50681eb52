/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that makes the same calls on any PKCS #11 module and prints one line for each: what it
 * was, the return value, and a length where one came back. Run on a token directly and through
 * libberth-pkcs11.so, its outputs are compared (system-tests, Pkcs11ReturnValuesTest).
 */
#ifndef BERTH_PKCS11_CALLS_H
#define BERTH_PKCS11_CALLS_H

#include "cryptoki.h"

struct calls {
    CK_FUNCTION_LIST *f;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session; /* read and write, logged in */
    CK_OBJECT_HANDLE rsa_private, rsa_public, ec_private, ec_public, aes;
    unsigned char *pin;
    CK_ULONG pin_bytes;
};

#define NO_SUCH_HANDLE 0xdeadUL
#define NO_LENGTH ((CK_ULONG)-2)

/* Prints and hands value on. */
CK_RV say(const char *what, CK_RV value, CK_ULONG length);
#define SAY(what, call) say(what, call, NO_LENGTH)
/* With the length behind it. The call is made before the length is read. */
#define SAY_LENGTH(what, call, length)                                                             \
    do {                                                                                           \
        CK_RV said = call;                                                                         \
        (void)say(what, said, length);                                                             \
    } while (0)

/* Ends whatever the calls before have left going on, so that one difference makes no others. */
void settle(struct calls *c);

void calls_before_and_after(struct calls *c);
void calls_of_slots_and_sessions(struct calls *c);
void calls_of_signing(struct calls *c);
void calls_of_ciphers(struct calls *c);
void calls_of_objects(struct calls *c);
void calls_of_keys(struct calls *c);

#endif

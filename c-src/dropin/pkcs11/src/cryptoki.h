/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11's own declarations, and what its header does not have. */
#ifndef BERTH_PKCS11_CRYPTOKI_H
#define BERTH_PKCS11_CRYPTOKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

/* Stands before each C_ function: everything else stays inside the library. */
#define EXPORTED __attribute__((visibility("default")))

/* PKCS #11 3.0: how a program asks for a table of functions by name. */
typedef struct ck_interface {
    char *name;
    void *functions;
    CK_FLAGS flags;
} CK_INTERFACE;

CK_RV C_GetInterfaceList(CK_INTERFACE *interfaces, CK_ULONG *count);
CK_RV C_GetInterface(unsigned char *name, CK_VERSION *version, CK_INTERFACE **interface,
                     CK_FLAGS flags);

/* PKCS #11 3.0, as tokens of 2.40 offer them already. */
#define CKM_NEW_SHA3_256 0x2b0UL
#define CKM_NEW_SHA3_224 0x2b5UL
#define CKM_NEW_SHA3_384 0x2c0UL
#define CKM_NEW_SHA3_512 0x2d0UL

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of card operations that behaviour and faults are configured by. */
#ifndef BERTH_SOFTCARD_OPERATION_H
#define BERTH_SOFTCARD_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

enum operation {
    OPERATION_OPEN,    /* OpenDevice */
    OPERATION_SESSION, /* OpenSession */
    OPERATION_INFO,    /* GetDeviceInfo */
    OPERATION_ACCESS,  /* Get/ReleasePrivateKeyAccessRight */
    OPERATION_EXPORT,  /* Export*PublicKey_* */
    OPERATION_RANDOM,  /* GenerateRandom */
    OPERATION_SIGN,    /* InternalSign_ECC, ExternalSign_ECC */
    OPERATION_VERIFY,  /* InternalVerify_ECC, ExternalVerify_ECC */
    OPERATION_SM2,     /* SM2 encryption and decryption */
    OPERATION_KEY,     /* keys made, agreed on, imported, turned to another, destroyed */
    OPERATION_CIPHER,  /* Encrypt, Decrypt, AuthEnc, AuthDec; in pieces each piece counts */
    OPERATION_MAC,     /* CalculateMAC, HMAC; in pieces each piece counts */
    OPERATION_HASH,    /* HashInit, HashUpdate, HashFinal: each counts */
    OPERATION_RSA,     /* RSA on bare numbers */
    OPERATIONS
};

/* `bytes` of `name`, which need not be terminated. */
bool operation_of(const char *name, size_t bytes, enum operation *operation);

#endif

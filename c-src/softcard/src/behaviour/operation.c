/* SPDX-License-Identifier: Apache-2.0 */
#include "behaviour/operation.h"

#include <string.h>

static const char *const names[OPERATIONS] = {
    [OPERATION_OPEN] = "open",     [OPERATION_SESSION] = "session", [OPERATION_INFO] = "info",
    [OPERATION_ACCESS] = "access", [OPERATION_EXPORT] = "export",   [OPERATION_RANDOM] = "random",
    [OPERATION_SIGN] = "sign",     [OPERATION_VERIFY] = "verify",   [OPERATION_SM2] = "sm2",
    [OPERATION_KEY] = "key",       [OPERATION_CIPHER] = "cipher",   [OPERATION_MAC] = "mac",
    [OPERATION_HASH] = "hash",     [OPERATION_RSA] = "rsa"};

bool operation_of(const char *name, size_t bytes, enum operation *operation) {
    for (int i = 0; i < OPERATIONS; i++) {
        if (strlen(names[i]) == bytes && memcmp(names[i], name, bytes) == 0) {
            *operation = (enum operation)i;
            return true;
        }
    }
    return false;
}

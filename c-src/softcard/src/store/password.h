/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords come from files that only their owner can read, never from arguments or the
 * environment. */
#ifndef BERTH_SOFTCARD_PASSWORD_H
#define BERTH_SOFTCARD_PASSWORD_H

#include "reason.h"
#include "store/sealed_file.h"

enum { PASSWORD_BYTES_LEAST = 8, PASSWORD_BYTES_MOST = 256 };

struct password {
    char text[PASSWORD_BYTES_MOST + 1];
};

/* The file's first line. STORE_REFUSED when group or others may read the file, or the password's
 * length is wrong. */
enum store_status password_read(const char *path, struct password *password, struct reason *why);
void password_wipe(struct password *password);

/* What is kept of a password that guards one key: enough to recognise it. */
struct password_verifier {
    uint8_t set; /* 0: the key has no password */
    uint8_t salt[16];
    uint8_t hash[32];
};

bool password_verifier_make(struct password_verifier *verifier, const char *password);
bool password_verifier_accepts(const struct password_verifier *verifier, const uint8_t *password,
                               size_t bytes);

#endif

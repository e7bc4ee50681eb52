/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 in GCM and CCM (GM/T 0018-2023): a whole message, in one request. */
#ifndef BERTH_DROPIN_SDF_SEAL_H
#define BERTH_DROPIN_SDF_SEAL_H

#include "keys/session_key.h"

enum seal_mode { SEAL_GCM = 1, SEAL_CCM = 2 }; /* as the protocol numbers them */
enum { SEAL_TAG_BYTES_MOST = 16, SEAL_AAD_BYTES_MOST = 1 << 20 };

struct seal_message {
    enum seal_mode mode;
    const uint8_t *iv;
    size_t iv_bytes;
    const uint8_t *aad;
    size_t aad_bytes;
    size_t tag_bytes;
};

/* SDR_ALGMODNOTSUPPORT: SM4 in a mode that we have not; SDR_ALGNOTSUPPORT: another cipher. */
int seal_mode_of(uint32_t algorithm, enum seal_mode *mode);
/* Whether such a message can be, with that much data. */
bool seal_accepts(const struct seal_message *message, uint64_t data_bytes);

/* Encrypts `bytes` and makes the tag. `out` may be `in`. */
int seal_run(const struct call *call, struct session_key *key, const struct seal_message *message,
             const uint8_t *in, size_t bytes, uint8_t *out, uint8_t *tag, const char *what);
/* Decrypts what is genuine. SDR_MACERR: it is not, and nothing of it comes out. */
int seal_open(const struct call *call, struct session_key *key, const struct seal_message *message,
              const uint8_t *tag, const uint8_t *in, size_t bytes, uint8_t *out, const char *what);

#endif

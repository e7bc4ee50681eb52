/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 in the modes of GM/T 0006, under a session key. */
#ifndef BERTH_DROPIN_SDF_MODE_H
#define BERTH_DROPIN_SDF_MODE_H

#include "keys/session_key.h"
#include "session/call.h"

/* SDR_ALGMODNOTSUPPORT: SM4 in a mode that we have not; SDR_ALGNOTSUPPORT: another cipher. */
int mode_of(uint32_t algorithm, enum berth_sm4_mode *mode);
static inline bool mode_whole_blocks(enum berth_sm4_mode mode) {
    return mode == BERTH_SM4_ECB || mode == BERTH_SM4_CBC;
}

/*
 * Any number of bytes that the mode takes, in requests of at most a mebibyte. iv is replaced by the
 * one that continues, and only if all went well; it is not looked at for ECB. `out` may be `in`.
 */
int mode_run(const struct call *call, struct session_key *key, bool encrypting,
             enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES], const uint8_t *in,
             size_t bytes, uint8_t *out, const char *what);

#endif

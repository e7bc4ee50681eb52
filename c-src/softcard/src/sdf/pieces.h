/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning a message in pieces with a key from wherever it comes. */
#ifndef BERTH_SOFTCARD_PIECES_H
#define BERTH_SOFTCARD_PIECES_H

#include "sdf/call.h"

/* `key` has 16 bytes. What ran before is dropped, also when this is refused. */
int pieces_init_cipher(struct call *call, bool encrypting, uint32_t algorithm, const uint8_t *key,
                       const uint8_t *iv, size_t iv_bytes);
int pieces_init_hmac(struct call *call, uint32_t algorithm, const uint8_t *key, size_t bytes);

#endif

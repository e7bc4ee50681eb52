/* SPDX-License-Identifier: Apache-2.0 */
/* Session keys under a key of the card's: made there, and taken in. */
#ifndef BERTH_DROPIN_SDF_WRAP_H
#define BERTH_DROPIN_SDF_WRAP_H

#include "keys/session_key.h"

/* 128 bits, of SM4 and HMAC, or 256, of HMAC alone. Whether it makes the longer ones is the card's
 * to say. */
bool key_length_fits(size_t bytes);
int generated_bits(uint32_t bits);

/* A fresh key under the card's key at that index, whose name is told. */
int wrap_generate(const struct call *call, enum key_kind kind, uint32_t index, uint32_t bits,
                  char under[NAME_BYTES], berth_wrapped_key *wrapped, const char *what);
/* Tries out a wrapped key and makes a handle for it. `bytes`: of the key within; ANY_KEY_BYTES: to
 * be found out. */
int wrap_import(const struct call *call, enum key_kind kind, uint32_t index, unsigned bytes,
                const berth_wrapped_key *wrapped, void **handle, const char *what);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Chained ciphers, piece by piece. */
#ifndef BERTH_PKCS11_CIPHER_H
#define BERTH_PKCS11_CIPHER_H

#include "operation.h"

/* What one request carries of a chained cipher. A multiple of the block. */
#define CIPHER_PIECE_BYTES (UINT32_C(1) << 20)

/*
 * Works on bytes of data (at most CIPHER_PIECE_BYTES) and moves the chaining value on. last:
 * padding is put on or taken off. out holds room bytes; *made tells how many came.
 */
/* Adds to the lowest counter_bits of a big-endian block; the bits above stay. */
void cipher_count_on(uint8_t *block, uint32_t counter_bits, uint64_t blocks);
CK_RV cipher_piece(struct operation *operation, const uint8_t *data, size_t bytes, bool last,
                   uint8_t *out, size_t room, size_t *made);

#endif

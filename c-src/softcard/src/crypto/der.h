/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little DER that stands between libcrypto's SM2 results and the fixed fields of SDF:
 * SEQUENCE { INTEGER r, INTEGER s } and SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash, OCTET
 * STRING cipher }.
 */
#ifndef BERTH_SOFTCARD_DER_H
#define BERTH_SOFTCARD_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DER_SM2_SIGNATURE_MOST = 72 };

struct der_reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* Enters a SEQUENCE that fills the reader to its end. */
bool der_enter_sequence(struct der_reader *reader);
/* A non-negative INTEGER of at most 32 bytes, right-aligned into 32. */
bool der_read_integer32(struct der_reader *reader, uint8_t value[32]);
bool der_read_octets(struct der_reader *reader, const uint8_t **octets, size_t *bytes);

/* Bytes written; `out` holds DER_SM2_SIGNATURE_MOST. */
size_t der_write_signature(uint8_t *out, const uint8_t r[32], const uint8_t s[32]);
size_t der_ciphertext_most(size_t cipher_bytes);
size_t der_write_ciphertext(uint8_t *out, const uint8_t x[32], const uint8_t y[32],
                            const uint8_t hash[32], const uint8_t *cipher, size_t cipher_bytes);

#endif

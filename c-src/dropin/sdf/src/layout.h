/* SPDX-License-Identifier: Apache-2.0 */
/* Between the interface's fixed 64-byte fields and the 32-byte numbers of the curve. */
#ifndef BERTH_DROPIN_SDF_LAYOUT_H
#define BERTH_DROPIN_SDF_LAYOUT_H

#include <stdbool.h>

#include <berth/berth_hsm.h>
#include <berth/sdf.h>

void put_number(unsigned char field[ECCref_MAX_LEN],
                const uint8_t number[BERTH_SM2_COORDINATE_BYTES]);
/* False: a byte before the number is set, as by a caller with another layout (left-aligned, or
 * 32-byte fields): refused, not guessed at. */
bool get_number(const unsigned char field[ECCref_MAX_LEN],
                uint8_t number[BERTH_SM2_COORDINATE_BYTES]);

void put_public_key(ECCrefPublicKey *to, const berth_sm2_public_key *key);
/* False: not 256 bits, or not right-aligned. */
bool get_public_key(const ECCrefPublicKey *from, berth_sm2_public_key *key);

void put_signature(ECCSignature *to, const uint8_t signature[BERTH_SM2_SIGNATURE_BYTES]);
bool get_signature(const ECCSignature *from, uint8_t signature[BERTH_SM2_SIGNATURE_BYTES]);

/* ciphertext: x || y || hash || data. Writes L = bytes - 96 bytes of C. */
void put_ciphertext(ECCCipher *to, const uint8_t *ciphertext, size_t bytes);
/* Reads data_bytes of C, whatever L says by now; `ciphertext` has room for 96 more. */
bool get_ciphertext(const ECCCipher *from, size_t data_bytes, uint8_t *ciphertext);

#endif

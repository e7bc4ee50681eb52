/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM2, SM3 and SM4 for cards behind SDF, by the numbers of the registry. A PKCS #11 token's own GM
 * mechanisms do not pass here: they go to the token as it numbers them.
 */
#ifndef BERTH_PKCS11_GM_H
#define BERTH_PKCS11_GM_H

#include "gm_registry.h"
#include "mechanism.h"

#define GM_POINT_BYTES 64
#define GM_SIGNATURE_BYTES 64
#define GM_DIGEST_BYTES 32
#define SM4_KEY_BYTES 16
/* GCM as GB/T 36624 (ISO/IEC 19772) has it, and so what cards behind SDF are asked for: tags of 12
 * to 16 bytes. */
#define SM4_TAG_MIN_BITS 96

/* What a slot with an SDF card offers of one of the mechanisms. */
struct token_mechanism gm_mechanism(enum gm_use use);

struct operation;

/* 0 = DER, whose length varies. */
size_t gm_signature_bytes(const struct mechanism *mechanism);
/* Into operation->result. */
CK_RV gm_sign(struct operation *operation, const uint8_t *data, size_t bytes);
CK_RV gm_verify(struct operation *operation, const uint8_t *data, size_t bytes,
                const uint8_t *signature, size_t signature_bytes);
/* Encrypts or decrypts into operation->result. */
CK_RV gm_crypt(struct operation *operation, const uint8_t *data, size_t bytes);

#endif

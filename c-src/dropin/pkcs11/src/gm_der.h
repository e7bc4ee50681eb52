/* SPDX-License-Identifier: Apache-2.0 */
/* SM2's signatures and ciphertexts as GM/T 0009 writes them in DER. */
#ifndef BERTH_PKCS11_GM_DER_H
#define BERTH_PKCS11_GM_DER_H

#include "buffer.h"

/* SEQUENCE { INTEGER r, INTEGER s } and r || s. The latter: false if it is not that. */
CK_RV gm_der_signature(const uint8_t signature[64], struct buffer *der);
bool gm_der_signature_read(const uint8_t *der, size_t bytes, uint8_t signature[64]);
/* SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash, OCTET STRING text } and x || y || hash ||
 * text.
 */
CK_RV gm_der_ciphertext(const uint8_t *raw, size_t bytes, struct buffer *der);
CK_RV gm_der_ciphertext_read(const uint8_t *der, size_t bytes, struct buffer *raw);

#endif

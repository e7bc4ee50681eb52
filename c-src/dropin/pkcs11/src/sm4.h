/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 with cards behind SDF. Such a card keeps key-encryption keys; the keys that encrypt are made
 * wrapped under one of them, are kept in that form here, and travel in each request: nothing of
 * them is lost with a worker.
 */
#ifndef BERTH_PKCS11_SM4_H
#define BERTH_PKCS11_SM4_H

#include "operation.h"

/* How it pads is not the card's business: whole blocks go there. */
CK_RV sm4_piece(struct operation *operation, const uint8_t *data, size_t bytes, bool last,
                uint8_t *out, size_t room, size_t *made);
/* GCM, into operation->result. */
CK_RV sm4_seal(struct operation *operation, const uint8_t *data, size_t bytes);
CK_RV sm4_open(struct operation *operation, const uint8_t *data, size_t bytes);

/* A new key under the first key-encryption key of the slot that the policy lets this process use
 * for it. CKR_FUNCTION_REJECTED if there is none. */
CK_RV sm4_generate(struct session *session, const CK_ATTRIBUTE *templ, CK_ULONG count,
                   CK_OBJECT_HANDLE *made);
/* The key that stands in wrapped form under that key-encryption key. */
CK_RV sm4_unwrap(struct session *session, const struct key *under, const uint8_t *wrapped,
                 size_t bytes, const CK_ATTRIBUTE *templ, CK_ULONG count, CK_OBJECT_HANDLE *made);
/* Its wrapped form. CKR_KEY_NOT_WRAPPABLE if it stands under another one. */
CK_RV sm4_wrap(const struct key *under, const struct key *key, unsigned char *out,
               CK_ULONG *out_bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a token says of itself: names, versions, mechanisms, and whether programs must log in. */
#ifndef BERTH_PKCS11_TOKEN_H
#define BERTH_PKCS11_TOKEN_H

#include "slot.h"

/* As it was last told; asks if it never was. Valid until C_Finalize. */
CK_RV token_know(struct slot *slot, const struct token **token);
/* Asks anew; what is known stays if nobody answers. */
CK_RV token_ask(struct slot *slot, const struct token **token);
/* NULL = the token does not have it. */
const struct token_mechanism *token_mechanism(const struct token *token, CK_MECHANISM_TYPE type);
void token_free(struct token *token);

#endif

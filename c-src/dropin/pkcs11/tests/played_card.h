/* SPDX-License-Identifier: Apache-2.0 */
/* The card of the played token: an RSA pair and an SM4 key-encryption key behind SDF. */
#ifndef BERTH_PLAYED_CARD_H
#define BERTH_PLAYED_CARD_H

#include <berth/berth.h>
#include <openssl/evp.h>
#include <stddef.h>

#define PLAYED_CARD "hsm:card"
#define PLAYED_CARD_RSA PLAYED_CARD "/rsa-1"

/* Its mechanisms. */
berth_result played_card_info(const berth_request *request, berth_reply *reply);
/* The RSA pair's public half. */
berth_result played_card_attributes(EVP_PKEY *pair, const berth_request *request,
                                    berth_reply *reply);
/* GENERATE_KEY, SM4_ENCRYPT, SM4_DECRYPT; SM4_SEAL and SM4_OPEN with AES, as not every libcrypto
 * has GCM with SM4. input and output are what the request's blocks hold, NULL without. */
berth_result played_card_sm4(const berth_request *request, const uint8_t *input, uint8_t *output,
                             berth_reply *reply);

#endif

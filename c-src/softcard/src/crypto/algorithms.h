/* SPDX-License-Identifier: Apache-2.0 */
/* The primitives of libcrypto, fetched once: a fetch by name costs more than hashing a short
 * message. */
#ifndef BERTH_SOFTCARD_ALGORITHMS_H
#define BERTH_SOFTCARD_ALGORITHMS_H

#include "reason.h"

#include <openssl/evp.h>

struct algorithms {
    EVP_CIPHER *sm4_ecb;
    EVP_CIPHER *sm4_cbc;
    EVP_CIPHER *sm4_cfb;
    EVP_CIPHER *sm4_ofb;
    EVP_CIPHER *sm4_ctr;
    EVP_CIPHER *aes_256_gcm;
    EVP_MD *sm3;
    EVP_MD *sha1;
    EVP_MD *sha256;
    EVP_MAC *hmac;
};

/* False when this libcrypto lacks one of them (built without SM2/3/4, or only its FIPS provider is
 * active). */
bool algorithms_ready(struct reason *why);

/* Valid after algorithms_ready() returned true, for the life of the process. */
const struct algorithms *algorithms(void);

#endif

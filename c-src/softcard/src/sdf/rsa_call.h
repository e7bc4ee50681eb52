/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of RSA functions share. */
#ifndef BERTH_SOFTCARD_RSA_CALL_H
#define BERTH_SOFTCARD_RSA_CALL_H

#include "sdf/call.h"

/* The bare operation. SDR_INARGERR: not as many bytes as the modulus; SDR_PKOPERR, SDR_SKOPERR: not
 * below it. */
int rsa_operate(EVP_PKEY *key, bool private_key, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned int *out_bytes);

#endif

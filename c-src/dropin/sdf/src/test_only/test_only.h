/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GM/T 0018-2023 6.8: keys in the clear, "for test only, not for real service". They are asked of
 * the device itself, for which the policy must grant `call`.
 */
#ifndef BERTH_DROPIN_SDF_TEST_ONLY_H
#define BERTH_DROPIN_SDF_TEST_ONLY_H

#include "cipher/mode.h"

/* The protocol's fields of an RSA private key, which are wider than the interface's. */
enum { TEST_RSA_NUMBER_BYTES = 512, TEST_RSA_PRIME_BYTES = 256 };
enum { TEST_RSA_KEY_BYTES = 3 * TEST_RSA_NUMBER_BYTES + 5 * TEST_RSA_PRIME_BYTES };

int test_device(const struct call *call, berth_resource **resource);

/* As mode_run, under a key in the clear. */
int test_cipher(const struct call *call, const uint8_t key[SM4_KEY_BYTES], bool encrypting,
                enum berth_sm4_mode mode, uint8_t iv[BERTH_SM4_BLOCK_BYTES], const uint8_t *in,
                size_t bytes, uint8_t *out, const char *what);
/* HMAC-SM3 of the whole data. */
int test_hmac(const struct call *call, const uint8_t *key, size_t key_bytes, const uint8_t *data,
              size_t bytes, uint8_t mac[BERTH_SM3_BYTES], const char *what);

#endif

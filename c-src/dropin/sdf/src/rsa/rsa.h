/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's public keys: in the interface's right-aligned fields, and as they travel. */
#ifndef BERTH_DROPIN_SDF_RSA_H
#define BERTH_DROPIN_SDF_RSA_H

#include "protobuf.h"
#include "session/call.h"

/* Big-endian, without leading zeros. */
struct rsa_public_key {
    uint8_t modulus[RSAref_MAX_LEN];
    size_t modulus_bytes;
    uint8_t exponent[RSAref_MAX_LEN];
    size_t exponent_bytes;
};

/* False: no key of RSA, or `bits` is not its modulus's length. */
bool rsa_get_public_key(const RSArefPublicKey *from, struct rsa_public_key *key);
void rsa_put_public_key(RSArefPublicKey *to, const struct rsa_public_key *key);

/* As field `field` of a message. */
void rsa_write_public_key(struct protobuf_writer *writer, uint32_t field,
                          const struct rsa_public_key *key);
/* From an RsaPublicKey message. SDR_UNKNOWERR: it is none; SDR_KEYTYPEERR: longer than the
 * interface's fields. */
int rsa_read_public_key(const uint8_t *message, size_t bytes, struct rsa_public_key *key);

/* One of the two public keys behind a resource. */
int rsa_export(const struct call *call, berth_resource *resource, enum berth_key_usage usage,
               struct rsa_public_key *key, const char *what);

/*
 * Why the worker called a request with data of that length senseless: SDR_INARGERR if the
 * resource's modulus has another length, else `otherwise`, which is also the answer if the modulus
 * is not told. `usage`: whose modulus counts.
 */
int rsa_why_refused(const struct call *call, berth_resource *resource, enum berth_key_usage usage,
                    size_t bytes, int otherwise);

#endif

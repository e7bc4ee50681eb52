/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA as cards of another dialect have it: moduli of 4096 bits in their structures, and a key usage
 * in the argument lists of the operations with the card's own key. Its key at index 5 has the
 * modulus 2^4095 + 1 and the exponent 65537; an operation gives its input with the usage added to
 * each byte.
 */
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
#define FIELD_BYTES 512

enum { OK = 0, INARGERR = 0x0100001D };

struct wide_key {
    unsigned int bits;
    unsigned char m[FIELD_BYTES];
    unsigned char e[FIELD_BYTES];
};

EXPORTED int SDF_OpenDevice(void **device) {
    *device = (void *)1;
    return OK;
}

EXPORTED int SDF_CloseDevice(void *device) {
    return OK;
}

EXPORTED int SDF_OpenSession(void *device, void **session) {
    *session = (void *)2;
    return OK;
}

EXPORTED int SDF_CloseSession(void *session) {
    return OK;
}

static struct wide_key known(void) {
    struct wide_key key = {.bits = 4096};
    key.m[0] = 0x80;
    key.m[FIELD_BYTES - 1] = 1;
    key.e[FIELD_BYTES - 3] = 1;
    key.e[FIELD_BYTES - 1] = 1;
    return key;
}

EXPORTED int SDF_ExportSignPublicKey_RSA(void *session, unsigned int index, struct wide_key *key) {
    if (index != 5) {
        return INARGERR;
    }
    *key = known();
    return OK;
}

static int add(unsigned int usage, const unsigned char *in, unsigned int length, unsigned char *out,
               unsigned int *out_length) {
    for (unsigned int i = 0; i < length; i++) {
        out[i] = (unsigned char)(in[i] + usage);
    }
    *out_length = length;
    return OK;
}

EXPORTED int SDF_InternalPrivateKeyOperation_RSA(void *session, unsigned int index,
                                                 unsigned int usage, unsigned char *in,
                                                 unsigned int length, unsigned char *out,
                                                 unsigned int *out_length) {
    return index == 5 ? add(usage, in, length, out, out_length) : INARGERR;
}

EXPORTED int SDF_InternalPublicKeyOperation_RSA(void *session, unsigned int index,
                                                unsigned int usage, unsigned char *in,
                                                unsigned int length, unsigned char *out,
                                                unsigned int *out_length) {
    return index == 5 ? add(usage, in, length, out, out_length) : INARGERR;
}

EXPORTED int SDF_ExternalPublicKeyOperation_RSA(void *session, struct wide_key *key,
                                                unsigned char *in, unsigned int length,
                                                unsigned char *out, unsigned int *out_length) {
    struct wide_key expected = known();
    return memcmp(key, &expected, sizeof expected) == 0 ? add(0, in, length, out, out_length)
                                                        : INARGERR;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all calls into a card's library have in common.
 *
 * Java has checked all array bounds. Lengths that a card returns are not trusted: several set them
 * without reading them first, so each is preset to the room there is, and one that comes back
 * larger is SDR_OUTARGERR (by then the card has written past its end; the slack of struct scratch
 * is all that can be done about it here).
 */
#ifndef BERTH_SDF_CALLS_H
#define BERTH_SDF_CALLS_H

#include "sdf/argument_lists.h"
#include "sdf/layout.h"
#include "sdf/scratch.h"
#include "sdf/sdf_library.h"

/* A card's library dereferences handles unseen: 0 must not reach it. */
#define REQUIRE(function, handle)                                                                  \
    do {                                                                                           \
        if (sdf_library(library)->function == NULL) {                                              \
            return SDR_NOTSUPPORT;                                                                 \
        }                                                                                          \
        if ((handle) == 0) {                                                                       \
            return SDR_INARGERR;                                                                   \
        }                                                                                          \
    } while (0)

static inline const struct sdf_shape *sdf_shape(jlong library) {
    return &sdf_library(library)->shape;
}

static inline ECCrefPublicKey *as_public_key(struct ecc_room *key) {
    return (ECCrefPublicKey *)key->bytes;
}

static inline ECCSignature *as_signature(struct ecc_room *signature) {
    return (ECCSignature *)signature->bytes;
}

static inline void read_public_key(JNIEnv *env, jlong library, jbyteArray xy,
                                   struct ecc_room *key) {
    unsigned char plain[PUBLIC_KEY_BYTES];
    (*env)->GetByteArrayRegion(env, xy, 0, PUBLIC_KEY_BYTES, (jbyte *)plain);
    public_key_to_card(sdf_shape(library), plain, key);
}

static inline void *card_handle(jlong handle) {
    return (void *)(uintptr_t)handle;
}

static inline void put_handle(JNIEnv *env, jlongArray to, void *handle) {
    jlong value = (jlong)(uintptr_t)handle;
    (*env)->SetLongArrayRegion(env, to, 0, 1, &value);
}

#endif

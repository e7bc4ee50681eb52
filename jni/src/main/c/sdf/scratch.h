/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native copy of what a call works on: keys, passwords, plaintexts. On the stack while it is
 * small, and wiped in any case before it is given back.
 */
#ifndef BERTH_SDF_SCRATCH_H
#define BERTH_SDF_SCRATCH_H

#include <jni.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sdf/layout.h"

#define SCRATCH_INLINE_BYTES 1024

struct scratch {
    unsigned char *bytes; /* zeroed */
    size_t size;
    unsigned char inlined[SCRATCH_INLINE_BYTES];
};

static inline bool scratch_take(struct scratch *scratch, size_t bytes) {
    scratch->size = bytes + SLACK_BYTES;
    if (scratch->size <= sizeof scratch->inlined) {
        scratch->bytes = scratch->inlined;
        memset(scratch->bytes, 0, scratch->size);
    } else {
        scratch->bytes = calloc(1, scratch->size);
    }
    return scratch->bytes != NULL;
}

static inline bool scratch_copy(struct scratch *scratch, JNIEnv *env, jbyteArray from, jint offset,
                                jint bytes) {
    if (!scratch_take(scratch, (size_t)bytes)) {
        return false;
    }
    (*env)->GetByteArrayRegion(env, from, offset, bytes, (jbyte *)scratch->bytes);
    return true;
}

static inline void scratch_release(struct scratch *scratch) {
    if (scratch->bytes == NULL) {
        return;
    }
    explicit_bzero(scratch->bytes, scratch->size);
    if (scratch->bytes != scratch->inlined) {
        free(scratch->bytes);
    }
}

static inline void put_bytes(JNIEnv *env, jbyteArray to, jint offset, jint bytes,
                             const unsigned char *from) {
    (*env)->SetByteArrayRegion(env, to, offset, bytes, (const jbyte *)from);
}

#endif

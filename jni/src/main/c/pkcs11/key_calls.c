/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11 2.40, 5.13: keys made, wrapped, unwrapped, derived. */
#include "pkcs11/packed.h"

#include <stdlib.h>

#define WRAPPED_ROOM_BYTES 8192
#define ATTEMPTS 3

P11_NATIVE(jlong, generateKey)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jbyteArray attributes,
 jlongArray key) {
    REQUIRE(module, C_GenerateKey);
    struct packed_mechanism mechanism;
    struct packed_template made;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = unpack_template(env, attributes, &made);
    if (code == CKR_OK) {
        code = functions(module)->C_GenerateKey((CK_SESSION_HANDLE)session, &mechanism.mechanism,
                                                made.attributes, made.count, &handle);
        release_template(&made);
    }
    release_mechanism(&mechanism);
    if (code == CKR_OK) {
        put_long(env, key, handle);
    }
    return (jlong)code;
}

static CK_RV generate_pair(jlong module, CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                           struct packed_template *public_made,
                           struct packed_template *private_made, CK_OBJECT_HANDLE handles[2]) {
    return functions(module)->C_GenerateKeyPair(session, mechanism, public_made->attributes,
                                                public_made->count, private_made->attributes,
                                                private_made->count, &handles[0], &handles[1]);
}

/* keys: the public one, then the private one. */
P11_NATIVE(jlong, generateKeyPair)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed,
 jbyteArray public_attributes, jbyteArray private_attributes, jlongArray keys) {
    REQUIRE(module, C_GenerateKeyPair);
    struct packed_mechanism mechanism;
    struct packed_template public_made;
    struct packed_template private_made;
    CK_OBJECT_HANDLE handles[2] = {CK_INVALID_HANDLE, CK_INVALID_HANDLE};
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = unpack_template(env, public_attributes, &public_made);
    if (code == CKR_OK) {
        code = unpack_template(env, private_attributes, &private_made);
        if (code == CKR_OK) {
            code = generate_pair(module, (CK_SESSION_HANDLE)session, &mechanism.mechanism,
                                 &public_made, &private_made, handles);
            release_template(&private_made);
        }
        release_template(&public_made);
    }
    release_mechanism(&mechanism);
    if (code == CKR_OK) {
        jlong made[] = {(jlong)handles[0], (jlong)handles[1]};
        (*env)->SetLongArrayRegion(env, keys, 0, 2, made);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, wrapKey)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jlong wrapping_key,
 jlong key, jobjectArray out) {
    REQUIRE(module, C_WrapKey);
    struct packed_mechanism mechanism;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    CK_ULONG room = WRAPPED_ROOM_BYTES;
    jlong answer = OUT_OF_BOUNDS;
    for (int attempt = 0; attempt < ATTEMPTS && room <= ANSWER_BYTES_MAX; attempt++) {
        struct scratch wrapped;
        CK_ULONG length = room;
        if (!scratch_take(&wrapped, room)) {
            answer = (jlong)CKR_HOST_MEMORY;
            break;
        }
        code = functions(module)->C_WrapKey((CK_SESSION_HANDLE)session, &mechanism.mechanism,
                                            (CK_OBJECT_HANDLE)wrapping_key, (CK_OBJECT_HANDLE)key,
                                            wrapped.bytes, &length);
        answer = (jlong)code;
        if (code == CKR_OK && length > room) {
            answer = OUT_OF_BOUNDS;
        } else if (code == CKR_OK) {
            put_array(env, out, 0, wrapped.bytes, length);
        }
        scratch_release(&wrapped);
        if (code != CKR_BUFFER_TOO_SMALL) {
            break;
        }
        answer = OUT_OF_BOUNDS;
        room = length > room ? length : 2 * room;
    }
    release_mechanism(&mechanism);
    return answer;
}

P11_NATIVE(jlong, unwrapKey)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jlong unwrapping_key,
 jbyteArray wrapped, jbyteArray attributes, jlongArray key) {
    REQUIRE(module, C_UnwrapKey);
    struct packed_mechanism mechanism;
    struct packed_template made;
    struct scratch blob;
    jint length = (*env)->GetArrayLength(env, wrapped);
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = unpack_template(env, attributes, &made);
    if (code == CKR_OK) {
        code = CKR_HOST_MEMORY;
        if (scratch_copy(&blob, env, wrapped, 0, length)) {
            code = functions(module)->C_UnwrapKey(
                (CK_SESSION_HANDLE)session, &mechanism.mechanism, (CK_OBJECT_HANDLE)unwrapping_key,
                blob.bytes, (CK_ULONG)length, made.attributes, made.count, &handle);
            scratch_release(&blob);
        }
        release_template(&made);
    }
    release_mechanism(&mechanism);
    if (code == CKR_OK) {
        put_long(env, key, handle);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, deriveKey)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jlong base_key,
 jbyteArray attributes, jlongArray key) {
    REQUIRE(module, C_DeriveKey);
    struct packed_mechanism mechanism;
    struct packed_template made;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = unpack_template(env, attributes, &made);
    if (code == CKR_OK) {
        code = functions(module)->C_DeriveKey((CK_SESSION_HANDLE)session, &mechanism.mechanism,
                                              (CK_OBJECT_HANDLE)base_key, made.attributes,
                                              made.count, &handle);
        release_template(&made);
    }
    release_mechanism(&mechanism);
    if (code == CKR_OK) {
        put_long(env, key, handle);
    }
    return (jlong)code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11 2.40, 5.8 to 5.12: encryption, digests, signatures, each in one piece. */
#include "pkcs11/packed.h"

#include <stdlib.h>

/* More than a signature, a tag, or padding adds to what goes in. */
#define ROOM_BEYOND_INPUT 1088
#define ATTEMPTS 3

/* How far a call came; as Step in Java. */
enum step { STEP_INIT, STEP_LOGIN, STEP_OPERATION };

typedef CK_RV key_init_function(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                CK_OBJECT_HANDLE key);
typedef CK_RV whole_function(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG in_length,
                             unsigned char *out, CK_ULONG *out_length);

struct call {
    JNIEnv *env;
    jlong module;
    CK_SESSION_HANDLE session;
    jintArray step;
};

static void reach(const struct call *call, enum step step) {
    jint reached = (jint)step;
    (*call->env)->SetIntArrayRegion(call->env, call->step, 0, 1, &reached);
}

/* A key that asks for the PIN at each use gets it between Init and the operation. */
static CK_RV log_in(const struct call *call, jbyteArray pin) {
    if (pin == NULL) {
        return CKR_OK;
    }
    reach(call, STEP_LOGIN);
    struct scratch copy;
    jint length = (*call->env)->GetArrayLength(call->env, pin);
    if (!scratch_copy(&copy, call->env, pin, 0, length)) {
        return CKR_HOST_MEMORY;
    }
    CK_RV code = functions(call->module)
                     ->C_Login(call->session, CKU_CONTEXT_SPECIFIC, copy.bytes, (CK_ULONG)length);
    scratch_release(&copy);
    return code;
}

/* The operation goes on when a module wants more room; the second time it must have enough. */
static jlong run(const struct call *call, whole_function *function, jbyteArray in, jint offset,
                 jint bytes, jobjectArray out) {
    struct scratch from;
    struct scratch to;
    CK_ULONG room = (CK_ULONG)bytes + ROOM_BEYOND_INPUT;
    jlong answer = OUT_OF_BOUNDS;
    if (!scratch_copy(&from, call->env, in, offset, bytes)) {
        return (jlong)CKR_HOST_MEMORY;
    }
    for (int attempt = 0; attempt < ATTEMPTS && room <= ANSWER_BYTES_MAX; attempt++) {
        CK_ULONG length = room;
        if (!scratch_take(&to, room)) {
            answer = (jlong)CKR_HOST_MEMORY;
            break;
        }
        CK_RV code = function(call->session, from.bytes, (CK_ULONG)bytes, to.bytes, &length);
        answer = (jlong)code;
        if (code == CKR_OK && length > room) {
            answer = OUT_OF_BOUNDS;
        } else if (code == CKR_OK) {
            put_array(call->env, out, 0, to.bytes, length);
        }
        scratch_release(&to);
        if (code != CKR_BUFFER_TOO_SMALL) {
            break;
        }
        answer = OUT_OF_BOUNDS;
        room = length > room ? length : 2 * room;
    }
    scratch_release(&from);
    return answer;
}

static jlong run_with_key(const struct call *call, key_init_function *init,
                          whole_function *function, jbyteArray packed, jlong key, jbyteArray pin,
                          jbyteArray in, jint offset, jint bytes, jobjectArray out) {
    if (init == NULL || function == NULL) {
        return (jlong)CKR_FUNCTION_NOT_SUPPORTED;
    }
    struct packed_mechanism mechanism;
    CK_RV code = unpack_mechanism(call->env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = init(call->session, &mechanism.mechanism, (CK_OBJECT_HANDLE)key);
    if (code == CKR_OK) {
        code = log_in(call, pin);
    }
    jlong answer = (jlong)code;
    if (code == CKR_OK) {
        reach(call, STEP_OPERATION);
        answer = run(call, function, in, offset, bytes, out);
    }
    /* Only now: a module may keep the pointers of its parameter until the operation ends. */
    release_mechanism(&mechanism);
    return answer;
}

P11_NATIVE(jlong, sign)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray mechanism, jlong key,
 jbyteArray pin, jbyteArray in, jint offset, jint bytes, jobjectArray out, jintArray step) {
    struct call call = {env, module, (CK_SESSION_HANDLE)session, step};
    return run_with_key(&call, functions(module)->C_SignInit, functions(module)->C_Sign, mechanism,
                        key, pin, in, offset, bytes, out);
}

P11_NATIVE(jlong, encrypt)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray mechanism, jlong key,
 jbyteArray pin, jbyteArray in, jint offset, jint bytes, jobjectArray out, jintArray step) {
    struct call call = {env, module, (CK_SESSION_HANDLE)session, step};
    return run_with_key(&call, functions(module)->C_EncryptInit, functions(module)->C_Encrypt,
                        mechanism, key, pin, in, offset, bytes, out);
}

P11_NATIVE(jlong, decrypt)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray mechanism, jlong key,
 jbyteArray pin, jbyteArray in, jint offset, jint bytes, jobjectArray out, jintArray step) {
    struct call call = {env, module, (CK_SESSION_HANDLE)session, step};
    return run_with_key(&call, functions(module)->C_DecryptInit, functions(module)->C_Decrypt,
                        mechanism, key, pin, in, offset, bytes, out);
}

P11_NATIVE(jlong, digest)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jbyteArray in, jint offset,
 jint bytes, jobjectArray out, jintArray step) {
    REQUIRE(module, C_DigestInit);
    REQUIRE(module, C_Digest);
    struct call call = {env, module, (CK_SESSION_HANDLE)session, step};
    struct packed_mechanism mechanism;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = functions(module)->C_DigestInit(call.session, &mechanism.mechanism);
    jlong answer = (jlong)code;
    if (code == CKR_OK) {
        reach(&call, STEP_OPERATION);
        answer = run(&call, functions(module)->C_Digest, in, offset, bytes, out);
    }
    release_mechanism(&mechanism);
    return answer;
}

P11_NATIVE(jlong, verify)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jlong key, jbyteArray in,
 jint offset, jint bytes, jbyteArray signature, jintArray step) {
    REQUIRE(module, C_VerifyInit);
    REQUIRE(module, C_Verify);
    struct call call = {env, module, (CK_SESSION_HANDLE)session, step};
    struct packed_mechanism mechanism;
    struct scratch data;
    struct scratch signed_by;
    CK_RV code = unpack_mechanism(env, packed, &mechanism);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    jint signature_bytes = (*env)->GetArrayLength(env, signature);
    code = CKR_HOST_MEMORY;
    if (scratch_copy(&data, env, in, offset, bytes)) {
        if (scratch_copy(&signed_by, env, signature, 0, signature_bytes)) {
            code = functions(module)->C_VerifyInit(call.session, &mechanism.mechanism,
                                                   (CK_OBJECT_HANDLE)key);
            if (code == CKR_OK) {
                reach(&call, STEP_OPERATION);
                code = functions(module)->C_Verify(call.session, data.bytes, (CK_ULONG)bytes,
                                                   signed_by.bytes, (CK_ULONG)signature_bytes);
            }
            scratch_release(&signed_by);
        }
        scratch_release(&data);
    }
    release_mechanism(&mechanism);
    return (jlong)code;
}

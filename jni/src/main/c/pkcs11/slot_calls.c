/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11 2.40, 5.4 to 5.6 and 5.15: the module, slots and tokens, sessions, random numbers. */
#include "pkcs11/module.h"

#include <stdlib.h>

#define LIST_MAX 65536
#define LIST_ATTEMPTS 4

P11_NATIVE(jlong, initialize)(JNIEnv *env, jclass c, jlong module, jboolean locking) {
    REQUIRE(module, C_Initialize);
    CK_C_INITIALIZE_ARGS arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CKF_OS_LOCKING_OK;
    return (jlong)functions(module)->C_Initialize(locking ? &arguments : NULL);
}

P11_NATIVE(jlong, finish)(JNIEnv *env, jclass c, jlong module) {
    REQUIRE(module, C_Finalize);
    return (jlong)functions(module)->C_Finalize(NULL);
}

typedef CK_RV list_function(jlong module, CK_ULONG argument, CK_ULONG *list, CK_ULONG *count);

/* Asks how many there are and then for them; more may have come in between. */
static jlong list(JNIEnv *env, jlong module, list_function *function, CK_ULONG argument,
                  jobjectArray out) {
    for (int attempt = 0; attempt < LIST_ATTEMPTS; attempt++) {
        CK_ULONG count = 0;
        CK_RV code = function(module, argument, NULL, &count);
        if (code != CKR_OK) {
            return (jlong)code;
        }
        if (count > LIST_MAX) {
            return OUT_OF_BOUNDS;
        }
        if (count == 0) {
            put_longs(env, out, &count, 0);
            return (jlong)CKR_OK;
        }
        CK_ULONG room = count;
        CK_ULONG *numbers = calloc(room, sizeof *numbers);
        if (numbers == NULL) {
            return (jlong)CKR_HOST_MEMORY;
        }
        code = function(module, argument, numbers, &count);
        jlong answer = (jlong)code;
        if (code == CKR_OK && count > room) {
            answer = OUT_OF_BOUNDS;
        } else if (code == CKR_OK) {
            put_longs(env, out, numbers, count);
        }
        free(numbers);
        if (code != CKR_BUFFER_TOO_SMALL) {
            return answer;
        }
    }
    return OUT_OF_BOUNDS;
}

static CK_RV slots_with_token(jlong module, CK_ULONG argument, CK_ULONG *list, CK_ULONG *count) {
    return functions(module)->C_GetSlotList((CK_BBOOL)argument, list, count);
}

static CK_RV mechanisms(jlong module, CK_ULONG slot, CK_ULONG *list, CK_ULONG *count) {
    return functions(module)->C_GetMechanismList(slot, list, count);
}

P11_NATIVE(jlong, getSlotList)(JNIEnv *env, jclass c, jlong module, jobjectArray out) {
    REQUIRE(module, C_GetSlotList);
    return list(env, module, slots_with_token, CK_TRUE, out);
}

P11_NATIVE(jlong, getMechanismList)
(JNIEnv *env, jclass c, jlong module, jlong slot, jobjectArray out) {
    REQUIRE(module, C_GetMechanismList);
    return list(env, module, mechanisms, (CK_ULONG)slot, out);
}

P11_NATIVE(jlong, getMechanismInfo)
(JNIEnv *env, jclass c, jlong module, jlong slot, jlong type, jlongArray out) {
    REQUIRE(module, C_GetMechanismInfo);
    CK_MECHANISM_INFO info;
    memset(&info, 0, sizeof info);
    CK_RV code =
        functions(module)->C_GetMechanismInfo((CK_SLOT_ID)slot, (CK_MECHANISM_TYPE)type, &info);
    if (code == CKR_OK) {
        jlong numbers[] = {(jlong)info.ulMinKeySize, (jlong)info.ulMaxKeySize, (jlong)info.flags};
        (*env)->SetLongArrayRegion(env, out, 0, 3, numbers);
    }
    return (jlong)code;
}

/* Texts: label 32, manufacturer 32, model 16, serial 16. Numbers: flags, PIN lengths, versions. */
P11_NATIVE(jlong, getTokenInfo)
(JNIEnv *env, jclass c, jlong module, jlong slot, jbyteArray texts, jlongArray out) {
    REQUIRE(module, C_GetTokenInfo);
    CK_TOKEN_INFO info;
    memset(&info, 0, sizeof info);
    CK_RV code = functions(module)->C_GetTokenInfo((CK_SLOT_ID)slot, &info);
    if (code == CKR_OK) {
        put_bytes(env, texts, 0, 32, info.label);
        put_bytes(env, texts, 32, 32, info.manufacturerID);
        put_bytes(env, texts, 64, 16, info.model);
        put_bytes(env, texts, 80, 16, info.serialNumber);
        jlong numbers[] = {(jlong)info.flags, (jlong)info.ulMinPinLen, (jlong)info.ulMaxPinLen,
                           info.hardwareVersion.major << 8 | info.hardwareVersion.minor,
                           info.firmwareVersion.major << 8 | info.firmwareVersion.minor};
        (*env)->SetLongArrayRegion(env, out, 0, 5, numbers);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, openSession)
(JNIEnv *env, jclass c, jlong module, jlong slot, jboolean writable, jlongArray session) {
    REQUIRE(module, C_OpenSession);
    CK_SESSION_HANDLE opened = CK_INVALID_HANDLE;
    CK_FLAGS flags = CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0);
    CK_RV code = functions(module)->C_OpenSession((CK_SLOT_ID)slot, flags, NULL, NULL, &opened);
    if (code == CKR_OK) {
        put_long(env, session, opened);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, closeSession)(JNIEnv *env, jclass c, jlong module, jlong session) {
    REQUIRE(module, C_CloseSession);
    return (jlong)functions(module)->C_CloseSession((CK_SESSION_HANDLE)session);
}

P11_NATIVE(jlong, login)
(JNIEnv *env, jclass c, jlong module, jlong session, jlong user, jbyteArray pin) {
    REQUIRE(module, C_Login);
    struct scratch copy;
    jint length = (*env)->GetArrayLength(env, pin);
    if (!scratch_copy(&copy, env, pin, 0, length)) {
        return (jlong)CKR_HOST_MEMORY;
    }
    CK_RV code = functions(module)->C_Login((CK_SESSION_HANDLE)session, (CK_USER_TYPE)user,
                                            copy.bytes, (CK_ULONG)length);
    scratch_release(&copy);
    return (jlong)code;
}

P11_NATIVE(jlong, logout)(JNIEnv *env, jclass c, jlong module, jlong session) {
    REQUIRE(module, C_Logout);
    return (jlong)functions(module)->C_Logout((CK_SESSION_HANDLE)session);
}

P11_NATIVE(jlong, generateRandom)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray random) {
    REQUIRE(module, C_GenerateRandom);
    struct scratch out;
    jint length = (*env)->GetArrayLength(env, random);
    if (!scratch_take(&out, (size_t)length)) {
        return (jlong)CKR_HOST_MEMORY;
    }
    CK_RV code = functions(module)->C_GenerateRandom((CK_SESSION_HANDLE)session, out.bytes,
                                                     (CK_ULONG)length);
    if (code == CKR_OK) {
        put_bytes(env, random, 0, length, out.bytes);
    }
    scratch_release(&out);
    return (jlong)code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018-2012, 6.2: device management. */
#include "sdf/calls.h"

SDF_NATIVE(jint, openDevice)(JNIEnv *env, jclass c, jlong library, jlongArray device) {
    REQUIRE(OpenDevice, library);
    void *handle = NULL;
    int code = sdf_library(library)->OpenDevice(&handle);
    if (code == SDR_OK) {
        put_handle(env, device, handle);
    }
    return code;
}

SDF_NATIVE(jint, closeDevice)(JNIEnv *env, jclass c, jlong library, jlong device) {
    REQUIRE(CloseDevice, device);
    return sdf_library(library)->CloseDevice(card_handle(device));
}

SDF_NATIVE(jint, openSession)
(JNIEnv *env, jclass c, jlong library, jlong device, jlongArray session) {
    REQUIRE(OpenSession, device);
    void *handle = NULL;
    int code = sdf_library(library)->OpenSession(card_handle(device), &handle);
    if (code == SDR_OK) {
        put_handle(env, session, handle);
    }
    return code;
}

SDF_NATIVE(jint, closeSession)(JNIEnv *env, jclass c, jlong library, jlong session) {
    REQUIRE(CloseSession, session);
    return sdf_library(library)->CloseSession(card_handle(session));
}

/* texts: issuer 40, name 16, serial 16 bytes; numbers: the seven words after them. */
SDF_NATIVE(jint, getDeviceInfo)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray texts, jintArray numbers) {
    REQUIRE(GetDeviceInfo, session);
    union {
        DEVICEINFO fields;
        unsigned char with_slack[sizeof(DEVICEINFO) + SLACK_BYTES];
    } info;
    memset(&info, 0, sizeof info);
    int code = sdf_library(library)->GetDeviceInfo(card_handle(session), &info.fields);
    if (code == SDR_OK) {
        put_bytes(env, texts, 0, 40, info.fields.IssuerName);
        put_bytes(env, texts, 40, 16, info.fields.DeviceName);
        put_bytes(env, texts, 56, 16, info.fields.DeviceSerial);
        jint words[7] = {
            (jint)info.fields.DeviceVersion,     (jint)info.fields.StandardVersion,
            (jint)info.fields.AsymAlgAbility[0], (jint)info.fields.AsymAlgAbility[1],
            (jint)info.fields.SymAlgAbility,     (jint)info.fields.HashAlgAbility,
            (jint)info.fields.BufferSize,
        };
        (*env)->SetIntArrayRegion(env, numbers, 0, 7, words);
    }
    return code;
}

SDF_NATIVE(jint, generateRandom)
(JNIEnv *env, jclass c, jlong library, jlong session, jbyteArray random, jint offset, jint bytes) {
    REQUIRE(GenerateRandom, session);
    struct scratch drawn;
    if (!scratch_take(&drawn, (size_t)bytes)) {
        return SDR_NOBUFFER;
    }
    int code =
        sdf_library(library)->GenerateRandom(card_handle(session), (unsigned)bytes, drawn.bytes);
    if (code == SDR_OK) {
        put_bytes(env, random, offset, bytes, drawn.bytes);
    }
    scratch_release(&drawn);
    return code;
}

SDF_NATIVE(jint, getPrivateKeyAccessRight)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jbyteArray password) {
    REQUIRE(GetPrivateKeyAccessRight, session);
    struct scratch copy;
    jint length = (*env)->GetArrayLength(env, password);
    if (!scratch_copy(&copy, env, password, 0, length)) {
        return SDR_NOBUFFER;
    }
    int code = sdf_library(library)->GetPrivateKeyAccessRight(card_handle(session), (unsigned)index,
                                                              copy.bytes, (unsigned)length);
    scratch_release(&copy);
    return code;
}

SDF_NATIVE(jint, releasePrivateKeyAccessRight)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index) {
    REQUIRE(ReleasePrivateKeyAccessRight, session);
    return sdf_library(library)->ReleasePrivateKeyAccessRight(card_handle(session),
                                                              (unsigned)index);
}

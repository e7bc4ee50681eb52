/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11 2.40, 5.7: objects. */
#include "pkcs11/packed.h"

#include <stdlib.h>

#define FOUND_AT_ONCE 64
#define FOUND_MAX 1000000

/* A growing list of handles. */
struct found {
    CK_OBJECT_HANDLE *handles;
    CK_ULONG count;
    CK_ULONG room;
};

static bool make_room(struct found *found) {
    if (found->room - found->count >= FOUND_AT_ONCE) {
        return true;
    }
    CK_ULONG room = 2 * found->room + FOUND_AT_ONCE;
    CK_OBJECT_HANDLE *grown = realloc(found->handles, room * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    found->handles = grown;
    found->room = room;
    return true;
}

static jlong find_all(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session,
                      struct found *found) {
    for (;;) {
        CK_ULONG count = 0;
        if (found->count > FOUND_MAX) {
            return OUT_OF_BOUNDS; /* A module that never ends. */
        }
        if (!make_room(found)) {
            return (jlong)CKR_HOST_MEMORY;
        }
        CK_RV code =
            list->C_FindObjects(session, found->handles + found->count, FOUND_AT_ONCE, &count);
        if (code != CKR_OK) {
            return (jlong)code;
        }
        if (count > FOUND_AT_ONCE) {
            return OUT_OF_BOUNDS;
        }
        if (count == 0) {
            return (jlong)CKR_OK;
        }
        found->count += count;
    }
}

P11_NATIVE(jlong, findObjects)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jobjectArray out) {
    REQUIRE(module, C_FindObjectsInit);
    REQUIRE(module, C_FindObjects);
    REQUIRE(module, C_FindObjectsFinal);
    struct packed_template wanted;
    CK_RV code = unpack_template(env, packed, &wanted);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = functions(module)->C_FindObjectsInit((CK_SESSION_HANDLE)session, wanted.attributes,
                                                wanted.count);
    release_template(&wanted);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    struct found found = {NULL, 0, 0};
    jlong answer = find_all(functions(module), (CK_SESSION_HANDLE)session, &found);
    code = functions(module)->C_FindObjectsFinal((CK_SESSION_HANDLE)session);
    if (answer == (jlong)CKR_OK) {
        answer = (jlong)code;
    }
    if (answer == (jlong)CKR_OK) {
        put_longs(env, out, found.handles, found.count);
    }
    free(found.handles);
    return answer;
}

/* One attribute's value into values[index]. */
static jlong get_attribute(JNIEnv *env, jlong module, CK_SESSION_HANDLE session,
                           CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, jobjectArray values,
                           jsize index) {
    CK_ATTRIBUTE attribute = {type, NULL, 0};
    CK_RV code = functions(module)->C_GetAttributeValue(session, object, &attribute, 1);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    if (attribute.ulValueLen == (CK_ULONG)-1) {
        return (jlong)CKR_ATTRIBUTE_SENSITIVE; /* Some say so by the length alone. */
    }
    if (attribute.ulValueLen > ANSWER_BYTES_MAX) {
        return OUT_OF_BOUNDS;
    }
    struct scratch value;
    CK_ULONG room = attribute.ulValueLen;
    if (!scratch_take(&value, room)) {
        return (jlong)CKR_HOST_MEMORY;
    }
    attribute.pValue = value.bytes;
    code = functions(module)->C_GetAttributeValue(session, object, &attribute, 1);
    jlong answer = (jlong)code;
    if (code == CKR_OK && attribute.ulValueLen > room) {
        answer = OUT_OF_BOUNDS;
    } else if (code == CKR_OK) {
        put_array(env, values, index, value.bytes, attribute.ulValueLen);
    }
    scratch_release(&value);
    return answer;
}

/* Each attribute by itself, so that one that is not told does not hide the others. */
P11_NATIVE(void, getAttributes)
(JNIEnv *env, jclass c, jlong module, jlong session, jlong object, jlongArray types,
 jobjectArray values, jlongArray codes) {
    jsize count = (*env)->GetArrayLength(env, types);
    for (jsize i = 0; i < count && !(*env)->ExceptionCheck(env); i++) {
        jlong type;
        (*env)->GetLongArrayRegion(env, types, i, 1, &type);
        jlong code =
            functions(module)->C_GetAttributeValue == NULL
                ? (jlong)CKR_FUNCTION_NOT_SUPPORTED
                : get_attribute(env, module, (CK_SESSION_HANDLE)session, (CK_OBJECT_HANDLE)object,
                                (CK_ATTRIBUTE_TYPE)type, values, i);
        if (!(*env)->ExceptionCheck(env)) {
            (*env)->SetLongArrayRegion(env, codes, i, 1, &code);
        }
    }
}

P11_NATIVE(jlong, createObject)
(JNIEnv *env, jclass c, jlong module, jlong session, jbyteArray packed, jlongArray object) {
    REQUIRE(module, C_CreateObject);
    struct packed_template made;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = unpack_template(env, packed, &made);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = functions(module)->C_CreateObject((CK_SESSION_HANDLE)session, made.attributes,
                                             made.count, &handle);
    release_template(&made);
    if (code == CKR_OK) {
        put_long(env, object, handle);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, copyObject)
(JNIEnv *env, jclass c, jlong module, jlong session, jlong original, jbyteArray packed,
 jlongArray object) {
    REQUIRE(module, C_CopyObject);
    struct packed_template changed;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = unpack_template(env, packed, &changed);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = functions(module)->C_CopyObject((CK_SESSION_HANDLE)session, (CK_OBJECT_HANDLE)original,
                                           changed.attributes, changed.count, &handle);
    release_template(&changed);
    if (code == CKR_OK) {
        put_long(env, object, handle);
    }
    return (jlong)code;
}

P11_NATIVE(jlong, destroyObject)
(JNIEnv *env, jclass c, jlong module, jlong session, jlong object) {
    REQUIRE(module, C_DestroyObject);
    return (jlong)functions(module)->C_DestroyObject((CK_SESSION_HANDLE)session,
                                                     (CK_OBJECT_HANDLE)object);
}

P11_NATIVE(jlong, setAttributes)
(JNIEnv *env, jclass c, jlong module, jlong session, jlong object, jbyteArray packed) {
    REQUIRE(module, C_SetAttributeValue);
    struct packed_template set;
    CK_RV code = unpack_template(env, packed, &set);
    if (code != CKR_OK) {
        return (jlong)code;
    }
    code = functions(module)->C_SetAttributeValue(
        (CK_SESSION_HANDLE)session, (CK_OBJECT_HANDLE)object, set.attributes, set.count);
    release_template(&set);
    return (jlong)code;
}

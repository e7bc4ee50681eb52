/* SPDX-License-Identifier: Apache-2.0 */
/* The one slot, its token, and the sessions. */
#include "gm_token.h"

#include <string.h>

#include "crypto/algorithms.h"

static struct session sessions[SESSIONS];
struct object gm_objects[OBJECTS];

struct session *gm_at(CK_SESSION_HANDLE handle) {
    return handle > 0 && handle <= SESSIONS && sessions[handle - 1].open ? &sessions[handle - 1]
                                                                         : NULL;
}

struct object *gm_object(CK_OBJECT_HANDLE handle) {
    return handle > 0 && handle <= OBJECTS && gm_objects[handle - 1].exists
               ? &gm_objects[handle - 1]
               : NULL;
}

struct object *gm_new_object(CK_OBJECT_HANDLE *handle) {
    for (CK_ULONG i = 0; i < OBJECTS; i++) {
        if (!gm_objects[i].exists) {
            memset(&gm_objects[i], 0, sizeof gm_objects[i]);
            gm_objects[i].exists = CK_TRUE;
            *handle = i + 1;
            return &gm_objects[i];
        }
    }
    return NULL;
}

static void provide(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *label, CK_ULONG use,
                    const unsigned char *value, CK_ULONG bytes, const struct sm2_point *point) {
    CK_OBJECT_HANDLE handle;
    struct object *made = gm_new_object(&handle);
    made->class = class;
    made->type = type;
    made->of_token = CK_TRUE;
    made->uses = use;
    made->bytes = bytes;
    strncpy(made->label, label, TEXT_MOST - 1);
    memcpy(made->value, value, bytes);
    if (point != NULL) {
        made->point[0] = 4;
        memcpy(made->point + 1, point->x, SM2_NUMBER_BYTES);
        memcpy(made->point + 1 + SM2_NUMBER_BYTES, point->y, SM2_NUMBER_BYTES);
    }
}

static CK_RV initialize(void *arguments) {
    unsigned char kek[KEY_BYTES], d[SM2_NUMBER_BYTES];
    struct sm2_point point;
    (void)arguments;
    if (!algorithms_ready(NULL)) {
        return CKR_GENERAL_ERROR;
    }
    memset(sessions, 0, sizeof sessions);
    memset(gm_objects, 0, sizeof gm_objects);
    memset(kek, 0x4B, sizeof kek);
    memset(d, 0x35, sizeof d);
    EVP_PKEY *key = sm2_private_key(d, &point);
    if (key == NULL) {
        return CKR_GENERAL_ERROR;
    }
    EVP_PKEY_free(key);
    provide(CKO_SECRET_KEY, KEY_SM4, "kek", USE_WRAP | USE_UNWRAP, kek, sizeof kek, NULL);
    provide(CKO_PRIVATE_KEY, KEY_SM2, "sm2", USE_SIGN | USE_DECRYPT, d, sizeof d, &point);
    provide(CKO_PUBLIC_KEY, KEY_SM2, "sm2", USE_VERIFY | USE_ENCRYPT, d, 0, &point);
    return CKR_OK;
}

static CK_RV finalize(void *reserved) {
    (void)reserved;
    return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
    (void)present;
    if (list != NULL) {
        list[0] = SLOT;
    }
    *count = 1;
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    (void)slot;
    memset(info, ' ', sizeof *info);
    memcpy(info->label, "gm", 2);
    memcpy(info->serialNumber, "0002", 4);
    info->flags = CKF_TOKEN_INITIALIZED;
    return CKR_OK;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    static const CK_MECHANISM_TYPE all[] = {
        SM2_SIGN, SM2_ENCRYPT, SM3,     HMAC_SM3, SM2_SIGN_DER, SM2_ENCRYPT_04, SM4_ECB,    SM4_CBC,
        SM4_CFB,  SM4_OFB,     SM4_CTR, SM4_GCM,  SM4_CCM,      SM4_WRAP,       SM4_KEY_GEN};
    (void)slot;
    *count = sizeof all / sizeof all[0];
    if (list != NULL) {
        memcpy(list, all, sizeof all);
    }
    return CKR_OK;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    (void)slot;
    (void)type;
    memset(info, 0, sizeof *info);
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *handle) {
    (void)slot;
    (void)flags;
    (void)application;
    (void)notify;
    for (CK_ULONG i = 0; i < SESSIONS; i++) {
        if (!sessions[i].open) {
            memset(&sessions[i], 0, sizeof sessions[i]);
            sessions[i].open = CK_TRUE;
            *handle = i + 1;
            return CKR_OK;
        }
    }
    return CKR_SESSION_COUNT;
}

static CK_RV close_session(CK_SESSION_HANDLE handle) {
    struct session *session = gm_at(handle);
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    session->open = CK_FALSE;
    return CKR_OK;
}

#pragma GCC visibility push(default)

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    static CK_FUNCTION_LIST functions = {
        .version = {2, 40},
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetSlotList = get_slot_list,
        .C_GetTokenInfo = get_token_info,
        .C_GetMechanismList = get_mechanism_list,
        .C_GetMechanismInfo = get_mechanism_info,
        .C_OpenSession = open_session,
        .C_CloseSession = close_session,
        .C_FindObjectsInit = gm_find_objects_init,
        .C_FindObjects = gm_find_objects,
        .C_FindObjectsFinal = gm_find_objects_final,
        .C_GetAttributeValue = gm_get_attribute_value,
        .C_CreateObject = gm_create_object,
        .C_DestroyObject = gm_destroy_object,
        .C_EncryptInit = gm_encrypt_init,
        .C_Encrypt = gm_encrypt,
        .C_DecryptInit = gm_decrypt_init,
        .C_Decrypt = gm_decrypt,
        .C_SignInit = gm_sign_init,
        .C_Sign = gm_sign,
        .C_VerifyInit = gm_verify_init,
        .C_Verify = gm_verify,
        .C_DigestInit = gm_digest_init,
        .C_Digest = gm_digest,
        .C_GenerateKey = gm_generate_key,
        .C_WrapKey = gm_wrap_key,
        .C_UnwrapKey = gm_unwrap_key,
    };
    *list = &functions;
    return CKR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are made, wrapped and unwrapped. */
#include "gm_token.h"

#include <string.h>

CK_RV gm_generate_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *templ,
                      CK_ULONG count, CK_OBJECT_HANDLE *made) {
    static unsigned char serial;
    if (gm_at(handle) == NULL || mechanism->mechanism != SM4_KEY_GEN) {
        return CKR_MECHANISM_INVALID;
    }
    struct object *key = gm_new_object(made);
    if (key == NULL) {
        return CKR_DEVICE_MEMORY;
    }
    key->class = CKO_SECRET_KEY;
    key->type = KEY_SM4;
    key->bytes = KEY_BYTES;
    key->extractable = gm_flag(templ, count, CKA_EXTRACTABLE);
    memset(key->value, ++serial, KEY_BYTES);
    return CKR_OK;
}

CK_RV gm_wrap_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
                  CK_OBJECT_HANDLE which, unsigned char *out, CK_ULONG *room) {
    const struct object *kek = gm_object(under), *key = gm_object(which);
    if (gm_at(handle) == NULL || mechanism->mechanism != SM4_WRAP || kek == NULL || key == NULL ||
        (kek->uses & USE_WRAP) == 0) {
        return CKR_WRAPPING_KEY_HANDLE_INVALID;
    }
    if (!key->extractable) {
        return CKR_KEY_UNEXTRACTABLE;
    }
    CK_RV code = gm_enough(room, key->bytes);
    if (code != CKR_OK) {
        return code;
    }
    return gm_run_cipher(SM4_ECB, kek->value, NULL, true, key->value, key->bytes, out)
               ? CKR_OK
               : CKR_FUNCTION_FAILED;
}

CK_RV gm_unwrap_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
                    unsigned char *wrapped, CK_ULONG bytes, CK_ATTRIBUTE *templ, CK_ULONG count,
                    CK_OBJECT_HANDLE *made) {
    const struct object *kek = gm_object(under);
    CK_KEY_TYPE type = gm_number(templ, count, CKA_KEY_TYPE);
    if (gm_at(handle) == NULL || mechanism->mechanism != SM4_WRAP || kek == NULL ||
        (kek->uses & USE_UNWRAP) == 0) {
        return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
    }
    if (bytes == 0 || bytes > VALUE_MOST || bytes % 16 != 0 ||
        (type == KEY_SM4 && bytes != KEY_BYTES)) {
        return CKR_WRAPPED_KEY_LEN_RANGE;
    }
    struct object *key = gm_new_object(made);
    if (key == NULL) {
        return CKR_DEVICE_MEMORY;
    }
    key->class = CKO_SECRET_KEY;
    key->type = type;
    key->bytes = bytes;
    key->uses = gm_uses_of(templ, count);
    return gm_run_cipher(SM4_ECB, kek->value, NULL, false, wrapped, bytes, key->value)
               ? CKR_OK
               : CKR_FUNCTION_FAILED;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* C_GetTokenInfo and the mechanisms. */
#include <string.h>

#include "token.h"

/* What of the token's own flags holds here as well. The worker has logged in for everybody;
 * whether programs must is Berth's to say. */
#define KEPT_FLAGS (CKF_RNG | CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED | CKF_CLOCK_ON_TOKEN)
#define MIN_PIN_BYTES 4
#define MAX_PIN_BYTES 255

static CK_RV enter_slot(CK_SLOT_ID id, struct slot **slot) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    *slot = slot_known(id);
    pthread_mutex_lock(&module.lock);
    value =
        *slot == NULL ? CKR_SLOT_ID_INVALID : ((*slot)->present ? CKR_OK : CKR_TOKEN_NOT_PRESENT);
    pthread_mutex_unlock(&module.lock);
    if (value != CKR_OK) {
        module_leave();
    }
    return value;
}

static CK_RV leave_slot(CK_RV value) {
    module_leave();
    return value;
}

static void fill(CK_TOKEN_INFO *info, const struct slot *slot, const struct token *token) {
    memset(info, 0, sizeof *info);
    module_pad(info->label, sizeof info->label, token->label);
    module_pad(info->manufacturerID, sizeof info->manufacturerID, token->manufacturer);
    module_pad(info->model, sizeof info->model, token->model);
    module_pad(info->serialNumber, sizeof info->serialNumber, token->serial);
    info->flags = (token->flags & KEPT_FLAGS) | CKF_TOKEN_INITIALIZED;
    if (token->login_required) {
        info->flags |= CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
    }
    info->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulSessionCount = slot->sessions;
    info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulRwSessionCount = slot->read_write_sessions;
    info->ulMinPinLen = token->min_pin_bytes != 0 ? token->min_pin_bytes : MIN_PIN_BYTES;
    info->ulMaxPinLen = token->max_pin_bytes != 0 ? token->max_pin_bytes : MAX_PIN_BYTES;
    info->ulTotalPublicMemory = info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulTotalPrivateMemory = info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
    info->hardwareVersion = token->hardware;
    info->firmwareVersion = token->firmware;
    memset(info->utcTime, ' ', sizeof info->utcTime);
}

EXPORTED CK_RV C_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO *info) {
    struct slot *slot;
    const struct token *token;
    CK_RV value = enter_slot(id, &slot);
    if (value != CKR_OK) {
        return value;
    }
    value = info == NULL ? CKR_ARGUMENTS_BAD : token_ask(slot, &token);
    if (value == CKR_OK) {
        pthread_mutex_lock(&module.lock);
        fill(info, slot, token);
        pthread_mutex_unlock(&module.lock);
    }
    return leave_slot(value);
}

EXPORTED CK_RV C_GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    struct slot *slot;
    const struct token *token;
    CK_RV value = enter_slot(id, &slot);
    if (value != CKR_OK) {
        return value;
    }
    value = count == NULL ? CKR_ARGUMENTS_BAD : token_know(slot, &token);
    if (value == CKR_OK) {
        if (list != NULL && *count < token->mechanism_count) {
            value = CKR_BUFFER_TOO_SMALL;
        } else if (list != NULL) {
            for (size_t i = 0; i < token->mechanism_count; i++) {
                list[i] = token->mechanisms[i].type;
            }
        }
        *count = token->mechanism_count;
    }
    return leave_slot(value);
}

EXPORTED CK_RV C_GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    struct slot *slot;
    const struct token *token;
    CK_RV value = enter_slot(id, &slot);
    if (value != CKR_OK) {
        return value;
    }
    value = info == NULL ? CKR_ARGUMENTS_BAD : token_know(slot, &token);
    if (value == CKR_OK) {
        const struct token_mechanism *mechanism = token_mechanism(token, type);
        if (mechanism == NULL) {
            value = CKR_MECHANISM_INVALID;
        } else {
            *info = mechanism->info;
        }
    }
    return leave_slot(value);
}

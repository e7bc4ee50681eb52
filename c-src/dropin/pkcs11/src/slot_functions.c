/* SPDX-License-Identifier: Apache-2.0 */
/* The slots as the application asks for them. */
#include <string.h>
#include <time.h>

#include "slot.h"

/* How often a program that waits for an event looks. */
#define EVENT_PERIOD_SECONDS 1

EXPORTED CK_RV C_GetSlotList(unsigned char token_present, CK_SLOT_ID *list, CK_ULONG *count) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    if (count == NULL) {
        module_leave();
        return CKR_ARGUMENTS_BAD;
    }
    bool known = false;
    pthread_mutex_lock(&module.lock);
    known = module.slots != NULL && module.looks != 0;
    pthread_mutex_unlock(&module.lock);
    /* The list changes only when its length is asked for, as the standard wants it. */
    if (list == NULL || !known) {
        slot_look();
    }
    CK_ULONG found = 0;
    pthread_mutex_lock(&module.lock);
    for (struct slot *slot = module.slots; slot != NULL; slot = slot->next) {
        if (slot->present || !token_present) {
            if (list != NULL && found < *count) {
                list[found] = slot->id;
            }
            found++;
        }
        slot->reported = slot->present;
    }
    pthread_mutex_unlock(&module.lock);
    value = list != NULL && found > *count ? CKR_BUFFER_TOO_SMALL : CKR_OK;
    *count = found;
    module_leave();
    return value;
}

EXPORTED CK_RV C_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO *info) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    const struct slot *slot = slot_known(id);
    pthread_mutex_lock(&module.lock);
    if (info == NULL) {
        value = CKR_ARGUMENTS_BAD;
    } else if (slot == NULL) {
        value = CKR_SLOT_ID_INVALID;
    } else {
        memset(info, 0, sizeof *info);
        module_pad(info->slotDescription, sizeof info->slotDescription, slot->resource);
        module_pad(info->manufacturerID, sizeof info->manufacturerID, "Berth");
        info->flags = slot->present ? CKF_TOKEN_PRESENT : 0;
        info->hardwareVersion = (CK_VERSION){BERTH_VERSION_MAJOR, BERTH_VERSION_MINOR};
        info->firmwareVersion = info->hardwareVersion;
    }
    pthread_mutex_unlock(&module.lock);
    module_leave();
    return value;
}

/* module.lock is held. */
static struct slot *changed_slot(void) {
    for (struct slot *slot = module.slots; slot != NULL; slot = slot->next) {
        if (slot->present != slot->reported) {
            slot->reported = slot->present;
            return slot;
        }
    }
    return NULL;
}

EXPORTED CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *id, void *reserved) {
    uint64_t incarnation = 0;
    for (;;) {
        CK_RV value = module_enter();
        if (value != CKR_OK) {
            return value;
        }
        if (id == NULL || reserved != NULL) {
            module_leave();
            return CKR_ARGUMENTS_BAD;
        }
        slot_look();
        pthread_mutex_lock(&module.lock);
        bool other = incarnation != 0 && incarnation != module.incarnation;
        incarnation = module.incarnation;
        const struct slot *slot = other ? NULL : changed_slot();
        if (slot != NULL) {
            *id = slot->id;
        }
        module_leave(); /* C_Finalize may come while this waits; it takes the lock to say so */
        if (slot != NULL || other || (flags & CKF_DONT_BLOCK) != 0) {
            pthread_mutex_unlock(&module.lock);
            return other ? CKR_CRYPTOKI_NOT_INITIALIZED : slot != NULL ? CKR_OK : CKR_NO_EVENT;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += EVENT_PERIOD_SECONDS;
        pthread_cond_timedwait(&module.ended, &module.lock, &until);
        pthread_mutex_unlock(&module.lock);
    }
}

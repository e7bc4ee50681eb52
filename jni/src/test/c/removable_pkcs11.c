/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module whose token can be taken out: all calls go to the module that
 * BERTH_REMOVABLE_MODULE names, and while the file that BERTH_REMOVABLE_AWAY names exists, none
 * does. As with a card that was taken out, its sessions and its login are gone when it is back. If
 * the file begins with a c, this process will not reach the token again, as with a library that
 * holds on to a connection that is no more.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#pragma GCC visibility push(default)

#define SLOTS_MOST 16
#define CUT_OFF 'c'

enum presence { PRESENT, OUT, CUT };

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST functions;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void lose_sessions(void) {
    CK_SLOT_ID slots[SLOTS_MOST];
    CK_ULONG count = SLOTS_MOST;
    if (real->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK) {
        for (CK_ULONG i = 0; i < count; i++) {
            real->C_CloseAllSessions(slots[i]);
        }
    }
}

static enum presence look(void) {
    const char *file = getenv("BERTH_REMOVABLE_AWAY");
    enum presence now = PRESENT;
    char why = 0;
    int found = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    if (found >= 0) {
        now = read(found, &why, 1) == 1 && why == CUT_OFF ? CUT : OUT;
        close(found);
    }
    return now;
}

static enum presence presence(void) {
    static enum presence last = PRESENT;
    pthread_mutex_lock(&lock);
    enum presence now = last == CUT ? CUT : look();
    if (last == PRESENT && now != PRESENT) {
        lose_sessions();
    }
    last = now;
    pthread_mutex_unlock(&lock);
    return now;
}

static bool is_away(void) {
    return presence() != PRESENT;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
    enum presence now = presence();
    if (now == CUT) {
        return CKR_DEVICE_REMOVED;
    }
    if (present && now == OUT) {
        *count = 0;
        return CKR_OK;
    }
    return real->C_GetSlotList(present, list, count);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    return is_away() ? CKR_TOKEN_NOT_PRESENT : real->C_GetTokenInfo(slot, info);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session) {
    return is_away() ? CKR_TOKEN_NOT_PRESENT
                     : real->C_OpenSession(slot, flags, application, notify, session);
}

static CK_RV close_session(CK_SESSION_HANDLE session) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_CloseSession(session);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                   CK_ULONG length) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_Login(session, user, pin, length);
}

static CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_FindObjectsInit(session, wanted, count);
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE *attributes, CK_ULONG count) {
    return is_away() ? CKR_DEVICE_REMOVED
                     : real->C_GetAttributeValue(session, object, attributes, count);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_SignInit(session, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG length,
                  unsigned char *signature, CK_ULONG *room) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_Sign(session, data, length, signature, room);
}

static CK_RV generate_random(CK_SESSION_HANDLE session, unsigned char *random, CK_ULONG length) {
    return is_away() ? CKR_DEVICE_REMOVED : real->C_GenerateRandom(session, random, length);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    const char *file = getenv("BERTH_REMOVABLE_MODULE");
    void *library = file == NULL ? NULL : dlopen(file, RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
    if (library != NULL) {
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    }
    if (get == NULL || get(&real) != CKR_OK) {
        return CKR_GENERAL_ERROR;
    }
    functions = *real;
    functions.C_GetSlotList = get_slot_list;
    functions.C_GetTokenInfo = get_token_info;
    functions.C_OpenSession = open_session;
    functions.C_CloseSession = close_session;
    functions.C_Login = login;
    functions.C_FindObjectsInit = find_objects_init;
    functions.C_GetAttributeValue = get_attribute_value;
    functions.C_SignInit = sign_init;
    functions.C_Sign = sign;
    functions.C_GenerateRandom = generate_random;
    *list = &functions;
    return CKR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#include <string.h>

#include "broker.h"
#include "fork.h"
#include "gm_registry.h"
#include "object.h"
#include "session.h"
#include "slot.h"

struct module module = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t handles_forks = PTHREAD_ONCE_INIT;
static pthread_rwlock_t users = PTHREAD_RWLOCK_INITIALIZER;
static atomic_bool initialized;
static struct fork_mark process;
static atomic_bool marked; /* process is valid */

static bool is_inherited(void) {
    return atomic_load(&marked) && fork_happened(&process);
}

CK_RV module_enter(void) {
    if (!atomic_load(&initialized) || is_inherited()) {
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    pthread_rwlock_rdlock(&users);
    if (!atomic_load(&initialized)) {
        pthread_rwlock_unlock(&users);
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    return CKR_OK;
}

void module_leave(void) {
    pthread_rwlock_unlock(&users);
}

/* ---- Fork
 * ---------------------------------------------------------------------------------------- */

/* The slots change only under module.lock: the child finds them whole. */
static void before_fork(void) {
    pthread_mutex_lock(&module.lock);
}

static void after_fork(void) {
    pthread_mutex_unlock(&module.lock);
}

static void after_fork_in_child(void) {
    session_wipe_in_child();
    after_fork();
}

static void handle_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* In a child, before its first C_Initialize. Its only thread is this one. */
static void abandon_parents_state(void) {
    pthread_mutex_init(&starting, NULL);
    pthread_rwlock_init(&users, NULL);
    pthread_mutex_init(&module.lock, NULL);
    slot_abandon();
    module.looks = 0;
    handle_abandon(&module.sessions);
    handle_abandon(&module.objects);
    broker_abandon();
    atomic_store(&initialized, false);
    atomic_store(&marked, false);
}

/* ---- Beginning and end
 * ------------------------------------------------------------------------------------------- */

static CK_RV check_arguments(const CK_C_INITIALIZE_ARGS *arguments) {
    if (arguments == NULL) {
        return CKR_OK;
    }
    if (arguments->pReserved != NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    int given = (arguments->CreateMutex != NULL) + (arguments->DestroyMutex != NULL) +
                (arguments->LockMutex != NULL) + (arguments->UnlockMutex != NULL);
    /* All or none. The operating system's locks serve either way: this module starts no threads,
     * and the application's are the system's. */
    return given == 0 || given == 4 ? CKR_OK : CKR_ARGUMENTS_BAD;
}

static CK_RV start(void) {
    if (atomic_load(&initialized)) {
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    }
    pthread_once(&handles_forks, handle_forks);
    CK_RV value = gm_registry_load();
    if (value != CKR_OK) {
        return value;
    }
    if (!fork_mark_process(&process)) {
        return CKR_HOST_MEMORY;
    }
    atomic_store(&marked, true);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&module.ended, &attributes);
    pthread_condattr_destroy(&attributes);
    module.incarnation++;
    atomic_store(&initialized, true);
    return CKR_OK;
}

EXPORTED CK_RV C_Initialize(void *arguments) {
    CK_RV value = check_arguments(arguments);
    if (value != CKR_OK) {
        return value;
    }
    if (is_inherited()) {
        abandon_parents_state();
    }
    pthread_mutex_lock(&starting);
    value = start();
    pthread_mutex_unlock(&starting);
    return value;
}

static CK_RV stop(void) {
    if (!atomic_load(&initialized)) {
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    pthread_mutex_lock(&module.lock);
    atomic_store(&initialized, false); /* no call begins any more */
    pthread_cond_broadcast(&module.ended);
    pthread_mutex_unlock(&module.lock);
    pthread_rwlock_wrlock(&users); /* those that have begun are done */
    session_free_all();
    object_free_all();
    slot_free_all();
    broker_disconnect();
    pthread_rwlock_unlock(&users);
    return CKR_OK;
}

EXPORTED CK_RV C_Finalize(void *reserved) {
    if (reserved != NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    if (is_inherited()) {
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    pthread_mutex_lock(&starting);
    CK_RV value = stop();
    pthread_mutex_unlock(&starting);
    return value;
}

EXPORTED CK_RV C_GetInfo(CK_INFO *info) {
    CK_RV value = module_enter();
    if (value != CKR_OK) {
        return value;
    }
    if (info == NULL) {
        value = CKR_ARGUMENTS_BAD;
    } else {
        memset(info, 0, sizeof *info);
        info->cryptokiVersion = (CK_VERSION){2, 40};
        info->libraryVersion = (CK_VERSION){BERTH_VERSION_MAJOR, BERTH_VERSION_MINOR};
        module_pad(info->manufacturerID, sizeof info->manufacturerID, "Berth");
        module_pad(info->libraryDescription, sizeof info->libraryDescription, "Berth PKCS #11");
    }
    module_leave();
    return value;
}

void module_pad(unsigned char *field, size_t bytes, const char *text) {
    size_t used = strnlen(text, bytes + 1);
    if (used > bytes) {
        used = bytes;
        while (used > 0 && ((unsigned char)text[used] & 0xc0) == 0x80) {
            used--; /* within a character of UTF-8 */
        }
    }
    memset(field, ' ', bytes);
    memcpy(field, text, used);
}

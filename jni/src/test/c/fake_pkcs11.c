/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module for the tests of the Java side: it does no cryptography, but loses sessions,
 * logins and tokens, and lies about lengths, as the first byte of what it shall sign asks for. Two
 * keys, "key" and "strict" (which asks for the PIN at each use); signing gives the data back.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#pragma GCC visibility push(default)

#define SLOT 5
#define SESSIONS 64
#define PIN "1234"
#define COUNTERS (CKA_VENDOR_DEFINED | 1)
#define LYING (CKA_VENDOR_DEFINED | 2)
#define VENDORS_CODE ((CK_RV)0x80000123)
#define LONG_ANSWER 5000

struct session {
    CK_BBOOL open;
    CK_BBOOL active;
    CK_BBOOL context_login;
    CK_OBJECT_HANDLE key;
    CK_ULONG found; /* objects left to be told of, as bits */
};

static struct session sessions[SESSIONS];
static CK_BBOOL logged_in;
static CK_BBOOL cut_off;
static CK_BBOOL happened; /* the misfortune that is asked for comes once */
static CK_ULONG key_handle = 1;
static CK_ULONG slot_calls_without_token;
static struct {
    CK_ULONG sessions_opened;
    CK_ULONG logins;
    CK_ULONG wrong_pins;
    CK_ULONG context_logins;
    CK_ULONG signatures;
    CK_ULONG closes; /* also of sessions that are not there */
} counters;

static struct session *find_session(CK_SESSION_HANDLE handle) {
    return handle > 0 && handle <= SESSIONS && sessions[handle - 1].open ? &sessions[handle - 1]
                                                                         : NULL;
}

static void lose_everything(void) {
    memset(sessions, 0, sizeof sessions);
    logged_in = CK_FALSE;
}

static CK_RV initialize(void *arguments) {
#ifdef FAKE_CANT_LOCK
    if (arguments != NULL) {
        return CKR_CANT_LOCK;
    }
#else
    (void)arguments;
#endif
    lose_everything();
    memset(&counters, 0, sizeof counters);
    happened = CK_FALSE;
    key_handle = 1;
    return CKR_OK;
}

static CK_RV finalize(void *reserved) {
    (void)reserved;
    cut_off = CK_FALSE; /* whoever initializes it anew has a new connection */
    return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
    (void)present;
    if (cut_off) {
        return CKR_DEVICE_REMOVED;
    }
    if (slot_calls_without_token > 0) {
        slot_calls_without_token--;
        *count = 0;
        return CKR_OK;
    }
    if (list != NULL) {
        list[0] = SLOT;
    }
    *count = 1;
    return CKR_OK;
}

static void pad(unsigned char *field, size_t length, const char *text) {
    memset(field, ' ', length);
    memcpy(field, text, strlen(text));
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    (void)slot;
    memset(info, 0, sizeof *info);
    pad(info->label, sizeof info->label, "fake");
    pad(info->manufacturerID, sizeof info->manufacturerID, "Nobody");
    pad(info->model, sizeof info->model, "None");
    pad(info->serialNumber, sizeof info->serialNumber, "0001");
    info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
    return CKR_OK;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
    (void)slot;
    if (list != NULL) {
        list[0] = CKM_VENDOR_DEFINED | 1;
    }
    *count = 1;
    return CKR_OK;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    (void)slot;
    (void)type;
    info->flags = CKF_SIGN;
    return CKR_OK;
}

/* A driver's own thread opens sessions beside its lanes. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *handle) {
    (void)flags;
    (void)application;
    (void)notify;
    if (cut_off) {
        return CKR_DEVICE_REMOVED;
    }
    if (slot != SLOT) {
        return CKR_SLOT_ID_INVALID;
    }
    CK_RV result = CKR_SESSION_COUNT;
    pthread_mutex_lock(&opening);
    for (CK_ULONG i = 0; i < SESSIONS && result != CKR_OK; i++) {
        if (!sessions[i].open) {
            memset(&sessions[i], 0, sizeof sessions[i]);
            sessions[i].open = CK_TRUE;
            counters.sessions_opened++;
            *handle = i + 1;
            result = CKR_OK;
        }
    }
    pthread_mutex_unlock(&opening);
    return result;
}

static CK_RV close_session(CK_SESSION_HANDLE handle) {
    pthread_mutex_lock(&opening);
    struct session *session = find_session(handle);
    counters.closes++;
    if (session != NULL) {
        session->open = CK_FALSE;
    }
    pthread_mutex_unlock(&opening);
    return session == NULL ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, unsigned char *pin,
                   CK_ULONG length) {
    struct session *session = find_session(handle);
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (user == CKU_USER && logged_in) {
        return CKR_USER_ALREADY_LOGGED_IN;
    }
    if (length != strlen(PIN) || memcmp(pin, PIN, length) != 0) {
        counters.wrong_pins++;
        return CKR_PIN_INCORRECT;
    }
    if (user == CKU_CONTEXT_SPECIFIC) {
        counters.context_logins++;
        session->context_login = CK_TRUE;
    } else {
        counters.logins++;
        logged_in = CK_TRUE;
    }
    return CKR_OK;
}

static CK_RV logout(CK_SESSION_HANDLE handle) {
    (void)handle;
    logged_in = CK_FALSE;
    return CKR_OK;
}

static CK_RV find_objects_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *wanted, CK_ULONG count) {
    struct session *session = find_session(handle);
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    session->found = 3;
    for (CK_ULONG i = 0; i < count; i++) {
        if (wanted[i].type != CKA_LABEL) {
            continue;
        }
        CK_BBOOL key = wanted[i].ulValueLen == 3 && memcmp(wanted[i].pValue, "key", 3) == 0;
        CK_BBOOL strict = wanted[i].ulValueLen == 6 && memcmp(wanted[i].pValue, "strict", 6) == 0;
        CK_BBOOL liar = wanted[i].ulValueLen == 4 && memcmp(wanted[i].pValue, "liar", 4) == 0;
        session->found = key ? 1 : strict ? 2 : liar ? 4 : 0;
    }
    return CKR_OK;
}

static CK_RV find_objects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG most,
                          CK_ULONG *count) {
    struct session *session = find_session(handle);
    *count = 0;
    if (session->found == 4) {
        *count = most + 1;
        return CKR_OK;
    }
    if (session->found & 1) {
        objects[(*count)++] = key_handle;
    }
    if (session->found & 2) {
        objects[(*count)++] = 99;
    }
    session->found = 0;
    return CKR_OK;
}

static CK_RV find_objects_final(CK_SESSION_HANDLE handle) {
    return find_session(handle) == NULL ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *value, CK_ULONG length) {
    if (attribute->pValue != NULL) {
        memcpy(attribute->pValue, value, length);
    }
    attribute->ulValueLen = length;
    return CKR_OK;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE *attribute, CK_ULONG count) {
    CK_BBOOL strict = object == 99;
    CK_OBJECT_CLASS class = strict ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
    (void)count;
    if (find_session(handle) == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (!strict && object != key_handle) {
        return CKR_OBJECT_HANDLE_INVALID;
    }
    switch (attribute->type) {
    case CKA_CLASS:
        return give(attribute, &class, sizeof class);
    case CKA_KEY_TYPE:
        return give(attribute, &type, sizeof type);
    case CKA_LABEL:
        return strict ? give(attribute, "strict", 6) : give(attribute, "key", 3);
    case CKA_ALWAYS_AUTHENTICATE:
        return give(attribute, &strict, sizeof strict);
    case COUNTERS:
        return give(attribute, &counters, sizeof counters);
    case LYING:
        attribute->ulValueLen = attribute->pValue == NULL ? 4 : 1000;
        return CKR_OK;
    default:
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
}

static CK_RV sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    struct session *session = find_session(handle);
    (void)mechanism;
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (session->active) {
        return CKR_OPERATION_ACTIVE;
    }
    if (!logged_in) {
        return CKR_USER_NOT_LOGGED_IN;
    }
    if (key != 99 && key != key_handle) {
        return CKR_KEY_HANDLE_INVALID;
    }
    session->active = CK_TRUE;
    session->context_login = CK_FALSE;
    session->key = key;
    return CKR_OK;
}

/* What comes once, and works the next time. */
static CK_RV misfortune(struct session *session, unsigned char kind) {
    if (kind == 'W') { /* the wire is cut, for as long as the module stays initialized */
        lose_everything();
        cut_off = CK_TRUE;
        return CKR_DEVICE_REMOVED;
    }
    if (happened) {
        happened = CK_FALSE;
        return CKR_OK;
    }
    happened = CK_TRUE;
    session->active = CK_FALSE;
    switch (kind) {
    case 'S':
        session->open = CK_FALSE;
        return CKR_SESSION_HANDLE_INVALID;
    case 'D':
        lose_everything();
        return CKR_DEVICE_REMOVED;
    case 'A':
        lose_everything();
        slot_calls_without_token = 1; /* away for a while */
        return CKR_DEVICE_REMOVED;
    case 'U':
        logged_in = CK_FALSE;
        return CKR_USER_NOT_LOGGED_IN;
    case 'K':
        key_handle++;
        return CKR_KEY_HANDLE_INVALID;
    case 'E':
        return CKR_DEVICE_ERROR;
    default:
        happened = CK_FALSE;
        return CKR_OK;
    }
}

static CK_RV sign(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG length,
                  unsigned char *signature, CK_ULONG *room) {
    struct session *session = find_session(handle);
    unsigned char kind = length > 0 ? data[0] : 0;
    if (session == NULL) {
        return CKR_SESSION_HANDLE_INVALID;
    }
    if (!session->active) {
        return CKR_OPERATION_NOT_INITIALIZED;
    }
    if (session->key == 99 && !session->context_login) {
        session->active = CK_FALSE;
        return CKR_USER_NOT_LOGGED_IN;
    }
    if (kind == 'L') {
        *room += 1000; /* and it stays active, too */
        return CKR_OK;
    }
    if (kind == 'B') {
        return CKR_BUFFER_TOO_SMALL;
    }
    if (kind == 'H') {
        *room = (CK_ULONG)-1;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (kind == 'G' && *room < LONG_ANSWER) {
        *room = LONG_ANSWER;
        return CKR_BUFFER_TOO_SMALL;
    }
    CK_RV code = misfortune(session, kind);
    if (code != CKR_OK) {
        return code;
    }
    session->active = CK_FALSE;
    if (kind == 'V') {
        return VENDORS_CODE;
    }
    counters.signatures++;
    if (kind == 'G') {
        memset(signature, 'g', LONG_ANSWER);
        *room = LONG_ANSWER;
        return CKR_OK;
    }
    memcpy(signature, data, length);
    *room = length;
    return CKR_OK;
}

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
    .C_Login = login,
    .C_Logout = logout,
    .C_FindObjectsInit = find_objects_init,
    .C_FindObjects = find_objects,
    .C_FindObjectsFinal = find_objects_final,
    .C_GetAttributeValue = get_attribute_value,
    .C_SignInit = sign_init,
    .C_Sign = sign,
};

#ifdef FAKE_ONLY_INTERFACES
struct interface {
    const char *name;
    CK_FUNCTION_LIST *functions;
    CK_FLAGS flags;
};

CK_RV C_GetInterface(unsigned char *name, CK_VERSION *version, struct interface **interface,
                     CK_FLAGS flags);

CK_RV C_GetInterface(unsigned char *name, CK_VERSION *version, struct interface **interface,
                     CK_FLAGS flags) {
    static struct interface only = {"PKCS 11", &functions, 0};
    (void)name;
    (void)version;
    (void)flags;
    functions.version.major = 3;
    functions.version.minor = 0;
    *interface = &only;
    return CKR_OK;
}
#else
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    *list = &functions;
    return CKR_OK;
}
#endif

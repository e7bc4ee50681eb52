/* SPDX-License-Identifier: Apache-2.0 */
/* Life of the module, slots, sessions, login, objects. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "own_memory.h"

#define SECRET_SEED 1

static void calls_before_initialize_are_refused(void) {
    CK_INFO info;
    CK_ULONG count;
    played_reset();
    CHECK_RV(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK_RV(C_GetSlotList(CK_FALSE, NULL, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK_RV(C_CloseSession(1), CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK_RV(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static CK_RV no_mutex(void *mutex) {
    (void)mutex;
    return CKR_OK;
}

static void initialize_checks_its_arguments(void) {
    CK_C_INITIALIZE_ARGS arguments = {.pReserved = &arguments};
    CHECK_RV(C_Initialize(&arguments), CKR_ARGUMENTS_BAD);
    arguments = (CK_C_INITIALIZE_ARGS){.LockMutex = no_mutex};
    CHECK_RV(C_Initialize(&arguments), CKR_ARGUMENTS_BAD);
    arguments = (CK_C_INITIALIZE_ARGS){.flags = CKF_OS_LOCKING_OK};
    CHECK_RV(C_Initialize(&arguments), CKR_OK);
    CHECK_RV(C_Initialize(&arguments), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CHECK_RV(C_Finalize(&arguments), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

static void cycles_of_initialize_and_finalize_leave_no_valid_handle(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
    CHECK(atomic_load(&played.closes) == 1);
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CK_SESSION_INFO info;
    CK_ULONG size;
    CHECK_RV(C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
    CK_SESSION_HANDLE next = fixture_session("hsm:token");
    CHECK(next != session);
    CHECK_RV(C_GetObjectSize(next, key, &size), CKR_OBJECT_HANDLE_INVALID);
    CHECK(fixture_object(next, "rsa", CKO_PRIVATE_KEY) != key);
    fixture_stop(next);
}

static void function_list_and_interface_are_one(void) {
    CK_FUNCTION_LIST *list;
    CK_INTERFACE *interface;
    CK_INTERFACE interfaces[1];
    CK_ULONG count = 0;
    CHECK_RV(C_GetFunctionList(&list), CKR_OK);
    CHECK_RV(C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_GetInterface(NULL, NULL, &interface, 0), CKR_OK);
    CHECK(interface->functions == list && list->C_Sign == C_Sign);
    CHECK_RV(C_GetInterfaceList(interfaces, &count), CKR_BUFFER_TOO_SMALL);
    CHECK_RV(C_GetInterfaceList(interfaces, &count), CKR_OK);
    CK_VERSION three = {3, 0};
    CHECK_RV(C_GetInterface((unsigned char *)(uintptr_t) "PKCS 11", &three, &interface, 0),
             CKR_FUNCTION_FAILED);
}

static void slots_are_the_hsm_devices_of_the_list_with_lasting_numbers(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID token = fixture_slot("hsm:token"), card = fixture_slot("hsm:card");
    CK_SLOT_ID slots[2];
    CK_ULONG count = 1;
    CHECK(token != card);
    CHECK_RV(C_GetSlotList(CK_TRUE, slots, &count), CKR_BUFFER_TOO_SMALL);
    CHECK(count == 2);
    CK_TOKEN_INFO info;
    CHECK_RV(C_GetTokenInfo(token, &info), CKR_OK);
    CHECK(memcmp(info.label, "played                          ", 32) == 0);
    CHECK((info.flags & (CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED)) == CKF_TOKEN_INITIALIZED);
    CHECK(info.ulSessionCount == 1);
    CHECK_RV(C_GetTokenInfo(token + 1, &info), CKR_SLOT_ID_INVALID);
    fixture_stop(session);
    session = fixture_start();
    CHECK(fixture_slot("hsm:token") == token && fixture_slot("hsm:card") == card);
    fixture_stop(session);
}

static void without_a_broker_there_are_no_slots_and_later_there_are(void) {
    CK_ULONG count = 9;
    CK_SLOT_ID slot;
    played_reset();
    played.unreachable = true;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    CHECK(count == 0);
    CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    played.unreachable = false;
    CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_OK);
    CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    CHECK(count == 2);
    CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

static void a_device_that_the_policy_no_longer_shows_is_an_empty_slot(void) {
    CK_SESSION_HANDLE session = fixture_start(), other;
    CK_SLOT_ID slot = fixture_slot("hsm:token"), changed;
    CK_SLOT_INFO info;
    CK_ULONG count;
    played.hidden = true;
    CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, NULL), CKR_OK);
    CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    CHECK(count == 0);
    CHECK_RV(C_GetSlotInfo(slot, &info), CKR_OK);
    CHECK((info.flags & CKF_TOKEN_PRESENT) == 0);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_TOKEN_NOT_PRESENT);
    fixture_stop(session);
}

static void *finalize(void *unused) {
    (void)unused;
    CHECK_RV(C_Finalize(NULL), CKR_OK);
    return NULL;
}

static void finalize_ends_a_wait_for_slot_events(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID slot;
    pthread_t thread;
    (void)session;
    CHECK(pthread_create(&thread, NULL, finalize, NULL) == 0);
    CHECK_RV(C_WaitForSlotEvent(0, &slot, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    pthread_join(thread, NULL);
}

static void sessions_end_once_and_all_at_once(void) {
    CK_SESSION_HANDLE first = fixture_start(), second = fixture_session("hsm:token"), third;
    CK_SLOT_ID slot = fixture_slot("hsm:token");
    CK_SESSION_INFO info;
    CHECK_RV(C_OpenSession(slot, 0, NULL, NULL, &third), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_CloseSession(first), CKR_OK);
    CHECK_RV(C_CloseSession(first), CKR_SESSION_HANDLE_INVALID);
    CHECK_RV(C_CloseSession(0), CKR_SESSION_HANDLE_INVALID);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &third), CKR_OK);
    CHECK(third != first); /* the same place, another generation */
    CHECK_RV(C_GetSessionInfo(third, &info), CKR_OK);
    CHECK(info.state == CKS_RO_PUBLIC_SESSION && info.slotID == slot);
    CHECK_RV(C_CloseAllSessions(slot), CKR_OK);
    CHECK_RV(C_GetSessionInfo(second, &info), CKR_SESSION_HANDLE_INVALID);
    CHECK_RV(C_GetSessionInfo(third, &info), CKR_SESSION_HANDLE_INVALID);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin) {
    return C_Login(session, user, (unsigned char *)(uintptr_t)pin, pin == NULL ? 0 : strlen(pin));
}

static void private_objects_appear_with_the_right_pin_only(void) {
    CK_SESSION_HANDLE session = fixture_start(), other = fixture_session("hsm:token");
    CK_SESSION_INFO info;
    played.login_required = true;
    CK_TOKEN_INFO token;
    CHECK_RV(C_GetTokenInfo(fixture_slot("hsm:token"), &token), CKR_OK);
    CHECK((token.flags & CKF_LOGIN_REQUIRED) != 0);
    CHECK(fixture_count(session, NULL, 0) == 3); /* two public keys, a certificate */
    CHECK_RV(login(session, CKU_USER, "wrong"), CKR_PIN_INCORRECT);
    CHECK_RV(login(session, CKU_SO, PLAYED_PIN), CKR_USER_TYPE_INVALID);
    CHECK_RV(C_Login(session, CKU_USER, NULL, 4), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_Logout(session), CKR_USER_NOT_LOGGED_IN);
    CHECK_RV(login(session, CKU_USER, PLAYED_PIN), CKR_OK);
    CHECK(played.last_operation == BERTH_OP_CHECK_PIN && played.last_flags == 0); /* once only */
    CHECK_RV(login(other, CKU_USER, PLAYED_PIN), CKR_USER_ALREADY_LOGGED_IN);
    CHECK_RV(C_GetSessionInfo(other, &info), CKR_OK);
    CHECK(info.state == CKS_RW_USER_FUNCTIONS);
    CK_OBJECT_HANDLE key = fixture_object(other, "rsa", CKO_PRIVATE_KEY);
    CHECK(fixture_count(session, NULL, 0) == 8);
    CHECK_RV(C_Logout(session), CKR_OK);
    CK_ULONG size;
    CHECK_RV(C_GetObjectSize(other, key, &size), CKR_OBJECT_HANDLE_INVALID);
    CHECK(fixture_count(session, NULL, 0) == 3);
    CHECK_RV(login(session, CKU_USER, PLAYED_PIN), CKR_OK);
    CHECK_RV(C_CloseSession(other), CKR_OK);
    CHECK_RV(C_CloseSession(session), CKR_OK);
    session = fixture_session("hsm:token"); /* the last session took the login with it */
    CHECK(fixture_count(session, NULL, 0) == 3);
    fixture_stop(session);
}

static void a_token_without_verifier_takes_no_pin_at_all(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CHECK_RV(login(session, CKU_USER, "anything"), CKR_USER_PIN_NOT_INITIALIZED);
    CHECK(fixture_count(session, NULL, 0) == 8); /* and needs none */
    CHECK_RV(login(session, CKU_USER, NULL), CKR_OK);
    CHECK_RV(login(session, CKU_USER, NULL), CKR_USER_ALREADY_LOGGED_IN);
    CHECK_RV(C_Logout(session), CKR_OK);
    CHECK(fixture_count(session, NULL, 0) == 8);
    fixture_stop(session);
}

static void a_careful_key_wants_its_user_for_every_signature(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
    unsigned char data[32] = {1}, signature[64];
    CK_ULONG bytes = sizeof signature;
    played.login_required = true;
    CK_TOKEN_INFO token;
    CHECK_RV(C_GetTokenInfo(fixture_slot("hsm:token"), &token), CKR_OK);
    CHECK_RV(login(session, CKU_CONTEXT_SPECIFIC, PLAYED_PIN), CKR_OPERATION_NOT_INITIALIZED);
    CHECK_RV(login(session, CKU_USER, PLAYED_PIN), CKR_OK);
    CK_OBJECT_HANDLE key = fixture_object(session, "careful", CKO_PRIVATE_KEY);
    for (int i = 0; i < 2; i++) {
        CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
        CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_USER_NOT_LOGGED_IN);
        CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
        CHECK_RV(login(session, CKU_CONTEXT_SPECIFIC, "wrong"), CKR_PIN_INCORRECT);
        CHECK_RV(login(session, CKU_CONTEXT_SPECIFIC, PLAYED_PIN), CKR_OK);
        CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OK);
    }
    fixture_stop(session);
}

static void administration_of_the_token_is_refused(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID slot = fixture_slot("hsm:token");
    unsigned char pin[] = "1234", label[32] = {0};
    CHECK_RV(C_InitToken(slot, pin, 4, label), CKR_FUNCTION_NOT_SUPPORTED);
    CHECK_RV(C_InitToken(slot + 1, pin, 4, label), CKR_SLOT_ID_INVALID);
    CHECK_RV(C_InitPIN(session, pin, 4), CKR_FUNCTION_NOT_SUPPORTED);
    CHECK_RV(C_SetPIN(session, pin, 4, pin, 4), CKR_FUNCTION_NOT_SUPPORTED);
    CHECK_RV(C_SetPIN(session + 1, pin, 4, pin, 4), CKR_SESSION_HANDLE_INVALID);
    CHECK_RV(C_GetFunctionStatus(session), CKR_FUNCTION_NOT_PARALLEL);
    CHECK_RV(C_CancelFunction(session), CKR_FUNCTION_NOT_PARALLEL);
    CHECK_RV(C_SeedRandom(session, pin, 4), CKR_RANDOM_SEED_NOT_SUPPORTED);
    CHECK_RV(C_DigestKey(session, 1), CKR_OPERATION_NOT_INITIALIZED);
    fixture_stop(session);
}

static void names_that_are_not_granted_are_not_there(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_ATTRIBUTE denied = {CKA_LABEL, (void *)(uintptr_t) "denied", 6};
    CHECK(fixture_count(session, &denied, 1) == 0);
    fixture_stop(session);
}

static void keys_are_found_where_only_they_are_granted(void) {
    CK_ATTRIBUTE label = {CKA_LABEL, (void *)(uintptr_t) "ec", 2};
    CK_SESSION_HANDLE session;
    played_reset();
    played.bare_device = true;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    session = fixture_session("hsm:token");
    CHECK(fixture_count(session, NULL, 0) == 3); /* what is listed: both halves, a certificate */
    CHECK(fixture_count(session, &label, 1) == 3);
    CK_OBJECT_HANDLE key = fixture_object(session, "ec", CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    fixture_stop(session);
}

static void an_object_keeps_its_handle_until_it_is_destroyed(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    CK_BBOOL flag;
    CK_ATTRIBUTE sign = {CKA_SIGN, &flag, sizeof flag};
    CHECK(fixture_object(session, "rsa", CKO_PRIVATE_KEY) == key);
    played_lose_worker();
    CHECK(fixture_object(session, "rsa", CKO_PRIVATE_KEY) == key);
    CHECK_RV(C_GetAttributeValue(session, key, &sign, 1), CKR_OK);
    CHECK(flag == CK_TRUE);
    played_destroy("rsa");
    CHECK_RV(C_GetAttributeValue(session, key, &sign, 1), CKR_OBJECT_HANDLE_INVALID);
    CHECK_RV(C_GetAttributeValue(session, key, &sign, 1), CKR_OBJECT_HANDLE_INVALID);
    fixture_stop(session);
}

static void attributes_come_by_the_rules(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    unsigned char modulus[256], small[10];
    CK_OBJECT_CLASS class;
    CK_ATTRIBUTE templ[] = {{CKA_CLASS, &class, sizeof class},
                            {CKA_MODULUS, small, sizeof small},
                            {CKA_VALUE, small, sizeof small},
                            {CKA_EC_PARAMS, NULL, 0},
                            {CKA_MODULUS, modulus, sizeof modulus}};
    CHECK_RV(C_GetAttributeValue(session, key, templ, 2), CKR_BUFFER_TOO_SMALL);
    CHECK(templ[1].ulValueLen == CK_UNAVAILABLE_INFORMATION && class == CKO_PRIVATE_KEY);
    templ[1].pValue = NULL;
    CHECK_RV(C_GetAttributeValue(session, key, templ, 5), CKR_ATTRIBUTE_SENSITIVE);
    CHECK(templ[1].ulValueLen == 256 && templ[4].ulValueLen == 256 && modulus[255] == 0xab);
    CHECK(templ[2].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    CHECK_RV(C_GetAttributeValue(session, key, templ + 3, 1), CKR_ATTRIBUTE_TYPE_INVALID);
    CHECK_RV(C_GetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_GetAttributeValue(session, key, templ, (CK_ULONG)-1), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_GetAttributeValue(session, 0, templ, 1), CKR_OBJECT_HANDLE_INVALID);
    fixture_stop(session);
}

static void a_certificate_of_the_catalogue_is_an_object(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE certificate = fixture_object(session, "ec", CKO_CERTIFICATE);
    unsigned char value[64], serial[8];
    CK_ATTRIBUTE templ[] = {{CKA_VALUE, value, sizeof value},
                            {CKA_SERIAL_NUMBER, serial, sizeof serial}};
    CHECK_RV(C_GetAttributeValue(session, certificate, templ, 2), CKR_OK);
    CHECK(templ[0].ulValueLen == 19 && value[0] == 0x30);
    CHECK(templ[1].ulValueLen == 3 && memcmp(serial, "\x02\x01\x05", 3) == 0);
    CHECK(fixture_object(session, "ec", CKO_CERTIFICATE) == certificate);
    CHECK_RV(C_DestroyObject(session, certificate), CKR_ACTION_PROHIBITED);
    fixture_stop(session);
}

static void searches_keep_to_their_session_and_order(void) {
    CK_SESSION_HANDLE session = fixture_start(), other = fixture_session("hsm:token");
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count, all = 0;
    CHECK_RV(C_FindObjects(session, found, 2, &count), CKR_OPERATION_NOT_INITIALIZED);
    CHECK_RV(C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
    CHECK_RV(C_FindObjectsInit(session, NULL, 1), CKR_ARGUMENTS_BAD);
    CHECK_RV(C_FindObjectsInit(session, NULL, 0), CKR_OK);
    CHECK_RV(C_FindObjectsInit(session, NULL, 0), CKR_OPERATION_ACTIVE);
    CHECK_RV(C_FindObjects(other, found, 2, &count), CKR_OPERATION_NOT_INITIALIZED);
    do {
        CHECK_RV(C_FindObjects(session, found, 2, &count), CKR_OK);
        all += count;
    } while (count != 0);
    CHECK(all == 8);
    CHECK_RV(C_FindObjectsFinal(session), CKR_OK);
    fixture_stop(session);
}

static void a_slot_number_that_was_kept_is_enough_to_begin_with(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID slot = fixture_slot("hsm:token");
    CK_TOKEN_INFO info;
    CK_SLOT_ID none = slot + 1;
    fixture_stop(session);
    played_reset();
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_OpenSession(none, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    fixture_stop(session);
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_GetTokenInfo(slot, &info), CKR_OK);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

static void an_empty_slot_is_looked_at_anew(void) {
    CK_SESSION_HANDLE session = fixture_start(), other;
    CK_SLOT_ID slot = fixture_slot("hsm:token"), changed;
    played.hidden = true;
    CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, NULL), CKR_OK);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_TOKEN_NOT_PRESENT);
    played.hidden = false;
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
    fixture_stop(session);
}

/* Runs it in a child and waits for its end. */
static void in_a_child(void (*what)(CK_SLOT_ID parents_slot), CK_SLOT_ID slot) {
    pid_t child = fork();
    if (child == 0) {
        what(slot);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void sign_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    CK_MECHANISM mechanism = fixture_mechanism(CKM_ECDSA);
    unsigned char data[32] = {1}, signature[64];
    CK_ULONG bytes = sizeof signature;
    CHECK_RV(C_SignInit(session, &mechanism, key), CKR_OK);
    CHECK_RV(C_Sign(session, data, sizeof data, signature, &bytes), CKR_OK);
}

static void check_nothing_collected_is_here(CK_SLOT_ID slot) {
    (void)slot;
    CHECK(!own_memory_has(SECRET_SEED));
}

static void what_was_collected_is_not_left_in_a_child(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_MECHANISM mechanism = fixture_mechanism(CKM_SHA256);
    unsigned char secret[OWN_MEMORY_NEEDLE_BYTES], digest[32], expected[32];
    CK_ULONG bytes = sizeof digest;
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    own_memory_needle(SECRET_SEED, secret);
    CHECK_RV(C_DigestUpdate(session, secret, sizeof secret), CKR_OK);
    explicit_bzero(secret, sizeof secret);
    CHECK(own_memory_has(SECRET_SEED));
    in_a_child(check_nothing_collected_is_here, fixture_slot("hsm:token"));
    CHECK_RV(C_DigestFinal(session, digest, &bytes), CKR_OK);
    own_memory_needle(SECRET_SEED, secret);
    bytes = sizeof expected;
    CHECK_RV(C_DigestInit(session, &mechanism), CKR_OK);
    CHECK_RV(C_Digest(session, secret, sizeof secret, expected, &bytes), CKR_OK);
    CHECK(memcmp(digest, expected, sizeof digest) == 0); /* the parent's goes on */
    fixture_stop(session);
}

/* As OpenSSL's engine goes on after a fork: with the slot's number, and no list of slots. */
static void go_on_as_a_server_does(CK_SLOT_ID slot) {
    CK_SESSION_HANDLE session;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    sign_with(session, fixture_object(session, "ec", CKO_PRIVATE_KEY));
    fixture_stop(session);
}

static void a_child_goes_on_with_its_parents_slots(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_SLOT_ID slot = fixture_slot("hsm:token");
    sign_with(session, fixture_object(session, "ec", CKO_PRIVATE_KEY));
    in_a_child(go_on_as_a_server_does, slot);
    played.bare_device = true;
    in_a_child(go_on_as_a_server_does, slot);
    sign_with(session, fixture_object(session, "ec", CKO_PRIVATE_KEY));
    fixture_stop(session);
}

static void log_in_with_keys_alone(CK_SLOT_ID slot) {
    CK_SESSION_HANDLE session;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    CHECK_RV(login(session, CKU_USER, PLAYED_PIN), CKR_OK);
    fixture_stop(session);
}

static void a_child_to_which_keys_alone_are_granted_logs_in(void) {
    CK_SESSION_HANDLE session = fixture_start();
    played.bare_device = played.login_required = true;
    in_a_child(log_in_with_keys_alone, fixture_slot("hsm:token"));
    fixture_stop(session);
}

static void what_a_token_is_is_asked_again_once_there_is_a_grant(void) {
    CK_ULONG count;
    played_reset();
    played.no_grant = true;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CK_SESSION_HANDLE session = fixture_session("hsm:token");
    CHECK(fixture_count(session, NULL, 0) == 0);
    CHECK_RV(C_GetMechanismList(fixture_slot("hsm:token"), NULL, &count), CKR_OK);
    CHECK(count == 0);
    played.no_grant = false;
    sign_with(session, fixture_object(session, "ec", CKO_PRIVATE_KEY));
    fixture_stop(session);
}

static void begin_without_a_broker(CK_SLOT_ID slot) {
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;
    played.unreachable = true;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    CHECK_RV(C_FindObjectsInit(session, NULL, 0), CKR_DEVICE_ERROR);
    played.unreachable = false;
    CHECK_RV(C_GetTokenInfo(slot, &info), CKR_OK);
    CHECK(info.ulSessionCount == 1); /* none of the parent's */
    sign_with(session, fixture_object(session, "ec", CKO_PRIVATE_KEY));
    fixture_stop(session);
}

static void a_child_has_sessions_before_it_reaches_a_broker(void) {
    CK_SESSION_HANDLE session = fixture_start();
    in_a_child(begin_without_a_broker, fixture_slot("hsm:token"));
    fixture_stop(session);
}

static void begin_under_another_policy(CK_SLOT_ID slot) {
    CK_SESSION_HANDLE session;
    CK_SLOT_ID list[2];
    CK_ULONG count = 2;
    played.hidden = true;
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    CHECK_RV(C_GetSlotList(CK_TRUE, list, &count), CKR_OK);
    CHECK(count == 0);
    fixture_stop(session);
}

static void a_child_lists_what_its_own_policy_shows(void) {
    CK_SESSION_HANDLE session = fixture_start();
    in_a_child(begin_under_another_policy, fixture_slot("hsm:token"));
    fixture_stop(session);
}

static void a_child_must_initialize_for_itself(void) {
    CK_SESSION_HANDLE session = fixture_start();
    CK_OBJECT_HANDLE key = fixture_object(session, "rsa", CKO_PRIVATE_KEY);
    pid_t child = fork();
    if (child == 0) {
        CK_SESSION_INFO info;
        CK_ULONG size;
        CHECK_RV(C_GetSessionInfo(session, &info), CKR_CRYPTOKI_NOT_INITIALIZED);
        CHECK_RV(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        CHECK_RV(C_Initialize(NULL), CKR_OK);
        CHECK_RV(C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
        CK_SESSION_HANDLE own = fixture_session("hsm:token");
        CHECK(own != session);
        CHECK_RV(C_GetObjectSize(own, key, &size), CKR_OBJECT_HANDLE_INVALID);
        fixture_stop(own);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(fixture_object(session, "rsa", CKO_PRIVATE_KEY) == key);
    fixture_stop(session);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(calls_before_initialize_are_refused),
        TEST(initialize_checks_its_arguments),
        TEST(cycles_of_initialize_and_finalize_leave_no_valid_handle),
        TEST(function_list_and_interface_are_one),
        TEST(slots_are_the_hsm_devices_of_the_list_with_lasting_numbers),
        TEST(without_a_broker_there_are_no_slots_and_later_there_are),
        TEST(a_device_that_the_policy_no_longer_shows_is_an_empty_slot),
        TEST(finalize_ends_a_wait_for_slot_events),
        TEST(sessions_end_once_and_all_at_once),
        TEST(private_objects_appear_with_the_right_pin_only),
        TEST(a_token_without_verifier_takes_no_pin_at_all),
        TEST(a_careful_key_wants_its_user_for_every_signature),
        TEST(administration_of_the_token_is_refused),
        TEST(names_that_are_not_granted_are_not_there),
        TEST(keys_are_found_where_only_they_are_granted),
        TEST(an_object_keeps_its_handle_until_it_is_destroyed),
        TEST(attributes_come_by_the_rules),
        TEST(a_certificate_of_the_catalogue_is_an_object),
        TEST(searches_keep_to_their_session_and_order),
        TEST(a_slot_number_that_was_kept_is_enough_to_begin_with),
        TEST(an_empty_slot_is_looked_at_anew),
        TEST(a_child_must_initialize_for_itself),
        TEST(what_was_collected_is_not_left_in_a_child),
        TEST(a_child_goes_on_with_its_parents_slots),
        TEST(a_child_to_which_keys_alone_are_granted_logs_in),
        TEST(what_a_token_is_is_asked_again_once_there_is_a_grant),
        TEST(a_child_has_sessions_before_it_reaches_a_broker),
        TEST(a_child_lists_what_its_own_policy_shows),
    };
    return RUN_TESTS(tests, argc, argv);
}

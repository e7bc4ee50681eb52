/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

CK_SLOT_ID fixture_slot(const char *resource) {
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_SLOT_INFO info;
    CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    CHECK(count <= 8);
    CHECK_RV(C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        CHECK_RV(C_GetSlotInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.slotDescription, resource, strlen(resource)) == 0) {
            return slots[i];
        }
    }
    CHECK(!"such a slot");
    return 0;
}

CK_SESSION_HANDLE fixture_session(const char *resource) {
    CK_SESSION_HANDLE session;
    CHECK_RV(C_OpenSession(fixture_slot(resource), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                           &session),
             CKR_OK);
    return session;
}

CK_SESSION_HANDLE fixture_start(void) {
    played_reset();
    CHECK_RV(C_Initialize(NULL), CKR_OK);
    return fixture_session("hsm:token");
}

void fixture_stop(CK_SESSION_HANDLE session) {
    CHECK_RV(C_CloseSession(session), CKR_OK);
    CHECK_RV(C_Finalize(NULL), CKR_OK);
}

CK_OBJECT_HANDLE fixture_object(CK_SESSION_HANDLE session, const char *label,
                                CK_OBJECT_CLASS class) {
    CK_ATTRIBUTE templ[] = {{CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
                            {CKA_CLASS, &class, sizeof class}};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    CHECK_RV(C_FindObjectsInit(session, templ, 2), CKR_OK);
    CHECK_RV(C_FindObjects(session, found, 2, &count), CKR_OK);
    CHECK_RV(C_FindObjectsFinal(session), CKR_OK);
    CHECK(count == 1);
    return found[0];
}

CK_ULONG fixture_count(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *templ, CK_ULONG count) {
    CK_OBJECT_HANDLE found[64];
    CK_ULONG hits;
    CHECK_RV(C_FindObjectsInit(session, (CK_ATTRIBUTE *)(uintptr_t)templ, count), CKR_OK);
    CHECK_RV(C_FindObjects(session, found, 64, &hits), CKR_OK);
    CHECK_RV(C_FindObjectsFinal(session), CKR_OK);
    return hits;
}

CK_MECHANISM fixture_mechanism(CK_MECHANISM_TYPE type) {
    return (CK_MECHANISM){type, NULL, 0};
}

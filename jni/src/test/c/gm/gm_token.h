/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module for the tests of the Java side that computes SM2, SM3 and SM4, as no token that
 * can be installed does: with the software card's cryptography, and numbers of its own. It is as
 * strict as a vendor's: a parameter, a key or a template that is not exactly what a mechanism takes
 * is refused. One token with an SM2 pair and a key-encryption key;
 * one thread at a time, as each test has it.
 */
#ifndef BERTH_GM_TOKEN_H
#define BERTH_GM_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

#include "crypto/sm2.h"

enum { SLOT = 3, SESSIONS = 32, OBJECTS = 64, VALUE_MOST = 64, POINT_BYTES = 65, TEXT_MOST = 32 };
enum { KEY_BYTES = 16, DIGEST_BYTES = 32, COUNTER_PARAMETER_BYTES = sizeof(CK_AES_CTR_PARAMS) };

#define OWN(number) (CKM_VENDOR_DEFINED | (0x0A00UL + (number)))
#define SM2_SIGN OWN(1)
#define SM2_ENCRYPT OWN(2)
#define SM3 OWN(3)
#define HMAC_SM3 OWN(4)
#define SM2_SIGN_DER OWN(5)
#define SM2_ENCRYPT_04 OWN(6)
#define SM4_ECB OWN(0x10)
#define SM4_CBC OWN(0x11)
#define SM4_CFB OWN(0x12)
#define SM4_OFB OWN(0x13)
#define SM4_CTR OWN(0x14)
#define SM4_GCM OWN(0x15)
#define SM4_CCM OWN(0x16)
#define SM4_WRAP OWN(0x17)
#define SM4_KEY_GEN OWN(0x18)
#define KEY_SM2 OWN(0x80)    /* its point is a DER OCTET STRING */
#define KEY_SM2_04 OWN(0x82) /* its point stands bare, behind 04 */
#define KEY_SM2_XY OWN(0x83) /* its point is x and y alone */
#define KEY_SM4 OWN(0x81)

struct object {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_BBOOL exists;
    CK_BBOOL of_token;
    CK_BBOOL extractable;
    char label[TEXT_MOST];
    CK_ULONG uses; /* a bit for each of the uses below */
    unsigned char value[VALUE_MOST];
    CK_ULONG bytes;
    unsigned char point[POINT_BYTES];
};

enum {
    USE_ENCRYPT = 1,
    USE_DECRYPT = 2,
    USE_SIGN = 4,
    USE_VERIFY = 8,
    USE_WRAP = 16,
    USE_UNWRAP = 32
};

struct session {
    CK_BBOOL open;
    CK_ULONG active; /* a use, or 0 */
    CK_MECHANISM_TYPE type;
    struct object *key;
    unsigned char iv[256];
    CK_ULONG iv_bytes;
    unsigned char aad[1024];
    CK_ULONG aad_bytes;
    CK_ULONG tag_bytes;
    CK_ULONG data_bytes; /* CCM */
    CK_ULONG found;
    char wanted_label[TEXT_MOST];
    CK_OBJECT_CLASS class;
};

extern struct object gm_objects[OBJECTS];

struct session *gm_at(CK_SESSION_HANDLE handle);
struct object *gm_object(CK_OBJECT_HANDLE handle);
struct object *gm_new_object(CK_OBJECT_HANDLE *handle);
const CK_ATTRIBUTE *gm_find(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type);
CK_ULONG gm_number(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type);
CK_BBOOL gm_flag(const CK_ATTRIBUTE *templ, CK_ULONG count, CK_ATTRIBUTE_TYPE type);
CK_ULONG gm_uses_of(const CK_ATTRIBUTE *templ, CK_ULONG count);
CK_RV gm_begin(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
               CK_ULONG use);
CK_RV gm_enough(CK_ULONG *room, CK_ULONG wanted);
CK_RV gm_sm2_signing(const struct session *session, const unsigned char *e, CK_ULONG bytes,
                     unsigned char *out, CK_ULONG *room);
CK_RV gm_sm2_verifying(const struct session *session, const unsigned char *e, CK_ULONG bytes,
                       const unsigned char *given, CK_ULONG given_bytes);
CK_RV gm_sm2_crypt(const struct session *session, bool encrypts, const unsigned char *in,
                   CK_ULONG bytes, unsigned char *out, CK_ULONG *room);
bool gm_run_cipher(CK_MECHANISM_TYPE type, const unsigned char *key, const unsigned char *iv,
                   bool encrypts, const unsigned char *in, CK_ULONG bytes, unsigned char *out);
CK_RV gm_crypt(struct session *session, bool encrypts, const unsigned char *in, CK_ULONG bytes,
               unsigned char *out, CK_ULONG *room);
CK_RV gm_find_objects_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *wanted, CK_ULONG count);
CK_RV gm_find_objects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *found, CK_ULONG most,
                      CK_ULONG *count);
CK_RV gm_find_objects_final(CK_SESSION_HANDLE handle);
CK_RV gm_get_attribute_value(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which,
                             CK_ATTRIBUTE *attribute, CK_ULONG count);
CK_RV gm_create_object(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *templ, CK_ULONG count,
                       CK_OBJECT_HANDLE *made);
CK_RV gm_destroy_object(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which);
CK_RV gm_encrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key);
CK_RV gm_encrypt(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                 CK_ULONG *room);
CK_RV gm_decrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key);
CK_RV gm_decrypt(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                 CK_ULONG *room);
CK_RV gm_sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key);
CK_RV gm_sign(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
              CK_ULONG *room);
CK_RV gm_verify_init(CK_SESSION_HANDLE handle, CK_MECHANISM *m, CK_OBJECT_HANDLE key);
CK_RV gm_verify(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes,
                unsigned char *signature, CK_ULONG signature_bytes);
CK_RV gm_digest_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism);
CK_RV gm_digest(CK_SESSION_HANDLE handle, unsigned char *in, CK_ULONG bytes, unsigned char *out,
                CK_ULONG *room);
CK_RV gm_generate_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *templ,
                      CK_ULONG count, CK_OBJECT_HANDLE *made);
CK_RV gm_wrap_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
                  CK_OBJECT_HANDLE which, unsigned char *out, CK_ULONG *room);
CK_RV gm_unwrap_key(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
                    unsigned char *wrapped, CK_ULONG bytes, CK_ATTRIBUTE *templ, CK_ULONG count,
                    CK_OBJECT_HANDLE *made);

#endif

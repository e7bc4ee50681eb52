/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under which numbers SM2, SM3 and SM4 of cards are offered. PKCS #11 has none for them and every
 * vendor took others, so that they are data: docs/mechanisms/berth-pkcs11.mechanisms, built in, or
 * the file that BERTH_PKCS11_MECHANISMS names.
 */
#ifndef BERTH_PKCS11_GM_REGISTRY_H
#define BERTH_PKCS11_GM_REGISTRY_H

#include "cryptoki.h"

enum gm_use {
    GM_SM3_SM2,        /* of M; r || s; id = parameter */
    GM_SM3_SM2_DER,    /* the same, DER */
    GM_SM3_SM2_ID,     /* of M; id 1234567812345678 */
    GM_SM3_SM2_ID_DER, /* the same, DER */
    GM_SM2_SIGN,       /* of e, 32 bytes; r || s */
    GM_SM2_SIGN_DER,   /* the same, DER */
    GM_SM2_ENCRYPT,    /* x || y || C3 || C2 */
    GM_SM2_ENCRYPT_DER,
    GM_SM3,
    GM_SM4_KEY_GEN,
    GM_SM4_ECB, /* wraps keys, too */
    GM_SM4_CBC,
    GM_SM4_CBC_PAD,
    GM_SM4_CTR,
    GM_SM4_GCM,
    GM_MECHANISMS, /* how many there are; behind them no mechanisms, but types of keys */
    GM_SM2_KEY_TYPE = GM_MECHANISMS,
    GM_SM4_KEY_TYPE,
    GM_USES
};

/* Reads the registry anew: with C_Initialize, before any other thread may ask. CKR_GENERAL_ERROR,
 * with a line on standard error: the file cannot be read, or makes no sense. */
CK_RV gm_registry_load(void);
/* Instead of the file; `name` is how errors call it. For C_Initialize and its tests. */
CK_RV gm_registry_take(const char *text, const char *name);

/* CK_UNAVAILABLE_INFORMATION: it is not offered. */
CK_ULONG gm_number(enum gm_use use);
/* GM_MECHANISMS: none of them. */
enum gm_use gm_use_of(CK_MECHANISM_TYPE type);

#endif

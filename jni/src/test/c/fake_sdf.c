/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half a card, for the tests of the Java side: it does no cryptography, but answers so that each
 * argument and each byte of a structure can be seen again, lacks some functions, and misbehaves as
 * real cards do when an argument asks for it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <berth/sdf.h>

#pragma GCC visibility push(default)

#define VENDORS_OWN_CODE ((int)0xDEAD0000)

#define INDEX_LEFT_ALIGNED 90
#define INDEX_WITHOUT_BITS 91
#define BITS_LYING 64
#define ALGORITHM_LYING 0x999
#define FIXED_C_BYTES 255

struct session {
    unsigned int hash;
};

static int device;
static unsigned int live_keys;

int SDF_OpenDevice(void **handle) {
    *handle = &device;
    return SDR_OK;
}

int SDF_CloseDevice(void *handle) {
    return handle == &device ? SDR_OK : SDR_INARGERR;
}

#ifndef FAKE_WITHOUT_SESSIONS
int SDF_OpenSession(void *handle, void **session) {
    if (handle != &device) {
        return SDR_INARGERR;
    }
    *session = calloc(1, sizeof(struct session));
    return *session != NULL ? SDR_OK : SDR_NOBUFFER;
}
#endif

int SDF_CloseSession(void *session) {
    free(session);
    return SDR_OK;
}

int SDF_GetDeviceInfo(void *session, DEVICEINFO *info) {
    static const char name_in_gb18030[] = "\xb2\xb4\xce\xbb";
    memset(info, 0, sizeof *info);
    memset(info->IssuerName, 'i', sizeof info->IssuerName);
    memcpy(info->DeviceName, name_in_gb18030, sizeof name_in_gb18030 - 1);
    memcpy(info->DeviceSerial, "2026112200100042", sizeof info->DeviceSerial);
    info->DeviceVersion = live_keys;
    info->StandardVersion = 2;
    info->AsymAlgAbility[0] = 3;
    info->AsymAlgAbility[1] = 4;
    info->SymAlgAbility = 5;
    info->HashAlgAbility = 6;
    info->BufferSize = 7;
    return SDR_OK;
}

int SDF_GenerateRandom(void *session, unsigned int length, unsigned char *random) {
    if (length == 13) {
        return VENDORS_OWN_CODE;
    }
    for (unsigned int i = 0; i < length; i++) {
        random[i] = (unsigned char)(i + length);
    }
    return SDR_OK;
}

int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, unsigned char *password,
                                 unsigned int length) {
    static const char right[] = "Passw0rd";
    return index == 1 && length == sizeof right - 1 && memcmp(password, right, length) == 0
               ? SDR_OK
               : SDR_PRKRERR;
}

int SDF_ReleasePrivateKeyAccessRight(void *session, unsigned int index) {
    return index == 1 ? SDR_OK : SDR_KEYNOTEXIST;
}

static void right_align(unsigned char *field, int value) {
    memset(field, 0, ECCref_MAX_LEN);
    memset(field + 32, value, 32);
}

static int is_right_aligned(const unsigned char *field, int value) {
    unsigned char expected[ECCref_MAX_LEN];
    right_align(expected, value);
    return memcmp(field, expected, sizeof expected) == 0;
}

int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key) {
    key->bits = index == INDEX_WITHOUT_BITS ? 0 : 256;
    right_align(key->x, (int)index);
    right_align(key->y, (int)index + 1);
    if (index == INDEX_LEFT_ALIGNED) {
        memset(key->x, 1, 32);
        memset(key->x + 32, 0, 32);
    }
    return SDR_OK;
}

int SDF_ExportEncPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key) {
    return SDF_ExportSignPublicKey_ECC(session, index + 0x40, key);
}

#ifdef FAKE_UNRESOLVED
int vendor_runtime_that_nobody_has(void);
#endif

int SDF_InternalSign_ECC(void *session, unsigned int index, unsigned char *data,
                         unsigned int length, ECCSignature *signature) {
#ifdef FAKE_UNRESOLVED
    return vendor_runtime_that_nobody_has();
#endif
    if (length != 32) {
        return SDR_INARGERR;
    }
    memset(signature, 0, sizeof *signature);
    unsigned char *r = index == INDEX_LEFT_ALIGNED ? signature->r : signature->r + 32;
    for (unsigned int i = 0; i < length; i++) {
        r[i] = data[i];
        signature->s[32 + i] = (unsigned char)(data[i] ^ index);
    }
    return SDR_OK;
}

int SDF_ExternalVerify_ECC(void *session, unsigned int algorithm, ECCrefPublicKey *key,
                           unsigned char *data, unsigned int length, ECCSignature *signature) {
    ECCSignature expected;
    int index = key->x[63];
    if (algorithm != 0x20200 || key->bits != 256 || !is_right_aligned(key->x, index) ||
        !is_right_aligned(key->y, index + 1)) {
        return SDR_INARGERR;
    }
    if (SDF_InternalSign_ECC(session, (unsigned)index, data, length, &expected) != SDR_OK) {
        return SDR_INARGERR;
    }
    return memcmp(&expected, signature, sizeof expected) == 0 ? SDR_OK : SDR_VERIFYERR;
}

static unsigned char *payload(ECCCipher *cipher) {
    return (unsigned char *)cipher + offsetof(ECCCipher, C);
}

static int seal(ECCCipher *cipher, int x, int y, unsigned int algorithm, const unsigned char *data,
                unsigned int length) {
    right_align(cipher->x, x);
    right_align(cipher->y, y);
    memset(cipher->M, (int)(algorithm & 0xff), sizeof cipher->M);
    cipher->L = length > 0 && data[0] == 0xff ? length + 1 : length;
    for (unsigned int i = 0; i < length; i++) {
        payload(cipher)[i] = data[i] ^ 0x5a;
    }
    return SDR_OK;
}

int SDF_ExternalEncrypt_ECC(void *session, unsigned int algorithm, ECCrefPublicKey *key,
                            unsigned char *data, unsigned int length, ECCCipher *cipher) {
    return seal(cipher, key->x[63], key->y[63], algorithm, data, length);
}

int SDF_InternalEncrypt_ECC(void *session, unsigned int index, unsigned int algorithm,
                            unsigned char *data, unsigned int length, ECCCipher *cipher) {
    /* As a build does whose structure has a C of fixed size. */
    memset(cipher, 0, offsetof(ECCCipher, C) + FIXED_C_BYTES);
    return seal(cipher, (int)index, (int)index + 1, algorithm, data, length);
}

int SDF_InternalDecrypt_ECC(void *session, unsigned int index, unsigned int algorithm,
                            ECCCipher *cipher, unsigned char *data, unsigned int *length) {
    if (!is_right_aligned(cipher->x, (int)index) || cipher->M[0] != (algorithm & 0xff)) {
        return SDR_KEYNOTEXIST;
    }
    for (unsigned int i = 0; i < cipher->L; i++) {
        data[i] = payload(cipher)[i] ^ 0x5a;
    }
    *length = cipher->M[31] == 0xee ? cipher->L - 1 : cipher->L;
    return SDR_OK;
}

static int new_key(int value, void **key) {
    unsigned char *made = malloc(1);
    if (made == NULL) {
        return SDR_NOBUFFER;
    }
    *made = (unsigned char)value;
    *key = made;
    live_keys++;
    return SDR_OK;
}

int SDF_DestroyKey(void *session, void *key) {
    free(key);
    live_keys--;
    return SDR_OK;
}

int SDF_GenerateKeyWithEPK_ECC(void *session, unsigned int bits, unsigned int algorithm,
                               ECCrefPublicKey *public_key, ECCCipher *wrapped, void **key) {
    unsigned char plain[64];
    memset(plain, bits == BITS_LYING ? 0xff : 0x21, sizeof plain);
    seal(wrapped, public_key->x[63], public_key->y[63], algorithm, plain, bits / 8);
    return new_key(0x21, key);
}

int SDF_ImportKeyWithISK_ECC(void *session, unsigned int index, ECCCipher *wrapped, void **key) {
    if (!is_right_aligned(wrapped->x, (int)index)) {
        return SDR_KEYNOTEXIST;
    }
    return new_key(payload(wrapped)[0] ^ 0x5a, key);
}

int SDF_GenerateKeyWithKEK(void *session, unsigned int bits, unsigned int algorithm,
                           unsigned int kek_index, unsigned char *wrapped, unsigned int *length,
                           void **key) {
    memset(wrapped, (int)(kek_index ^ (algorithm & 0xff)), bits / 8);
    *length = bits == BITS_LYING ? 1000 : bits / 8;
    return new_key((int)kek_index, key);
}

static int mix(void *key, unsigned int algorithm, unsigned char *iv, unsigned char *in,
               unsigned int in_length, unsigned char *out, unsigned int *out_length) {
    for (unsigned int i = 0; i < in_length; i++) {
        out[i] = in[i] ^ *(unsigned char *)key ^ iv[i % 16];
    }
    memset(iv, 0x77, 16); /* Some cards leave the next IV here. */
    *out_length = algorithm == ALGORITHM_LYING ? in_length + 1000 : in_length;
    return SDR_OK;
}

int SDF_Encrypt(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                unsigned char *in, unsigned int in_length, unsigned char *out,
                unsigned int *out_length) {
    return mix(key, algorithm, iv, in, in_length, out, out_length);
}

int SDF_Decrypt(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                unsigned char *in, unsigned int in_length, unsigned char *out,
                unsigned int *out_length) {
    return mix(key, algorithm, iv, in, in_length, out, out_length);
}

int SDF_CalculateMAC(void *session, void *key, unsigned int algorithm, unsigned char *iv,
                     unsigned char *in, unsigned int in_length, unsigned char *mac,
                     unsigned int *mac_length) {
    memcpy(mac, iv, 16);
    for (unsigned int i = 0; i < in_length; i++) {
        mac[i % 16] ^= in[i];
    }
    *mac_length = algorithm == ALGORITHM_LYING ? 1000 : 16;
    return SDR_OK;
}

int SDF_HashInit(void *session, unsigned int algorithm, ECCrefPublicKey *key, unsigned char *id,
                 unsigned int id_length) {
    struct session *state = session;
    state->hash = algorithm;
    if (key != NULL) {
        state->hash += 0x1000u * key->x[63] + 0x100000u * id_length + id[0];
    }
    return SDR_OK;
}

int SDF_HashUpdate(void *session, unsigned char *data, unsigned int length) {
    struct session *state = session;
    for (unsigned int i = 0; i < length; i++) {
        state->hash += data[i];
    }
    return SDR_OK;
}

int SDF_HashFinal(void *session, unsigned char *hash, unsigned int *length) {
    struct session *state = session;
    memset(hash, 0, 32);
    for (int i = 0; i < 4; i++) {
        hash[31 - i] = (unsigned char)(state->hash >> (8 * i));
    }
    *length = 32;
    return SDR_OK;
}

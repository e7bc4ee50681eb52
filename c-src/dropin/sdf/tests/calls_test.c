/* SPDX-License-Identifier: Apache-2.0 */
/* Every function as a program calls it, right and wrong, against a played card. */
#include <sched.h>
#include <stdint.h>

#include "hsm_peer.h"
#include "played_card.h"
#include "sdf_fixture.h"

/* What the played card's library says whenever it fails. */
static const int CARD_CODE = (int)PEER_DEVICE_CODE;

/* An ECCCipher with room for 64 bytes of C. */
union cipher {
    ECCCipher head;
    unsigned char bytes[sizeof(ECCCipher) + 64];
};

/* GB/T 32907, A.1: HSM_PEER_KEY under itself. */
static const unsigned char SM4_CIPHERTEXT[16] = {0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e,
                                                 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46};

static void devices_and_sessions_are_opened_closed_and_told_apart(void) {
    struct sdf sdf = sdf_prepare();
    void *device, *other, *session, *again;
    DEVICEINFO info;
    CHECK_CODE(SDF_OpenDevice(NULL), SDR_OUTARGERR);
    CHECK_SDR_OK(SDF_OpenDevice(&device));
    CHECK_SDR_OK(SDF_OpenDevice(&other));
    CHECK(device != other && atomic_load(&sdf.peer.seen->sessions) == 1);
    CHECK_CODE(SDF_OpenSession(device, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_OpenSession(NULL, &session), SDR_OPENDEVICE);
    CHECK_SDR_OK(SDF_OpenSession(device, &session));
    CHECK_CODE(SDF_OpenSession(session, &again), SDR_OPENDEVICE);
    CHECK_CODE(SDF_CloseSession(device), SDR_OPENSESSION);
    CHECK_CODE(SDF_GetDeviceInfo(session, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_GetDeviceInfo(device, &info), SDR_OPENSESSION);
    CHECK_SDR_OK(SDF_GetDeviceInfo(session, &info));
    CHECK(memcmp(info.DeviceName, "card", 5) == 0 && info.BufferSize == BUFFER_BYTES);
    CHECK_SDR_OK(SDF_CloseSession(session));
    CHECK_CODE(SDF_CloseSession(session), SDR_OPENSESSION);
    CHECK_SDR_OK(SDF_OpenSession(device, &session));
    CHECK_SDR_OK(SDF_CloseDevice(device));
    CHECK_CODE(SDF_CloseSession(session), SDR_OPENSESSION); /* went with its device */
    CHECK_CODE(SDF_CloseDevice(device), SDR_OPENDEVICE);
    CHECK_CODE(SDF_OpenSession(device, &session), SDR_OPENDEVICE);
    CHECK_SDR_OK(SDF_OpenSession(other, &session));
    CHECK_SDR_OK(SDF_CloseDevice(other));
    CHECK_SDR_OK(SDF_OpenDevice(&sdf.device)); /* a connection anew */
    CHECK(atomic_load(&sdf.peer.seen->sessions) == 2);
    sdf_stop(&sdf);
}

static void a_device_names_what_the_card_behind_can_do(void) {
    struct sdf sdf = sdf_start();
    DEVICEINFO info;
    memset(&info, 0x5A, sizeof info);
    CHECK_SDR_OK(SDF_GetDeviceInfo(sdf.session, &info));
    CHECK(info.AsymAlgAbility[0] == PLAYED_ASYMMETRIC && info.AsymAlgAbility[1] == PLAYED_BITS &&
          info.SymAlgAbility == PLAYED_SYMMETRIC && info.HashAlgAbility == PLAYED_HASHES);
    CHECK(memcmp(info.IssuerName, "Berth", 6) == 0 && memcmp(info.DeviceName, "card", 5) == 0 &&
          info.BufferSize == BUFFER_BYTES);
    sdf_stop(&sdf);
}

static void without_the_right_to_ask_it_names_what_every_card_can_do(void) {
    struct sdf sdf = sdf_start_without(BERTH_PERMISSION(BERTH_BIT_EXPORT));
    DEVICEINFO info;
    CHECK_SDR_OK(SDF_GetDeviceInfo(sdf.session, &info));
    CHECK(info.AsymAlgAbility[0] == (SGD_SM2_1 | SGD_SM2_3) && info.AsymAlgAbility[1] == 256 &&
          info.SymAlgAbility == 0x43F && info.HashAlgAbility == SGD_SM3);
    CHECK(memcmp(info.DeviceName, "card", 5) == 0);
    sdf_stop(&sdf);
}

static void a_device_that_cannot_be_used_is_not_opened(void) {
    struct sdf sdf = sdf_prepare();
    void *device = &sdf;
    setenv("BERTH_SDF_DEVICE", "hsm:another", 1);
    CHECK_CODE(SDF_OpenDevice(&device), SDR_OPENDEVICE);
    CHECK(device == NULL);
    setenv("BERTH_SDF_DEVICE", "hsm:card", 1);
    setenv("BERTH_SDF_CONFIG", "/nowhere/at/all", 1);
    CHECK_CODE(SDF_OpenDevice(&device), SDR_OPENDEVICE);
    setenv("BERTH_SDF_CONFIG", sdf.config, 1);
    peer_kill(&sdf.peer);
    CHECK_CODE(SDF_OpenDevice(&device), SDR_OPENDEVICE);
    sdf_restart_peer(&sdf);
    CHECK_SDR_OK(SDF_OpenDevice(&sdf.device));
    sdf_stop(&sdf);
}

static void keys_are_found_by_the_catalogue_under_the_name_that_may_do_it(void) {
    struct sdf sdf = sdf_start();
    unsigned char e[32] = {1}, wrapped[16];
    unsigned bytes;
    ECCSignature signature;
    void *key;
    CHECK_SDR_OK(SDF_InternalSign_ECC(sdf.session, LISTED, e, 32, &signature));
    CHECK_SDR_OK(
        SDF_GenerateKeyWithKEK(sdf.session, 128, SGD_SM4_ECB, LISTED, wrapped, &bytes, &key));
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, 11, e, 32, &signature), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, 12, e, 32, &signature), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, 13, e, 32, &signature), SDR_KEYNOTEXIST);
    sdf_stop(&sdf);
}

static void a_key_that_moves_to_another_name_is_found_again(void) {
    struct sdf sdf = sdf_start();
    unsigned char e[32] = {1};
    ECCSignature signature;
    CHECK_SDR_OK(SDF_InternalSign_ECC(sdf.session, LISTED, e, 32, &signature));
    sdf_move_listed(&sdf);
    int status;
    /* The catalogue is read again after the first failure, but not more than once a second. */
    while ((status = SDF_InternalSign_ECC(sdf.session, LISTED, e, 32, &signature)) != SDR_OK) {
        CHECK_CODE(status, SDR_KEYNOTEXIST);
        sched_yield();
    }
    sdf_stop(&sdf);
}

static void a_device_of_which_nothing_is_granted_is_not_opened(void) {
    struct sdf sdf = sdf_prepare();
    setenv("BERTH_SOCKET", sdf.socket, 1);
    setenv("BERTH_SDF_CONFIG", "/dev/null", 1);
    setenv("BERTH_SDF_DEVICE", "deny:card", 1);
    CHECK_CODE(SDF_OpenDevice(&sdf.device), SDR_OPENDEVICE);
    setenv("BERTH_SDF_DEVICE", "hsm:card", 1);
    CHECK_SDR_OK(SDF_OpenDevice(&sdf.device));
    sdf_stop(&sdf);
    unsetenv("BERTH_SOCKET");
}

static void the_only_device_of_the_kind_needs_no_name(void) {
    struct sdf sdf = sdf_prepare();
    unsetenv("BERTH_SDF_DEVICE");
    CHECK_SDR_OK(SDF_OpenDevice(&sdf.device));
    sdf_stop(&sdf);
}

static void access_rights_are_those_of_the_policy(void) {
    struct sdf sdf = sdf_start();
    unsigned char password[] = "any password at all";
    CHECK_SDR_OK(SDF_GetPrivateKeyAccessRight(sdf.session, PAIR, password, sizeof password));
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(sdf.session, VERIFY_PAIR, password, 8), SDR_PARDENY);
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(sdf.session, NO_KEY, password, 8), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(sdf.session, GONE_PAIR, password, 8), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(sdf.session, PAIR, NULL, 8), SDR_INARGERR);
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(sdf.session, PAIR, password, 0), SDR_INARGERR);
    CHECK_CODE(SDF_GetPrivateKeyAccessRight(NULL, PAIR, password, 8), SDR_OPENSESSION);
    CHECK_SDR_OK(SDF_ReleasePrivateKeyAccessRight(sdf.session, PAIR));
    CHECK_SDR_OK(SDF_ReleasePrivateKeyAccessRight(sdf.session, VERIFY_PAIR));
    CHECK_CODE(SDF_ReleasePrivateKeyAccessRight(sdf.session, NO_KEY), SDR_KEYNOTEXIST);
    CHECK(memcmp(password, "any password at all", sizeof password) == 0);
    CHECK(atomic_load(&sdf.peer.seen->requests) == 0); /* nothing was sent */
    sdf_stop(&sdf);
}

static void signatures_verify_within_and_without(void) {
    struct sdf sdf = sdf_start();
    unsigned char e[32];
    ECCSignature signature, left_aligned = {0};
    ECCrefPublicKey key;
    memset(e, 9, sizeof e);
    CHECK_SDR_OK(SDF_InternalSign_ECC(sdf.session, PAIR, e, 32, &signature));
    for (int i = 0; i < 32; i++) {
        CHECK(signature.r[i] == 0 && signature.s[i] == 0 && signature.r[32 + i] == 9);
    }
    CHECK_SDR_OK(SDF_InternalVerify_ECC(sdf.session, PAIR, e, 32, &signature));
    CHECK_SDR_OK(SDF_ExportSignPublicKey_ECC(sdf.session, PAIR, &key));
    CHECK(key.bits == 256 && key.x[31] == 0 && key.x[32] == 1 && key.y[63] == 1);
    CHECK_SDR_OK(SDF_ExternalVerify_ECC(sdf.session, SGD_SM2_1, &key, e, 32, &signature));
    e[0] ^= 1;
    CHECK_CODE(SDF_InternalVerify_ECC(sdf.session, PAIR, e, 32, &signature), SDR_VERIFYERR);
    CHECK_CODE(SDF_ExternalVerify_ECC(sdf.session, SGD_SM2_1, &key, e, 32, &signature),
               SDR_VERIFYERR);
    memset(left_aligned.r, 9, 32);
    CHECK_CODE(SDF_InternalVerify_ECC(sdf.session, PAIR, e, 32, &left_aligned), SDR_VERIFYERR);

    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, PAIR, NULL, 32, &signature), SDR_INARGERR);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, PAIR, e, 32, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, PAIR, e, 31, &signature), SDR_INARGERR);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, PAIR, e, UINT32_MAX, &signature), SDR_INARGERR);
    CHECK_CODE(SDF_InternalSign_ECC(sdf.session, NO_KEY, e, 32, &signature), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_InternalSign_ECC(&sdf, PAIR, e, 32, &signature), SDR_OPENSESSION);
    CHECK_CODE(SDF_InternalVerify_ECC(sdf.session, PAIR, e, 32, NULL), SDR_INARGERR);
    CHECK_CODE(SDF_ExternalVerify_ECC(sdf.session, SGD_SM2_3, &key, e, 32, &signature),
               SDR_ALGNOTSUPPORT);
    key.bits = 512;
    CHECK_CODE(SDF_ExternalVerify_ECC(sdf.session, SGD_SM2_1, &key, e, 32, &signature),
               SDR_INARGERR);
    key.bits = 256;
    key.x[0] = 1;
    CHECK_CODE(SDF_ExternalVerify_ECC(sdf.session, SGD_SM2_1, &key, e, 32, &signature),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExportSignPublicKey_ECC(sdf.session, PAIR, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_ExportEncPublicKey_ECC(sdf.session, NO_KEY, &key), SDR_KEYNOTEXIST);
    /* The played worker's answer to this one is ill-formed. */
    CHECK_CODE(SDF_ExportEncPublicKey_ECC(sdf.session, PAIR, &key), SDR_UNKNOWERR);
    sdf_stop(&sdf);
}

static void what_sm2_encrypts_it_decrypts(void) {
    struct sdf sdf = sdf_start();
    union cipher cipher;
    ECCrefPublicKey key;
    unsigned char plain[64], back[64];
    unsigned bytes = 0xDEADBEEF;
    memset(plain, 3, sizeof plain);
    CHECK_SDR_OK(SDF_ExportSignPublicKey_ECC(sdf.session, PAIR, &key));
    CHECK_SDR_OK(SDF_ExternalEncrypt_ECC(sdf.session, SGD_SM2_3, &key, plain, 40, &cipher.head));
    CHECK(cipher.head.L == 40 && cipher.head.x[31] == 0 && cipher.head.x[32] == 1);
    CHECK_SDR_OK(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes));
    CHECK(bytes == 40 && memcmp(plain, back, 40) == 0);
    CHECK_SDR_OK(SDF_InternalEncrypt_ECC(sdf.session, PAIR, SGD_SM2_3, plain, 64, &cipher.head));
    CHECK_SDR_OK(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes));
    CHECK(bytes == 64 && memcmp(plain, back, 64) == 0);

    cipher.head.M[0] ^= 1; /* the card says what is wrong with it, in its own words */
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes),
               CARD_CODE);
    cipher.head.x[0] = 1;
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes),
               SDR_ENCDATAERR);
    cipher.head.L = UINT32_MAX;
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes),
               SDR_INARGERR);
    cipher.head.L = 0;
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_1, &cipher.head, back, &bytes),
               SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, &cipher.head, back, NULL),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_InternalDecrypt_ECC(sdf.session, PAIR, SGD_SM2_3, NULL, back, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExternalEncrypt_ECC(sdf.session, SGD_SM2_3, &key, plain, 0, &cipher.head),
               SDR_INARGERR);
    CHECK_CODE(
        SDF_ExternalEncrypt_ECC(sdf.session, SGD_SM2_3, &key, plain, UINT32_MAX, &cipher.head),
        SDR_INARGERR);
    CHECK_CODE(SDF_InternalEncrypt_ECC(sdf.session, NO_KEY, SGD_SM2_3, plain, 4, &cipher.head),
               SDR_KEYNOTEXIST);
    sdf_stop(&sdf);
}

static void sm4_of_the_standards_example_is_right_whatever_the_length_said_before(void) {
    struct sdf sdf = sdf_start();
    void *key = sdf_key(&sdf), *other_session;
    unsigned char block[16], iv[16] = {0}, next[16];
    unsigned bytes = 0; /* as GmSSL leaves it */
    memcpy(block, HSM_PEER_KEY, 16);
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, NULL, block, 16, block, &bytes));
    CHECK(bytes == 16 && memcmp(block, SM4_CIPHERTEXT, 16) == 0);
    bytes = 0xFFFFFFFF;
    CHECK_SDR_OK(SDF_Decrypt(sdf.session, key, SGD_SM4_ECB, NULL, block, 16, block, &bytes));
    CHECK(bytes == 16 && memcmp(block, HSM_PEER_KEY, 16) == 0);

    CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, SGD_SM4_CBC, iv, block, 16, next, &bytes));
    CHECK(memcmp(iv, next, 16) == 0); /* the IV goes on */

    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_CBC, NULL, block, 16, next, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_CBC, iv, block, 15, next, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, iv, block, 0, next, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, iv, block, 0xFFFFFFF0, next, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4 | 0x80, iv, block, 16, next, &bytes),
               SDR_ALGMODNOTSUPPORT);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, 0x102, iv, block, 16, next, &bytes),
               SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, iv, NULL, 16, next, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_Encrypt(sdf.session, key, SGD_SM4_ECB, iv, block, 16, next, NULL),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_Decrypt(sdf.session, NULL, SGD_SM4_ECB, iv, block, 16, next, &bytes),
               SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_Decrypt(sdf.session, sdf.session, SGD_SM4_ECB, iv, block, 16, next, &bytes),
               SDR_KEYNOTEXIST);
    CHECK_SDR_OK(SDF_OpenSession(sdf.device, &other_session));
    CHECK_CODE(SDF_Decrypt(other_session, key, SGD_SM4_ECB, iv, block, 16, next, &bytes),
               SDR_KEYNOTEXIST); /* a key is its session's */
    CHECK_CODE(SDF_DestroyKey(other_session, key), SDR_KEYNOTEXIST);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
    CHECK_CODE(SDF_DestroyKey(sdf.session, key), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_Decrypt(sdf.session, key, SGD_SM4_ECB, iv, block, 16, next, &bytes),
               SDR_KEYNOTEXIST);
    sdf_stop(&sdf);
}

static void a_key_that_is_imported_is_the_key_that_was_made(void) {
    struct sdf sdf = sdf_start();
    unsigned char wrapped[32], block[16] = {0}, by_made[16], by_imported[16];
    unsigned bytes;
    void *made, *imported;
    union cipher cipher;
    CHECK_SDR_OK(
        SDF_GenerateKeyWithKEK(sdf.session, 128, SGD_SM4_CBC, KEK, wrapped, &bytes, &made));
    CHECK_SDR_OK(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_ECB, KEK, wrapped, bytes, &imported));
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, made, SGD_SM4_ECB, NULL, block, 16, by_made, &bytes));
    CHECK_SDR_OK(
        SDF_Encrypt(sdf.session, imported, SGD_SM4_ECB, NULL, block, 16, by_imported, &bytes));
    CHECK(memcmp(by_made, by_imported, 16) == 0);

    memset(&cipher, 0, sizeof cipher);
    cipher.head.L = 16;
    CHECK_SDR_OK(SDF_ImportKeyWithISK_ECC(sdf.session, PAIR, &cipher.head, &imported));
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, imported, SGD_SM4_ECB, NULL, block, 16, block, &bytes));
    cipher.head.L = UINT32_MAX;
    CHECK_CODE(SDF_ImportKeyWithISK_ECC(sdf.session, PAIR, &cipher.head, &imported), SDR_INARGERR);
    cipher.head.L = 16;
    cipher.head.y[3] = 1;
    CHECK_CODE(SDF_ImportKeyWithISK_ECC(sdf.session, PAIR, &cipher.head, &imported),
               SDR_ENCDATAERR);
    cipher.head.y[3] = 0;
    CHECK_CODE(SDF_ImportKeyWithISK_ECC(sdf.session, NO_KEY, &cipher.head, &imported),
               SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_ImportKeyWithISK_ECC(sdf.session, VERIFY_PAIR, &cipher.head, &imported),
               SDR_PARDENY);
    /* The played card wraps nothing for a pair in the right form: refused before it is written. */
    CHECK_CODE(SDF_GenerateKeyWithIPK_ECC(sdf.session, PAIR, 128, &cipher.head, &made),
               SDR_UNKNOWERR);

    CHECK_CODE(SDF_GenerateKeyWithKEK(sdf.session, 127, SGD_SM4_ECB, KEK, wrapped, &bytes, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithKEK(sdf.session, 192, SGD_SM4_ECB, KEK, wrapped, &bytes, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithKEK(sdf.session, 256, SGD_SM4_CBC, KEK, wrapped, &bytes, &made),
               SDR_ALGMODNOTSUPPORT);
    CHECK_CODE(SDF_GenerateKeyWithKEK(sdf.session, 128, SGD_SM4_CFB, KEK, wrapped, &bytes, &made),
               SDR_ALGNOTSUPPORT);
    CHECK_CODE(
        SDF_GenerateKeyWithKEK(sdf.session, 128, SGD_SM4_ECB, NO_KEY, wrapped, &bytes, &made),
        SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_GenerateKeyWithKEK(sdf.session, 128, SGD_SM4_ECB, KEK, NULL, &bytes, &made),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_ECB, KEK, wrapped, 17, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_ECB, KEK, wrapped, UINT32_MAX, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_CBC, KEK, wrapped, 32, &made),
               SDR_ALGMODNOTSUPPORT);
    CHECK_CODE(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_ECB, KEK, wrapped, 16, NULL),
               SDR_OUTARGERR);
    sdf_stop(&sdf);
}

static void a_key_of_256_bits_is_for_hmac_alone(void) {
    struct sdf sdf = sdf_start();
    unsigned char wrapped[32], block[16] = {0}, iv[16] = {0}, mac[32], again[32];
    unsigned bytes = 0, mac_bytes = 0;
    void *made, *imported;
    CHECK_SDR_OK(
        SDF_GenerateKeyWithKEK(sdf.session, 256, SGD_SM4_ECB, KEK, wrapped, &bytes, &made));
    CHECK(bytes == 32);
    CHECK_SDR_OK(SDF_ImportKeyWithKEK(sdf.session, SGD_SM4_ECB, KEK, wrapped, 32, &imported));
    CHECK_SDR_OK(SDF_CalculateMAC(sdf.session, made, SGD_SM3, NULL, block, 16, mac, &mac_bytes));
    CHECK(mac_bytes == 32);
    CHECK_SDR_OK(
        SDF_CalculateMAC(sdf.session, imported, SGD_SM3, NULL, block, 16, again, &mac_bytes));
    CHECK(memcmp(mac, again, 32) == 0);
    unsigned before = atomic_load(&sdf.peer.seen->requests);
    CHECK_CODE(SDF_Encrypt(sdf.session, made, SGD_SM4_ECB, NULL, block, 16, block, &bytes),
               SDR_KEYTYPEERR);
    CHECK_CODE(SDF_DecryptInit(sdf.session, made, SGD_SM4_CBC, iv, 16), SDR_KEYTYPEERR);
    CHECK_CODE(SDF_CalculateMAC(sdf.session, made, SGD_SM4_MAC, iv, block, 16, mac, &mac_bytes),
               SDR_KEYTYPEERR);
    CHECK(atomic_load(&sdf.peer.seen->requests) == before);
    sdf_stop(&sdf);
}

static void random_bytes_come_in_full(void) {
    struct sdf sdf = sdf_start();
    static unsigned char bytes[5000];
    unsigned zeros = 0;
    CHECK_SDR_OK(SDF_GenerateRandom(sdf.session, sizeof bytes, bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        zeros += bytes[i] == 0;
    }
    CHECK(zeros < 200);
    CHECK_CODE(SDF_GenerateRandom(sdf.session, 0, bytes), SDR_INARGERR);
    CHECK_CODE(SDF_GenerateRandom(sdf.session, UINT32_MAX, bytes), SDR_INARGERR);
    CHECK_CODE(SDF_GenerateRandom(sdf.session, 16, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_GenerateRandom(NULL, 16, bytes), SDR_OPENSESSION);
    sdf_stop(&sdf);
}

static void what_is_not_served_says_so_whatever_it_is_given(void) {
    CHECK_CODE(SDF_CreateFile(NULL, NULL, 0, 0), SDR_NOTSUPPORT);
    CHECK_CODE(SDF_DeleteFile(NULL, NULL, 0), SDR_NOTSUPPORT);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(devices_and_sessions_are_opened_closed_and_told_apart),
        TEST(a_device_names_what_the_card_behind_can_do),
        TEST(without_the_right_to_ask_it_names_what_every_card_can_do),
        TEST(a_device_that_cannot_be_used_is_not_opened),
        TEST(keys_are_found_by_the_catalogue_under_the_name_that_may_do_it),
        TEST(a_key_that_moves_to_another_name_is_found_again),
        TEST(a_device_of_which_nothing_is_granted_is_not_opened),
        TEST(the_only_device_of_the_kind_needs_no_name),
        TEST(access_rights_are_those_of_the_policy),
        TEST(signatures_verify_within_and_without),
        TEST(what_sm2_encrypts_it_decrypts),
        TEST(sm4_of_the_standards_example_is_right_whatever_the_length_said_before),
        TEST(a_key_that_is_imported_is_the_key_that_was_made),
        TEST(a_key_of_256_bits_is_for_hmac_alone),
        TEST(random_bytes_come_in_full),
        TEST(what_is_not_served_says_so_whatever_it_is_given),
    };
    return RUN_TESTS(tests, argc, argv);
}

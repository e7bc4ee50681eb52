/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in pieces, keys from outside, and missing pointers of all functions since 2012's core.
 */
#include "card_fixture.h"

#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static void *device, *session, *key;
static unsigned char raw_key[16], iv[16], plain[4096], expected[4096 + 16], found[4096 + 16];
static unsigned int made;

static const struct {
    unsigned int algorithm, bytes;
} modes[] = {{SGD_SM4_ECB, 4096},
             {SGD_SM4_CBC, 4096},
             {SGD_SM4_CFB, 4093},
             {SGD_SM4_OFB, 4093},
             {SGD_SM4_CTR, 4093}};
enum { MODES = 5 };

typedef int update_function(void *, unsigned char *, unsigned int, unsigned char *, unsigned int *);

static unsigned int feed(update_function *update, unsigned char *in, unsigned int bytes,
                         unsigned char *out) {
    static const unsigned int steps[] = {1, 15, 16, 17, 100, 1000};
    unsigned int total = 0;
    for (unsigned at = 0, now, n = 0; at < bytes; at += now, n++) {
        now = steps[n % 6] < bytes - at ? steps[n % 6] : bytes - at;
        CHECK_EQUAL(SDR_OK, update(session, in + at, now, out + total, &made));
        CHECK(made <= now + 15);
        total += made;
    }
    return total;
}

static void each_mode_in_pieces_gives_what_one_call_gives(void) {
    for (int i = 0; i < MODES; i++) {
        unsigned int iv_bytes = modes[i].algorithm == SGD_SM4_ECB ? 0 : 16;
        unsigned char running_iv[16];
        memcpy(running_iv, iv, 16);
        CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, modes[i].algorithm, running_iv, plain,
                                        modes[i].bytes, expected, &made));
        for (int external = 0; external < 2; external++) {
            CHECK_EQUAL(SDR_OK,
                        external ? SDF_ExternalKeyEncryptInit(session, modes[i].algorithm, raw_key,
                                                              16, iv, iv_bytes)
                                 : SDF_EncryptInit(session, key, modes[i].algorithm, iv, iv_bytes));
            CHECK_EQUAL(modes[i].bytes, feed(SDF_EncryptUpdate, plain, modes[i].bytes, found));
            CHECK_EQUAL(SDR_OK, SDF_EncryptFinal(session, NULL, &made));
            CHECK_EQUAL(0, made);
            CHECK_BYTES(expected, found, modes[i].bytes);
            CHECK_EQUAL(SDR_OK,
                        external ? SDF_ExternalKeyDecryptInit(session, modes[i].algorithm, raw_key,
                                                              16, iv, iv_bytes)
                                 : SDF_DecryptInit(session, key, modes[i].algorithm, iv, iv_bytes));
            CHECK_EQUAL(modes[i].bytes, feed(SDF_DecryptUpdate, expected, modes[i].bytes, found));
            CHECK_EQUAL(SDR_OK, SDF_DecryptFinal(session, NULL, &made));
            CHECK_BYTES(plain, found, modes[i].bytes);
        }
        memcpy(running_iv, iv, 16);
        CHECK_EQUAL(SDR_OK,
                    SDF_ExternalKeyEncrypt(session, modes[i].algorithm, raw_key, 16, running_iv, 16,
                                           plain, modes[i].bytes, found, &made));
        CHECK_BYTES(expected, found, modes[i].bytes);
        memcpy(running_iv, iv, 16);
        CHECK_EQUAL(SDR_OK,
                    SDF_ExternalKeyDecrypt(session, modes[i].algorithm, raw_key, 16, running_iv, 16,
                                           expected, modes[i].bytes, found, &made));
        CHECK_BYTES(plain, found, modes[i].bytes);
    }
}

static void authentication_codes_in_pieces_are_those_of_one_call_and_of_libcrypto(void) {
    unsigned char mac[32], one[32], running_iv[16];
    memcpy(running_iv, iv, 16);
    CHECK_EQUAL(SDR_OK,
                SDF_CalculateMAC(session, key, SGD_SM4_MAC, running_iv, plain, 4096, one, &made));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACInit(session, key, SGD_SM4_MAC, iv, 16));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACUpdate(session, plain, 1));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACUpdate(session, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACUpdate(session, plain + 1, 3000));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACUpdate(session, plain + 3001, 1095));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACFinal(session, mac, &made));
    CHECK_EQUAL(16, made);
    CHECK_BYTES(one, mac, 16);
    static const unsigned int algorithms[] = {SGD_SM3_HMAC, SGD_SM3};
    CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, raw_key, 16, plain, 4096, one, 32, NULL) !=
          NULL);
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(SDR_OK, i < 2
                                ? SDF_HMACInit(session, key, algorithms[i])
                                : SDF_ExternalKeyHMACInit(session, algorithms[i - 2], raw_key, 16));
        CHECK_EQUAL(SDR_OK, SDF_HMACUpdate(session, plain, 63));
        CHECK_EQUAL(SDR_OK, SDF_HMACUpdate(session, plain + 63, 4096 - 63));
        CHECK_EQUAL(SDR_OK, SDF_HMACFinal(session, mac, &made));
        CHECK_EQUAL(32, made);
        CHECK_BYTES(one, mac, 32);
    }
}

static void what_runs_is_apart_and_a_hash_goes_on_beside_it(void) {
    unsigned char mac[32], hash[32], one[32];
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SHA256, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HMACInit(session, key, SGD_SM3_HMAC));
    CHECK_EQUAL(SDR_OK, SDF_EncryptInit(session, key, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, plain, 100));
    CHECK_EQUAL(SDR_OK, SDF_HMACUpdate(session, plain, 100));
    CHECK_EQUAL(SDR_OK, SDF_EncryptUpdate(session, plain, 96, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, hash, &made));
    CHECK_EQUAL(32, made);
    CHECK_EQUAL(SDR_OK, SDF_HMACFinal(session, mac, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptFinal(session, NULL, &made));
    CHECK(EVP_Q_digest(NULL, "SHA256", NULL, plain, 100, one, NULL));
    CHECK_BYTES(one, hash, 32);
    CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, raw_key, 16, plain, 100, one, 32, NULL) !=
          NULL);
    CHECK_BYTES(one, mac, 32);
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SHA1, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, plain, 100));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, hash, &made));
    CHECK_EQUAL(20, made);
    CHECK(EVP_Q_digest(NULL, "SHA1", NULL, plain, 100, one, NULL));
    CHECK_BYTES(one, hash, 20);
}

static void a_part_of_a_block_at_the_end_and_steps_out_of_order_are_refused(void) {
    unsigned char mac[32];
    CHECK_EQUAL(SDR_STEPERR, SDF_EncryptUpdate(session, plain, 16, found, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_DecryptUpdate(session, plain, 16, found, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_EncryptFinal(session, NULL, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_DecryptFinal(session, NULL, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_CalculateMACUpdate(session, plain, 16));
    CHECK_EQUAL(SDR_STEPERR, SDF_CalculateMACFinal(session, mac, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_HMACUpdate(session, plain, 16));
    CHECK_EQUAL(SDR_STEPERR, SDF_HMACFinal(session, mac, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptInit(session, key, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_STEPERR, SDF_DecryptUpdate(session, plain, 16, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptUpdate(session, plain, 17, found, &made));
    CHECK_EQUAL(16, made);
    CHECK_EQUAL(SDR_INARGERR, SDF_EncryptFinal(session, NULL, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_EncryptFinal(session, NULL, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptInit(session, key, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_EncryptInit(session, NULL, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_STEPERR, SDF_EncryptUpdate(session, plain, 16, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACInit(session, key, SGD_SM4_MAC, iv, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_CalculateMACFinal(session, mac, &made));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACInit(session, key, SGD_SM4_MAC, iv, 16));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMACUpdate(session, plain, 17));
    CHECK_EQUAL(SDR_INARGERR, SDF_CalculateMACFinal(session, mac, &made));
}

static void a_key_destroyed_meanwhile_serves_what_was_begun_and_nothing_new(void) {
    unsigned char running_iv[16];
    void *short_lived = known_key(session, raw_key, 16);
    CHECK_EQUAL(SDR_OK, SDF_EncryptInit(session, short_lived, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, short_lived));
    CHECK_EQUAL(SDR_OK, SDF_EncryptUpdate(session, plain, 32, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptFinal(session, NULL, &made));
    memcpy(running_iv, iv, 16);
    CHECK_EQUAL(SDR_OK,
                SDF_Encrypt(session, key, SGD_SM4_CBC, running_iv, plain, 32, expected, &made));
    CHECK_BYTES(expected, found, 32);
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_EncryptInit(session, short_lived, SGD_SM4_CBC, iv, 16));
}

static void lengths_and_algorithms_that_do_not_fit_are_refused(void) {
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT, SDF_EncryptInit(session, key, SGD_SM4_MAC, iv, 16));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_EncryptInit(session, key, 0x2002, iv, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_EncryptInit(session, key, SGD_SM4_CBC, iv, 15));
    CHECK_EQUAL(SDR_INARGERR, SDF_EncryptInit(session, key, SGD_SM4_CBC, NULL, 16));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_CalculateMACInit(session, key, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_CalculateMACInit(session, key, SGD_SM4_MAC, iv, 0));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_HMACInit(session, key, SGD_SHA256));
    CHECK_EQUAL(SDR_INARGERR, SDF_ExternalKeyHMACInit(session, SGD_SM3_HMAC, raw_key, 0));
    CHECK_EQUAL(SDR_INARGERR, SDF_ExternalKeyHMACInit(session, SGD_SM3_HMAC, raw_key, 0xFFFFFFFF));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalKeyEncryptInit(session, SGD_SM4_CBC, raw_key, 15, iv, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_ExternalKeyEncrypt(session, SGD_SM4_CBC, raw_key, 32, iv, 16,
                                                     plain, 16, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_EncryptInit(session, key, SGD_SM4_CTR, iv, 16));
    CHECK_EQUAL(SDR_INARGERR, SDF_EncryptUpdate(session, plain, 65537, found, &made));
    CHECK_EQUAL(SDR_INARGERR, SDF_EncryptUpdate(session, plain, 0xFFFFFFFF, found, &made));
    CHECK_EQUAL(SDR_OK, SDF_HMACInit(session, key, SGD_SM3_HMAC));
    CHECK_EQUAL(SDR_INARGERR, SDF_HMACUpdate(session, plain, 65537));
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKey(session, raw_key, 15, &key));
    CHECK_EQUAL(SDR_INARGERR, SDF_ImportKey(session, raw_key, 0xFFFFFFFF, &key));
}

static void pairs_made_in_the_clear_do_what_pairs_do(void) {
    static RSArefPublicKey rsa_public;
    static RSArefPrivateKey rsa_private;
    ECCrefPublicKey public_key;
    ECCrefPrivateKey private_key;
    ECCSignature signature;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 64];
    } encrypted;
    unsigned char block[256] = {0}, out[256], back[256];
    CHECK_EQUAL(SDR_OK,
                SDF_GenerateKeyPair_ECC(session, SGD_SM2_1, 256, &public_key, &private_key));
    CHECK_EQUAL(SDR_OK,
                SDF_ExternalSign_ECC(session, SGD_SM2_1, &private_key, plain, 32, &signature));
    CHECK_EQUAL(SDR_OK,
                SDF_ExternalVerify_ECC(session, SGD_SM2_1, &public_key, plain, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_ExternalEncrypt_ECC(session, SGD_SM2_3, &public_key, plain, 60,
                                                &encrypted.cipher));
    CHECK_EQUAL(SDR_OK, SDF_ExternalDecrypt_ECC(session, SGD_SM2_3, &private_key, &encrypted.cipher,
                                                back, &made));
    CHECK_EQUAL(60, made);
    CHECK_BYTES(plain, back, 60);
    CHECK_EQUAL(SDR_INARGERR,
                SDF_ExternalSign_ECC(session, SGD_SM2_1, &private_key, plain, 31, &signature));
    encrypted.cipher.L = 0xFFFFFFFF;
    CHECK_EQUAL(SDR_INARGERR, SDF_ExternalDecrypt_ECC(session, SGD_SM2_3, &private_key,
                                                      &encrypted.cipher, back, &made));
    memset(private_key.K, 0xFF, 64);
    CHECK_EQUAL(SDR_KEYERR,
                SDF_ExternalSign_ECC(session, SGD_SM2_1, &private_key, plain, 32, &signature));
    CHECK_EQUAL(SDR_INARGERR,
                SDF_GenerateKeyPair_ECC(session, SGD_SM2_1, 512, &public_key, &private_key));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                SDF_GenerateKeyPair_ECC(session, SGD_RSA, 256, &public_key, &private_key));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyPair_RSA(session, 1024, &rsa_public, &rsa_private));
    block[127] = 7;
    CHECK_EQUAL(SDR_OK,
                SDF_ExternalPrivateKeyOperation_RSA(session, &rsa_private, block, 128, out, &made));
    CHECK_EQUAL(SDR_OK,
                SDF_ExternalPublicKeyOperation_RSA(session, &rsa_public, out, 128, back, &made));
    CHECK_BYTES(block, back, 128);
    rsa_private.pexp[1][127] ^= 2; /* half of it wrong would give the primes away */
    CHECK_EQUAL(SDR_KEYERR,
                SDF_ExternalPrivateKeyOperation_RSA(session, &rsa_private, block, 128, out, &made));
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateKeyPair_RSA(session, 1025, &rsa_public, &rsa_private));
}

static void a_key_brought_in_in_the_clear_is_that_key(void) {
    void *brought;
    CHECK_EQUAL(SDR_OK, SDF_ImportKey(session, raw_key, 16, &brought));
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, plain, 16, expected, &made));
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, brought, SGD_SM4_ECB, NULL, plain, 16, found, &made));
    CHECK_BYTES(expected, found, 16);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, brought));
}

static void files_sm9_and_vpn_answer_that_they_are_not_there(void) {
    static const char *const names[] = {"SDF_ExportUserID_SM9", "SDF_DecryptWithISK_SM9",
                                        "SDF_ExternalSign_SM9", "SDF_GenerateKeywithIKE",
                                        "SDF_GenerateKeywithEPK_SSL"};
    unsigned char name[] = "file";
    CHECK_EQUAL(SDR_NOTSUPPORT, SDF_CreateFile(session, name, 4, 16));
    CHECK_EQUAL(SDR_NOTSUPPORT, SDF_ReadFile(session, name, 4, 0, &made, found));
    CHECK_EQUAL(SDR_NOTSUPPORT, SDF_WriteFile(session, name, 4, 0, 16, plain));
    CHECK_EQUAL(SDR_NOTSUPPORT, SDF_DeleteFile(session, name, 4));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int (*function)(void) = NULL;
        void *symbol = dlsym(RTLD_DEFAULT, names[i]);
        memcpy(&function, &symbol, sizeof symbol);
        CHECK(symbol != NULL);
        if (symbol != NULL)
            CHECK_EQUAL(SDR_NOTSUPPORT, function());
    }
}

static void missing_pointers_are_refused(void) {
    static RSArefPublicKey rp;
    static RSArefPrivateKey rk;
    ECCrefPublicKey ep = {.bits = 256};
    ECCrefPrivateKey ek = {.bits = 256};
    ECCSignature es;
    ECCCipher ec;
    void *h;
    unsigned char *b = found;
    unsigned int *n = &made;
#define IN(call) CHECK_EQUAL(SDR_INARGERR, call)
#define OUT(call) CHECK_EQUAL(SDR_OUTARGERR, call)
    OUT(SDF_ExportSignPublicKey_RSA(session, 3, NULL));
    OUT(SDF_ExportEncPublicKey_RSA(session, 3, NULL));
    OUT(SDF_GenerateKeyPair_RSA(session, 1024, NULL, &rk));
    OUT(SDF_GenerateKeyPair_RSA(session, 1024, &rp, NULL));
    OUT(SDF_GenerateKeyWithIPK_RSA(session, 3, 128, NULL, n, &h));
    OUT(SDF_GenerateKeyWithIPK_RSA(session, 3, 128, b, NULL, &h));
    OUT(SDF_GenerateKeyWithIPK_RSA(session, 3, 128, b, n, NULL));
    IN(SDF_GenerateKeyWithEPK_RSA(session, 128, NULL, b, n, &h));
    OUT(SDF_GenerateKeyWithEPK_RSA(session, 128, &rp, NULL, n, &h));
    IN(SDF_ImportKeyWithISK_RSA(session, 3, NULL, 256, &h));
    OUT(SDF_ImportKeyWithISK_RSA(session, 3, b, 256, NULL));
    IN(SDF_ExchangeDigitEnvelopeBaseOnRSA(session, 3, NULL, b, 256, b, n));
    IN(SDF_ExchangeDigitEnvelopeBaseOnRSA(session, 3, &rp, NULL, 256, b, n));
    OUT(SDF_ExchangeDigitEnvelopeBaseOnRSA(session, 3, &rp, b, 256, NULL, n));
    OUT(SDF_ExchangeDigitEnvelopeBaseOnRSA(session, 3, &rp, b, 256, b, NULL));
    IN(SDF_ExternalPublicKeyOperation_RSA(session, NULL, b, 256, b, n));
    IN(SDF_ExternalPublicKeyOperation_RSA(session, &rp, NULL, 256, b, n));
    OUT(SDF_ExternalPublicKeyOperation_RSA(session, &rp, b, 256, NULL, n));
    IN(SDF_InternalPublicKeyOperation_RSA(session, 3, NULL, 256, b, n));
    OUT(SDF_InternalPrivateKeyOperation_RSA(session, 3, b, 256, b, NULL));
    IN(SDF_ExternalPrivateKeyOperation_RSA(session, NULL, b, 256, b, n));
    OUT(SDF_ExternalPrivateKeyOperation_RSA(session, &rk, b, 256, NULL, n));
    OUT(SDF_GenerateKeyPair_ECC(session, SGD_SM2_1, 256, NULL, &ek));
    OUT(SDF_GenerateKeyPair_ECC(session, SGD_SM2_1, 256, &ep, NULL));
    IN(SDF_GenerateAgreementDataWithECC(session, 3, 128, NULL, 16, &ep, &ep, &h));
    OUT(SDF_GenerateAgreementDataWithECC(session, 3, 128, b, 16, NULL, &ep, &h));
    OUT(SDF_GenerateAgreementDataWithECC(session, 3, 128, b, 16, &ep, &ep, NULL));
    IN(SDF_GenerateKeyWithECC(session, NULL, 16, &ep, &ep, key, &h));
    IN(SDF_GenerateKeyWithECC(session, b, 16, &ep, NULL, key, &h));
    OUT(SDF_GenerateKeyWithECC(session, b, 16, &ep, &ep, key, NULL));
    IN(SDF_GenerateAgreementDataAndKeyWithECC(session, 3, 128, b, 16, NULL, 16, &ep, &ep, &ep, &ep,
                                              &h));
    OUT(SDF_GenerateAgreementDataAndKeyWithECC(session, 3, 128, b, 16, b, 16, &ep, &ep, NULL, &ep,
                                               &h));
    IN(SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, NULL, &ec, &ec));
    IN(SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, &ep, NULL, &ec));
    OUT(SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, &ep, &ec, NULL));
    IN(SDF_ImportKey(session, NULL, 16, &h));
    OUT(SDF_ImportKey(session, b, 16, NULL));
    IN(SDF_ExternalSign_ECC(session, SGD_SM2_1, NULL, b, 32, &es));
    OUT(SDF_ExternalSign_ECC(session, SGD_SM2_1, &ek, b, 32, NULL));
    IN(SDF_ExternalDecrypt_ECC(session, SGD_SM2_3, &ek, NULL, b, n));
    OUT(SDF_ExternalDecrypt_ECC(session, SGD_SM2_3, &ek, &ec, NULL, n));
    IN(SDF_ExternalKeyEncrypt(session, SGD_SM4_CBC, NULL, 16, iv, 16, b, 16, b, n));
    IN(SDF_ExternalKeyDecrypt(session, SGD_SM4_CBC, b, 16, NULL, 16, b, 16, b, n));
    OUT(SDF_ExternalKeyDecrypt(session, SGD_SM4_CBC, b, 16, iv, 16, b, 16, NULL, n));
    IN(SDF_ExternalKeyEncryptInit(session, SGD_SM4_CBC, NULL, 16, iv, 16));
    IN(SDF_ExternalKeyHMACInit(session, SGD_SM3_HMAC, NULL, 16));
    IN(SDF_AuthEnc(session, key, SGD_SM4_GCM, NULL, 12, b, 1, b, 1, b, n, b, n));
    IN(SDF_AuthEnc(session, key, SGD_SM4_GCM, iv, 12, NULL, 1, b, 1, b, n, b, n));
    IN(SDF_AuthEnc(session, key, SGD_SM4_GCM, iv, 12, b, 1, NULL, 1, b, n, b, n));
    OUT(SDF_AuthEnc(session, key, SGD_SM4_GCM, iv, 12, b, 1, b, 1, NULL, n, b, n));
    OUT(SDF_AuthEnc(session, key, SGD_SM4_GCM, iv, 12, b, 1, b, 1, b, n, NULL, n));
    OUT(SDF_AuthEnc(session, key, SGD_SM4_GCM, iv, 12, b, 1, b, 1, b, n, b, NULL));
    IN(SDF_AuthDec(session, key, SGD_SM4_GCM, iv, 12, b, 1, NULL, n, b, 1, b, n));
    IN(SDF_AuthDec(session, key, SGD_SM4_GCM, iv, 12, b, 1, b, NULL, b, 1, b, n));
    OUT(SDF_AuthDec(session, key, SGD_SM4_GCM, iv, 12, b, 1, b, n, b, 1, b, NULL));
    IN(SDF_AuthEncInit(session, key, SGD_SM4_GCM, NULL, 12, b, 1, 1));
    IN(SDF_AuthDecInit(session, key, SGD_SM4_GCM, iv, 12, b, 1, NULL, 16, 1));
    IN(SDF_AuthEncUpdate(session, NULL, 1, b, n));
    OUT(SDF_AuthEncFinal(session, b, n, NULL, n));
    OUT(SDF_AuthDecFinal(session, b, NULL));
    IN(SDF_EncryptUpdate(session, NULL, 1, b, n));
    OUT(SDF_DecryptUpdate(session, b, 1, NULL, n));
    OUT(SDF_EncryptFinal(session, b, NULL));
    IN(SDF_CalculateMACUpdate(session, NULL, 1));
    OUT(SDF_CalculateMACFinal(session, NULL, n));
    IN(SDF_HMACUpdate(session, NULL, 1));
    OUT(SDF_HMACFinal(session, b, NULL));
    /* and of a session that is none */
    CHECK_EQUAL(SDR_OPENSESSION, SDF_HMACInit(NULL, key, SGD_SM3_HMAC));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_EncryptInit(key, key, SGD_SM4_CBC, iv, 16));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_ExportSignPublicKey_RSA(device, 3, &rp));
    CHECK_EQUAL(SDR_OPENSESSION, SDF_AuthDecUpdate((void *)1, b, 1, b, n));
}

int main(void) {
    fixture_make();
    device = open_device();
    session = open_session(device);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, raw_key));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, iv));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof plain, plain));
    key = known_key(session, raw_key, 16);
    RUN(a_part_of_a_block_at_the_end_and_steps_out_of_order_are_refused);
    RUN(each_mode_in_pieces_gives_what_one_call_gives);
    RUN(authentication_codes_in_pieces_are_those_of_one_call_and_of_libcrypto);
    RUN(what_runs_is_apart_and_a_hash_goes_on_beside_it);
    RUN(a_key_destroyed_meanwhile_serves_what_was_begun_and_nothing_new);
    RUN(lengths_and_algorithms_that_do_not_fit_are_refused);
    RUN(pairs_made_in_the_clear_do_what_pairs_do);
    RUN(a_key_brought_in_in_the_clear_is_that_key);
    RUN(files_sm9_and_vpn_answer_that_they_are_not_there);
    RUN(missing_pointers_are_refused);
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(session));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    fixture_remove();
    return CHECK_RESULT();
}

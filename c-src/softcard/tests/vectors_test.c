/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors, and every result held against libcrypto and the openssl command, which share
 * no code with the card. */
#include "card_fixture.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define EXAMPLE_E "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
#define EXAMPLE_X "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
#define EXAMPLE_Y "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
#define EXAMPLE_R "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
#define EXAMPLE_S "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
#define DEFAULT_ID ((unsigned char *)"1234567812345678")

static void *device, *session;
static const unsigned char message[] = "message digest";
enum { MESSAGE_BYTES = sizeof message - 1 };

static ECCrefPublicKey example_public_key(void) {
    ECCrefPublicKey key = {.bits = 256};
    from_hex(EXAMPLE_X, key.x + 32);
    from_hex(EXAMPLE_Y, key.y + 32);
    return key;
}

static void the_published_signature_is_accepted_and_any_other_is_not(void) {
    unsigned char e[32];
    ECCSignature signature = {0};
    ECCrefPublicKey key = example_public_key();
    from_hex(EXAMPLE_E, e);
    from_hex(EXAMPLE_R, signature.r + 32);
    from_hex(EXAMPLE_S, signature.s + 32);
    CHECK_EQUAL(SDR_OK, SDF_ExternalVerify_ECC(session, SGD_SM2_1, &key, e, 32, &signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalVerify_ECC(session, 2, e, 32, &signature));
    for (int i = 0; i < 32; i++) {
        signature.r[32 + i] ^= 1;
        CHECK_EQUAL(SDR_VERIFYERR,
                    SDF_ExternalVerify_ECC(session, SGD_SM2_1, &key, e, 32, &signature));
        signature.r[32 + i] ^= 1;
        e[i] ^= 0x80;
        CHECK_EQUAL(SDR_VERIFYERR, SDF_InternalVerify_ECC(session, 2, e, 32, &signature));
        e[i] ^= 0x80;
    }
    CHECK_EQUAL(SDR_VERIFYERR, SDF_InternalVerify_ECC(session, 3, e, 32, &signature));
}

static void the_imported_example_key_has_the_published_public_key(void) {
    ECCrefPublicKey expected = example_public_key(), found;
    CHECK_EQUAL(SDR_OK, SDF_ExportSignPublicKey_ECC(session, 2, &found));
    CHECK_BYTES(&expected, &found, sizeof found);
    CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_ECC(session, 2, &found));
    CHECK(memcmp(&expected, &found, sizeof found) != 0);
}

static void sm3_gives_the_published_hash_in_one_piece_and_in_many(void) {
    unsigned char expected[32], found[32];
    unsigned int bytes = 0xDEADBEEF; /* output only: its value before must not matter */
    from_hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", expected);
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, (unsigned char *)"abc", 3));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, found, &bytes));
    CHECK_EQUAL(32, bytes);
    CHECK_BYTES(expected, found, 32);
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, NULL, NULL, 0));
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, (unsigned char *)"abc" + i, 1));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, found, &bytes));
    CHECK_BYTES(expected, found, 32);
}

static void a_hash_with_public_key_and_id_begins_with_z(void) {
    unsigned char expected[32], found[32];
    unsigned int bytes;
    ECCrefPublicKey key = example_public_key();
    from_hex(EXAMPLE_E, expected);
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, &key, DEFAULT_ID, 16));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, (unsigned char *)message, MESSAGE_BYTES));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, found, &bytes));
    CHECK_BYTES(expected, found, 32);
}

static void sm4_gives_the_published_block(void) {
    unsigned char block[16], expected[16], found[16];
    unsigned int bytes = 0;
    from_hex("0123456789abcdeffedcba9876543210", block);
    from_hex("681edf34d206965e86b3e94f536e4246", expected);
    void *key = known_key(session, block, 16);
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, block, 16, found, &bytes));
    CHECK_EQUAL(16, bytes);
    CHECK_BYTES(expected, found, 16);
    CHECK_EQUAL(SDR_OK, SDF_Decrypt(session, key, SGD_SM4_ECB, NULL, found, 16, found, &bytes));
    CHECK_BYTES(block, found, 16);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, key));
}

static void key_wrapped_under_a_known_kek_is_what_sm4_gives(void) {
    /* Under KEK 2 the published ciphertext block unwraps to the published key. */
    unsigned char wrapped[16], block[16], expected[16], found[16];
    unsigned int bytes;
    void *key;
    from_hex("681edf34d206965e86b3e94f536e4246", wrapped);
    from_hex("0123456789abcdeffedcba9876543210", block);
    CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithKEK(session, SGD_SM4_ECB, 2, wrapped, 16, &key));
    from_hex("681edf34d206965e86b3e94f536e4246", expected);
    CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, block, 16, found, &bytes));
    CHECK_BYTES(expected, found, 16);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, key));
}

/* What libcrypto's high-level interface makes of the same input. */
static void evp_cipher(const char *name, int encrypting, const unsigned char *key,
                       const unsigned char *iv, const unsigned char *in, int bytes,
                       unsigned char *out) {
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int made = 0, rest = 0;
    CHECK(EVP_CipherInit_ex(context, cipher, NULL, key, iv, encrypting));
    EVP_CIPHER_CTX_set_padding(context, 0);
    CHECK(EVP_CipherUpdate(context, out, &made, in, bytes));
    CHECK(EVP_CipherFinal_ex(context, out + made, &rest));
    CHECK_EQUAL(bytes, made + rest);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
}

static void each_sm4_mode_agrees_with_libcrypto_also_when_chained_by_the_iv(void) {
    static const struct {
        unsigned int algorithm;
        const char *name;
        int odd_tail;
    } modes[] = {{SGD_SM4_ECB, "SM4-ECB", 0},
                 {SGD_SM4_CBC, "SM4-CBC", 0},
                 {SGD_SM4_CFB, "SM4-CFB", 5},
                 {SGD_SM4_OFB, "SM4-OFB", 5},
                 {SGD_SM4_CTR, "SM4-CTR", 5}};
    enum { FIRST = 64, SECOND = 192 };
    unsigned char key[16], iv[16], running_iv[16], plain[FIRST + SECOND + 5],
        expected[sizeof plain], found[sizeof plain];
    unsigned int bytes;
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof plain, plain));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, key));
    memset(iv, 0xFF, 16); /* so that a counter carries over all bytes */
    void *handle = known_key(session, key, 16);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        int total = FIRST + SECOND + modes[i].odd_tail;
        evp_cipher(modes[i].name, 1, key, iv, plain, total, expected);
        memcpy(running_iv, iv, 16);
        CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, handle, modes[i].algorithm, running_iv, plain,
                                        FIRST, found, &bytes));
        CHECK_EQUAL(FIRST, bytes);
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, handle, modes[i].algorithm, running_iv, plain + FIRST,
                                (unsigned)(total - FIRST), found + FIRST, &bytes));
        CHECK_BYTES(expected, found, (size_t)total);
        memcpy(running_iv, iv, 16);
        CHECK_EQUAL(SDR_OK, SDF_Decrypt(session, handle, modes[i].algorithm, running_iv, found,
                                        FIRST, found, &bytes));
        CHECK_EQUAL(SDR_OK,
                    SDF_Decrypt(session, handle, modes[i].algorithm, running_iv, found + FIRST,
                                (unsigned)(total - FIRST), found + FIRST, &bytes));
        CHECK_BYTES(plain, found, (size_t)total);
    }
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, handle));
}

static void cbc_mac_is_the_last_block_of_cbc_also_in_pieces(void) {
    unsigned char key[16], iv[16] = {0}, data[4096], expected[4096], found[16];
    unsigned int bytes = 0;
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof data, data));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, key));
    void *handle = known_key(session, key, 16);
    evp_cipher("SM4-CBC", 1, key, iv, data, sizeof data, expected);
    CHECK_EQUAL(SDR_OK,
                SDF_CalculateMAC(session, handle, SGD_SM4_MAC, iv, data, 1040, found, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_CalculateMAC(session, handle, SGD_SM4_MAC, iv, data + 1040,
                                         sizeof data - 1040, found, &bytes));
    CHECK_EQUAL(16, bytes);
    CHECK_BYTES(expected + sizeof data - 16, found, 16);
    CHECK_BYTES(found, iv, 16);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, handle));
}

static void hmac_sm3_agrees_with_libcrypto(void) {
    static const size_t key_sizes[] = {16, 32};
    unsigned char key[32], data[999], expected[32], found[32];
    unsigned int bytes = 0;
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof data, data));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof key, key));
    for (int i = 0; i < 2; i++) {
        void *handle = known_key(session, key, key_sizes[i]);
        CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, key, key_sizes[i], data, sizeof data,
                        expected, 32, NULL) != NULL);
        CHECK_EQUAL(SDR_OK, SDF_CalculateMAC(session, handle, SGD_SM3, NULL, data, sizeof data,
                                             found, &bytes));
        CHECK_EQUAL(32, bytes);
        CHECK_BYTES(expected, found, 32);
        CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, handle));
    }
}

static void sign_message(unsigned int index, ECCSignature *signature) {
    unsigned char e[32];
    unsigned int bytes;
    ECCrefPublicKey key;
    CHECK_EQUAL(SDR_OK, SDF_ExportSignPublicKey_ECC(session, index, &key));
    CHECK_EQUAL(SDR_OK, SDF_HashInit(session, SGD_SM3, &key, DEFAULT_ID, 16));
    CHECK_EQUAL(SDR_OK, SDF_HashUpdate(session, (unsigned char *)message, MESSAGE_BYTES));
    CHECK_EQUAL(SDR_OK, SDF_HashFinal(session, e, &bytes));
    CHECK_EQUAL(SDR_OK, SDF_InternalSign_ECC(session, index, e, 32, signature));
    CHECK_EQUAL(SDR_OK, SDF_InternalVerify_ECC(session, index, e, 32, signature));
}

static void write_signature(const ECCSignature *signature) {
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    unsigned char *der = NULL;
    ECDSA_SIG_set0(numbers, BN_bin2bn(signature->r, 64, NULL), BN_bin2bn(signature->s, 64, NULL));
    int bytes = i2d_ECDSA_SIG(numbers, &der);
    CHECK(bytes > 0);
    fixture_write(fixture_path("signature"), der, (size_t)bytes, 0600);
    OPENSSL_free(der);
    ECDSA_SIG_free(numbers);
}

static void write_public_key(const char *index, const char *usage) {
    CHECK_EQUAL(0, run_tool("public-key", "--index", index, "--usage", usage, "--pem", NULL));
    fixture_write(fixture_path("public.pem"), run_output(), strlen(run_output()), 0600);
}

static int openssl_verifies(void) {
    char key[512], signature[512], text[512];
    snprintf(key, sizeof key, "%s", fixture_path("public.pem"));
    snprintf(signature, sizeof signature, "%s", fixture_path("signature"));
    snprintf(text, sizeof text, "%s", fixture_path("message"));
    return run("openssl", "dgst", "-sm3", "-verify", key, "-sigopt", "distid:1234567812345678",
               "-signature", signature, text, NULL);
}

static void the_openssl_command_verifies_the_cards_signatures(void) {
    ECCSignature signature;
    fixture_write(fixture_path("message"), message, MESSAGE_BYTES, 0600);
    for (int i = 0; i < 8; i++) {
        sign_message(3, &signature);
        write_signature(&signature);
        write_public_key("3", "sign");
        CHECK_EQUAL(0, openssl_verifies());
        CHECK(strstr(run_output(), "Verified OK") != NULL);
    }
    signature.s[63] ^= 1;
    write_signature(&signature);
    CHECK(openssl_verifies() != 0);
}

/* SEQUENCE { x, y, hash, cipher } as the openssl command writes it; lengths here stay below 256. */
static void read_der_ciphertext(const unsigned char *der, ECCCipher *cipher) {
    unsigned char *fields[2] = {cipher->x, cipher->y};
    der += der[1] < 0x80 ? 2 : 3;
    for (int i = 0; i < 2; i++) {
        int bytes = der[1], leading = bytes > 32 ? bytes - 32 : 0;
        memset(fields[i], 0, 64);
        memcpy(fields[i] + 64 - (bytes - leading), der + 2 + leading, (size_t)(bytes - leading));
        der += 2 + bytes;
    }
    memcpy(cipher->M, der + 2, 32);
    der += 34;
    cipher->L = der[1];
    memcpy(cipher->C, der + 2, der[1]);
}

static void the_card_decrypts_what_the_openssl_command_encrypted(void) {
    char key[512], in[512], out[512];
    unsigned char der[512], plain[64];
    unsigned int bytes = 0;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 64];
    } encrypted;
    write_public_key("3", "encrypt");
    fixture_write(fixture_path("message"), message, MESSAGE_BYTES, 0600);
    snprintf(key, sizeof key, "%s", fixture_path("public.pem"));
    snprintf(in, sizeof in, "%s", fixture_path("message"));
    snprintf(out, sizeof out, "%s", fixture_path("encrypted"));
    for (int i = 0; i < 8; i++) {
        CHECK_EQUAL(0, run("openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", key, "-in", in,
                           "-out", out, NULL));
        fixture_read(out, der, sizeof der);
        read_der_ciphertext(der, &encrypted.cipher);
        CHECK_EQUAL(SDR_OK, SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, &encrypted.cipher, plain,
                                                    &bytes));
        CHECK_EQUAL(MESSAGE_BYTES, bytes);
        CHECK_BYTES(message, plain, MESSAGE_BYTES);
    }
}

static void what_the_card_encrypts_it_decrypts_for_each_length(void) {
    unsigned char plain[300], found[300];
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 300];
    } encrypted;
    unsigned char *c2 = encrypted.cipher.C; /* longer than its declared one byte */
    unsigned int bytes = 0;
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof plain, plain));
    static const unsigned int lengths[] = {1, 15, 16, 31, 32, 33, 127, 128, 136, 255, 256, 300};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CHECK_EQUAL(SDR_OK, SDF_InternalEncrypt_ECC(session, 3, SGD_SM2_3, plain, lengths[i],
                                                    &encrypted.cipher));
        CHECK_EQUAL(lengths[i], encrypted.cipher.L);
        memset(found, 0, sizeof found);
        CHECK_EQUAL(SDR_OK, SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3, &encrypted.cipher, found,
                                                    &bytes));
        CHECK_EQUAL(lengths[i], bytes);
        CHECK_BYTES(plain, found, lengths[i]);
        c2[lengths[i] - 1] ^= 1;
        CHECK_EQUAL(SDR_ENCDATAERR, SDF_InternalDecrypt_ECC(session, 3, SGD_SM2_3,
                                                            &encrypted.cipher, found, &bytes));
    }
}

static void a_key_generated_in_each_way_is_the_key_imported_back(void) {
    unsigned char wrapped[32], plain[32] = "sixteen bytes and sixteen bytes", first[32], second[32];
    unsigned int bytes;
    void *made, *imported;
    ECCrefPublicKey key;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 32];
    } envelope;
    static const unsigned int algorithms[] = {SGD_SM4_ECB, SGD_SM4_CBC};
    for (int way = 0; way < 4; way++) {
        if (way < 2) {
            CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithKEK(session, 128, algorithms[way], 1, wrapped,
                                                       &bytes, &made));
            CHECK_EQUAL(16, bytes);
            CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithKEK(session, algorithms[way], 1, wrapped, bytes,
                                                     &imported));
        } else {
            CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_ECC(session, 3, &key));
            CHECK_EQUAL(SDR_OK, way == 2 ? SDF_GenerateKeyWithIPK_ECC(session, 3, 128,
                                                                      &envelope.cipher, &made)
                                         : SDF_GenerateKeyWithEPK_ECC(session, 128, SGD_SM2_3, &key,
                                                                      &envelope.cipher, &made));
            CHECK_EQUAL(16, envelope.cipher.L);
            CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithISK_ECC(session, 3, &envelope.cipher, &imported));
        }
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, made, SGD_SM4_ECB, NULL, plain, 32, first, &bytes));
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, imported, SGD_SM4_ECB, NULL, plain, 32, second, &bytes));
        CHECK_BYTES(first, second, 32);
        CHECK(memcmp(first, plain, 32) != 0);
        CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, made));
        CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, imported));
    }
}

static void device_information_has_the_standard_layout(void) {
    DEVICEINFO info;
    CHECK_EQUAL(100, sizeof info);
    CHECK_EQUAL(132, sizeof(ECCrefPublicKey));
    CHECK_EQUAL(68, sizeof(ECCrefPrivateKey));
    CHECK_EQUAL(128, sizeof(ECCSignature));
    CHECK_EQUAL(164, offsetof(ECCCipher, C));
    CHECK_EQUAL(SDR_OK, SDF_GetDeviceInfo(session, &info));
    CHECK_BYTES("Berth\0", info.IssuerName, 6);
    CHECK_BYTES("softcard", info.DeviceName, 8);
    CHECK_EQUAL(65536, info.BufferSize);
    CHECK_EQUAL(SGD_SM3 | SGD_SHA1 | SGD_SHA256, info.HashAlgAbility);
    CHECK((info.SymAlgAbility & SGD_SM4_CBC) == SGD_SM4_CBC);
    CHECK_EQUAL(256 | 1024 | 2048, info.AsymAlgAbility[1]);
    CHECK_EQUAL(516, sizeof(RSArefPublicKey));
    CHECK_EQUAL(1412, sizeof(RSArefPrivateKey));
}

int main(void) {
    fixture_make();
    device = open_device();
    session = open_session(device);
    RUN(the_published_signature_is_accepted_and_any_other_is_not);
    RUN(the_imported_example_key_has_the_published_public_key);
    RUN(sm3_gives_the_published_hash_in_one_piece_and_in_many);
    RUN(a_hash_with_public_key_and_id_begins_with_z);
    RUN(sm4_gives_the_published_block);
    RUN(key_wrapped_under_a_known_kek_is_what_sm4_gives);
    RUN(each_sm4_mode_agrees_with_libcrypto_also_when_chained_by_the_iv);
    RUN(cbc_mac_is_the_last_block_of_cbc_also_in_pieces);
    RUN(hmac_sm3_agrees_with_libcrypto);
    RUN(the_openssl_command_verifies_the_cards_signatures);
    RUN(the_card_decrypts_what_the_openssl_command_encrypted);
    RUN(what_the_card_encrypts_it_decrypts_for_each_length);
    RUN(a_key_generated_in_each_way_is_the_key_imported_back);
    RUN(device_information_has_the_standard_layout);
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(session));
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    fixture_remove();
    return CHECK_RESULT();
}

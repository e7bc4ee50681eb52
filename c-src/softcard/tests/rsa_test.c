/* SPDX-License-Identifier: Apache-2.0 */
/* RSA: the card against libcrypto and the openssl command, and what must be refused. */
#include "card_fixture.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

static void *device, *session;

/* Written here once more, from the interface's structure: the card's own code is not asked. */
static EVP_PKEY *evp_of(const RSArefPublicKey *from) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(from->m, sizeof from->m, NULL);
    BIGNUM *e = BN_bin2bn(from->e, sizeof from->e, NULL);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    CHECK(EVP_PKEY_fromdata_init(context) > 0);
    CHECK(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) > 0);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    BN_free(e);
    return key;
}

static const struct { unsigned int index, bytes; } pairs[] = {{1, 128}, {3, 256}};

/* 0 | 1 | FF ... | 0 | text: a block of PKCS #1 v1.5's signatures, below every modulus. */
static void pad(const char *text, unsigned char *block, unsigned int bytes) {
    memset(block, 0xFF, bytes);
    block[0] = 0;
    block[1] = 1;
    block[bytes - strlen(text) - 1] = 0;
    memcpy(block + bytes - strlen(text), text, strlen(text));
}

static void need_right(void) {
    CHECK_EQUAL(SDR_OK,
                SDF_GetPrivateKeyAccessRight(session, 1, ACCESS_PASSWORD, ACCESS_PASSWORD_BYTES));
}

static void a_padded_block_signed_by_the_card_verifies_in_libcrypto(void) {
    unsigned char block[256], signature[256], recovered[256], back[256];
    for (int i = 0; i < 2; i++) {
        RSArefPublicKey public_key;
        unsigned int made = 0, size = pairs[i].bytes;
        size_t bytes = sizeof recovered;
        pad("a digest, perhaps", block, size);
        CHECK_EQUAL(SDR_OK, SDF_ExportSignPublicKey_RSA(session, pairs[i].index, &public_key));
        CHECK_EQUAL(size * 8, public_key.bits);
        CHECK_EQUAL(SDR_OK, SDF_InternalPrivateKeyOperation_RSA(session, pairs[i].index, block,
                                                                size, signature, &made));
        CHECK_EQUAL(size, made);
        EVP_PKEY *key = evp_of(&public_key);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        CHECK(EVP_PKEY_verify_recover_init(context) > 0);
        CHECK(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0);
        CHECK(EVP_PKEY_verify_recover(context, recovered, &bytes, signature, size) > 0);
        CHECK_EQUAL(17, bytes);
        CHECK_BYTES("a digest, perhaps", recovered, 17);
        EVP_PKEY_CTX_free(context);
        EVP_PKEY_free(key);
        CHECK_EQUAL(SDR_OK, SDF_InternalPublicKeyOperation_RSA(session, pairs[i].index, signature,
                                                               size, back, &made));
        CHECK_BYTES(block, back, size);
        memset(back, 0, sizeof back);
        CHECK_EQUAL(SDR_OK, SDF_ExternalPublicKeyOperation_RSA(session, &public_key, signature,
                                                               size, back, &made));
        CHECK_BYTES(block, back, size);
    }
}

static void a_session_key_travels_under_each_pair_and_libcrypto_can_send_one(void) {
    unsigned char wrapped[256], turned[256], raw[16] = "a key of 16 byt", out[16], other[16];
    unsigned int bytes, made;
    void *generated, *imported;
    for (int i = 0; i < 2; i++) {
        RSArefPublicKey public_key, to;
        CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithIPK_RSA(session, pairs[i].index, 128, wrapped,
                                                       &bytes, &generated));
        CHECK_EQUAL(pairs[i].bytes, bytes);
        CHECK_EQUAL(SDR_OK,
                    SDF_ImportKeyWithISK_RSA(session, pairs[i].index, wrapped, bytes, &imported));
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, generated, SGD_SM4_ECB, NULL, raw, 16, out, &made));
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, imported, SGD_SM4_ECB, NULL, raw, 16, other, &made));
        CHECK_BYTES(out, other, 16);

        CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_RSA(session, pairs[i].index, &public_key));
        CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_RSA(session, pairs[1 - i].index, &to));
        CHECK_EQUAL(SDR_OK, SDF_ExchangeDigitEnvelopeBaseOnRSA(session, pairs[i].index, &to,
                                                               wrapped, bytes, turned, &bytes));
        CHECK_EQUAL(pairs[1 - i].bytes, bytes);
        CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithISK_RSA(session, pairs[1 - i].index, turned, bytes,
                                                     &imported));
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, imported, SGD_SM4_ECB, NULL, raw, 16, other, &made));
        CHECK_BYTES(out, other, 16);

        CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithEPK_RSA(session, 256, &public_key, wrapped, &bytes,
                                                       &generated));
        CHECK_EQUAL(SDR_OK,
                    SDF_ImportKeyWithISK_RSA(session, pairs[i].index, wrapped, bytes, &imported));

        EVP_PKEY *key = evp_of(&public_key);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        size_t sent = sizeof wrapped;
        CHECK(EVP_PKEY_encrypt_init(context) > 0);
        CHECK(EVP_PKEY_encrypt(context, wrapped, &sent, raw, 16) > 0);
        EVP_PKEY_CTX_free(context);
        EVP_PKEY_free(key);
        CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithISK_RSA(session, pairs[i].index, wrapped,
                                                     (unsigned int)sent, &imported));
        CHECK_EQUAL(SDR_OK,
                    SDF_Encrypt(session, imported, SGD_SM4_ECB, NULL, raw, 16, other, &made));
        void *known = known_key(session, raw, 16);
        CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, known, SGD_SM4_ECB, NULL, raw, 16, out, &made));
        CHECK_BYTES(out, other, 16);
    }
}

static void whatever_is_wrong_inside_an_envelope_has_one_answer(void) {
    static const struct {
        const char *what;
        int at;
        unsigned char value;
    } wrong[] = {{"first byte", 0, 1}, {"block type", 1, 1}, {"short padding", 5, 0}};
    unsigned char block[256], wrapped[256];
    unsigned int made;
    void *key;
    RSArefPublicKey public_key;
    CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_RSA(session, 3, &public_key));
    for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
        memset(block, 0xA5, sizeof block);
        block[0] = 0;
        block[1] = 2;
        block[256 - 17] = i == sizeof wrong / sizeof wrong[0] ? 0xA5 : 0; /* last: no end */
        if (i < sizeof wrong / sizeof wrong[0])
            block[wrong[i].at] = wrong[i].value;
        CHECK_EQUAL(SDR_OK, SDF_ExternalPublicKeyOperation_RSA(session, &public_key, block, 256,
                                                               wrapped, &made));
        CHECK_EQUAL(SDR_ENCDATAERR, SDF_ImportKeyWithISK_RSA(session, 3, wrapped, 256, &key));
    }
    memset(block, 0xA5, sizeof block); /* well padded, and a key of 17 bytes */
    block[0] = 0;
    block[1] = 2;
    block[256 - 18] = 0;
    CHECK_EQUAL(SDR_OK, SDF_ExternalPublicKeyOperation_RSA(session, &public_key, block, 256,
                                                           wrapped, &made));
    CHECK_EQUAL(SDR_ENCDATAERR, SDF_ImportKeyWithISK_RSA(session, 3, wrapped, 256, &key));
}

static void rights_indices_lengths_and_numbers_are_checked(void) {
    static unsigned char block[512], out[512];
    unsigned int made;
    void *key, *fresh = open_session(device);
    RSArefPublicKey public_key;
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalPrivateKeyOperation_RSA(fresh, 1, block, 128, out, &made));
    CHECK_EQUAL(SDR_PARDENY, SDF_ImportKeyWithISK_RSA(fresh, 1, block, 128, &key));
    CHECK_EQUAL(SDR_PRKRERR,
                SDF_GetPrivateKeyAccessRight(fresh, 1, (unsigned char *)"access00", 8));
    CHECK_EQUAL(SDR_OK,
                SDF_GetPrivateKeyAccessRight(fresh, 1, ACCESS_PASSWORD, ACCESS_PASSWORD_BYTES));
    CHECK_EQUAL(SDR_OK, SDF_InternalPrivateKeyOperation_RSA(fresh, 1, block, 128, out, &made));
    CHECK_EQUAL(SDR_OK, SDF_ReleasePrivateKeyAccessRight(fresh, 1));
    CHECK_EQUAL(SDR_PARDENY, SDF_InternalPrivateKeyOperation_RSA(fresh, 1, block, 128, out, &made));
    static const unsigned int absent[] = {0, 2, 7, 65536, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        unsigned int n = absent[i];
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ExportSignPublicKey_RSA(session, n, &public_key));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ExportEncPublicKey_RSA(session, n, &public_key));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_InternalPrivateKeyOperation_RSA(session, n, block, 256, out, &made));
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_InternalPublicKeyOperation_RSA(session, n, block, 256, out, &made));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_GenerateKeyWithIPK_RSA(session, n, 128, out, &made, &key));
        CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_ImportKeyWithISK_RSA(session, n, block, 256, &key));
    }
    static const unsigned int lengths[] = {0, 1, 255, 257, 512, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CHECK_EQUAL(SDR_INARGERR,
                    SDF_InternalPrivateKeyOperation_RSA(session, 3, block, lengths[i], out, &made));
        CHECK_EQUAL(SDR_INARGERR,
                    SDF_InternalPublicKeyOperation_RSA(session, 3, block, lengths[i], out, &made));
        CHECK_EQUAL(SDR_INARGERR, SDF_ImportKeyWithISK_RSA(session, 3, block, lengths[i], &key));
    }
    memset(block, 0xFF, sizeof block); /* not below any modulus */
    CHECK_EQUAL(SDR_SKOPERR,
                SDF_InternalPrivateKeyOperation_RSA(session, 3, block, 256, out, &made));
    CHECK_EQUAL(SDR_PKOPERR,
                SDF_InternalPublicKeyOperation_RSA(session, 3, block, 256, out, &made));
    CHECK_EQUAL(SDR_ENCDATAERR, SDF_ImportKeyWithISK_RSA(session, 3, block, 256, &key));
    CHECK_EQUAL(SDR_OK, SDF_ExportSignPublicKey_RSA(session, 3, &public_key));
    RSArefPublicKey wrong = public_key;
    wrong.bits = 1024;
    CHECK_EQUAL(SDR_KEYERR,
                SDF_ExternalPublicKeyOperation_RSA(session, &wrong, block, 256, out, &made));
    wrong = public_key;
    memset(wrong.e, 0, sizeof wrong.e);
    CHECK_EQUAL(SDR_KEYERR,
                SDF_ExternalPublicKeyOperation_RSA(session, &wrong, block, 256, out, &made));
    wrong = public_key;
    memset(wrong.m, 0, sizeof wrong.m);
    CHECK_EQUAL(SDR_KEYERR, SDF_GenerateKeyWithEPK_RSA(session, 128, &wrong, out, &made, &key));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(fresh));
}

static void the_tool_imports_a_key_of_the_openssl_command_and_gives_its_public_half(void) {
    char pem[512], text[512], signature[512], public_pem[512];
    unsigned char block[256], out[256];
    unsigned int made;
    snprintf(pem, sizeof pem, "%s", fixture_path("rsa.pem"));
    snprintf(text, sizeof text, "%s", fixture_path("text"));
    snprintf(signature, sizeof signature, "%s", fixture_path("signature"));
    snprintf(public_pem, sizeof public_pem, "%s", fixture_path("rsa.pub"));
    CHECK_EQUAL(0, run("openssl", "genrsa", "-out", pem, "2048", NULL));
    CHECK_EQUAL(0,
                run_tool("import-key", "--index", "8", "--rsa", "2048", "--sign-key", pem, NULL));
    CHECK_EQUAL(0, run_tool("public-key", "--index", "8", "--rsa", "2048", "--usage", "sign",
                            "--pem", NULL));
    fixture_write(public_pem, run_output(), strlen(run_output()), 0600);
    pad("signed by the card", block, 256);
    CHECK_EQUAL(SDR_OK, SDF_InternalPrivateKeyOperation_RSA(session, 8, block, 256, out, &made));
    fixture_write(signature, out, 256, 0600);
    fixture_write(text, "signed by the card", 18, 0600);
    CHECK_EQUAL(0, run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_pem, "-in", text,
                       "-sigfile", signature, NULL));
    CHECK_EQUAL(0, run_tool("list", NULL));
    CHECK(strstr(run_output(), "RSA signing, encryption pair") != NULL);
    CHECK_EQUAL(2, run_tool("generate-key", "--index", "9", "--rsa", "1536", NULL));
    CHECK_EQUAL(5, run_tool("generate-key", "--index", "8", "--rsa", "1024", NULL));
    CHECK_EQUAL(7, run_tool("import-key", "--index", "9", "--rsa", "2048", "--sign-key",
                            fixture_path("example.hex"), NULL));
}

int main(void) {
    fixture_make();
    device = open_device();
    session = open_session(device);
    need_right();
    RUN(a_padded_block_signed_by_the_card_verifies_in_libcrypto);
    RUN(a_session_key_travels_under_each_pair_and_libcrypto_can_send_one);
    RUN(whatever_is_wrong_inside_an_envelope_has_one_answer);
    RUN(rights_indices_lengths_and_numbers_are_checked);
    RUN(the_tool_imports_a_key_of_the_openssl_command_and_gives_its_public_half);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    fixture_remove();
    return CHECK_RESULT();
}

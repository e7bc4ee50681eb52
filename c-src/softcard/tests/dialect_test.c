/* SPDX-License-Identifier: Apache-2.0 */
/* The card as Sansec's: structures of exactly their size, for the sanitizer to see a byte too many;
 * and the number that is SM4 elsewhere, AES here. */
#include "card_fixture.h"
#include "dialect/sansec.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* The fixture's own library exports the same names, so that this one's are looked up in it. */
#define FUNCTION(name) static __typeof__(sansec_##name) *name
#define FIND(name)                                                                                 \
    do {                                                                                           \
        void *found = dlsym(library, "SDF_" #name);                                                \
        if (found == NULL)                                                                         \
            return 1;                                                                              \
        memcpy(&name, &found, sizeof found);                                                       \
    } while (0)

FUNCTION(ExportEncPublicKey_ECC);
FUNCTION(ExternalEncrypt_ECC);
FUNCTION(InternalDecrypt_ECC);
FUNCTION(InternalSign_ECC);
FUNCTION(InternalVerify_ECC);
FUNCTION(ImportKeyWithISK_ECC);
FUNCTION(GenerateKeyWithKEK);
FUNCTION(ImportKeyWithKEK);
FUNCTION(Encrypt);
FUNCTION(CalculateMAC);

enum { PAIR = 3, KNOWN_KEK = 2, KEY_BYTES = 16 };

static void *library, *session;
static const char *const example = "0123456789abcdeffedcba9876543210";

static void *exactly(size_t bytes) {
    void *made = calloc(1, bytes);
    if (made == NULL)
        abort();
    return made;
}

static unsigned encrypt(unsigned algorithm, unsigned char *data, unsigned bytes,
                        struct sansec_cipher *cipher) {
    struct sansec_public_key *key = exactly(sizeof *key);
    CHECK_EQUAL(SDR_OK, ExportEncPublicKey_ECC(session, PAIR, key));
    CHECK_EQUAL(256, key->bits);
    unsigned status = ExternalEncrypt_ECC(session, algorithm, key, data, bytes, cipher);
    free(key);
    return status;
}

static void a_ciphertext_holds_136_bytes_and_no_more(void) {
    struct sansec_cipher *cipher = exactly(sizeof *cipher);
    for (unsigned bytes = 134; bytes <= 138; bytes++) {
        unsigned char *data = exactly(bytes), *back = exactly(bytes);
        unsigned written = 0;
        memset(data, (int)bytes, bytes);
        unsigned status = encrypt(SANSEC_SM2_ENCRYPT, data, bytes, cipher);
        CHECK_EQUAL(bytes <= 136 ? SDR_OK : SDR_INARGERR, status);
        if (status == SDR_OK) {
            CHECK_EQUAL(bytes, cipher->clength);
            CHECK_EQUAL(SDR_OK, InternalDecrypt_ECC(session, PAIR, SANSEC_SM2_ENCRYPT, cipher, back,
                                                    &written));
            CHECK_EQUAL(bytes, written);
            CHECK_BYTES(data, back, bytes);
        }
        free(data);
        free(back);
    }
    free(cipher);
}

static void a_length_that_cannot_be_is_refused(void) {
    struct sansec_cipher *cipher = exactly(sizeof *cipher);
    unsigned char data[16] = {1}, back[16];
    unsigned written;
    static const int lengths[] = {-1, 0, 137, 0x7FFFFFFF, (int)0x80000000};
    CHECK_EQUAL(SDR_OK, encrypt(SANSEC_SM2_ENCRYPT, data, sizeof data, cipher));
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        void *key;
        cipher->clength = lengths[i];
        CHECK_EQUAL(SDR_INARGERR,
                    InternalDecrypt_ECC(session, PAIR, SANSEC_SM2_ENCRYPT, cipher, back, &written));
        CHECK_EQUAL(SDR_INARGERR, ImportKeyWithISK_ECC(session, PAIR, cipher, &key));
    }
    free(cipher);
}

static void the_standards_numbers_for_sm2_are_unknown(void) {
    struct sansec_cipher cipher;
    unsigned char data[16] = {1};
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, encrypt(SGD_SM2_3, data, sizeof data, &cipher));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, encrypt(SGD_SM2_1, data, sizeof data, &cipher));
}

static void signatures_are_of_64_bytes(void) {
    struct sansec_signature *signature = exactly(sizeof *signature);
    unsigned char e[32] = {5};
    CHECK_EQUAL(SDR_OK, InternalSign_ECC(session, PAIR, e, sizeof e, signature));
    CHECK_EQUAL(SDR_OK, InternalVerify_ECC(session, PAIR, e, sizeof e, signature));
    signature->s[31] ^= 1;
    CHECK_EQUAL(SDR_VERIFYERR, InternalVerify_ECC(session, PAIR, e, sizeof e, signature));
    free(signature);
}

static void aes_block(const unsigned char *key, const unsigned char *in, unsigned char *out) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int made;
    CHECK(EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL));
    CHECK(EVP_CIPHER_CTX_set_padding(context, 0));
    CHECK(EVP_EncryptUpdate(context, out, &made, in, 16));
    EVP_CIPHER_CTX_free(context);
}

static void the_number_of_sm4_elsewhere_is_aes(void) {
    struct sansec_cipher wrapped;
    unsigned char key[KEY_BYTES], sm4[KEY_BYTES], aes[KEY_BYTES], out[KEY_BYTES];
    unsigned char iv[KEY_BYTES] = {0};
    unsigned bytes;
    void *handle;
    from_hex(example, key);
    from_hex("681edf34d206965e86b3e94f536e4246", sm4);
    aes_block(key, key, aes);
    CHECK_EQUAL(SDR_OK, encrypt(SANSEC_SM2_ENCRYPT, key, KEY_BYTES, &wrapped));
    CHECK_EQUAL(SDR_OK, ImportKeyWithISK_ECC(session, PAIR, &wrapped, &handle));
    CHECK_EQUAL(SDR_OK,
                Encrypt(session, handle, SANSEC_SM4 | SGD_ECB, NULL, key, KEY_BYTES, out, &bytes));
    CHECK_BYTES(sm4, out, KEY_BYTES);
    static const unsigned modes[] = {SGD_ECB, SGD_CBC};
    for (int i = 0; i < 2; i++) {
        memset(iv, 0, sizeof iv);
        CHECK_EQUAL(SDR_OK,
                    Encrypt(session, handle, SGD_SM4 | modes[i], iv, key, KEY_BYTES, out, &bytes));
        CHECK_BYTES(aes, out, KEY_BYTES);
    }
    memset(iv, 0, sizeof iv);
    CHECK_EQUAL(SDR_OK,
                CalculateMAC(session, handle, SGD_SM4_MAC, iv, key, KEY_BYTES, out, &bytes));
    CHECK_BYTES(aes, out, KEY_BYTES);
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT,
                Encrypt(session, handle, SGD_SM4 | 0x40, iv, key, KEY_BYTES, out, &bytes));
    CHECK_EQUAL(SDR_INARGERR, Encrypt(session, handle, SGD_SM4_CBC, iv, key, 15, out, &bytes));
}

static void keys_under_a_kek_are_wrapped_by_the_cipher_of_the_number(void) {
    unsigned char kek[KEY_BYTES], wrapped[KEY_BYTES], plain[KEY_BYTES], out[KEY_BYTES];
    unsigned char expected[KEY_BYTES];
    unsigned bytes;
    void *handle;
    from_hex(example, kek);
    memset(plain, 7, sizeof plain);
    aes_block(kek, plain, wrapped);
    CHECK_EQUAL(SDR_OK,
                ImportKeyWithKEK(session, SGD_SM4_ECB, KNOWN_KEK, wrapped, KEY_BYTES, &handle));
    CHECK_EQUAL(SDR_OK, Encrypt(session, handle, SGD_SM4_ECB, NULL, plain, KEY_BYTES, out, &bytes));
    aes_block(plain, plain, expected);
    CHECK_BYTES(expected, out, KEY_BYTES);
    static const unsigned numbers[] = {SANSEC_AES | SGD_ECB, SANSEC_SM4 | SGD_ECB};
    for (int i = 0; i < 2; i++) {
        void *made, *back;
        unsigned char other[KEY_BYTES];
        CHECK_EQUAL(SDR_OK, GenerateKeyWithKEK(session, 128, numbers[i], KNOWN_KEK, wrapped, &bytes,
                                               &made));
        CHECK_EQUAL(SDR_OK,
                    ImportKeyWithKEK(session, numbers[i], KNOWN_KEK, wrapped, KEY_BYTES, &back));
        CHECK_EQUAL(SDR_OK,
                    Encrypt(session, made, SGD_SM4_ECB, NULL, plain, KEY_BYTES, out, &bytes));
        CHECK_EQUAL(SDR_OK,
                    Encrypt(session, back, SGD_SM4_ECB, NULL, plain, KEY_BYTES, other, &bytes));
        CHECK_BYTES(out, other, KEY_BYTES);
    }
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                GenerateKeyWithKEK(session, 128, 0x801, KNOWN_KEK, wrapped, &bytes, &handle));
}

static int find(void) {
    FIND(ExportEncPublicKey_ECC);
    FIND(ExternalEncrypt_ECC);
    FIND(InternalDecrypt_ECC);
    FIND(InternalSign_ECC);
    FIND(InternalVerify_ECC);
    FIND(ImportKeyWithISK_ECC);
    FIND(GenerateKeyWithKEK);
    FIND(ImportKeyWithKEK);
    FIND(Encrypt);
    FIND(CalculateMAC);
    return 0;
}

static int open_card(void) {
    __typeof__(SDF_OpenDevice) *open_device_of;
    __typeof__(SDF_OpenSession) *open_session_of;
    void *device, *found[2] = {dlsym(library, "SDF_OpenDevice"), dlsym(library, "SDF_OpenSession")};
    memcpy(&open_device_of, &found[0], sizeof found[0]);
    memcpy(&open_session_of, &found[1], sizeof found[1]);
    return open_device_of(&device) == SDR_OK && open_session_of(device, &session) == SDR_OK ? 0 : 1;
}

int main(void) {
    fixture_make();
    library = dlopen(SANSEC_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL || find() != 0 || open_card() != 0) {
        fprintf(stderr, "%s cannot be used\n", SANSEC_LIBRARY);
        return 1;
    }
    RUN(a_ciphertext_holds_136_bytes_and_no_more);
    RUN(a_length_that_cannot_be_is_refused);
    RUN(the_standards_numbers_for_sm2_are_unknown);
    RUN(signatures_are_of_64_bytes);
    RUN(the_number_of_sm4_elsewhere_is_aes);
    RUN(keys_under_a_kek_are_wrapped_by_the_cipher_of_the_number);
    fixture_remove();
    return CHECK_RESULT();
}

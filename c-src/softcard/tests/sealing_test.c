/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 in GCM and CCM: published vectors, GHASH held against libcrypto's GMAC, pieces, forgeries. */
#include "card_fixture.h"

#include "crypto/ghash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static void *device, *session, *key;

/* RFC 8998, appendix A: the same key, IV, additional data and plaintext for both modes. */
#define RFC_KEY "0123456789ABCDEFFEDCBA9876543210"
#define RFC_IV "00001234567800000000ABCD"
#define RFC_AAD "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"
#define RFC_PLAIN                                                                                  \
    "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"                             \
    "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
enum { RFC_BYTES = 64, RFC_IV_BYTES = 12, RFC_AAD_BYTES = 20 };

static const struct {
    unsigned int algorithm;
    const char *cipher, *tag;
} published[] = {
    {SGD_SM4_GCM,
     "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
     "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D",
     "83DE3541E4C2B58177E065A9BF7B62EC"},
    {SGD_SM4_CCM,
     "48AF93501FA62ADBCD414CCE6034D895DDA1BF8F132F042098661572E7483094"
     "FD12E518CE062C98ACEE28D95DF4416BED31A2F04476C18BB40C84A74B97DC5B",
     "16842D4FA186F56AB33256971FA110F4"},
};

static int seal(unsigned int algorithm, unsigned char *iv, unsigned int iv_bytes,
                unsigned char *aad, unsigned int aad_bytes, unsigned char *in, unsigned int bytes,
                unsigned char *out, unsigned char *tag, unsigned int *tag_bytes) {
    unsigned int made = 0;
    int status = SDF_AuthEnc(session, key, algorithm, iv, iv_bytes, aad, aad_bytes, in, bytes, out,
                             &made, tag, tag_bytes);
    if (status == SDR_OK)
        CHECK_EQUAL(bytes, made);
    return status;
}

static int open_sealed(unsigned int algorithm, unsigned char *iv, unsigned int iv_bytes,
                       unsigned char *aad, unsigned int aad_bytes, unsigned char *tag,
                       unsigned int tag_bytes, unsigned char *in, unsigned int bytes,
                       unsigned char *out) {
    unsigned int made = 0;
    int status = SDF_AuthDec(session, key, algorithm, iv, iv_bytes, aad, aad_bytes, tag, &tag_bytes,
                             in, bytes, out, &made);
    if (status == SDR_OK)
        CHECK_EQUAL(bytes, made);
    return status;
}

static void the_vectors_of_rfc_8998_come_out_in_both_directions(void) {
    unsigned char iv[RFC_IV_BYTES], aad[RFC_AAD_BYTES], plain[RFC_BYTES], cipher[RFC_BYTES],
        tag[16], found[RFC_BYTES], found_tag[16];
    from_hex(RFC_IV, iv);
    from_hex(RFC_AAD, aad);
    from_hex(RFC_PLAIN, plain);
    for (int i = 0; i < 2; i++) {
        unsigned int tag_bytes = 16;
        from_hex(published[i].cipher, cipher);
        from_hex(published[i].tag, tag);
        CHECK_EQUAL(SDR_OK, seal(published[i].algorithm, iv, RFC_IV_BYTES, aad, RFC_AAD_BYTES,
                                 plain, RFC_BYTES, found, found_tag, &tag_bytes));
        CHECK_EQUAL(16, tag_bytes);
        CHECK_BYTES(cipher, found, RFC_BYTES);
        CHECK_BYTES(tag, found_tag, 16);
        CHECK_EQUAL(SDR_OK, open_sealed(published[i].algorithm, iv, RFC_IV_BYTES, aad,
                                        RFC_AAD_BYTES, tag, 16, cipher, RFC_BYTES, cipher));
        CHECK_BYTES(plain, cipher, RFC_BYTES);
    }
}

/* GMAC is GHASH over the additional data and the lengths, encrypted: AES lends the block cipher. */
static void ghash_agrees_with_the_gmac_of_libcrypto_for_each_length(void) {
    unsigned char aes_key[16], zeros[16] = {0}, h[16], iv[12] = {0}, counter[16] = {0}, mask[16],
                               data[100], tag[16], sum[16], lengths[16] = {0};
    static struct ghash ghash;
    int made;
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof data, data));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16, aes_key));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    counter[15] = 1;
    EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, aes_key, NULL);
    EVP_EncryptUpdate(context, h, &made, zeros, 16);
    EVP_EncryptUpdate(context, mask, &made, counter, 16);
    ghash_init(&ghash, h);
    for (int bytes = 0; bytes <= (int)sizeof data; bytes++) {
        EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, aes_key, iv);
        if (bytes > 0)
            EVP_EncryptUpdate(context, NULL, &made, data, bytes);
        EVP_EncryptFinal_ex(context, tag, &made);
        CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag));
        ghash_restart(&ghash);
        for (int at = 0, now; at < bytes; at += now) { /* in uneven pieces */
            now = bytes - at < 7 + at % 11 ? bytes - at : 7 + at % 11;
            ghash_update(&ghash, data + at, (size_t)now);
        }
        ghash_pad(&ghash);
        lengths[6] = (unsigned char)(bytes * 8 >> 8);
        lengths[7] = (unsigned char)(bytes * 8);
        ghash_update(&ghash, lengths, 16);
        ghash_sum(&ghash, sum);
        for (int i = 0; i < 16; i++)
            sum[i] ^= mask[i];
        CHECK_BYTES(tag, sum, 16);
    }
    EVP_CIPHER_CTX_free(context);
}

/* The keystream of GCM is SM4-CTR from the second counter on, as libcrypto has it. */
static void the_ciphertext_is_that_of_the_counter_mode_of_libcrypto(void) {
    static unsigned char plain[5000], found[5000], expected[5000];
    unsigned char raw[16], iv[12], counter[16], tag[16];
    unsigned int tag_bytes = 16;
    int made;
    from_hex(RFC_KEY, raw);
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof plain, plain));
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof iv, iv));
    CHECK_EQUAL(SDR_OK,
                seal(SGD_SM4_GCM, iv, 12, NULL, 0, plain, sizeof plain, found, tag, &tag_bytes));
    memcpy(counter, iv, 12);
    memcpy(counter + 12, "\0\0\0\2", 4);
    EVP_CIPHER *ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(EVP_EncryptInit_ex(context, ctr, NULL, raw, counter));
    CHECK(EVP_EncryptUpdate(context, expected, &made, plain, sizeof plain));
    CHECK_BYTES(expected, found, sizeof plain);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(ctr);
}

static const struct shape {
    unsigned int algorithm, iv_bytes, aad_bytes, bytes, tag_bytes;
} shapes[] = {
    {SGD_SM4_GCM, 12, 0, 0, 16},      {SGD_SM4_GCM, 12, 1, 1, 12},
    {SGD_SM4_GCM, 1, 15, 15, 13},     {SGD_SM4_GCM, 16, 16, 16, 16},
    {SGD_SM4_GCM, 64, 17, 17, 16},    {SGD_SM4_GCM, 12, 300, 1000, 14},
    {SGD_SM4_GCM, 13, 20, 65536, 15}, {SGD_SM4_CCM, 12, 0, 0, 16},
    {SGD_SM4_CCM, 7, 1, 1, 4},        {SGD_SM4_CCM, 13, 14, 15, 6},
    {SGD_SM4_CCM, 12, 16, 16, 8},     {SGD_SM4_CCM, 8, 17, 17, 10},
    {SGD_SM4_CCM, 12, 65280, 33, 16}, {SGD_SM4_CCM, 12, 20, 1000, 16},
    {SGD_SM4_CCM, 12, 20, 65536, 14},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static unsigned char iv[64], aad[65536], plain[65536], sealed[65536], opened[65536], tag[16];

static void fill(void) {
    for (unsigned i = 0; i < 65536; i += 16384) {
        CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16384, plain + i));
        CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, 16384, aad + i));
    }
    CHECK_EQUAL(SDR_OK, SDF_GenerateRandom(session, sizeof iv, iv));
}

static int open_shape(const struct shape *shape) {
    return open_sealed(shape->algorithm, iv, shape->iv_bytes, aad, shape->aad_bytes, tag,
                       shape->tag_bytes, sealed, shape->bytes, opened);
}

static void what_was_sealed_opens_and_nothing_that_was_altered_does(void) {
    fill();
    for (int i = 0; i < SHAPES; i++) {
        const struct shape *shape = &shapes[i];
        unsigned int tag_bytes = shape->tag_bytes;
        CHECK_EQUAL(SDR_OK, seal(shape->algorithm, iv, shape->iv_bytes, aad, shape->aad_bytes,
                                 plain, shape->bytes, sealed, tag, &tag_bytes));
        CHECK_EQUAL(shape->tag_bytes, tag_bytes);
        CHECK_EQUAL(SDR_OK, open_shape(shape));
        CHECK_BYTES(plain, opened, shape->bytes);
        unsigned char *altered[] = {tag, tag + shape->tag_bytes - 1, iv + shape->iv_bytes - 1,
                                    shape->bytes > 0 ? sealed + shape->bytes - 1 : NULL,
                                    shape->aad_bytes > 0 ? aad + shape->aad_bytes - 1 : NULL};
        for (size_t k = 0; k < sizeof altered / sizeof altered[0]; k++) {
            if (altered[k] == NULL)
                continue;
            *altered[k] ^= 0x80;
            memset(opened, 0x5A, sizeof opened);
            CHECK_EQUAL(SDR_MACERR, open_shape(shape));
            for (unsigned at = 0; at < shape->bytes; at++)
                if (opened[at] != 0) {
                    CHECK(opened[at] == 0);
                    break;
                }
            *altered[k] ^= 0x80;
        }
    }
}

static void pieces_of_any_length_give_what_one_call_gives(void) {
    static const unsigned int steps[] = {1, 15, 16, 17, 511, 513, 4096};
    static unsigned char found[65536];
    unsigned char found_tag[16];
    unsigned int made, tag_bytes;
    fill();
    for (int i = 0; i < SHAPES; i++) {
        const struct shape *shape = &shapes[i];
        tag_bytes = 16;
        CHECK_EQUAL(SDR_OK, seal(shape->algorithm, iv, shape->iv_bytes, aad, shape->aad_bytes,
                                 plain, shape->bytes, sealed, tag, &tag_bytes));
        CHECK_EQUAL(SDR_OK, SDF_AuthEncInit(session, key, shape->algorithm, iv, shape->iv_bytes,
                                            aad, shape->aad_bytes, shape->bytes));
        for (unsigned at = 0, now, n = 0; at < shape->bytes; at += now, n++) {
            now = steps[n % 7] < shape->bytes - at ? steps[n % 7] : shape->bytes - at;
            CHECK_EQUAL(SDR_OK, SDF_AuthEncUpdate(session, plain + at, now, found + at, &made));
            CHECK_EQUAL(now, made);
        }
        CHECK_EQUAL(SDR_OK, SDF_AuthEncFinal(session, NULL, &made, found_tag, &tag_bytes));
        CHECK_EQUAL(0, made);
        CHECK_EQUAL(16, tag_bytes);
        CHECK_BYTES(sealed, found, shape->bytes);
        CHECK_BYTES(tag, found_tag, 16);
        for (int genuine = 1; genuine >= 0; genuine--) {
            found_tag[15] ^= genuine ? 0 : 1;
            CHECK_EQUAL(SDR_OK,
                        SDF_AuthDecInit(session, key, shape->algorithm, iv, shape->iv_bytes, aad,
                                        shape->aad_bytes, found_tag, 16, shape->bytes));
            for (unsigned at = 0, now, n = 3; at < shape->bytes; at += now, n++) {
                now = steps[n % 7] < shape->bytes - at ? steps[n % 7] : shape->bytes - at;
                CHECK_EQUAL(SDR_OK,
                            SDF_AuthDecUpdate(session, sealed + at, now, opened + at, &made));
            }
            CHECK_EQUAL(genuine ? SDR_OK : SDR_MACERR, SDF_AuthDecFinal(session, opened, &made));
            CHECK_BYTES(plain, opened, shape->bytes);
        }
    }
}

static void lengths_and_algorithms_that_no_mode_has_are_refused(void) {
    static const struct shape wrong[] = {
        {SGD_SM4_GCM, 0, 0, 16, 16},           {SGD_SM4_GCM, 4097, 0, 16, 16},
        {SGD_SM4_GCM, 12, 0, 16, 11},          {SGD_SM4_GCM, 12, 0, 65537, 16},
        {SGD_SM4_GCM, 12, 65537, 1, 16},       {SGD_SM4_CCM, 6, 0, 16, 16},
        {SGD_SM4_CCM, 14, 0, 16, 16},          {SGD_SM4_CCM, 12, 0, 16, 2},
        {SGD_SM4_CCM, 12, 0, 16, 5},           {SGD_SM4_CCM, 12, 0, 16, 0},
        {SGD_SM4_CCM, 13, 0, 65536, 16},       {SGD_SM4_GCM, 0xFFFFFFFF, 0, 16, 16},
        {SGD_SM4_CCM, 12, 0xFFFFFFFF, 16, 16}, {SGD_SM4_CCM, 12, 0, 0xFFFFFFFF, 16}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned int tag_bytes = wrong[i].tag_bytes;
        CHECK_EQUAL(SDR_INARGERR,
                    seal(wrong[i].algorithm, iv, wrong[i].iv_bytes, aad, wrong[i].aad_bytes, plain,
                         wrong[i].bytes, sealed, tag, &tag_bytes));
        CHECK_EQUAL(SDR_INARGERR,
                    open_sealed(wrong[i].algorithm, iv, wrong[i].iv_bytes, aad, wrong[i].aad_bytes,
                                tag, wrong[i].tag_bytes, sealed, wrong[i].bytes, opened));
    }
    unsigned int tag_bytes = 17;
    CHECK_EQUAL(SDR_INARGERR,
                open_sealed(SGD_SM4_GCM, iv, 12, aad, 0, tag, 17, sealed, 16, opened));
    CHECK_EQUAL(SDR_OK, seal(SGD_SM4_GCM, iv, 12, NULL, 0, plain, 16, sealed, tag, &tag_bytes));
    CHECK_EQUAL(16, tag_bytes);
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT,
                seal(0x02000402 /* XTS */, iv, 12, NULL, 0, plain, 16, sealed, tag, &tag_bytes));
    CHECK_EQUAL(SDR_ALGMODNOTSUPPORT,
                seal(SGD_SM4_CBC, iv, 12, NULL, 0, plain, 16, sealed, tag, &tag_bytes));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT,
                seal(0x02002000, iv, 12, NULL, 0, plain, 16, sealed, tag, &tag_bytes));
}

static void steps_out_of_order_are_refused(void) {
    unsigned int made, tag_bytes = 16;
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthEncUpdate(session, plain, 16, sealed, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthDecUpdate(session, plain, 16, sealed, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthEncFinal(session, NULL, &made, tag, &tag_bytes));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthDecFinal(session, NULL, &made));
    CHECK_EQUAL(SDR_OK, SDF_AuthEncInit(session, key, SGD_SM4_GCM, iv, 12, NULL, 0, 20));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthDecUpdate(session, plain, 16, sealed, &made));
    CHECK_EQUAL(SDR_STEPERR, SDF_EncryptUpdate(session, plain, 16, sealed, &made));
    CHECK_EQUAL(SDR_INARGERR, SDF_AuthEncUpdate(session, plain, 21, sealed, &made));
    CHECK_EQUAL(SDR_OK, SDF_AuthEncUpdate(session, plain, 19, sealed, &made));
    CHECK_EQUAL(SDR_INARGERR, SDF_AuthEncFinal(session, NULL, &made, tag, &tag_bytes));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthEncFinal(session, NULL, &made, tag, &tag_bytes));
    /* A call that stands for itself ends what ran. */
    CHECK_EQUAL(SDR_OK, SDF_AuthEncInit(session, key, SGD_SM4_GCM, iv, 12, NULL, 0, 20));
    CHECK_EQUAL(SDR_OK, seal(SGD_SM4_GCM, iv, 12, NULL, 0, plain, 16, sealed, tag, &tag_bytes));
    CHECK_EQUAL(SDR_STEPERR, SDF_AuthEncUpdate(session, plain, 16, sealed, &made));
}

int main(void) {
    unsigned char raw[16];
    fixture_make();
    device = open_device();
    session = open_session(device);
    from_hex(RFC_KEY, raw);
    key = known_key(session, raw, 16);
    RUN(the_vectors_of_rfc_8998_come_out_in_both_directions);
    RUN(ghash_agrees_with_the_gmac_of_libcrypto_for_each_length);
    RUN(the_ciphertext_is_that_of_the_counter_mode_of_libcrypto);
    RUN(what_was_sealed_opens_and_nothing_that_was_altered_does);
    RUN(pieces_of_any_length_give_what_one_call_gives);
    RUN(lengths_and_algorithms_that_no_mode_has_are_refused);
    RUN(steps_out_of_order_are_refused);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    fixture_remove();
    return CHECK_RESULT();
}

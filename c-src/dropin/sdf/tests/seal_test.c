/* SPDX-License-Identifier: Apache-2.0 */
/* GCM and CCM at once and in parts, and further hashes, against a played card. */
#include <openssl/evp.h>
#include <stdint.h>

#include "sdf_fixture.h"

enum { BYTES = 100 };
static unsigned char iv[14] = {1, 2, 3}, aad[20] = {4}, data[BYTES] = {5};

struct sealed {
    unsigned char data[BYTES], tag[16];
};

static struct sealed seal(const struct sdf *sdf, void *key, unsigned algorithm) {
    struct sealed sealed;
    unsigned bytes = 0xA5A5A5A5, tag_bytes = 0xA5A5A5A5;
    CHECK_SDR_OK(SDF_AuthEnc(sdf->session, key, algorithm, iv, 12, aad, sizeof aad, data, BYTES,
                             sealed.data, &bytes, sealed.tag, &tag_bytes));
    CHECK(bytes == BYTES && tag_bytes == 16);
    return sealed;
}

static void what_is_sealed_is_opened_and_nothing_else(void) {
    struct sdf sdf = sdf_start();
    void *key = sdf_key(&sdf);
    static const unsigned algorithms[] = {SGD_SM4_GCM, SGD_SM4_CCM};
    for (int i = 0; i < 2; i++) {
        struct sealed sealed = seal(&sdf, key, algorithms[i]);
        unsigned char back[BYTES];
        unsigned bytes = 1, tag_bytes = 16;
        CHECK(memcmp(sealed.data, data, BYTES) != 0);
        CHECK_SDR_OK(SDF_AuthDec(sdf.session, key, algorithms[i], iv, 12, aad, sizeof aad,
                                 sealed.tag, &tag_bytes, sealed.data, BYTES, back, &bytes));
        CHECK(bytes == BYTES && memcmp(back, data, BYTES) == 0);
        sealed.tag[0] ^= 1; /* told in the card's own words */
        memset(back, 0, sizeof back);
        CHECK_CODE(SDF_AuthDec(sdf.session, key, algorithms[i], iv, 12, aad, sizeof aad, sealed.tag,
                               &tag_bytes, sealed.data, BYTES, back, &bytes),
                   PEER_DEVICE_CODE);
        CHECK(back[0] == 0);
    }
    sdf_stop(&sdf);
}

static void parts_of_any_length_are_the_message_in_one(void) {
    struct sdf sdf = sdf_start();
    void *key = sdf_key(&sdf);
    static const unsigned algorithms[] = {SGD_SM4_GCM, SGD_SM4_CCM};
    static const unsigned parts[] = {1, 15, 16, 17, 33, 99, 100};
    for (int i = 0; i < 2; i++) {
        struct sealed whole = seal(&sdf, key, algorithms[i]);
        for (size_t j = 0; j < sizeof parts / sizeof parts[0]; j++) {
            struct sealed made;
            unsigned char back[BYTES];
            unsigned bytes, last, tag_bytes = 0;
            CHECK_SDR_OK(
                SDF_AuthEncInit(sdf.session, key, algorithms[i], iv, 12, aad, sizeof aad, BYTES));
            memcpy(made.data, data, BYTES); /* in place */
            for (unsigned at = 0; at < BYTES; at += bytes) {
                unsigned now = BYTES - at < parts[j] ? BYTES - at : parts[j];
                bytes = 0xA5A5A5A5;
                CHECK_SDR_OK(
                    SDF_AuthEncUpdate(sdf.session, made.data + at, now, made.data + at, &bytes));
                CHECK(bytes == now);
                if (at == 0 && i == 0) {
                    sdf_restart_peer(&sdf);
                }
            }
            CHECK_SDR_OK(SDF_AuthEncFinal(sdf.session, NULL, &last, made.tag, &tag_bytes));
            CHECK(last == 0 && tag_bytes == 16 && memcmp(&made, &whole, sizeof made) == 0);

            CHECK_SDR_OK(SDF_AuthDecInit(sdf.session, key, algorithms[i], iv, 12, aad, sizeof aad,
                                         made.tag, 16, BYTES));
            for (unsigned at = 0; at < BYTES; at += bytes) {
                unsigned now = BYTES - at < parts[j] ? BYTES - at : parts[j];
                CHECK_SDR_OK(
                    SDF_AuthDecUpdate(sdf.session, made.data + at, now, back + at, &bytes));
            }
            CHECK_SDR_OK(SDF_AuthDecFinal(sdf.session, NULL, &last));
            CHECK(last == 0 && memcmp(back, data, BYTES) == 0);
        }
    }
    sdf_stop(&sdf);
}

static void messages_that_cannot_be_are_refused(void) {
    struct sdf sdf = sdf_start();
    void *key = sdf_key(&sdf);
    unsigned char out[BYTES], tag[17];
    unsigned bytes, tag_bytes = 16;
#define SEAL(...) SDF_AuthEnc(sdf.session, key, __VA_ARGS__, out, &bytes, tag, &tag_bytes)
    CHECK_CODE(SEAL(SGD_SM4_CBC, iv, 12, aad, 5, data, BYTES), SDR_ALGMODNOTSUPPORT);
    CHECK_CODE(SEAL(0x102, iv, 12, aad, 5, data, BYTES), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SEAL(SGD_SM4_GCM, NULL, 12, aad, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 0, aad, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, UINT32_MAX, aad, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_CCM, iv, 6, aad, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_CCM, iv, 14, aad, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 12, NULL, 5, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 12, aad, UINT32_MAX, data, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 12, aad, 5, NULL, BYTES), SDR_INARGERR);
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 12, aad, 5, data, UINT32_MAX), SDR_INARGERR);
    tag_bytes = 11;
    CHECK_CODE(SEAL(SGD_SM4_GCM, iv, 12, aad, 5, data, BYTES), SDR_INARGERR);
    tag_bytes = 5;
    CHECK_CODE(SEAL(SGD_SM4_CCM, iv, 12, aad, 5, data, BYTES), SDR_INARGERR);
#undef SEAL
    tag_bytes = 17;
    CHECK_CODE(SDF_AuthDec(sdf.session, key, SGD_SM4_GCM, iv, 12, aad, 5, tag, &tag_bytes, data,
                           BYTES, out, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_AuthDec(sdf.session, key, SGD_SM4_GCM, iv, 12, aad, 5, tag, NULL, data, BYTES,
                           out, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_AuthEnc(sdf.session, key, SGD_SM4_GCM, iv, 12, aad, 5, data, BYTES, NULL, &bytes,
                           tag, &tag_bytes),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_AuthEnc(sdf.session, key, SGD_SM4_GCM, iv, 12, aad, 5, data, BYTES, out, &bytes,
                           tag, NULL),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_AuthEnc(sdf.session, sdf.session, SGD_SM4_GCM, iv, 12, aad, 5, data, BYTES, out,
                           &bytes, tag, &tag_bytes),
               SDR_KEYNOTEXIST);
    sdf_stop(&sdf);
}

static void parts_out_of_order_are_told(void) {
    struct sdf sdf = sdf_start();
    void *key = sdf_key(&sdf);
    unsigned char out[BYTES], tag[16] = {0};
    unsigned bytes;
    CHECK_CODE(SDF_AuthEncUpdate(sdf.session, data, 5, out, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_AuthDecFinal(sdf.session, NULL, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_AuthEncInit(sdf.session, key, SGD_SM4_GCM, iv, 12, NULL, 0, 20));
    CHECK_CODE(SDF_AuthDecUpdate(sdf.session, data, 5, out, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, 5, out, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_AuthEncUpdate(sdf.session, data, 21, out, &bytes), SDR_INARGERR);
    CHECK_CODE(SDF_AuthEncUpdate(sdf.session, data, UINT32_MAX, out, &bytes), SDR_INARGERR);
    CHECK_SDR_OK(SDF_AuthEncUpdate(sdf.session, data, 19, out, &bytes));
    CHECK_CODE(SDF_AuthEncFinal(sdf.session, out, &bytes, NULL, &bytes), SDR_OUTARGERR);
    CHECK_CODE(SDF_AuthEncFinal(sdf.session, out, &bytes, tag, &bytes), SDR_INARGERR);
    CHECK_CODE(SDF_AuthEncFinal(sdf.session, out, &bytes, tag, &bytes), SDR_STEPERR);
    /* Longer than what may be kept; an IV whose first counter only the card knows. */
    CHECK_CODE(SDF_AuthEncInit(sdf.session, key, SGD_SM4_GCM, iv, 12, NULL, 0, UINT32_MAX),
               SDR_NOBUFFER);
    CHECK_CODE(SDF_AuthEncInit(sdf.session, key, SGD_SM4_GCM, iv, 13, NULL, 0, 20), SDR_NOTSUPPORT);
    CHECK_CODE(SDF_AuthDecInit(sdf.session, key, SGD_SM4_GCM, iv, 12, NULL, 0, tag, 17, 20),
               SDR_INARGERR);
    CHECK_CODE(SDF_AuthDecInit(sdf.session, key, SGD_SM4_GCM, iv, 12, NULL, 0, NULL, 16, 20),
               SDR_INARGERR);
    CHECK_SDR_OK(SDF_AuthDecInit(sdf.session, key, SGD_SM4_GCM, iv, 12, NULL, 0, tag, 16, 5));
    CHECK_SDR_OK(SDF_AuthDecUpdate(sdf.session, data, 5, out, &bytes));
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
    CHECK_CODE(SDF_AuthDecFinal(sdf.session, NULL, &bytes), SDR_KEYNOTEXIST);
    sdf_stop(&sdf);
}

static void further_hashes_are_begun_if_the_card_has_them(void) {
    struct sdf sdf = sdf_start();
    unsigned char digest[33] = {0}, expected[32];
    unsigned bytes = 0xA5A5A5A5;
    EVP_Digest(data, BYTES, expected, NULL, EVP_sha256(), NULL);
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SHA256, NULL, NULL, 0));
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, data, 60));
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, data + 60, 40));
    CHECK_SDR_OK(SDF_HashFinal(sdf.session, digest, &bytes));
    CHECK(bytes == 32 && digest[32] == 0 && memcmp(digest, expected, 32) == 0);
    unsigned before = atomic_load(&sdf.peer.seen->requests);
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SHA256, NULL, NULL, 0)); /* asked once */
    CHECK(atomic_load(&sdf.peer.seen->requests) == before);
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SHA1, NULL, NULL, 0), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_HashUpdate(sdf.session, data, 1), SDR_STEPERR);
    sdf_stop(&sdf);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(what_is_sealed_is_opened_and_nothing_else),
        TEST(parts_of_any_length_are_the_message_in_one),
        TEST(messages_that_cannot_be_are_refused),
        TEST(parts_out_of_order_are_told),
        TEST(further_hashes_are_begun_if_the_card_has_them),
    };
    return RUN_TESTS(tests, argc, argv);
}

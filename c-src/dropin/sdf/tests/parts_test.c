/* SPDX-License-Identifier: Apache-2.0 */
/* Hash, cipher and MAC in parts give what they give in one call, and keep to their order. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hsm_peer.h"
#include "sdf_fixture.h"

/* A played card takes what fits into a message. */
enum { DATA_BYTES = 1008 };

static unsigned char data[DATA_BYTES];

static struct sdf start(void) {
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (unsigned char)(i * 7);
    }
    return sdf_start();
}

static const unsigned STEPS[] = {1, 15, 16, 17, 0, 31, 32, 33, 100, 5};

static void a_hash_in_parts_is_the_hash_in_one(void) {
    struct sdf sdf = start();
    unsigned char expected[32], digest[32];
    unsigned bytes = 0xDEADBEEF; /* as GmSSL leaves it */
    EVP_Digest(data, sizeof data, expected, NULL, EVP_sm3(), NULL);
    CHECK_CODE(SDF_HashUpdate(sdf.session, data, 4), SDR_STEPERR);
    CHECK_CODE(SDF_HashFinal(sdf.session, digest, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, data, 100));
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0)); /* over again */
    for (unsigned at = 0, step = 0; at < sizeof data; step++) {
        unsigned now = STEPS[step % (sizeof STEPS / sizeof STEPS[0])];
        now = now < sizeof data - at ? now : (unsigned)sizeof data - at;
        CHECK_SDR_OK(SDF_HashUpdate(sdf.session, now == 0 ? NULL : data + at, now));
        at += now;
    }
    CHECK_CODE(SDF_HashFinal(sdf.session, NULL, &bytes), SDR_OUTARGERR);
    CHECK_CODE(SDF_HashFinal(sdf.session, digest, NULL), SDR_OUTARGERR);
    CHECK_SDR_OK(SDF_HashFinal(sdf.session, digest, &bytes));
    CHECK(bytes == 32 && memcmp(digest, expected, 32) == 0);
    CHECK_CODE(SDF_HashFinal(sdf.session, digest, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_HashUpdate(sdf.session, NULL, 1), SDR_INARGERR);
    sdf_stop(&sdf);
}

static void a_hash_is_begun_with_a_signer_only_if_it_is_one(void) {
    struct sdf sdf = start();
    ECCrefPublicKey key;
    unsigned char id[4000] = "a signer", digest[32];
    unsigned bytes;
    CHECK_SDR_OK(SDF_ExportSignPublicKey_ECC(sdf.session, PAIR, &key));
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, &key, id, 1900));
    CHECK_SDR_OK(SDF_HashUpdate(sdf.session, data, sizeof data));
    CHECK_SDR_OK(SDF_HashFinal(sdf.session, digest, &bytes));
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SM3, &key, id, 1901), SDR_INARGERR);
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SM3, &key, id, UINT32_MAX), SDR_INARGERR);
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SM3, &key, id, 0), SDR_INARGERR);
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SM3, &key, NULL, 8), SDR_INARGERR);
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SHA1, NULL, NULL, 0), SDR_ALGNOTSUPPORT);
    key.bits = 0;
    CHECK_CODE(SDF_HashInit(sdf.session, SGD_SM3, &key, id, 8), SDR_INARGERR);
    CHECK_CODE(SDF_HashFinal(sdf.session, digest, &bytes), SDR_STEPERR); /* none was begun */
    sdf_stop(&sdf);
}

static void a_hash_that_is_too_long_ends_and_says_so(void) {
    struct sdf sdf = start();
    static unsigned char block[4096];
    unsigned char digest[32];
    unsigned bytes;
    CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
    CHECK_CODE(SDF_HashUpdate(sdf.session, block, BUFFER_BYTES + 1), SDR_INARGERR);
    for (unsigned at = 0; at < BUFFER_BYTES; at += sizeof block) {
        CHECK_SDR_OK(SDF_HashUpdate(sdf.session, block, sizeof block));
    }
    CHECK_CODE(SDF_HashUpdate(sdf.session, block, 1), SDR_NOBUFFER);
    CHECK_CODE(SDF_HashFinal(sdf.session, digest, &bytes), SDR_STEPERR);
    sdf_stop(&sdf);
}

static unsigned in_parts(void *session, bool encrypting, bool blocks, unsigned char *in,
                         unsigned total, unsigned char *out) {
    unsigned made = 0, bytes;
    for (unsigned at = 0, step = 0; at < total; step++) {
        unsigned now = STEPS[step % (sizeof STEPS / sizeof STEPS[0])];
        now = now < total - at ? now : total - at;
        bytes = 0;
        CHECK_SDR_OK(encrypting ? SDF_EncryptUpdate(session, in + at, now, out + made, &bytes)
                                : SDF_DecryptUpdate(session, in + at, now, out + made, &bytes));
        CHECK(blocks || bytes == now);
        made += bytes;
        at += now;
    }
    bytes = 0;
    CHECK_SDR_OK(encrypting ? SDF_EncryptFinal(session, out + made, &bytes)
                            : SDF_DecryptFinal(session, out + made, &bytes));
    return made + bytes;
}

static void every_mode_in_parts_is_the_mode_in_one_both_ways(void) {
    static const unsigned modes[] = {SGD_SM4_ECB, SGD_SM4_CBC, SGD_SM4_CFB, SGD_SM4_OFB,
                                     SGD_SM4_CTR};
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        unsigned char iv[16], whole[DATA_BYTES], parts[DATA_BYTES], back[DATA_BYTES];
        bool blocks = modes[i] == SGD_SM4_ECB || modes[i] == SGD_SM4_CBC;
        unsigned total = blocks ? DATA_BYTES : DATA_BYTES - 5, bytes;
        memset(iv, 0xFF, sizeof iv); /* a counter that overflows */
        CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, modes[i], iv, data, total, whole, &bytes));
        memset(iv, 0xFF, sizeof iv);
        CHECK_SDR_OK(SDF_EncryptInit(sdf.session, key, modes[i], iv, 16));
        CHECK(in_parts(sdf.session, true, blocks, data, total, parts) == total);
        CHECK(memcmp(whole, parts, total) == 0);
        CHECK_SDR_OK(SDF_DecryptInit(sdf.session, key, modes[i], iv, 16));
        CHECK(in_parts(sdf.session, false, blocks, parts, total, back) == total);
        CHECK(memcmp(back, data, total) == 0);
    }
    sdf_stop(&sdf);
}

static void parts_may_be_overwritten_by_what_comes_of_them(void) {
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    unsigned char iv[16] = {0}, whole[64], buffer[64 + 16];
    unsigned bytes, made;
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, key, SGD_SM4_CBC, iv, data, 64, whole, &bytes));
    memset(iv, 0, sizeof iv);
    CHECK_SDR_OK(SDF_EncryptInit(sdf.session, key, SGD_SM4_CBC, iv, 16));
    memcpy(buffer, data, 7);
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, buffer, 7, buffer, &made));
    CHECK(made == 0);
    memcpy(buffer, data + 7, 57);
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, buffer, 57, buffer, &made));
    CHECK(made == 64 && memcmp(buffer, whole, 64) == 0);
    CHECK_SDR_OK(SDF_EncryptFinal(sdf.session, buffer, &bytes));
    CHECK(bytes == 0);
    sdf_stop(&sdf);
}

static void ciphers_keep_to_their_order(void) {
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    unsigned char iv[16] = {0}, out[64];
    unsigned bytes;
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, 16, out, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_DecryptFinal(sdf.session, out, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_EncryptInit(sdf.session, key, SGD_SM4_CBC, iv, 16));
    CHECK_CODE(SDF_DecryptUpdate(sdf.session, data, 16, out, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, data, 17, out, &bytes));
    CHECK(bytes == 16);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, NULL, 1, out, &bytes), SDR_INARGERR);
    CHECK_CODE(SDF_EncryptFinal(sdf.session, out, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, 1, NULL, &bytes), SDR_OUTARGERR);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, UINT32_MAX, out, &bytes), SDR_INARGERR);
    CHECK_CODE(SDF_EncryptFinal(sdf.session, out, &bytes), SDR_INARGERR); /* a rest of one byte */
    CHECK_CODE(SDF_EncryptFinal(sdf.session, out, &bytes), SDR_STEPERR);
    CHECK_CODE(SDF_EncryptInit(sdf.session, key, SGD_SM4_CBC, iv, 12), SDR_INARGERR);
    CHECK_CODE(SDF_EncryptInit(sdf.session, key, SGD_SM4_CBC, NULL, 16), SDR_INARGERR);
    CHECK_CODE(SDF_EncryptInit(sdf.session, key, 0x02000400, iv, 16), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_EncryptInit(sdf.session, NULL, SGD_SM4_CBC, iv, 16), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, 16, out, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_DecryptInit(sdf.session, key, SGD_SM4_CBC, iv, 16));
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
    CHECK_CODE(SDF_DecryptUpdate(sdf.session, data, 16, out, &bytes), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_DecryptUpdate(sdf.session, data, 16, out, &bytes), SDR_STEPERR);
    sdf_stop(&sdf);
}

static void macs_in_parts_are_macs_in_one(void) {
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    unsigned char iv[16] = {1}, whole[32], parts[32], expected[32], ciphertext[DATA_BYTES];
    unsigned bytes, expected_bytes;
    CHECK_SDR_OK(
        SDF_Encrypt(sdf.session, key, SGD_SM4_CBC, iv, data, DATA_BYTES, ciphertext, &bytes));
    memset(iv, 0, sizeof iv);
    iv[0] = 1;
    CHECK_SDR_OK(
        SDF_CalculateMAC(sdf.session, key, SGD_SM4_MAC, iv, data, DATA_BYTES, whole, &bytes));
    CHECK(bytes == 16 && memcmp(whole, ciphertext + DATA_BYTES - 16, 16) == 0);
    CHECK(memcmp(iv, whole, 16) == 0);
    memset(iv, 0, sizeof iv);
    iv[0] = 1;
    CHECK_SDR_OK(SDF_CalculateMACInit(sdf.session, key, SGD_SM4_MAC, iv, 16));
    for (unsigned at = 0; at < DATA_BYTES; at += 21) {
        CHECK_SDR_OK(SDF_CalculateMACUpdate(sdf.session, data + at, 21));
    }
    CHECK_SDR_OK(SDF_CalculateMACFinal(sdf.session, parts, &bytes));
    CHECK(bytes == 16 && memcmp(whole, parts, 16) == 0);

    HMAC(EVP_sm3(), HSM_PEER_KEY, 16, data, DATA_BYTES, expected, &expected_bytes);
    CHECK_SDR_OK(
        SDF_CalculateMAC(sdf.session, key, SGD_SM3, NULL, data, DATA_BYTES, whole, &bytes));
    CHECK(bytes == 32 && memcmp(whole, expected, 32) == 0);
    CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3));
    CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data, 500));
    CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data + 500, DATA_BYTES - 500));
    CHECK_SDR_OK(SDF_HMACFinal(sdf.session, parts, &bytes));
    CHECK(bytes == 32 && memcmp(parts, expected, 32) == 0);
    sdf_stop(&sdf);
}

/* Memory that is kept out of dumps, as the data of a hash or MAC is. */
static unsigned long undumped_kilobytes(void) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long size = 0, sum = 0;
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        (void)sscanf(line, "Size: %lu kB", &size);
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") != NULL) {
            sum += size;
        }
    }
    fclose(maps);
    return sum;
}

static void a_session_keeps_no_more_memory_with_each_hash_and_mac(void) {
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    unsigned char made[32];
    unsigned bytes;
    unsigned long after_first = 0;
    for (int i = 0; i < 16; i++) {
        CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3));
        CHECK_SDR_OK(SDF_HMACUpdate(sdf.session, data, DATA_BYTES));
        CHECK_SDR_OK(SDF_HMACFinal(sdf.session, made, &bytes));
        CHECK_SDR_OK(SDF_HashInit(sdf.session, SGD_SM3, NULL, NULL, 0));
        CHECK_SDR_OK(SDF_HashUpdate(sdf.session, data, DATA_BYTES));
        CHECK_SDR_OK(SDF_HashFinal(sdf.session, made, &bytes));
        after_first = i == 0 ? undumped_kilobytes() : after_first;
    }
    CHECK(undumped_kilobytes() == after_first);
    sdf_stop(&sdf);
}

static void macs_keep_to_their_order(void) {
    struct sdf sdf = start();
    void *key = sdf_key(&sdf);
    unsigned char iv[16] = {0}, mac[32];
    unsigned bytes;
    CHECK_CODE(SDF_HMACUpdate(sdf.session, data, 4), SDR_STEPERR);
    CHECK_CODE(SDF_CalculateMACFinal(sdf.session, mac, &bytes), SDR_STEPERR);
    CHECK_SDR_OK(SDF_CalculateMACInit(sdf.session, key, SGD_SM4_MAC, iv, 16));
    CHECK_CODE(SDF_HMACUpdate(sdf.session, data, 4), SDR_STEPERR);
    CHECK_CODE(SDF_CalculateMACInit(sdf.session, key, SGD_SM3, iv, 16), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_CalculateMACUpdate(sdf.session, data, 4), SDR_STEPERR);
    CHECK_SDR_OK(SDF_CalculateMACInit(sdf.session, key, SGD_SM4_MAC, iv, 16));
    CHECK_CODE(SDF_CalculateMACUpdate(sdf.session, NULL, 4), SDR_INARGERR);
    CHECK_CODE(SDF_CalculateMACFinal(sdf.session, mac, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_CalculateMACFinal(sdf.session, mac, &bytes), SDR_INARGERR); /* over nothing */
    CHECK_SDR_OK(SDF_CalculateMACInit(sdf.session, key, SGD_SM4_MAC, iv, 16));
    CHECK_SDR_OK(SDF_CalculateMACUpdate(sdf.session, data, 17));
    CHECK_CODE(SDF_CalculateMACFinal(sdf.session, mac, &bytes), SDR_INARGERR); /* a rest */
    CHECK_CODE(SDF_CalculateMACInit(sdf.session, key, SGD_SM4_MAC, NULL, 16), SDR_INARGERR);
    CHECK_CODE(SDF_HMACInit(sdf.session, key, SGD_SM4_MAC), SDR_ALGNOTSUPPORT);
    CHECK_CODE(SDF_HMACInit(sdf.session, sdf.device, SGD_SM3), SDR_KEYNOTEXIST);
    CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3));
    CHECK_CODE(SDF_HMACFinal(sdf.session, mac, &bytes), SDR_INARGERR);
    CHECK_SDR_OK(SDF_HMACInit(sdf.session, key, SGD_SM3));
    CHECK_CODE(SDF_HMACUpdate(sdf.session, data, BUFFER_BYTES + 1), SDR_INARGERR);
    CHECK_CODE(SDF_CalculateMAC(sdf.session, key, SGD_SM4_MAC, iv, data, 17, mac, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_CalculateMAC(sdf.session, key, SGD_SM4_MAC, NULL, data, 16, mac, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_CalculateMAC(sdf.session, key, SGD_SM4_CBC, iv, data, 16, mac, &bytes),
               SDR_ALGNOTSUPPORT);
    sdf_stop(&sdf);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(a_hash_in_parts_is_the_hash_in_one),
        TEST(a_hash_is_begun_with_a_signer_only_if_it_is_one),
        TEST(a_hash_that_is_too_long_ends_and_says_so),
        TEST(every_mode_in_parts_is_the_mode_in_one_both_ways),
        TEST(parts_may_be_overwritten_by_what_comes_of_them),
        TEST(ciphers_keep_to_their_order),
        TEST(macs_in_parts_are_macs_in_one),
        TEST(a_session_keeps_no_more_memory_with_each_hash_and_mac),
        TEST(macs_keep_to_their_order),
    };
    return RUN_TESTS(tests, argc, argv);
}

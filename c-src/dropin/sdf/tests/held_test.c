/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and agreements that the worker holds: used, given back, and told to be lost. */
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codes.h"
#include "sdf_fixture.h"

union cipher {
    ECCCipher head;
    unsigned char bytes[sizeof(ECCCipher) + 64];
};

static unsigned char id[] = "an id";

static ECCrefPublicKey point(unsigned char fill) {
    ECCrefPublicKey key = {.bits = 256};
    memset(key.x + 32, fill, 32);
    memset(key.y + 32, fill, 32);
    return key;
}

static void *key_for_another(const struct sdf *sdf) {
    union cipher envelope;
    ECCrefPublicKey key = point(9);
    void *made = NULL;
    CHECK_SDR_OK(
        SDF_GenerateKeyWithEPK_ECC(sdf->session, 128, SGD_SM2_3, &key, &envelope.head, &made));
    CHECK(envelope.head.L == 16);
    return made;
}

static void *begin_agreement(const struct sdf *sdf) {
    ECCrefPublicKey key, temporary_key;
    void *agreement = NULL;
    CHECK_SDR_OK(SDF_GenerateAgreementDataWithECC(sdf->session, PAIR, 128, id, sizeof id, &key,
                                                  &temporary_key, &agreement));
    CHECK(key.bits == 256 && key.x[31] == 0 && key.x[32] == 0x21 && temporary_key.y[63] == 0x22);
    return agreement;
}

static int finish_agreement(const struct sdf *sdf, void *agreement, void **made) {
    ECCrefPublicKey key = point(3);
    return SDF_GenerateKeyWithECC(sdf->session, id, sizeof id, &key, &key, agreement, made);
}

static int use(const struct sdf *sdf, void *key) {
    unsigned char block[16] = {0};
    unsigned bytes;
    return SDF_Encrypt(sdf->session, key, SGD_SM4_ECB, NULL, block, 16, block, &bytes);
}

static void a_key_for_another_is_used_like_any_other_and_given_back(void) {
    struct sdf sdf = sdf_start();
    unsigned char data[40] = {1}, iv[16] = {0}, by_held[40], by_wrapped[40];
    unsigned bytes;
    void *wrapped = sdf_key(&sdf), *held = key_for_another(&sdf);
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, held, SGD_SM4_CTR, iv, data, 40, by_held, &bytes));
    memset(iv, 0, sizeof iv);
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, wrapped, SGD_SM4_CTR, iv, data, 40, by_wrapped, &bytes));
    CHECK(memcmp(by_held, by_wrapped, 40) == 0);
    CHECK_SDR_OK(SDF_CalculateMAC(sdf.session, held, SGD_SM3, NULL, data, 40, by_held, &bytes));
    CHECK_SDR_OK(
        SDF_CalculateMAC(sdf.session, wrapped, SGD_SM3, NULL, data, 40, by_wrapped, &bytes));
    CHECK(memcmp(by_held, by_wrapped, 32) == 0);
    unsigned before = atomic_load(&sdf.peer.seen->requests);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, held));
    CHECK(atomic_load(&sdf.peer.seen->requests) == before + 1);
    CHECK_CODE(use(&sdf, held), SDR_KEYNOTEXIST);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, wrapped)); /* which the worker need not hear */
    CHECK(atomic_load(&sdf.peer.seen->requests) == before + 1);
    void *session = sdf.session;
    (void)key_for_another(&sdf);
    (void)begin_agreement(&sdf);
    before = atomic_load(&sdf.peer.seen->requests);
    CHECK_SDR_OK(SDF_CloseSession(session));
    CHECK(atomic_load(&sdf.peer.seen->requests) == before + 2);
    sdf_stop(&sdf);
}

static void a_key_for_an_rsa_key_fills_what_its_modulus_has(void) {
    struct sdf sdf = sdf_start();
    RSArefPublicKey key = {.bits = 1024};
    unsigned char envelope[256];
    unsigned bytes = 0xA5A5A5A5;
    void *made;
    memset(key.m + 128, 0xC1, 128);
    key.e[255] = 3;
    memset(envelope, 0x55, sizeof envelope);
    CHECK_SDR_OK(SDF_GenerateKeyWithEPK_RSA(sdf.session, 128, &key, envelope, &bytes, &made));
    CHECK(bytes == 128 && envelope[0] == 7 && envelope[128] == 0x55);
    CHECK_SDR_OK(use(&sdf, made));
    CHECK_SDR_OK(SDF_GenerateKeyWithEPK_RSA(sdf.session, 256, &key, envelope, &bytes, &made));
    CHECK_CODE(use(&sdf, made), SDR_KEYTYPEERR); /* 256 bits are none of SM4 */
    CHECK_CODE(SDF_GenerateKeyWithEPK_RSA(sdf.session, 160, &key, envelope, &bytes, &made),
               SDR_INARGERR);
    key.m[255] = 0;
    CHECK_CODE(SDF_GenerateKeyWithEPK_RSA(sdf.session, 128, &key, envelope, &bytes, &made),
               SDR_KEYERR);
    CHECK_CODE(SDF_GenerateKeyWithEPK_RSA(sdf.session, 128, NULL, envelope, &bytes, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithEPK_RSA(sdf.session, 128, &key, NULL, &bytes, &made),
               SDR_OUTARGERR);
    sdf_stop(&sdf);
}

static void both_sides_of_an_agreement_have_a_key_and_the_agreement_serves_once(void) {
    struct sdf sdf = sdf_start();
    ECCrefPublicKey key = point(3), response_key, response_temporary_key;
    void *agreement = begin_agreement(&sdf), *made, *theirs;
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 0, &key, &key, agreement, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, UINT32_MAX, &key, &key, agreement, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, NULL, 4, &key, &key, agreement, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 4, &key, NULL, agreement, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 4, &key, &key, agreement, NULL),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 4, &key, &key, sdf.session, &made),
               SDR_KEYNOTEXIST);
    CHECK_CODE(use(&sdf, agreement), SDR_KEYNOTEXIST); /* it is no key */
    key.y[0] = 1;
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 4, &key, &key, agreement, &made),
               SDR_INARGERR);
    key = point(0xEE); /* which the played card refuses: the agreement stays */
    CHECK_CODE(SDF_GenerateKeyWithECC(sdf.session, id, 4, &key, &key, agreement, &made),
               PEER_DEVICE_CODE);
    CHECK_SDR_OK(finish_agreement(&sdf, agreement, &made));
    CHECK_SDR_OK(use(&sdf, made));
    CHECK_CODE(finish_agreement(&sdf, agreement, &made), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_DestroyKey(sdf.session, agreement), SDR_KEYNOTEXIST);

    key = point(3);
    CHECK_SDR_OK(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, PAIR, 128, id, sizeof id, id,
                                                        sizeof id, &key, &key, &response_key,
                                                        &response_temporary_key, &theirs));
    CHECK(response_key.x[32] == 0x31 && response_temporary_key.y[63] == 0x32);
    CHECK_SDR_OK(use(&sdf, theirs));
    CHECK_CODE(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, PAIR, 128, id, sizeof id, NULL,
                                                      3, &key, &key, &response_key,
                                                      &response_temporary_key, &theirs),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, PAIR, 128, id, sizeof id, id,
                                                      UINT32_MAX, &key, &key, &response_key,
                                                      &response_temporary_key, &theirs),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, PAIR, 128, id, sizeof id, id, 3,
                                                      &key, &key, NULL, &response_temporary_key,
                                                      &theirs),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, NO_KEY, 128, id, sizeof id, id,
                                                      3, &key, &key, &response_key,
                                                      &response_temporary_key, &theirs),
               SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_GenerateAgreementDataWithECC(sdf.session, PAIR, 255, id, 3, &key, &key, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateAgreementDataWithECC(sdf.session, PAIR, 128, NULL, 3, &key, &key, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateAgreementDataWithECC(sdf.session, PAIR, 128, id, 3, NULL, &key, &made),
               SDR_OUTARGERR);
    sdf_stop(&sdf);
}

static void long_keys_for_and_with_another_are_known_to_be_none_of_sm4(void) {
    struct sdf sdf = sdf_start();
    union cipher envelope;
    ECCrefPublicKey key = point(3), own, temporary_key;
    void *agreement, *made;
    CHECK_SDR_OK(
        SDF_GenerateKeyWithEPK_ECC(sdf.session, 256, SGD_SM2_3, &key, &envelope.head, &made));
    CHECK(envelope.head.L == 32);
    CHECK_CODE(use(&sdf, made), SDR_KEYTYPEERR);
    CHECK_SDR_OK(SDF_GenerateAgreementDataWithECC(sdf.session, PAIR, 256, id, sizeof id, &own,
                                                  &temporary_key, &agreement));
    CHECK_SDR_OK(finish_agreement(&sdf, agreement, &made));
    CHECK_CODE(use(&sdf, made), SDR_KEYTYPEERR);
    CHECK_SDR_OK(SDF_GenerateAgreementDataAndKeyWithECC(sdf.session, PAIR, 256, id, sizeof id, id,
                                                        sizeof id, &key, &key, &own, &temporary_key,
                                                        &made));
    CHECK_CODE(use(&sdf, made), SDR_KEYTYPEERR);
    sdf_stop(&sdf);
}

static void what_was_lost_is_told_at_every_call_until_it_is_destroyed(void) {
    struct sdf sdf = sdf_start();
    unsigned char iv[16] = {0}, data[16] = {0};
    unsigned bytes;
    void *key = key_for_another(&sdf), *agreement = begin_agreement(&sdf), *made;
    CHECK_SDR_OK(SDF_EncryptInit(sdf.session, key, SGD_SM4_CBC, iv, 16));
    CHECK_SDR_OK(SDF_EncryptUpdate(sdf.session, data, 16, data, &bytes));
    sdf_restart_peer(&sdf);
    CHECK_CODE(SDF_EncryptUpdate(sdf.session, data, 16, data, &bytes), SDR_BERTH_KEY_LOST);
    CHECK_CODE(use(&sdf, key), SDR_BERTH_KEY_LOST);
    CHECK_CODE(finish_agreement(&sdf, agreement, &made), SDR_BERTH_KEY_LOST);
    unsigned before = atomic_load(&sdf.peer.seen->requests);
    CHECK_CODE(use(&sdf, key), SDR_BERTH_KEY_LOST); /* which nobody need be asked any more */
    CHECK_CODE(finish_agreement(&sdf, agreement, &made), SDR_BERTH_KEY_LOST);
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
    CHECK_SDR_OK(SDF_DestroyKey(sdf.session, agreement));
    CHECK(atomic_load(&sdf.peer.seen->requests) == before);
    CHECK_CODE(use(&sdf, key), SDR_KEYNOTEXIST);
    CHECK_SDR_OK(use(&sdf, key_for_another(&sdf)));
    sdf_stop(&sdf);
}

static void a_child_has_not_what_its_parent_held_and_takes_nothing_from_it(void) {
    struct sdf sdf = sdf_start();
    void *key = key_for_another(&sdf), *agreement = begin_agreement(&sdf), *made;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_CODE(use(&sdf, key), SDR_BERTH_KEY_LOST);
        CHECK_CODE(finish_agreement(&sdf, agreement, &made), SDR_BERTH_KEY_LOST);
        CHECK_SDR_OK(SDF_DestroyKey(sdf.session, key));
        CHECK_SDR_OK(use(&sdf, key_for_another(&sdf)));
        CHECK_SDR_OK(SDF_CloseDevice(sdf.device));
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_SDR_OK(use(&sdf, key));
    CHECK_SDR_OK(finish_agreement(&sdf, agreement, &made));
    CHECK_SDR_OK(use(&sdf, made));
    sdf_stop(&sdf);
}

static void an_sm2_envelope_is_turned_or_refused_before_it_is_read(void) {
    struct sdf sdf = sdf_start();
    union cipher in = {.bytes = {0}}, out;
    ECCrefPublicKey key = point(4);
    in.head.L = 16;
    in.head.x[32] = 8;
    CHECK_SDR_OK(SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_3, &key, &in.head,
                                                    &out.head));
    CHECK(out.head.L == 16 && out.head.x[32] == 8 && out.head.x[31] == 0);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_1, &key, &in.head, &out.head),
        SDR_ALGNOTSUPPORT);
    in.head.L = UINT32_MAX;
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_3, &key, &in.head, &out.head),
        SDR_INARGERR);
    in.head.L = 16;
    in.head.y[0] = 1;
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_3, &key, &in.head, &out.head),
        SDR_ENCDATAERR);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_3, NULL, &in.head, &out.head),
        SDR_INARGERR);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnECC(sdf.session, PAIR, SGD_SM2_3, &key, &in.head, NULL),
        SDR_OUTARGERR);
    sdf_stop(&sdf);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(a_key_for_another_is_used_like_any_other_and_given_back),
        TEST(a_key_for_an_rsa_key_fills_what_its_modulus_has),
        TEST(both_sides_of_an_agreement_have_a_key_and_the_agreement_serves_once),
        TEST(long_keys_for_and_with_another_are_known_to_be_none_of_sm4),
        TEST(what_was_lost_is_told_at_every_call_until_it_is_destroyed),
        TEST(a_child_has_not_what_its_parent_held_and_takes_nothing_from_it),
        TEST(an_sm2_envelope_is_turned_or_refused_before_it_is_read),
    };
    return RUN_TESTS(tests, argc, argv);
}

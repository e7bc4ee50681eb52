/* SPDX-License-Identifier: Apache-2.0 */
/* RSA on bare numbers and keys under it, right and wrong, against a played card. */
#include <stdint.h>

#include "hsm_peer.h"
#include "played_card.h"
#include "sdf_fixture.h"

static const int CARD_CODE = (int)PEER_DEVICE_CODE;

/* Of 2 048 bits, the modulus beginning and ending as `fill`. */
static RSArefPublicKey public_key(unsigned char fill) {
    RSArefPublicKey key = {.bits = 2048};
    memset(key.m, fill, sizeof key.m);
    key.e[253] = 1;
    key.e[255] = 1;
    return key;
}

static void public_keys_are_those_of_their_pairs(void) {
    struct sdf sdf = sdf_start();
    RSArefPublicKey key, expected = public_key(0xC1);
    CHECK_SDR_OK(SDF_ExportSignPublicKey_RSA(sdf.session, RSA_PAIR, &key));
    CHECK(memcmp(&key, &expected, sizeof key) == 0);
    expected = public_key(0xC3);
    CHECK_SDR_OK(SDF_ExportEncPublicKey_RSA(sdf.session, RSA_PAIR, &key));
    CHECK(memcmp(&key, &expected, sizeof key) == 0);
    CHECK_CODE(SDF_ExportSignPublicKey_RSA(sdf.session, RSA_PAIR, NULL), SDR_OUTARGERR);
    CHECK_CODE(SDF_ExportSignPublicKey_RSA(sdf.session, PAIR, &key), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_ExportEncPublicKey_RSA(sdf.device, RSA_PAIR, &key), SDR_OPENSESSION);
    sdf_stop(&sdf);
}

static void numbers_are_raised_as_long_as_the_modulus_and_no_other(void) {
    struct sdf sdf = sdf_start();
    unsigned char in[257], out[257];
    unsigned bytes = 0xA5A5A5A5;
    RSArefPublicKey key = public_key(0xC1), bad;
    memset(in, 0x0F, sizeof in);
    out[256] = 77;
    CHECK_SDR_OK(SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, in, 256, out, &bytes));
    CHECK(bytes == 256 && out[0] == 0xF0 && out[255] == 0xF0 && out[256] == 77);
    CHECK_SDR_OK(SDF_InternalPublicKeyOperation_RSA(sdf.session, RSA_PAIR, out, 256, out, &bytes));
    CHECK(memcmp(in, out, 256) == 0);
    CHECK_SDR_OK(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &key, in, 256, out, &bytes));
    CHECK(out[0] == 0xF0 && out[256] == 77);

    static const unsigned wrong[] = {0, 1, 255};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memset(out, 1, sizeof out);
        CHECK_CODE(
            SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, in, wrong[i], out, &bytes),
            SDR_INARGERR);
        CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &key, in, wrong[i], out, &bytes),
                   SDR_INARGERR);
        CHECK(out[0] == 1 && out[256] == 1);
    }
    CHECK_CODE(
        SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, in, UINT32_MAX, out, &bytes),
        SDR_INARGERR);
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &key, in, UINT32_MAX, out, &bytes),
               SDR_INARGERR);
    /* The played card refuses what is longer, with a code of its own. */
    CHECK_CODE(SDF_InternalPublicKeyOperation_RSA(sdf.session, RSA_PAIR, in, 257, out, &bytes),
               CARD_CODE);
    CHECK_CODE(SDF_InternalPrivateKeyOperation_RSA(sdf.session, NO_KEY, in, 256, out, &bytes),
               SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, NULL, 256, out, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, in, 256, NULL, &bytes),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_InternalPrivateKeyOperation_RSA(sdf.session, RSA_PAIR, in, 256, out, NULL),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, NULL, in, 256, out, &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &key, in, 256, out, NULL),
               SDR_OUTARGERR);

    bad = key;
    bad.bits = 2047;
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    bad.bits = UINT32_MAX;
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    bad = key;
    bad.m[255] = 2; /* even */
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    bad = key;
    memset(bad.e, 0, sizeof bad.e);
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    bad.e[255] = 1;
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    bad = key;
    memcpy(bad.e, key.m, sizeof bad.e); /* not below the modulus */
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 256, out, &bytes),
               SDR_KEYERR);
    memset(&bad, 0, sizeof bad);
    CHECK_CODE(SDF_ExternalPublicKeyOperation_RSA(sdf.session, &bad, in, 0, out, &bytes),
               SDR_KEYERR);
    sdf_stop(&sdf);
}

static void a_key_under_the_pair_is_made_and_taken_in(void) {
    struct sdf sdf = sdf_start();
    unsigned char wrapped[300], block[16] = {0}, by_made[16], by_imported[16];
    unsigned bytes = 0, length;
    void *made, *imported;
    CHECK_SDR_OK(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 128, wrapped, &bytes, &made));
    CHECK_SDR_OK(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, bytes, &imported));
    CHECK_SDR_OK(SDF_Encrypt(sdf.session, made, SGD_SM4_ECB, NULL, block, 16, by_made, &length));
    CHECK_SDR_OK(
        SDF_Encrypt(sdf.session, imported, SGD_SM4_ECB, NULL, block, 16, by_imported, &length));
    CHECK(memcmp(by_made, by_imported, 16) == 0);
    sdf_restart_peer(&sdf); /* it has a wrapped form */
    CHECK_SDR_OK(
        SDF_Encrypt(sdf.session, imported, SGD_SM4_ECB, NULL, block, 16, by_imported, &length));
    CHECK(memcmp(by_made, by_imported, 16) == 0);

    CHECK_CODE(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 127, wrapped, &bytes, &made),
               SDR_INARGERR);
    CHECK_SDR_OK(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 256, wrapped, &bytes, &made));
    CHECK_CODE(SDF_Encrypt(sdf.session, made, SGD_SM4_ECB, NULL, block, 16, by_made, &length),
               SDR_KEYTYPEERR);
    CHECK_CODE(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 257, wrapped, &bytes, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_GenerateKeyWithIPK_RSA(sdf.session, NO_KEY, 128, wrapped, &bytes, &made),
               SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 128, NULL, &bytes, &made),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_GenerateKeyWithIPK_RSA(sdf.session, RSA_PAIR, 128, wrapped, NULL, &made),
               SDR_OUTARGERR);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, 0, &made), SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, 257, &made), SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, UINT32_MAX, &made),
               SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, 15, &made), CARD_CODE);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, PAIR, wrapped, 256, &made), SDR_KEYNOTEXIST);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, NULL, 256, &made), SDR_INARGERR);
    CHECK_CODE(SDF_ImportKeyWithISK_RSA(sdf.session, RSA_PAIR, wrapped, 256, NULL), SDR_OUTARGERR);
    sdf_stop(&sdf);
}

static void an_envelope_is_turned_into_one_as_long_as_its_key(void) {
    struct sdf sdf = sdf_start();
    unsigned char in[257] = {5}, out[256];
    unsigned bytes = 0xA5A5A5A5;
    RSArefPublicKey key = public_key(0xC9), bad = key;
    CHECK_SDR_OK(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &key, in, 256, out, &bytes));
    CHECK(bytes == 256 && out[0] == 5);
    in[0] = 0xEE;
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &key, in, 256, out, &bytes),
        CARD_CODE);
    bad.m[255] = 0;
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &bad, in, 256, out, &bytes),
        SDR_KEYERR);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &key, in, 257, out, &bytes),
        SDR_INARGERR);
    CHECK_CODE(SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &key, in, UINT32_MAX, out,
                                                  &bytes),
               SDR_INARGERR);
    CHECK_CODE(SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, NO_KEY, &key, in, 256, out, &bytes),
               SDR_KEYNOTEXIST);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, NULL, in, 256, out, &bytes),
        SDR_INARGERR);
    CHECK_CODE(
        SDF_ExchangeDigitEnvelopeBaseOnRSA(sdf.session, RSA_PAIR, &key, in, 256, NULL, &bytes),
        SDR_OUTARGERR);
    sdf_stop(&sdf);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        TEST(public_keys_are_those_of_their_pairs),
        TEST(numbers_are_raised_as_long_as_the_modulus_and_no_other),
        TEST(a_key_under_the_pair_is_made_and_taken_in),
        TEST(an_envelope_is_turned_into_one_as_long_as_its_key),
    };
    return RUN_TESTS(tests, argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 key exchange: the standard's example, both sides on one card, and what must be refused. */
#include "card_fixture.h"

#include "crypto/algorithms.h"
#include "crypto/sm2_exchange.h"

#include <openssl/evp.h>

static void *device, *session;

/* GM/T 0003.5, the example of the key exchange. */
#define SPONSOR_D "81EB26E941BB5AF16DF116495F90695272AE2CD63D6C4AE1678418BE48230029"
#define RESPONDER_D "785129917D45A9EA5437A59356B82338EAADDA6CEB199088F14AE10DEFA229B5"
#define SPONSOR_R "D4DE15474DB74D06491C440D305E012400990F3E390C7E87153C12DB2EA60BB3"
#define RESPONDER_R "7E07124814B309489125EAED101113164EBF0F3458C5BD88335C1F9D596243D6"
#define SPONSOR_X "160E12897DF4EDB61DD812FEB96748FBD3CCF4FFE26AA6F6DB9540AF49C94232"
#define EXAMPLE_KEY "6C89347354DE2484C60B4AB1FDE4C6E5"
#define ID ((unsigned char *)"1234567812345678")

struct side {
    uint8_t d[32], r[32];
    struct exchange_party party;
};

static void make_side(struct side *side, const char *d, const char *r) {
    from_hex(d, side->d);
    from_hex(r, side->r);
    EVP_PKEY_free(sm2_private_key(side->d, &side->party.public_point));
    EVP_PKEY_free(sm2_private_key(side->r, &side->party.temporary_point));
    side->party.id = ID;
    side->party.id_bytes = 16;
}

static void the_example_of_the_standard_gives_its_key_to_both_sides(void) {
    struct side sponsor, responder;
    struct reason why;
    uint8_t expected[16], found[16], x[32];
    CHECK(algorithms_ready(&why));
    make_side(&sponsor, SPONSOR_D, SPONSOR_R);
    make_side(&responder, RESPONDER_D, RESPONDER_R);
    from_hex(SPONSOR_X, x);
    CHECK_BYTES(x, sponsor.party.public_point.x, 32);
    from_hex(EXAMPLE_KEY, expected);
    CHECK(sm2_exchange(true, sponsor.d, sponsor.r, &sponsor.party, &responder.party, found, 16));
    CHECK_BYTES(expected, found, 16);
    memset(found, 0, 16);
    CHECK(
        sm2_exchange(false, responder.d, responder.r, &responder.party, &sponsor.party, found, 16));
    CHECK_BYTES(expected, found, 16);
    responder.party.temporary_point.y[31] ^= 1;
    CHECK(!sm2_exchange(true, sponsor.d, sponsor.r, &sponsor.party, &responder.party, found, 16));
}

static void encrypt(void *key, unsigned int bytes, unsigned char out[32]) {
    unsigned char zeros[16] = {0};
    unsigned int made;
    if (bytes == 16)
        CHECK_EQUAL(SDR_OK, SDF_Encrypt(session, key, SGD_SM4_ECB, NULL, zeros, 16, out, &made));
    else
        CHECK_EQUAL(SDR_OK, SDF_CalculateMAC(session, key, SGD_SM3, NULL, zeros, 16, out, &made));
}

static void two_sessions_agree_on_one_key_and_an_agreement_serves_once(void) {
    static const unsigned int bits[] = {128, 256};
    ECCrefPublicKey sponsor, sponsor_temporary, responder, responder_temporary, exported;
    unsigned char first[32], second[32];
    void *agreement, *sponsors_key, *responders_key;
    for (int i = 0; i < 2; i++) {
        unsigned int bytes = bits[i] / 8;
        CHECK_EQUAL(SDR_OK, SDF_GenerateAgreementDataWithECC(session, 3, bits[i], ID, 16, &sponsor,
                                                             &sponsor_temporary, &agreement));
        CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_ECC(session, 3, &exported));
        CHECK_BYTES(&exported, &sponsor, sizeof exported);
        CHECK_EQUAL(SDR_OK,
                    SDF_GenerateAgreementDataAndKeyWithECC(
                        session, 2, bits[i], (unsigned char *)"responder", 9, ID, 16, &sponsor,
                        &sponsor_temporary, &responder, &responder_temporary, &responders_key));
        CHECK_EQUAL(SDR_OK,
                    SDF_GenerateKeyWithECC(session, (unsigned char *)"responder", 9, &responder,
                                           &responder_temporary, agreement, &sponsors_key));
        encrypt(sponsors_key, bytes, first);
        encrypt(responders_key, bytes, second);
        CHECK_BYTES(first, second, bytes);
        CHECK_EQUAL(SDR_KEYNOTEXIST,
                    SDF_GenerateKeyWithECC(session, (unsigned char *)"responder", 9, &responder,
                                           &responder_temporary, agreement, &sponsors_key));
        CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, sponsors_key));
        CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, responders_key));
    }
}

static void another_id_on_one_side_gives_another_key(void) {
    ECCrefPublicKey sponsor, sponsor_temporary, responder, responder_temporary;
    unsigned char first[32], second[32];
    void *agreement, *sponsors_key, *responders_key;
    CHECK_EQUAL(SDR_OK, SDF_GenerateAgreementDataWithECC(session, 3, 128, ID, 16, &sponsor,
                                                         &sponsor_temporary, &agreement));
    CHECK_EQUAL(SDR_OK, SDF_GenerateAgreementDataAndKeyWithECC(
                            session, 2, 128, ID, 16, ID, 15, &sponsor, &sponsor_temporary,
                            &responder, &responder_temporary, &responders_key));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithECC(session, ID, 16, &responder, &responder_temporary,
                                               agreement, &sponsors_key));
    encrypt(sponsors_key, 16, first);
    encrypt(responders_key, 16, second);
    CHECK(memcmp(first, second, 16) != 0);
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, sponsors_key));
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, responders_key));
}

static void rights_points_lengths_and_foreign_agreements_are_checked(void) {
    ECCrefPublicKey sponsor, temporary, own, own_temporary, off;
    void *agreement, *key, *other = open_session(device);
    CHECK_EQUAL(SDR_PARDENY, SDF_GenerateAgreementDataWithECC(session, 1, 128, ID, 16, &sponsor,
                                                              &temporary, &agreement));
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_GenerateAgreementDataWithECC(session, 7, 128, ID, 16, &sponsor,
                                                                  &temporary, &agreement));
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateAgreementDataWithECC(session, 3, 64, ID, 16, &sponsor,
                                                               &temporary, &agreement));
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateAgreementDataWithECC(session, 3, 128, ID, 8192, &sponsor,
                                                               &temporary, &agreement));
    CHECK_EQUAL(SDR_INARGERR, SDF_GenerateAgreementDataWithECC(session, 3, 128, ID, 0, &sponsor,
                                                               &temporary, &agreement));
    CHECK_EQUAL(SDR_OK, SDF_GenerateAgreementDataWithECC(session, 3, 128, ID, 16, &sponsor,
                                                         &temporary, &agreement));
    off = temporary;
    off.y[63] ^= 1;
    CHECK_EQUAL(SDR_PKOPERR,
                SDF_GenerateKeyWithECC(session, ID, 16, &sponsor, &off, agreement, &key));
    CHECK_EQUAL(SDR_PKOPERR,
                SDF_GenerateAgreementDataAndKeyWithECC(session, 2, 128, ID, 16, ID, 16, &sponsor,
                                                       &off, &own, &own_temporary, &key));
    off.x[0] = 1;
    CHECK_EQUAL(SDR_INARGERR,
                SDF_GenerateKeyWithECC(session, ID, 16, &sponsor, &off, agreement, &key));
    CHECK_EQUAL(SDR_KEYNOTEXIST,
                SDF_GenerateKeyWithECC(other, ID, 16, &sponsor, &temporary, agreement, &key));
    CHECK_EQUAL(SDR_KEYNOTEXIST,
                SDF_GenerateKeyWithECC(session, ID, 16, &sponsor, &temporary, NULL, &key));
    CHECK_EQUAL(SDR_KEYNOTEXIST,
                SDF_Encrypt(session, agreement, SGD_SM4_ECB, NULL, off.x, 16, off.x, &own.bits));
    CHECK_EQUAL(SDR_OK, SDF_DestroyKey(session, agreement));
    CHECK_EQUAL(SDR_KEYNOTEXIST, SDF_DestroyKey(session, agreement));
    CHECK_EQUAL(SDR_OK, SDF_CloseSession(other));
}

static void an_envelope_turned_to_another_key_holds_the_same_key(void) {
    ECCrefPublicKey to;
    unsigned char first[32], second[32];
    void *made, *imported;
    union {
        ECCCipher cipher;
        unsigned char room[sizeof(ECCCipher) + 32];
    } in, out;
    CHECK_EQUAL(SDR_OK, SDF_ExportEncPublicKey_ECC(session, 2, &to));
    CHECK_EQUAL(SDR_OK, SDF_GenerateKeyWithIPK_ECC(session, 3, 128, &in.cipher, &made));
    CHECK_EQUAL(SDR_OK, SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, &to, &in.cipher,
                                                           &out.cipher));
    CHECK_EQUAL(SDR_OK, SDF_ImportKeyWithISK_ECC(session, 2, &out.cipher, &imported));
    encrypt(made, 16, first);
    encrypt(imported, 16, second);
    CHECK_BYTES(first, second, 16);
    in.cipher.L = 0xFFFFFFF0;
    CHECK_EQUAL(SDR_INARGERR, SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, &to,
                                                                 &in.cipher, &out.cipher));
    in.cipher.L = 16;
    in.cipher.M[0] ^= 1;
    CHECK_EQUAL(SDR_ENCDATAERR, SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_3, &to,
                                                                   &in.cipher, &out.cipher));
    CHECK_EQUAL(SDR_ALGNOTSUPPORT, SDF_ExchangeDigitEnvelopeBaseOnECC(session, 3, SGD_SM2_1, &to,
                                                                      &in.cipher, &out.cipher));
    CHECK_EQUAL(SDR_PARDENY, SDF_ExchangeDigitEnvelopeBaseOnECC(session, 1, SGD_SM2_3, &to,
                                                                &in.cipher, &out.cipher));
}

int main(void) {
    fixture_make();
    device = open_device();
    session = open_session(device);
    RUN(the_example_of_the_standard_gives_its_key_to_both_sides);
    RUN(two_sessions_agree_on_one_key_and_an_agreement_serves_once);
    RUN(another_id_on_one_side_gives_another_key);
    RUN(rights_points_lengths_and_foreign_agreements_are_checked);
    RUN(an_envelope_turned_to_another_key_holds_the_same_key);
    CHECK_EQUAL(SDR_OK, SDF_CloseDevice(device));
    fixture_remove();
    return CHECK_RESULT();
}

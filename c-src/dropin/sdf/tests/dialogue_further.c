/* SPDX-License-Identifier: Apache-2.0 */
/* Commands for RSA, for keys with and for another party, for sealed messages and for tests. */
#include "dialogue.h"

/* ---- RSA
 * ---------------------------------------------------------------------------------------- */

static void export_rsa(void) {
    __typeof__(SDF_ExportSignPublicKey_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    answer_with(call(session, index, (RSArefPublicKey *)out), out, sizeof(RSArefPublicKey));
}

static void raise_internal(void) {
    __typeof__(SDF_InternalPublicKeyOperation_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *in = bytes();
    int code = call(session, index, in->data, in->length, out, &out_length);
    answer_with(code, out, out_length);
}

/* The key is whichever structure the function takes. */
static void raise_external(void) {
    __typeof__(SDF_ExternalPublicKeyOperation_RSA) *call = function_of(words[0]);
    void *session = handle();
    struct bytes *key = bytes();
    struct bytes *in = bytes();
    int code = call(session, (RSArefPublicKey *)key->data, in->data, in->length, out, &out_length);
    answer_with(code, out, out_length);
}

static void generate_with_rsa_pair(void) {
    __typeof__(SDF_GenerateKeyWithIPK_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned bits = number();
    int code = call(session, index, bits, out, &out_length, new_handle());
    answer_with(code, out, out_length);
}

static void generate_for_rsa_key(void) {
    __typeof__(SDF_GenerateKeyWithEPK_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned bits = number();
    struct bytes *key = bytes();
    int code = call(session, bits, (RSArefPublicKey *)key->data, out, &out_length, new_handle());
    answer_with(code, out, out_length);
}

static void import_with_rsa_pair(void) {
    __typeof__(SDF_ImportKeyWithISK_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *key = bytes();
    answer(call(session, index, key->data, key->length, new_handle()));
}

static void turn_rsa_envelope(void) {
    __typeof__(SDF_ExchangeDigitEnvelopeBaseOnRSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    struct bytes *key = bytes();
    struct bytes *in = bytes();
    int code =
        call(session, index, (RSArefPublicKey *)key->data, in->data, in->length, out, &out_length);
    answer_with(code, out, out_length);
}

/* ---- Keys for and with another party
 * ------------------------------------------------------------------------------------------ */

static void generate_for_key(void) {
    __typeof__(SDF_GenerateKeyWithEPK_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned bits = number();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    answer_with_cipher(call(session, bits, algorithm, (ECCrefPublicKey *)key->data,
                            (ECCCipher *)out, new_handle()));
}

static void turn_envelope(void) {
    __typeof__(SDF_ExchangeDigitEnvelopeBaseOnECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *in = bytes();
    answer_with_cipher(call(session, index, algorithm, (ECCrefPublicKey *)key->data,
                            (ECCCipher *)in->data, (ECCCipher *)out));
}

/* Two public keys. */
static void answer_with_keys(int code) {
    answer_with(code, out, sizeof(ECCrefPublicKey));
    if (code == SDR_OK) {
        print_hex(second, sizeof(ECCrefPublicKey));
    }
}

static void begin_agreement(void) {
    __typeof__(SDF_GenerateAgreementDataWithECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned bits = number();
    struct bytes *id = bytes();
    answer_with_keys(call(session, index, bits, id->data, id->length, (ECCrefPublicKey *)out,
                          (ECCrefPublicKey *)second, new_handle()));
}

static void finish_agreement(void) {
    __typeof__(SDF_GenerateKeyWithECC) *call = function_of(words[0]);
    void *session = handle();
    struct bytes *id = bytes();
    struct bytes *key = bytes();
    struct bytes *temporary_key = bytes();
    void *agreement = handle();
    answer(call(session, id->data, id->length, (ECCrefPublicKey *)key->data,
                (ECCrefPublicKey *)temporary_key->data, agreement, new_handle()));
}

static void respond_to_agreement(void) {
    __typeof__(SDF_GenerateAgreementDataAndKeyWithECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned index = number();
    unsigned bits = number();
    struct bytes *id = bytes();
    struct bytes *sponsor_id = bytes();
    struct bytes *key = bytes();
    struct bytes *temporary_key = bytes();
    answer_with_keys(call(session, index, bits, id->data, id->length, sponsor_id->data,
                          sponsor_id->length, (ECCrefPublicKey *)key->data,
                          (ECCrefPublicKey *)temporary_key->data, (ECCrefPublicKey *)out,
                          (ECCrefPublicKey *)second, new_handle()));
}

/* ---- GCM and CCM
 * ------------------------------------------------------------------------------------------ */

/* SESSION KEY ALGORITHM IV AAD DATA TAGLENGTH: the ciphertext, then the tag. */
static void seal(void) {
    __typeof__(SDF_AuthEnc) *call = function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    struct bytes *aad = bytes();
    struct bytes *data = bytes();
    second_length = number();
    int code = call(session, key, algorithm, iv->data, iv->length, aad->data, aad->length,
                    data->data, data->length, out, &out_length, second, &second_length);
    answer_with(code, out, out_length);
    if (code == SDR_OK) {
        print_hex(second, second_length);
    }
}

static void open_sealed(void) {
    __typeof__(SDF_AuthDec) *call = function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    struct bytes *aad = bytes();
    struct bytes *tag = bytes();
    struct bytes *data = bytes();
    int code = call(session, key, algorithm, iv->data, iv->length, aad->data, aad->length,
                    tag->data, &tag->length, data->data, data->length, out, &out_length);
    answer_with(code, out, out_length);
}

static void init_seal(void) {
    __typeof__(SDF_AuthEncInit) *call = function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    struct bytes *aad = bytes();
    answer(call(session, key, algorithm, iv->data, iv->length, aad->data, aad->length, number()));
}

static void init_open(void) {
    __typeof__(SDF_AuthDecInit) *call = function_of(words[0]);
    void *session = handle();
    void *key = handle();
    unsigned algorithm = number();
    struct bytes *iv = bytes();
    struct bytes *aad = bytes();
    struct bytes *tag = bytes();
    answer(call(session, key, algorithm, iv->data, iv->length, aad->data, aad->length, tag->data,
                tag->length, number()));
}

static void finish_seal(void) {
    __typeof__(SDF_AuthEncFinal) *call = function_of(words[0]);
    int code = call(handle(), out, &out_length, second, &second_length);
    answer_with(code, out, out_length);
    if (code == SDR_OK) {
        print_hex(second, second_length);
    }
}

/* ---- For tests only
 * ------------------------------------------------------------------------------------------ */

static void generate_pair(void) {
    __typeof__(SDF_GenerateKeyPair_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    unsigned bits = number();
    int code = call(session, algorithm, bits, (ECCrefPublicKey *)out, (ECCrefPrivateKey *)second);
    answer_with(code, out, sizeof(ECCrefPublicKey));
    if (code == SDR_OK) {
        print_hex(second, sizeof(ECCrefPrivateKey));
    }
}

static void generate_rsa_pair(void) {
    __typeof__(SDF_GenerateKeyPair_RSA) *call = function_of(words[0]);
    void *session = handle();
    unsigned bits = number();
    int code = call(session, bits, (RSArefPublicKey *)out, (RSArefPrivateKey *)second);
    answer_with(code, out, sizeof(RSArefPublicKey));
    if (code == SDR_OK) {
        print_hex(second, sizeof(RSArefPrivateKey));
    }
}

static void sign_external(void) {
    __typeof__(SDF_ExternalSign_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *data = bytes();
    answer_with(call(session, algorithm, (ECCrefPrivateKey *)key->data, data->data, data->length,
                     (ECCSignature *)out),
                out, sizeof(ECCSignature));
}

static void decrypt_external(void) {
    __typeof__(SDF_ExternalDecrypt_ECC) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *in = bytes();
    int code = call(session, algorithm, (ECCrefPrivateKey *)key->data, (ECCCipher *)in->data, out,
                    &out_length);
    answer_with(code, out, out_length);
}

/* The result, then the IV as it was left. */
static void with_external_key(void) {
    __typeof__(SDF_ExternalKeyEncrypt) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *iv = bytes();
    struct bytes *data = bytes();
    int code = call(session, algorithm, key->data, key->length, iv->data, iv->length, data->data,
                    data->length, out, &out_length);
    answer_with(code, out, out_length);
    if (code == SDR_OK && iv->data != NULL) {
        print_hex(iv->data, 16);
    }
}

static void init_with_external_key(void) {
    __typeof__(SDF_ExternalKeyEncryptInit) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    struct bytes *iv = bytes();
    answer(call(session, algorithm, key->data, key->length, iv->data, iv->length));
}

/* The masks alone: the names are each library's own. */
static void tell_abilities(void) {
    __typeof__(SDF_GetDeviceInfo) *call = function_of(words[0]);
    DEVICEINFO info;
    int code = call(handle(), &info);
    answer_with(code, (unsigned char *)&info + offsetof(DEVICEINFO, AsymAlgAbility),
                offsetof(DEVICEINFO, BufferSize) - offsetof(DEVICEINFO, AsymAlgAbility));
}

static void import_in_clear(void) {
    __typeof__(SDF_ImportKey) *call = function_of(words[0]);
    void *session = handle();
    struct bytes *key = bytes();
    answer(call(session, key->data, key->length, new_handle()));
}

static void init_hmac_with_external_key(void) {
    __typeof__(SDF_ExternalKeyHMACInit) *call = function_of(words[0]);
    void *session = handle();
    unsigned algorithm = number();
    struct bytes *key = bytes();
    answer(call(session, algorithm, key->data, key->length));
}

const struct command FURTHER_COMMANDS[] = {
    {"ExportSignPublicKey_RSA", export_rsa},
    {"ExportEncPublicKey_RSA", export_rsa},
    {"InternalPublicKeyOperation_RSA", raise_internal},
    {"InternalPrivateKeyOperation_RSA", raise_internal},
    {"ExternalPublicKeyOperation_RSA", raise_external},
    {"GenerateKeyWithIPK_RSA", generate_with_rsa_pair},
    {"GenerateKeyWithEPK_RSA", generate_for_rsa_key},
    {"ImportKeyWithISK_RSA", import_with_rsa_pair},
    {"ExchangeDigitEnvelopeBaseOnRSA", turn_rsa_envelope},
    {"GenerateKeyWithEPK_ECC", generate_for_key},
    {"ExchangeDigitEnvelopeBaseOnECC", turn_envelope},
    {"GenerateAgreementDataWithECC", begin_agreement},
    {"GenerateKeyWithECC", finish_agreement},
    {"GenerateAgreementDataAndKeyWithECC", respond_to_agreement},
    {"AuthEnc", seal},
    {"AuthDec", open_sealed},
    {"AuthEncInit", init_seal},
    {"AuthEncUpdate", update_cipher},
    {"AuthEncFinal", finish_seal},
    {"AuthDecInit", init_open},
    {"AuthDecUpdate", update_cipher},
    {"AuthDecFinal", finish},
    {"GenerateKeyPair_ECC", generate_pair},
    {"GenerateKeyPair_RSA", generate_rsa_pair},
    {"ExternalSign_ECC", sign_external},
    {"ExternalDecrypt_ECC", decrypt_external},
    {"ExternalPrivateKeyOperation_RSA", raise_external},
    {"ExternalKeyEncrypt", with_external_key},
    {"ExternalKeyDecrypt", with_external_key},
    {"ExternalKeyEncryptInit", init_with_external_key},
    {"ExternalKeyDecryptInit", init_with_external_key},
    {"GetDeviceInfo", tell_abilities},
    {"ImportKey", import_in_clear},
    {"ExternalKeyHMACInit", init_hmac_with_external_key},
    {NULL, NULL},
};

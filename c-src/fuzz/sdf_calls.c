/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf_calls.h"

/* Mostly a right one, so that something happens; `more` is 64 bytes of input and zeros. */
static RSArefPublicKey *rsa_key(struct call *call) {
    RSArefPublicKey *key = (RSArefPublicKey *)(call->more + 1024);
    unsigned bytes = (call->number & 32) != 0 ? 128 : 256;
    key->bits = 8 * bytes;
    memset(key->m + 256 - bytes, 0xC1, bytes);
    key->e[255] = 3;
    if ((call->number & 16) != 0) {
        memcpy(key, call->more, 64);
    }
    return key;
}

static ECCrefPublicKey *sm2_key(struct call *call, unsigned at) {
    ECCrefPublicKey *key = (ECCrefPublicKey *)(call->more + at);
    key->bits = 256;
    memcpy(key->x + ((call->number & 64) != 0 ? 31 : 32), call->more, 32);
    return key;
}

void call_rsa(struct call *call, unsigned function) {
    unsigned index = call->number % 8;
    unsigned *out_bytes = null_or(call, 2, &call->out_bytes);
    unsigned char *out = null_or(call, 0, call->out);
    RSArefPublicKey *key = null_or(call, 1, rsa_key(call));
    switch (function % 8) {
    case 0:
        (void)SDF_ExportSignPublicKey_RSA(call->session, index, null_or(call, 0, call->out));
        break;
    case 1:
        (void)SDF_InternalPrivateKeyOperation_RSA(call->session, index, call->data, call->bytes,
                                                  out, out_bytes);
        break;
    case 2:
        (void)SDF_InternalPublicKeyOperation_RSA(call->session, index, call->data, call->bytes, out,
                                                 out_bytes);
        break;
    case 3:
        (void)SDF_ExternalPublicKeyOperation_RSA(call->session, key, call->data, call->bytes, out,
                                                 out_bytes);
        break;
    case 4:
        (void)SDF_GenerateKeyWithIPK_RSA(call->session, index, 128, out, out_bytes, call->made);
        break;
    case 5:
        (void)SDF_GenerateKeyWithEPK_RSA(call->session, 128, key, out, out_bytes, call->made);
        break;
    case 6:
        (void)SDF_ImportKeyWithISK_RSA(call->session, index, call->data, call->bytes, call->made);
        break;
    default:
        (void)SDF_ExchangeDigitEnvelopeBaseOnRSA(call->session, index, key, call->data, call->bytes,
                                                 out, out_bytes);
    }
}

void call_another(struct call *call, unsigned function) {
    unsigned index = call->number % 4;
    ECCrefPublicKey *key = null_or(call, 1, sm2_key(call, 1024));
    ECCrefPublicKey *temporary_key = null_or(call, 2, sm2_key(call, 2048));
    ECCrefPublicKey *first = null_or(call, 0, call->out);
    ECCrefPublicKey *second = (ECCrefPublicKey *)(call->out + 1024);
    switch (function % 5) {
    case 0:
        (void)SDF_GenerateKeyWithEPK_ECC(call->session, 128, algorithm(call), key,
                                         null_or(call, 0, call->out), call->made);
        break;
    case 1:
        (void)SDF_GenerateAgreementDataWithECC(call->session, index, 128, call->data, call->bytes,
                                               first, second, call->made);
        break;
    case 2:
        (void)SDF_GenerateKeyWithECC(call->session, call->data, call->bytes, key, temporary_key,
                                     call->key, call->made);
        break;
    case 3:
        (void)SDF_GenerateAgreementDataAndKeyWithECC(call->session, index, 128, call->more,
                                                     call->number, call->data, call->bytes, key,
                                                     temporary_key, first, second, call->made);
        break;
    default:
        ((ECCCipher *)call->more)->L = call->bytes;
        (void)SDF_ExchangeDigitEnvelopeBaseOnECC(call->session, index, algorithm(call), key,
                                                 null_or(call, 2, call->more),
                                                 null_or(call, 0, call->out));
    }
}

void call_seal(struct call *call, unsigned function) {
    unsigned *out_bytes = null_or(call, 2, &call->out_bytes);
    unsigned char *out = null_or(call, 0, call->out);
    unsigned char *iv = null_or(call, 1, call->more);
    unsigned char *tag = call->out + ROOM; /* 256 bytes are there */
    unsigned tag_bytes = call->number % 18;
    unsigned iv_bytes = (call->number & 32) != 0 ? call->number : 12;
    /* What is longer than any limit is refused before it is looked at. */
    unsigned aad_bytes = (call->number & 64) != 0 ? 0xFFFFFF00u | call->number : call->number;
    unsigned mode =
        (call->number & 128) != 0 ? algorithm(call) : (unsigned)SGD_SM4_GCM << (call->number % 2);
    switch (function % 8) {
    case 0:
        (void)SDF_AuthEnc(call->session, call->key, mode, iv, iv_bytes, call->more, aad_bytes,
                          call->data, call->bytes, out, out_bytes, tag, &tag_bytes);
        break;
    case 1:
        (void)SDF_AuthDec(call->session, call->key, mode, iv, iv_bytes, call->more, aad_bytes, tag,
                          &tag_bytes, call->data, call->bytes, out, out_bytes);
        break;
    case 2:
        (void)SDF_AuthEncInit(call->session, call->key, mode, iv, iv_bytes, call->more, aad_bytes,
                              call->bytes);
        break;
    case 3:
        (void)SDF_AuthEncUpdate(call->session, call->data, call->bytes, out, out_bytes);
        break;
    case 4:
        (void)SDF_AuthEncFinal(call->session, out, out_bytes, tag, &tag_bytes);
        break;
    case 5:
        (void)SDF_AuthDecInit(call->session, call->key, mode, iv, iv_bytes, call->more, aad_bytes,
                              tag, tag_bytes, call->bytes);
        break;
    case 6:
        (void)SDF_AuthDecUpdate(call->session, call->data, call->bytes, out, out_bytes);
        break;
    default:
        (void)SDF_AuthDecFinal(call->session, out, out_bytes);
    }
}

void call_test_only(struct call *call, unsigned function) {
    unsigned *out_bytes = null_or(call, 2, &call->out_bytes);
    unsigned char *out = null_or(call, 0, call->out);
    ECCrefPrivateKey *private_key = (ECCrefPrivateKey *)(call->more + 1024);
    RSArefPrivateKey *rsa_private_key = (RSArefPrivateKey *)rsa_key(call);
    unsigned char key[16] = {0}, iv[16] = {0};
    unsigned key_bytes = (call->number & 128) != 0 ? call->number : 16;
    switch (function % 9) {
    case 0:
        (void)SDF_GenerateKeyPair_RSA(call->session, call->number * 16, null_or(call, 0, call->out),
                                      (RSArefPrivateKey *)(call->out + 2048));
        break;
    case 1:
        (void)SDF_GenerateKeyPair_ECC(call->session, algorithm(call), 256,
                                      null_or(call, 0, call->out),
                                      (ECCrefPrivateKey *)(call->out + 2048));
        break;
    case 2:
        (void)SDF_ExternalPrivateKeyOperation_RSA(call->session, rsa_private_key, call->data,
                                                  call->bytes, out, out_bytes);
        break;
    case 3:
        private_key->bits = 256;
        (void)SDF_ExternalSign_ECC(call->session, algorithm(call), private_key, call->data,
                                   call->bytes, null_or(call, 0, call->out));
        break;
    case 4:
        private_key->bits = 256;
        ((ECCCipher *)(call->more + 2048))->L = call->bytes;
        (void)SDF_ExternalDecrypt_ECC(call->session, algorithm(call), private_key,
                                      (ECCCipher *)(call->more + 2048), out, out_bytes);
        break;
    case 5:
        (void)SDF_ExternalKeyEncrypt(call->session, algorithm(call), key, key_bytes,
                                     null_or(call, 1, iv), 16, call->data, call->bytes, out,
                                     out_bytes);
        break;
    case 6:
        (void)SDF_ImportKey(call->session, null_or(call, 1, call->data), call->bytes, call->made);
        break;
    case 7:
        (void)SDF_ExternalKeyHMACInit(call->session, algorithm(call), null_or(call, 1, call->data),
                                      call->bytes);
        break;
    default:
        (void)SDF_ExternalKeyDecryptInit(call->session, algorithm(call), key, key_bytes,
                                         null_or(call, 1, iv), 16);
    }
}

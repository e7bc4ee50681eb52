/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions beyond the core of the 2012 edition, which many a card lacks: RSA, agreement,
 * envelopes, what the 2023 edition adds, the group for tests. Each is a capability of its own.
 */
#ifndef BERTH_SDF_FURTHER_FUNCTIONS_H
#define BERTH_SDF_FURTHER_FUNCTIONS_H

#define SDF_FURTHER(X)                                                                             \
    X(ExportSignPublicKey_RSA)                                                                     \
    X(ExportEncPublicKey_RSA)                                                                      \
    X(GenerateKeyPair_RSA)                                                                         \
    X(GenerateKeyWithIPK_RSA)                                                                      \
    X(GenerateKeyWithEPK_RSA)                                                                      \
    X(ImportKeyWithISK_RSA)                                                                        \
    X(ExchangeDigitEnvelopeBaseOnRSA)                                                              \
    X(ExternalPublicKeyOperation_RSA)                                                              \
    X(ExternalPrivateKeyOperation_RSA)                                                             \
    X(InternalPublicKeyOperation_RSA)                                                              \
    X(InternalPrivateKeyOperation_RSA)                                                             \
    X(GenerateKeyPair_ECC)                                                                         \
    X(GenerateAgreementDataWithECC)                                                                \
    X(GenerateKeyWithECC)                                                                          \
    X(GenerateAgreementDataAndKeyWithECC)                                                          \
    X(ExchangeDigitEnvelopeBaseOnECC)                                                              \
    X(ImportKey)                                                                                   \
    X(ExternalSign_ECC)                                                                            \
    X(ExternalDecrypt_ECC)                                                                         \
    X(AuthEnc)                                                                                     \
    X(AuthDec)                                                                                     \
    X(AuthEncInit)                                                                                 \
    X(AuthEncUpdate)                                                                               \
    X(AuthEncFinal)                                                                                \
    X(AuthDecInit)                                                                                 \
    X(AuthDecUpdate)                                                                               \
    X(AuthDecFinal)                                                                                \
    X(EncryptInit)                                                                                 \
    X(EncryptUpdate)                                                                               \
    X(EncryptFinal)                                                                                \
    X(DecryptInit)                                                                                 \
    X(DecryptUpdate)                                                                               \
    X(DecryptFinal)                                                                                \
    X(CalculateMACInit)                                                                            \
    X(CalculateMACUpdate)                                                                          \
    X(CalculateMACFinal)                                                                           \
    X(HMACInit)                                                                                    \
    X(HMACUpdate)                                                                                  \
    X(HMACFinal)                                                                                   \
    X(ExternalKeyEncrypt)                                                                          \
    X(ExternalKeyDecrypt)                                                                          \
    X(ExternalKeyEncryptInit)                                                                      \
    X(ExternalKeyDecryptInit)                                                                      \
    X(ExternalKeyHMACInit)

/* Only reported. */
#define SDF_REPORTED(X)                                                                            \
    X(CreateFile)                                                                                  \
    X(ReadFile)                                                                                    \
    X(WriteFile)                                                                                   \
    X(DeleteFile)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program may look for and this library does not do: SDR_NOTSUPPORT, so that a missing
 * function is a capability and not a failure to load. The arguments are not looked at, whatever a
 * dialect's list of them is; hence no prototypes, and not the header, which has them.
 */
enum { SDR_NOTSUPPORT = 0x01000002 };

#define UNSUPPORTED(name)                                                                          \
    __attribute__((visibility("default"))) int SDF_##name(void);                                   \
    int SDF_##name(void) {                                                                         \
        return SDR_NOTSUPPORT;                                                                     \
    }

/* The card's file area. */
UNSUPPORTED(CreateFile)
UNSUPPORTED(ReadFile)
UNSUPPORTED(WriteFile)
UNSUPPORTED(DeleteFile)

/* Annex B: SM9. */
UNSUPPORTED(ExportUserID_SM9)
UNSUPPORTED(GenerateEncMasterKeyPair_SM9)
UNSUPPORTED(GenerateKeyWithEMK_SM9)
UNSUPPORTED(GenerateKeyWithIMK_SM9)
UNSUPPORTED(ImportKeyWithISK_SM9)
UNSUPPORTED(GenerateAgreementDataWithSM9)
UNSUPPORTED(GenerateKeyWithSM9)
UNSUPPORTED(GenerateAgreementDataAndKeyWithSM9)
UNSUPPORTED(VerifyWithMasterEPK_SM9)
UNSUPPORTED(VerifyWithMasterIPK_SM9)
UNSUPPORTED(InternalSignWithMasterEPK_SM9)
UNSUPPORTED(InternalSignWithMasterIPK_SM9)
UNSUPPORTED(EncryptWithMasterEPK_SM9)
UNSUPPORTED(EncryptWithMasterIPK_SM9)
UNSUPPORTED(DecryptWithISK_SM9)
UNSUPPORTED(ExternalSign_SM9)
UNSUPPORTED(ExternalDecrypt_SM9)

/* Annex C: VPN. */
UNSUPPORTED(GenerateKeywithIKE)
UNSUPPORTED(GenerateKeywithEPK_IKE)
UNSUPPORTED(GenerateKeywithIPSEC)
UNSUPPORTED(GenerateKeywithEPK_IPSEC)
UNSUPPORTED(GenerateKeywithSSL)
UNSUPPORTED(GenerateKeywithEPK_SSL)

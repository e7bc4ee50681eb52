// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.ParameterForm;
import io.berth.worker.driver.hsm.Cka;
import java.util.HashMap;
import java.util.Map;

/**
 * The mechanisms of PKCS #11 2.40 and 3.0 whose parameter can be built: family and form of each.
 * One that is not here has a parameter with pointers in it, or is a vendor's.
 */
enum Mechanisms {
  RSA_PKCS_KEY_PAIR_GEN(0x0, Family.RSA, ParameterForm.NONE),
  RSA_PKCS(0x1, Family.RSA, ParameterForm.NONE),
  RSA_9796(0x2, Family.RSA, ParameterForm.NONE),
  RSA_X_509(0x3, Family.RSA, ParameterForm.NONE),
  MD5_RSA_PKCS(0x5, Family.RSA, ParameterForm.NONE),
  SHA1_RSA_PKCS(0x6, Family.RSA, ParameterForm.NONE),
  RIPEMD160_RSA_PKCS(0x8, Family.RSA, ParameterForm.NONE),
  RSA_PKCS_OAEP(0x9, Family.RSA, ParameterForm.OAEP),
  RSA_X9_31_KEY_PAIR_GEN(0xA, Family.RSA, ParameterForm.NONE),
  RSA_X9_31(0xB, Family.RSA, ParameterForm.NONE),
  SHA1_RSA_X9_31(0xC, Family.RSA, ParameterForm.NONE),
  RSA_PKCS_PSS(0xD, Family.RSA, ParameterForm.PSS),
  SHA1_RSA_PKCS_PSS(0xE, Family.RSA, ParameterForm.PSS),
  SHA256_RSA_PKCS(0x40, Family.RSA, ParameterForm.NONE),
  SHA384_RSA_PKCS(0x41, Family.RSA, ParameterForm.NONE),
  SHA512_RSA_PKCS(0x42, Family.RSA, ParameterForm.NONE),
  SHA256_RSA_PKCS_PSS(0x43, Family.RSA, ParameterForm.PSS),
  SHA384_RSA_PKCS_PSS(0x44, Family.RSA, ParameterForm.PSS),
  SHA512_RSA_PKCS_PSS(0x45, Family.RSA, ParameterForm.PSS),
  SHA224_RSA_PKCS(0x46, Family.RSA, ParameterForm.NONE),
  SHA224_RSA_PKCS_PSS(0x47, Family.RSA, ParameterForm.PSS),
  SHA3_256_RSA_PKCS(0x60, Family.RSA, ParameterForm.NONE),
  SHA3_384_RSA_PKCS(0x61, Family.RSA, ParameterForm.NONE),
  SHA3_512_RSA_PKCS(0x62, Family.RSA, ParameterForm.NONE),
  SHA3_256_RSA_PKCS_PSS(0x63, Family.RSA, ParameterForm.PSS),
  SHA3_384_RSA_PKCS_PSS(0x64, Family.RSA, ParameterForm.PSS),
  SHA3_512_RSA_PKCS_PSS(0x65, Family.RSA, ParameterForm.PSS),
  SHA3_224_RSA_PKCS(0x66, Family.RSA, ParameterForm.NONE),
  SHA3_224_RSA_PKCS_PSS(0x67, Family.RSA, ParameterForm.PSS),
  EC_KEY_PAIR_GEN(0x1040, Family.EC, ParameterForm.NONE),
  ECDSA(0x1041, Family.EC, ParameterForm.NONE),
  ECDSA_SHA1(0x1042, Family.EC, ParameterForm.NONE),
  ECDSA_SHA224(0x1043, Family.EC, ParameterForm.NONE),
  ECDSA_SHA256(0x1044, Family.EC, ParameterForm.NONE),
  ECDSA_SHA384(0x1045, Family.EC, ParameterForm.NONE),
  ECDSA_SHA512(0x1046, Family.EC, ParameterForm.NONE),
  ECDSA_SHA3_224(0x1047, Family.EC, ParameterForm.NONE),
  ECDSA_SHA3_256(0x1048, Family.EC, ParameterForm.NONE),
  ECDSA_SHA3_384(0x1049, Family.EC, ParameterForm.NONE),
  ECDSA_SHA3_512(0x104A, Family.EC, ParameterForm.NONE),
  ECDH1_DERIVE(0x1050, Family.EC, ParameterForm.ECDH1),
  ECDH1_COFACTOR_DERIVE(0x1051, Family.EC, ParameterForm.ECDH1),
  EC_EDWARDS_KEY_PAIR_GEN(0x1055, Family.EC, ParameterForm.NONE),
  EC_MONTGOMERY_KEY_PAIR_GEN(0x1056, Family.EC, ParameterForm.NONE),
  EDDSA(0x1057, Family.EC, ParameterForm.NONE),
  AES_XTS(0x1071, Family.AES, ParameterForm.RAW),
  AES_XTS_KEY_GEN(0x1072, Family.AES, ParameterForm.NONE),
  AES_KEY_GEN(0x1080, Family.AES, ParameterForm.NONE),
  AES_ECB(0x1081, Family.AES, ParameterForm.NONE),
  AES_CBC(0x1082, Family.AES, ParameterForm.RAW),
  AES_MAC(0x1083, Family.MAC, ParameterForm.NONE),
  AES_MAC_GENERAL(0x1084, Family.MAC, ParameterForm.RAW),
  AES_CBC_PAD(0x1085, Family.AES, ParameterForm.RAW),
  AES_CTR(0x1086, Family.AES, ParameterForm.CTR),
  AES_GCM(0x1087, Family.AES, ParameterForm.GCM),
  AES_CCM(0x1088, Family.AES, ParameterForm.CCM),
  AES_CTS(0x1089, Family.AES, ParameterForm.RAW),
  AES_CMAC(0x108A, Family.MAC, ParameterForm.NONE),
  AES_CMAC_GENERAL(0x108B, Family.MAC, ParameterForm.RAW),
  AES_XCBC_MAC(0x108C, Family.MAC, ParameterForm.NONE),
  AES_XCBC_MAC_96(0x108D, Family.MAC, ParameterForm.NONE),
  AES_GMAC(0x108E, Family.MAC, ParameterForm.RAW),
  AES_OFB(0x2104, Family.AES, ParameterForm.RAW),
  AES_CFB64(0x2105, Family.AES, ParameterForm.RAW),
  AES_CFB8(0x2106, Family.AES, ParameterForm.RAW),
  AES_CFB128(0x2107, Family.AES, ParameterForm.RAW),
  AES_CFB1(0x2108, Family.AES, ParameterForm.RAW),
  AES_KEY_WRAP(0x2109, Family.AES, ParameterForm.RAW),
  AES_KEY_WRAP_PAD(0x210A, Family.AES, ParameterForm.RAW),
  AES_KEY_WRAP_KWP(0x210B, Family.AES, ParameterForm.RAW),
  AES_KEY_WRAP_PKCS7(0x210C, Family.AES, ParameterForm.RAW),
  AES_ECB_ENCRYPT_DATA(0x1104, Family.AES, ParameterForm.STRING_DATA),
  AES_CBC_ENCRYPT_DATA(0x1105, Family.AES, ParameterForm.CBC_DATA),
  MD2(0x200, Family.DIGEST, ParameterForm.NONE),
  MD5(0x210, Family.DIGEST, ParameterForm.NONE),
  SHA_1(0x220, Family.DIGEST, ParameterForm.NONE),
  RIPEMD128(0x230, Family.DIGEST, ParameterForm.NONE),
  RIPEMD160(0x240, Family.DIGEST, ParameterForm.NONE),
  SHA256(0x250, Family.DIGEST, ParameterForm.NONE),
  SHA224(0x255, Family.DIGEST, ParameterForm.NONE),
  SHA384(0x260, Family.DIGEST, ParameterForm.NONE),
  SHA512(0x270, Family.DIGEST, ParameterForm.NONE),
  SHA3_256(0x2B0, Family.DIGEST, ParameterForm.NONE),
  SHA3_224(0x2B5, Family.DIGEST, ParameterForm.NONE),
  SHA3_384(0x2C0, Family.DIGEST, ParameterForm.NONE),
  SHA3_512(0x2D0, Family.DIGEST, ParameterForm.NONE),
  SHA512_224(0x48, Family.DIGEST, ParameterForm.NONE),
  SHA512_256(0x4C, Family.DIGEST, ParameterForm.NONE),
  MD2_HMAC(0x201, Family.MAC, ParameterForm.NONE),
  MD2_HMAC_GENERAL(0x202, Family.MAC, ParameterForm.RAW),
  MD5_HMAC(0x211, Family.MAC, ParameterForm.NONE),
  MD5_HMAC_GENERAL(0x212, Family.MAC, ParameterForm.RAW),
  SHA_1_HMAC(0x221, Family.MAC, ParameterForm.NONE),
  SHA_1_HMAC_GENERAL(0x222, Family.MAC, ParameterForm.RAW),
  RIPEMD160_HMAC(0x241, Family.MAC, ParameterForm.NONE),
  RIPEMD160_HMAC_GENERAL(0x242, Family.MAC, ParameterForm.RAW),
  SHA256_HMAC(0x251, Family.MAC, ParameterForm.NONE),
  SHA256_HMAC_GENERAL(0x252, Family.MAC, ParameterForm.RAW),
  SHA224_HMAC(0x256, Family.MAC, ParameterForm.NONE),
  SHA224_HMAC_GENERAL(0x257, Family.MAC, ParameterForm.RAW),
  SHA384_HMAC(0x261, Family.MAC, ParameterForm.NONE),
  SHA384_HMAC_GENERAL(0x262, Family.MAC, ParameterForm.RAW),
  SHA512_HMAC(0x271, Family.MAC, ParameterForm.NONE),
  SHA512_HMAC_GENERAL(0x272, Family.MAC, ParameterForm.RAW),
  SHA3_256_HMAC(0x2B1, Family.MAC, ParameterForm.NONE),
  SHA3_256_HMAC_GENERAL(0x2B2, Family.MAC, ParameterForm.RAW),
  SHA3_224_HMAC(0x2B6, Family.MAC, ParameterForm.NONE),
  SHA3_224_HMAC_GENERAL(0x2B7, Family.MAC, ParameterForm.RAW),
  SHA3_384_HMAC(0x2C1, Family.MAC, ParameterForm.NONE),
  SHA3_384_HMAC_GENERAL(0x2C2, Family.MAC, ParameterForm.RAW),
  SHA3_512_HMAC(0x2D1, Family.MAC, ParameterForm.NONE),
  SHA3_512_HMAC_GENERAL(0x2D2, Family.MAC, ParameterForm.RAW),
  SHA512_224_HMAC(0x49, Family.MAC, ParameterForm.NONE),
  SHA512_224_HMAC_GENERAL(0x4A, Family.MAC, ParameterForm.RAW),
  SHA512_256_HMAC(0x4D, Family.MAC, ParameterForm.NONE),
  SHA512_256_HMAC_GENERAL(0x4E, Family.MAC, ParameterForm.RAW),
  DES_MAC(0x123, Family.MAC, ParameterForm.NONE),
  DES_MAC_GENERAL(0x124, Family.MAC, ParameterForm.RAW),
  DES3_MAC(0x134, Family.MAC, ParameterForm.NONE),
  DES3_MAC_GENERAL(0x135, Family.MAC, ParameterForm.RAW),
  DES3_CMAC_GENERAL(0x137, Family.MAC, ParameterForm.RAW),
  DES3_CMAC(0x138, Family.MAC, ParameterForm.NONE),
  DSA_KEY_PAIR_GEN(0x10, Family.OTHER, ParameterForm.NONE),
  DSA(0x11, Family.OTHER, ParameterForm.NONE),
  DSA_SHA1(0x12, Family.OTHER, ParameterForm.NONE),
  DSA_SHA224(0x13, Family.OTHER, ParameterForm.NONE),
  DSA_SHA256(0x14, Family.OTHER, ParameterForm.NONE),
  DSA_SHA384(0x15, Family.OTHER, ParameterForm.NONE),
  DSA_SHA512(0x16, Family.OTHER, ParameterForm.NONE),
  DH_PKCS_KEY_PAIR_GEN(0x20, Family.OTHER, ParameterForm.NONE),
  DH_PKCS_DERIVE(0x21, Family.OTHER, ParameterForm.RAW),
  DSA_PARAMETER_GEN(0x2000, Family.OTHER, ParameterForm.NONE),
  DH_PKCS_PARAMETER_GEN(0x2001, Family.OTHER, ParameterForm.NONE),
  DES_KEY_GEN(0x120, Family.OTHER, ParameterForm.NONE),
  DES_ECB(0x121, Family.OTHER, ParameterForm.NONE),
  DES_CBC(0x122, Family.OTHER, ParameterForm.RAW),
  DES_CBC_PAD(0x125, Family.OTHER, ParameterForm.RAW),
  DES2_KEY_GEN(0x130, Family.OTHER, ParameterForm.NONE),
  DES3_KEY_GEN(0x131, Family.OTHER, ParameterForm.NONE),
  DES3_ECB(0x132, Family.OTHER, ParameterForm.NONE),
  DES3_CBC(0x133, Family.OTHER, ParameterForm.RAW),
  DES3_CBC_PAD(0x136, Family.OTHER, ParameterForm.RAW),
  DES_OFB64(0x150, Family.OTHER, ParameterForm.RAW),
  DES_CFB64(0x152, Family.OTHER, ParameterForm.RAW),
  DES_CFB8(0x153, Family.OTHER, ParameterForm.RAW),
  GENERIC_SECRET_KEY_GEN(0x350, Family.OTHER, ParameterForm.NONE),
  CONCATENATE_BASE_AND_KEY(0x360, Family.OTHER, ParameterForm.NONE),
  CONCATENATE_BASE_AND_DATA(0x362, Family.OTHER, ParameterForm.STRING_DATA),
  CONCATENATE_DATA_AND_BASE(0x363, Family.OTHER, ParameterForm.STRING_DATA),
  XOR_BASE_AND_DATA(0x364, Family.OTHER, ParameterForm.STRING_DATA),
  MD5_KEY_DERIVATION(0x390, Family.OTHER, ParameterForm.NONE),
  SHA1_KEY_DERIVATION(0x392, Family.OTHER, ParameterForm.NONE),
  SHA256_KEY_DERIVATION(0x393, Family.OTHER, ParameterForm.NONE),
  SHA384_KEY_DERIVATION(0x394, Family.OTHER, ParameterForm.NONE),
  SHA512_KEY_DERIVATION(0x395, Family.OTHER, ParameterForm.NONE),
  SHA224_KEY_DERIVATION(0x396, Family.OTHER, ParameterForm.NONE),
  DES_ECB_ENCRYPT_DATA(0x1100, Family.OTHER, ParameterForm.STRING_DATA),
  DES3_ECB_ENCRYPT_DATA(0x1102, Family.OTHER, ParameterForm.STRING_DATA),
  CAMELLIA_KEY_GEN(0x550, Family.OTHER, ParameterForm.NONE),
  CAMELLIA_ECB(0x551, Family.OTHER, ParameterForm.NONE),
  CAMELLIA_CBC(0x552, Family.OTHER, ParameterForm.RAW),
  CAMELLIA_CBC_PAD(0x555, Family.OTHER, ParameterForm.RAW),
  SEED_KEY_GEN(0x650, Family.OTHER, ParameterForm.NONE),
  SEED_ECB(0x651, Family.OTHER, ParameterForm.NONE),
  SEED_CBC(0x652, Family.OTHER, ParameterForm.RAW),
  SEED_CBC_PAD(0x655, Family.OTHER, ParameterForm.RAW);

  /** Numbers from here on are vendors' own. */
  static final long VENDOR_DEFINED = 0x80000000L;

  private static final Map<Long, Mechanisms> BY_NUMBER = new HashMap<>();

  static {
    for (Mechanisms mechanism : values()) {
      BY_NUMBER.put(mechanism.number, mechanism);
    }
  }

  private final long number;
  private final Family family;
  private final ParameterForm form;

  Mechanisms(long number, Family family, ParameterForm form) {
    this.number = number;
    this.family = family;
    this.form = form;
  }

  /** The mechanism of that number (CKM_), or null. */
  static Mechanisms of(long number) {
    return BY_NUMBER.get(number);
  }

  /**
   * Whether a key of that type (CKK_) can be used with a mechanism. Modules do not all ask, and
   * SoftHSM 2.6.1 crashes on an RSA key with CKM_DSA_SHA1. Of vendors' mechanisms nothing is known.
   */
  static boolean takes(long number, long keyType) {
    Mechanisms mechanism = of(number);
    return mechanism == null || mechanism.takes(keyType);
  }

  private boolean takes(long keyType) {
    return switch (family) {
      case RSA -> keyType == Cka.CKK_RSA;
      case EC ->
          switch (this) {
            case EDDSA -> keyType == Cka.CKK_EC_EDWARDS;
            case ECDH1_DERIVE, ECDH1_COFACTOR_DERIVE ->
                keyType == Cka.CKK_EC
                    || keyType == Cka.CKK_EC_EDWARDS
                    || keyType == Cka.CKK_EC_MONTGOMERY;
            default -> keyType == Cka.CKK_EC;
          };
      case AES -> keyType == Cka.CKK_AES || (this == AES_XTS && keyType == Cka.CKK_AES_XTS);
      case DIGEST -> false;
      case MAC, OTHER -> takesByName(keyType);
    };
  }

  private boolean takesByName(long keyType) {
    if (name().startsWith("AES_")) {
      return keyType == Cka.CKK_AES;
    }
    if (name().startsWith("DES3_")) {
      return keyType == Cka.CKK_DES3 || keyType == Cka.CKK_DES2;
    }
    if (name().startsWith("DES_")) {
      return keyType == Cka.CKK_DES;
    }
    if (name().startsWith("DSA_") || this == DSA) {
      return keyType == Cka.CKK_DSA;
    }
    if (name().startsWith("DH_")) {
      return keyType == Cka.CKK_DH;
    }
    if (name().startsWith("CAMELLIA_")) {
      return keyType == Cka.CKK_CAMELLIA;
    }
    if (name().startsWith("SEED_")) {
      return keyType == Cka.CKK_SEED;
    }
    if (name().contains("_HMAC")) {
      return keyType == Cka.CKK_GENERIC_SECRET || Cka.isHmacKey(keyType);
    }
    return true; // Derivations take secrets of all types.
  }

  /** For people, as {@code CKM_SHA256_RSA_PKCS (0x00000040)}. */
  static String describe(long number) {
    Mechanisms known = of(number);
    String name =
        known != null
            ? "CKM_" + known
            : Long.compareUnsigned(number, VENDOR_DEFINED) >= 0
                ? "a mechanism of the vendor's"
                : "a mechanism";
    return String.format("%s (0x%08X)", name, number);
  }

  long number() {
    return number;
  }

  Family family() {
    return family;
  }

  ParameterForm form() {
    return form;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Numbers of mechanisms (PKCS #11 2.40, CKM_…), and of the functions that they name in turn. */
public final class Ckm {
  public static final long RSA_PKCS = 0x1;
  public static final long RSA_X_509 = 0x3;
  public static final long SHA1_RSA_PKCS = 0x6;
  public static final long RSA_PKCS_OAEP = 0x9;
  public static final long RSA_PKCS_PSS = 0xD;
  public static final long SHA1_RSA_PKCS_PSS = 0xE;
  public static final long SHA256_RSA_PKCS = 0x40;
  public static final long SHA384_RSA_PKCS = 0x41;
  public static final long SHA512_RSA_PKCS = 0x42;
  public static final long SHA256_RSA_PKCS_PSS = 0x43;
  public static final long SHA384_RSA_PKCS_PSS = 0x44;
  public static final long SHA512_RSA_PKCS_PSS = 0x45;
  public static final long SHA224_RSA_PKCS = 0x46;
  public static final long SHA224_RSA_PKCS_PSS = 0x47;
  public static final long SHA_1 = 0x220;
  public static final long SHA_1_HMAC = 0x221;
  public static final long SHA256 = 0x250;
  public static final long SHA256_HMAC = 0x251;
  public static final long SHA224 = 0x255;
  public static final long SHA224_HMAC = 0x256;
  public static final long SHA384 = 0x260;
  public static final long SHA384_HMAC = 0x261;
  public static final long SHA512 = 0x270;
  public static final long SHA512_HMAC = 0x271;
  public static final long ECDSA = 0x1041;
  public static final long ECDH1_DERIVE = 0x1050;
  public static final long AES_ECB = 0x1081;
  public static final long AES_CBC = 0x1082;
  public static final long AES_CTR = 0x1086;
  public static final long AES_GCM = 0x1087;
  public static final long AES_CMAC = 0x108A;

  /** CKG_MGF1_…: the mask generation function over each hash. */
  public static final long MGF1_SHA1 = 1;

  public static final long MGF1_SHA256 = 2;
  public static final long MGF1_SHA384 = 3;
  public static final long MGF1_SHA512 = 4;
  public static final long MGF1_SHA224 = 5;

  /** CKD_NULL: the shared secret as it is. */
  public static final long KDF_NULL = 1;

  private Ckm() {}
}

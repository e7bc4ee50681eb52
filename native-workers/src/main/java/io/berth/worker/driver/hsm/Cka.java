// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

/** Numbers of attributes (CKA_), classes (CKO_) and key types (CKK_) that drivers look at. */
public final class Cka {
  public static final long CLASS = 0x0;
  public static final long TOKEN = 0x1;
  public static final long PRIVATE = 0x2;
  public static final long LABEL = 0x3;
  public static final long UNIQUE_ID = 0x4;
  public static final long VALUE = 0x11;
  public static final long CERTIFICATE_TYPE = 0x80;
  public static final long KEY_TYPE = 0x100;
  public static final long CHECK_VALUE = 0x90;
  public static final long ID = 0x102;
  public static final long SENSITIVE = 0x103;
  public static final long ENCRYPT = 0x104;
  public static final long DECRYPT = 0x105;
  public static final long WRAP = 0x106;
  public static final long UNWRAP = 0x107;
  public static final long SIGN = 0x108;
  public static final long SIGN_RECOVER = 0x109;
  public static final long VERIFY = 0x10A;
  public static final long VERIFY_RECOVER = 0x10B;
  public static final long DERIVE = 0x10C;
  public static final long MODULUS = 0x120;
  public static final long MODULUS_BITS = 0x121;
  public static final long PUBLIC_EXPONENT = 0x122;
  public static final long PRIVATE_EXPONENT = 0x123;
  public static final long COEFFICIENT = 0x128;
  public static final long VALUE_LEN = 0x161;
  public static final long EXTRACTABLE = 0x162;
  public static final long LOCAL = 0x163;
  public static final long NEVER_EXTRACTABLE = 0x164;
  public static final long ALWAYS_SENSITIVE = 0x165;
  public static final long MODIFIABLE = 0x170;
  public static final long COPYABLE = 0x171;
  public static final long DESTROYABLE = 0x172;
  public static final long EC_PARAMS = 0x180;
  public static final long EC_POINT = 0x181;
  public static final long TRUSTED = 0x86;
  public static final long ALWAYS_AUTHENTICATE = 0x202;
  public static final long WRAP_WITH_TRUSTED = 0x210;

  // Arrays of attributes: they hold pointers.
  public static final long WRAP_TEMPLATE = 0x40000211L;
  public static final long UNWRAP_TEMPLATE = 0x40000212L;
  public static final long DERIVE_TEMPLATE = 0x40000213L;

  public static final long CKO_DATA = 0;
  public static final long CKO_CERTIFICATE = 1;
  public static final long CKO_PUBLIC_KEY = 2;
  public static final long CKO_PRIVATE_KEY = 3;
  public static final long CKO_SECRET_KEY = 4;

  public static final long CKK_RSA = 0x0;
  public static final long CKK_DSA = 0x1;
  public static final long CKK_DH = 0x2;
  public static final long CKK_EC = 0x3;
  public static final long CKK_GENERIC_SECRET = 0x10;
  public static final long CKK_DES = 0x13;
  public static final long CKK_DES2 = 0x14;
  public static final long CKK_DES3 = 0x15;
  public static final long CKK_AES = 0x1F;
  public static final long CKK_CAMELLIA = 0x25;
  public static final long CKK_SEED = 0x2F;
  public static final long CKK_AES_XTS = 0x35;
  public static final long CKK_EC_EDWARDS = 0x40;
  public static final long CKK_EC_MONTGOMERY = 0x41;
  public static final long CKK_NONE = -1;

  private Cka() {}

  /**
   * Whether a type of key is for the HMAC of one hash: CKK_MD5_HMAC to CKK_SHA224_HMAC, SHA-3's.
   */
  public static boolean isHmacKey(long keyType) {
    return (keyType >= 0x27 && keyType <= 0x2E) || (keyType >= 0x33 && keyType <= 0x36);
  }

  /** Whether its value holds pointers, which mean nothing to anybody else. */
  public static boolean holdsPointers(long type) {
    return type == WRAP_TEMPLATE || type == UNWRAP_TEMPLATE || type == DERIVE_TEMPLATE;
  }

  /** How long its value must be, as a CK_BBOOL or CK_ULONG; 0: any length. */
  public static int bytesOf(long type) {
    if (type == TOKEN
        || type == PRIVATE
        || type == TRUSTED
        || (type >= SENSITIVE && type <= DERIVE)
        || (type >= EXTRACTABLE && type <= ALWAYS_SENSITIVE)
        || (type >= MODIFIABLE && type <= DESTROYABLE)
        || type == ALWAYS_AUTHENTICATE
        || type == WRAP_WITH_TRUSTED) {
      return 1;
    }
    if (type == CLASS
        || type == CERTIFICATE_TYPE
        || type == KEY_TYPE
        || type == MODULUS_BITS
        || type == VALUE_LEN) {
      return Long.BYTES;
    }
    return 0;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Numbers of attributes (PKCS #11 2.40, CKA_…), and of the values that some of them take. */
public final class Cka {
  public static final long CLASS = 0x0;
  public static final long TOKEN = 0x1;
  public static final long LABEL = 0x3;
  public static final long VALUE = 0x11;
  public static final long KEY_TYPE = 0x100;
  public static final long ID = 0x102;
  public static final long SENSITIVE = 0x103;
  public static final long MODULUS = 0x120;
  public static final long PUBLIC_EXPONENT = 0x122;
  public static final long VALUE_LEN = 0x161;
  public static final long EXTRACTABLE = 0x162;
  public static final long EC_PARAMS = 0x180;
  public static final long EC_POINT = 0x181;

  /** CKO_…: values of {@link #CLASS}. */
  public static final long CLASS_CERTIFICATE = 1;

  public static final long CLASS_PUBLIC_KEY = 2;
  public static final long CLASS_PRIVATE_KEY = 3;
  public static final long CLASS_SECRET_KEY = 4;

  /** CKK_…: values of {@link #KEY_TYPE}. */
  public static final long KEY_RSA = 0;

  public static final long KEY_EC = 3;
  public static final long KEY_GENERIC_SECRET = 0x10;
  public static final long KEY_AES = 0x1F;

  private Cka() {}
}

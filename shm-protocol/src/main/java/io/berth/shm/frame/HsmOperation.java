// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/**
 * Operations of the {@code hsm} drivers. docs/PROTOCOL.md, section 6.
 *
 * <p>Constants of the language, unlike what {@link Permission#operation} returns: drivers switch
 * over them. A test holds them to it.
 */
public final class HsmOperation {
  private static final int CALL = 0 << 16;
  private static final int SIGN = 1 << 16;
  private static final int VERIFY = 2 << 16;
  private static final int ENCRYPT = 3 << 16;
  private static final int DECRYPT = 4 << 16;
  private static final int DIGEST_PERMISSION = 5 << 16;
  private static final int MAC_PERMISSION = 6 << 16;
  private static final int RANDOM_PERMISSION = 7 << 16;
  private static final int EXPORT = 8 << 16;
  private static final int WRAP = 9 << 16;
  private static final int UNWRAP = 10 << 16;
  private static final int MANAGE = 14 << 16;
  private static final int AGREE = 15 << 16;
  private static final int RAW = 16 << 16;

  public static final int SM2_SIGN = SIGN | 1;
  public static final int SM2_VERIFY = VERIFY | 1;
  public static final int SM2_ENCRYPT = ENCRYPT | 1;
  public static final int SM2_DECRYPT = DECRYPT | 1;
  public static final int SM4_ENCRYPT = ENCRYPT | 2;
  public static final int SM4_DECRYPT = DECRYPT | 2;
  public static final int SM3_DIGEST = DIGEST_PERMISSION | 1;
  public static final int SM4_MAC = MAC_PERMISSION | 1;
  public static final int HMAC_SM3 = MAC_PERMISSION | 2;
  public static final int RANDOM = RANDOM_PERMISSION | 1;
  public static final int EXPORT_PUBLIC_KEY = EXPORT | 1;
  public static final int GENERATE_KEY = WRAP | 1;

  public static final int RSA_SIGN = SIGN | 2;
  public static final int EC_SIGN = SIGN | 3;
  public static final int OTHER_SIGN = SIGN | 4;
  public static final int RSA_VERIFY = VERIFY | 2;
  public static final int EC_VERIFY = VERIFY | 3;
  public static final int OTHER_VERIFY = VERIFY | 4;
  public static final int MAC_VERIFY = VERIFY | 5;
  public static final int RSA_ENCRYPT = ENCRYPT | 3;
  public static final int RSA_DECRYPT = DECRYPT | 3;
  public static final int AES_ENCRYPT = ENCRYPT | 4;
  public static final int AES_DECRYPT = DECRYPT | 4;
  public static final int OTHER_ENCRYPT = ENCRYPT | 5;
  public static final int OTHER_DECRYPT = DECRYPT | 5;
  public static final int DIGEST = DIGEST_PERMISSION | 2;
  public static final int MAC = MAC_PERMISSION | 3;
  public static final int FIND_OBJECTS = EXPORT | 2;
  public static final int GET_ATTRIBUTES = EXPORT | 3;
  public static final int TOKEN_INFO = EXPORT | 4;
  public static final int CHECK_PIN = EXPORT | 5;
  public static final int RELEASE_OBJECT = EXPORT | 6;
  public static final int WRAP_KEY = WRAP | 2;
  public static final int GENERATE_SESSION_KEY = WRAP | 3;
  public static final int UNWRAP_KEY = UNWRAP | 1;
  public static final int CREATE_SESSION_OBJECT = UNWRAP | 2;
  public static final int SET_SESSION_ATTRIBUTES = UNWRAP | 3;
  public static final int CREATE_OBJECT = MANAGE | 1;
  public static final int GENERATE_OBJECT = MANAGE | 2;
  public static final int DESTROY_OBJECT = MANAGE | 3;
  public static final int SET_ATTRIBUTES = MANAGE | 4;
  public static final int DERIVE_KEY = AGREE | 1;

  public static final int SM4_SEAL = ENCRYPT | 6;
  public static final int SM4_OPEN = DECRYPT | 6;
  public static final int GENERATE_KEY_FOR = WRAP | 4;
  public static final int EXCHANGE_ENVELOPE = UNWRAP | 4;
  public static final int BEGIN_AGREEMENT = AGREE | 2;
  public static final int FINISH_AGREEMENT = AGREE | 3;
  public static final int RESPOND_TO_AGREEMENT = AGREE | 4;
  public static final int EXPORT_RSA_PUBLIC_KEY = EXPORT | 7;
  public static final int TEST_GENERATE_PAIR = CALL | 16;
  public static final int TEST_PRIVATE_KEY = CALL | 17;
  public static final int TEST_CIPHER = CALL | 18;
  public static final int TEST_IMPORT_KEY = CALL | 19;
  public static final int TEST_HMAC = CALL | 20;

  public static final int RSA_RAW_SIGN = RAW | 1;
  public static final int RSA_RAW_DECRYPT = RAW | 2;

  private HsmOperation() {}
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/**
 * Operations of the driver {@code hsm/sdf}. docs/PROTOCOL.md, section 6.
 *
 * <p>Constants of the language, unlike what {@link Permission#operation} returns: drivers switch
 * over them. A test holds them to it.
 */
public final class HsmOperation {
  private static final int SIGN = 1 << 16;
  private static final int VERIFY = 2 << 16;
  private static final int ENCRYPT = 3 << 16;
  private static final int DECRYPT = 4 << 16;
  private static final int DIGEST = 5 << 16;
  private static final int MAC = 6 << 16;
  private static final int RANDOM_PERMISSION = 7 << 16;
  private static final int EXPORT = 8 << 16;
  private static final int WRAP = 9 << 16;

  public static final int SM2_SIGN = SIGN | 1;
  public static final int SM2_VERIFY = VERIFY | 1;
  public static final int SM2_ENCRYPT = ENCRYPT | 1;
  public static final int SM2_DECRYPT = DECRYPT | 1;
  public static final int SM4_ENCRYPT = ENCRYPT | 2;
  public static final int SM4_DECRYPT = DECRYPT | 2;
  public static final int SM3_DIGEST = DIGEST | 1;
  public static final int SM4_MAC = MAC | 1;
  public static final int HMAC_SM3 = MAC | 2;
  public static final int RANDOM = RANDOM_PERMISSION | 1;
  public static final int EXPORT_PUBLIC_KEY = EXPORT | 1;
  public static final int GENERATE_KEY = WRAP | 1;

  private HsmOperation() {}
}

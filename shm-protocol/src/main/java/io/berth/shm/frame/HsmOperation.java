// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/**
 * Operations of the driver {@code hsm/sdf}: the number of the {@link Permission}, and a code.
 * docs/PROTOCOL.md, section 6.
 */
public final class HsmOperation {
  public static final int SM2_SIGN = 1 << 16 | 1;
  public static final int SM2_VERIFY = 2 << 16 | 1;
  public static final int SM2_ENCRYPT = 3 << 16 | 1;
  public static final int SM2_DECRYPT = 4 << 16 | 1;
  public static final int SM4_ENCRYPT = 3 << 16 | 2;
  public static final int SM4_DECRYPT = 4 << 16 | 2;
  public static final int SM3_DIGEST = 5 << 16 | 1;
  public static final int SM4_MAC = 6 << 16 | 1;
  public static final int HMAC_SM3 = 6 << 16 | 2;
  public static final int RANDOM = 7 << 16 | 1;
  public static final int EXPORT_PUBLIC_KEY = 8 << 16 | 1;
  public static final int GENERATE_KEY = 9 << 16 | 1;

  private HsmOperation() {}
}

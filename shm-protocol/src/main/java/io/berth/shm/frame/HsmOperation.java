// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/** Operations of the driver {@code hsm/sdf}. docs/PROTOCOL.md, section 6. */
public final class HsmOperation {
  public static final int SM2_SIGN = Permission.SIGN.operation(1);
  public static final int SM2_VERIFY = Permission.VERIFY.operation(1);
  public static final int SM2_ENCRYPT = Permission.ENCRYPT.operation(1);
  public static final int SM2_DECRYPT = Permission.DECRYPT.operation(1);
  public static final int SM4_ENCRYPT = Permission.ENCRYPT.operation(2);
  public static final int SM4_DECRYPT = Permission.DECRYPT.operation(2);
  public static final int SM3_DIGEST = Permission.DIGEST.operation(1);
  public static final int SM4_MAC = Permission.MAC.operation(1);
  public static final int HMAC_SM3 = Permission.MAC.operation(2);
  public static final int RANDOM = Permission.RANDOM.operation(1);
  public static final int EXPORT_PUBLIC_KEY = Permission.EXPORT.operation(1);
  public static final int GENERATE_KEY = Permission.WRAP.operation(1);

  private HsmOperation() {}
}

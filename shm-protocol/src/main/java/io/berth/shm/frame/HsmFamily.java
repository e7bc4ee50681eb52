// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Families of algorithms: what the code in an operation's number means, by its permission. So a
 * policy can grant {@code sign:sm2} and not {@code sign:rsa}, and a broker that knows no device
 * still tells them apart. docs/PROTOCOL.md, section 6.
 */
public final class HsmFamily {
  private static final Map<Permission, Map<String, Integer>> CODES = new LinkedHashMap<>();

  static {
    add(Permission.SIGN, "sm2", HsmOperation.SM2_SIGN);
    add(Permission.SIGN, "rsa", HsmOperation.RSA_SIGN);
    add(Permission.SIGN, "ec", HsmOperation.EC_SIGN);
    add(Permission.SIGN, "other", HsmOperation.OTHER_SIGN);
    add(Permission.VERIFY, "sm2", HsmOperation.SM2_VERIFY);
    add(Permission.VERIFY, "rsa", HsmOperation.RSA_VERIFY);
    add(Permission.VERIFY, "ec", HsmOperation.EC_VERIFY);
    add(Permission.VERIFY, "mac", HsmOperation.MAC_VERIFY);
    add(Permission.VERIFY, "other", HsmOperation.OTHER_VERIFY);
    add(Permission.ENCRYPT, "sm2", HsmOperation.SM2_ENCRYPT);
    add(Permission.ENCRYPT, "sm4", HsmOperation.SM4_ENCRYPT);
    add(Permission.ENCRYPT, "sm4-auth", HsmOperation.SM4_SEAL);
    add(Permission.ENCRYPT, "rsa", HsmOperation.RSA_ENCRYPT);
    add(Permission.ENCRYPT, "aes", HsmOperation.AES_ENCRYPT);
    add(Permission.ENCRYPT, "other", HsmOperation.OTHER_ENCRYPT);
    add(Permission.DECRYPT, "sm2", HsmOperation.SM2_DECRYPT);
    add(Permission.DECRYPT, "sm4", HsmOperation.SM4_DECRYPT);
    add(Permission.DECRYPT, "sm4-auth", HsmOperation.SM4_OPEN);
    add(Permission.DECRYPT, "rsa", HsmOperation.RSA_DECRYPT);
    add(Permission.DECRYPT, "aes", HsmOperation.AES_DECRYPT);
    add(Permission.DECRYPT, "other", HsmOperation.OTHER_DECRYPT);
    add(Permission.DIGEST, "sm3", HsmOperation.SM3_DIGEST);
    add(Permission.DIGEST, "other", HsmOperation.DIGEST);
    add(Permission.MAC, "sm4", HsmOperation.SM4_MAC);
    add(Permission.MAC, "sm3", HsmOperation.HMAC_SM3);
    add(Permission.MAC, "other", HsmOperation.MAC);
  }

  private HsmFamily() {}

  private static void add(Permission permission, String family, int operation) {
    CODES.computeIfAbsent(permission, key -> new LinkedHashMap<>()).put(family, operation & 0xFFFF);
  }

  /** The code of a family's operation; empty if the permission has no such family. */
  public static OptionalInt code(Permission permission, String family) {
    Integer code = CODES.getOrDefault(permission, Map.of()).get(family);
    return code == null ? OptionalInt.empty() : OptionalInt.of(code);
  }

  /** The families that the permission can be narrowed to; none for most permissions. */
  public static Collection<String> names(Permission permission) {
    return CODES.getOrDefault(permission, Map.of()).keySet();
  }
}

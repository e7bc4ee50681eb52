// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.Permission;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Operations by the names that people use for them. */
final class OperationName {
  private static final int MAX_CODE = 0xFFFF;
  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,8}|0x[0-9a-f]{1,7}");

  private static final Map<String, Integer> NAMES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("echo", EchoOperation.ECHO),
              Map.entry("count", EchoOperation.COUNT),
              Map.entry("delay", EchoOperation.DELAY),
              Map.entry("touch", EchoOperation.TOUCH),
              Map.entry("once", EchoOperation.ONCE),
              Map.entry("sm2-sign", HsmOperation.SM2_SIGN),
              Map.entry("sm2-verify", HsmOperation.SM2_VERIFY),
              Map.entry("sm2-encrypt", HsmOperation.SM2_ENCRYPT),
              Map.entry("sm2-decrypt", HsmOperation.SM2_DECRYPT),
              Map.entry("sm4-encrypt", HsmOperation.SM4_ENCRYPT),
              Map.entry("sm4-decrypt", HsmOperation.SM4_DECRYPT),
              Map.entry("sm3-digest", HsmOperation.SM3_DIGEST),
              Map.entry("sm4-mac", HsmOperation.SM4_MAC),
              Map.entry("hmac-sm3", HsmOperation.HMAC_SM3),
              Map.entry("random", HsmOperation.RANDOM),
              Map.entry("export-public-key", HsmOperation.EXPORT_PUBLIC_KEY),
              Map.entry("generate-key", HsmOperation.GENERATE_KEY)));

  private OperationName() {}

  /**
   * The operation's number.
   *
   * @param text a name, {@code permission/code}, or a number
   */
  static int parse(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    Integer known = NAMES.get(name);
    if (known != null) {
      return known;
    }
    int slash = name.indexOf('/');
    Optional<Permission> permission = Permission.named(name.substring(0, Math.max(0, slash)));
    String code = name.substring(slash + 1);
    if (NUMBER.matcher(code).matches()) {
      int number = Integer.decode(code);
      if (slash < 0) {
        return number;
      }
      if (permission.isPresent() && number <= MAX_CODE) {
        return permission.get().operation(number);
      }
    }
    throw new IllegalArgumentException(
        "no operation '"
            + text
            + "': expected one of "
            + NAMES.keySet()
            + ", permission/code such as sign/1, or a number");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import java.util.Locale;
import java.util.Optional;

/**
 * What a handle allows. The bit is part of every operation's number, so that the broker checks a
 * request without knowing any device.
 */
public enum Permission {
  CALL,
  SIGN,
  VERIFY,
  ENCRYPT,
  DECRYPT,
  DIGEST,
  MAC,
  RANDOM,
  EXPORT,
  WRAP,
  UNWRAP,
  INFER,
  QUERY,
  UPDATE,
  MANAGE,
  AGREE,
  /** RSA without padding with a private key: whoever may, signs and decrypts anything. */
  RAW;

  private final String text = name().toLowerCase(Locale.ROOT);

  public int bit() {
    return 1 << ordinal();
  }

  /** The operation number of this permission's {@code code}. */
  public int operation(int code) {
    return ordinal() << 16 | code;
  }

  /** The name as policies write it. */
  @Override
  public String toString() {
    return text;
  }

  public static Optional<Permission> named(String name) {
    for (Permission permission : values()) {
      if (permission.text.equals(name)) {
        return Optional.of(permission);
      }
    }
    return Optional.empty();
  }

  /**
   * An operation's number as people write it, {@code update/9}; in hexadecimal where it names no
   * permission.
   */
  public static String textOf(int operation) {
    int permission = operation >>> 16;
    return permission < values().length
        ? values()[permission].text + "/" + (operation & 0xFFFF)
        : "0x" + Integer.toHexString(operation);
  }

  /** All permissions there are. */
  public static int all() {
    return (1 << values().length) - 1;
  }
}

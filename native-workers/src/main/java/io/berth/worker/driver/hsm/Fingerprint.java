// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** By which the broker compares what several cards have under one name. */
public final class Fingerprint {
  private Fingerprint() {}

  /** SHA-256 of the parts, one after the other, in hexadecimal digits. */
  public static String of(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

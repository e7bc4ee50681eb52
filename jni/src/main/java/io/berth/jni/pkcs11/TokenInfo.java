// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * CK_TOKEN_INFO, without the padding of its texts.
 *
 * @param flags CKF_…
 * @param hardwareVersion (major &lt;&lt; 8) | minor, as the firmware's
 */
public record TokenInfo(
    String label,
    String manufacturer,
    String model,
    String serial,
    long flags,
    long minPinBytes,
    long maxPinBytes,
    int hardwareVersion,
    int firmwareVersion) {
  /** CKF_LOGIN_REQUIRED. */
  public static final long LOGIN_REQUIRED = 0x4;

  /** CKF_TOKEN_INITIALIZED. */
  public static final long INITIALIZED = 0x400;

  static final int TEXT_BYTES = 96;
  static final int NUMBERS = 5;

  static TokenInfo of(byte[] texts, long[] numbers) {
    return new TokenInfo(
        text(texts, 0, 32),
        text(texts, 32, 32),
        text(texts, 64, 16),
        text(texts, 80, 16),
        numbers[0],
        numbers[1],
        numbers[2],
        (int) numbers[3],
        (int) numbers[4]);
  }

  private static String text(byte[] texts, int offset, int bytes) {
    String padded = new String(texts, offset, bytes, UTF_8);
    int end = padded.indexOf('\0'); // Some end it as C does.
    return (end < 0 ? padded : padded.substring(0, end)).stripTrailing();
  }

  /** Whether that flag, one of CKF_…, is set. */
  public boolean has(long flag) {
    return (flags & flag) != 0;
  }
}

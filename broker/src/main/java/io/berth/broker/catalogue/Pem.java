// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Base64;
import java.util.Optional;

/** One block of PEM (RFC 7468). */
final class Pem {
  private Pem() {}

  /** The first block of that label; empty if there is none or it is no base64. */
  static Optional<byte[]> decode(String label, byte[] text) {
    String whole = new String(text, US_ASCII);
    String begin = "-----BEGIN " + label + "-----";
    int start = whole.indexOf(begin);
    int end = start < 0 ? -1 : whole.indexOf("-----END " + label + "-----", start);
    if (end < 0) {
      return Optional.empty();
    }
    String body = whole.substring(start + begin.length(), end).replaceAll("\\s", "");
    try {
      return Optional.of(Base64.getDecoder().decode(body));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // As if it were not there: the caller says what was expected.
    }
  }

  static String encode(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}

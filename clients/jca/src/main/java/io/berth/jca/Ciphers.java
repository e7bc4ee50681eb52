// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.util.Arrays;
import javax.crypto.ShortBufferException;

/** Results into a caller's array. */
final class Ciphers {
  private Ciphers() {}

  static void room(int needed, byte[] to, int at) throws ShortBufferException {
    if (to.length - at < needed) {
      throw new ShortBufferException(
          "room for " + Math.max(0, to.length - at) + " bytes < " + needed);
    }
  }

  /** Hands over the result, wipes it, and tells its length. */
  static int deliver(byte[] result, byte[] to, int at) {
    if (result == null) {
      return 0;
    }
    System.arraycopy(result, 0, to, at, result.length);
    Arrays.fill(result, (byte) 0);
    return result.length;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/** Modes of operation of a block cipher of 16 bytes. */
enum BlockMode {
  ECB,
  CBC,
  CTR,
  CFB,
  OFB;

  static final int BLOCK_BYTES = 16;

  boolean hasIv() {
    return this != ECB;
  }

  /** Whether it takes data of any length without padding. */
  boolean isStream() {
    return this == CTR || this == CFB || this == OFB;
  }

  /** By the JCA's name; feedback of a whole block may be said. */
  static BlockMode named(String name) throws NoSuchAlgorithmException {
    String upper = name.toUpperCase(Locale.ROOT);
    for (BlockMode each : values()) {
      if (upper.equals(each.name())
          || ((each == CFB || each == OFB) && upper.equals(each.name() + "128"))) {
        return each;
      }
    }
    throw new NoSuchAlgorithmException("mode " + name + ": expected ECB, CBC, CTR, CFB or OFB");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.util.Locale;

/** What a key is for. */
public enum KeyUsage {
  SIGN,
  ENCRYPT,
  /** Wraps other keys, and nothing else. */
  KEK;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;

/**
 * What the worker may compute in software when the card cannot: the setting {@code
 * software_fallback}. An assessment of a system's cryptography asks which module computed what
 * (GB/T 39786), so that the default is nothing, and answers name it.
 */
enum SoftwareFallback {
  /** What the card cannot do is UNIMPLEMENTED. */
  NEVER("never"),
  /** Hashes, which know no key. */
  HASH_ONLY("hash-only"),
  /** Whatever needs no key of the card's; today the same as hashes. */
  ALLOWED("allowed");

  static final String SETTING = "software_fallback";

  private final String text;

  SoftwareFallback(String text) {
    this.text = text;
  }

  static SoftwareFallback of(DriverContext context) throws DriverException {
    String value = context.setting(SETTING, NEVER.text);
    for (SoftwareFallback each : values()) {
      if (each.text.equals(value)) {
        return each;
      }
    }
    throw context.wrong(SETTING, value, "never, hash-only or allowed");
  }

  boolean allowsHashes() {
    return this != NEVER;
  }

  @Override
  public String toString() {
    return text;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.Locale;

/** Whether a grant may be used in the name of a sub-principal. */
public enum Delegation {
  /** Only by the process itself. */
  FALSE,
  /** By the process itself, and in the name of sub-principals. */
  TRUE,
  /** Only in the name of sub-principals: a gateway that forgets to name one gets nothing. */
  ONLY;

  boolean servesItself() {
    return this != ONLY;
  }

  boolean servesOthers() {
    return this != FALSE;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.Locale;

/** Which uses of a granted resource the journal records, least first. */
public enum Audit {
  /** None; opening and denial are recorded all the same. */
  NONE,
  /** The first use of each handle. */
  FIRST,
  /** Every request. */
  ALL;

  /** More recording wins, wherever several grants meet: auditing is a duty, not a right. */
  public Audit orStricter(Audit other) {
    return compareTo(other) >= 0 ? this : other;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

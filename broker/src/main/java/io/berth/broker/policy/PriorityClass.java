// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.Locale;

/** Classes of the scheduler, most urgent first; the wire value is the frame's priority field. */
public enum PriorityClass {
  INTERACTIVE,
  NORMAL,
  BULK,
  BACKGROUND;

  public int wireValue() {
    return ordinal();
  }

  /** The more urgent of the two: what several grants allow together. */
  public PriorityClass orMoreUrgent(PriorityClass other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** The less urgent of the two: what both a delegate and its sub-principal may use. */
  public PriorityClass orLessUrgent(PriorityClass other) {
    return compareTo(other) >= 0 ? this : other;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/** Whether an operation may be executed again after its worker died. Told by the driver. */
public enum ReplayClass {
  /** Same input, same answer, no effect. */
  PURE,
  /** A second execution gives another answer that is as good, and does no harm. */
  RANDOMISED,
  /** Needs state that the runtime restores before it executes. */
  RESTORABLE,
  /** Needs state that is gone. */
  NOT_RESTORABLE,
  /** Has an effect that must not happen twice. */
  AT_MOST_ONCE;

  private static final ReplayClass[] BY_CODE = values();

  /** The number on the wire. */
  public int code() {
    return ordinal();
  }

  public boolean mayRepeat() {
    return this == PURE || this == RANDOMISED || this == RESTORABLE;
  }

  /** The class of a foreign word; {@link #AT_MOST_ONCE}, the cautious one, for unknown codes. */
  public static ReplayClass of(int untrustedCode) {
    return untrustedCode >= 0 && untrustedCode < BY_CODE.length
        ? BY_CODE[untrustedCode]
        : AT_MOST_ONCE;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

/**
 * The broker's clock as seen from here. Both are CLOCK_MONOTONIC of one kernel; they differ if one
 * of the processes lives in a time namespace of its own.
 *
 * @param offsetNanos what is to be added to the own clock
 */
public record BrokerClock(long offsetNanos) {
  /** A namespace shifts by seconds or days; less is the time that the message took. */
  private static final long LEAST_SHIFT_NANOS = 500_000_000L;

  static BrokerClock at(long brokerNanos, long ownNanos) {
    long offset = brokerNanos - ownNanos;
    return new BrokerClock(Math.abs(offset) < LEAST_SHIFT_NANOS ? 0 : offset);
  }

  public long fromOwn(long ownNanos) {
    return ownNanos + offsetNanos;
  }

  public long toOwn(long brokerNanos) {
    return brokerNanos - offsetNanos;
  }
}

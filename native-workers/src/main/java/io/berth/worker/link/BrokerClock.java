// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

/**
 * The broker's clock as seen from here. Both are CLOCK_MONOTONIC of one kernel; they differ if one
 * of the processes lives in a time namespace of its own.
 *
 * @param offsetNanos what is to be added to the own clock
 */
public record BrokerClock(long offsetNanos) {
  /**
   * As one message tells it.
   *
   * @param brokerNanos when the broker wrote it
   * @param askedNanos the own clock before it was asked for
   * @param ownNanos the own clock when it was here: however long it took, the broker's stamp lies
   *     between the two if both clocks are one
   */
  static BrokerClock at(long brokerNanos, long askedNanos, long ownNanos) {
    boolean sameClock = brokerNanos - askedNanos >= 0 && ownNanos - brokerNanos >= 0;
    return new BrokerClock(sameClock ? 0 : brokerNanos - ownNanos);
  }

  public long fromOwn(long ownNanos) {
    return ownNanos + offsetNanos;
  }

  public long toOwn(long brokerNanos) {
    return brokerNanos - offsetNanos;
  }
}

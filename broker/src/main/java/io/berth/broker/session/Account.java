// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

/**
 * What one principal has in the broker, over all of its sessions. A sub-principal for whom a
 * delegate acts has an account of its own.
 *
 * <p>Data thread only, but for the name.
 */
public final class Account {
  private final String name;
  private int inFlightLimit;
  private int inFlight;

  public Account(String name, int inFlightLimit) {
    this.name = name;
    this.inFlightLimit = inFlightLimit;
  }

  /** As policy, journal and messages name the principal. */
  public String name() {
    return name;
  }

  /**
   * Whether one more request fits; counts it if so.
   *
   * @param freeSlots of the broker; whoever has as many requests as are free is refused, so that
   *     however greedy some principals are, the next one finds a slot
   */
  public boolean tryAdmit(int freeSlots) {
    if (inFlight >= inFlightLimit || inFlight >= freeSlots) {
      return false;
    }
    inFlight++;
    return true;
  }

  public void ended() {
    inFlight--;
  }

  public int inFlight() {
    return inFlight;
  }

  public int inFlightLimit() {
    return inFlightLimit;
  }

  public void inFlightLimit(int limit) {
    inFlightLimit = limit;
  }
}

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
  private final DryRun beyond = new DryRun();
  private int inFlight;
  private boolean dryRun;

  public Account(String name, int inFlightLimit) {
    this.name = name;
    this.inFlightLimit = inFlightLimit;
  }

  /** As policy, journal and messages name the principal. */
  public String name() {
    return name;
  }

  /**
   * Whether one more request fits.
   *
   * @param freeSlots of the broker; whoever has as many requests as are free is refused, so that
   *     however greedy some principals are, the next one finds a slot
   */
  public boolean hasRoom(int freeSlots) {
    return inFlight < inFlightLimit && inFlight < freeSlots;
  }

  /** One more request is admitted. */
  public void admitted() {
    inFlight++;
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

  /** Whether the limit is on trial: what is beyond it is told, and admitted. */
  public boolean isDryRun() {
    return dryRun;
  }

  public void dryRun(boolean onTrial) {
    dryRun = onTrial;
  }

  /** What the journal has of requests beyond a limit on trial. */
  public DryRun beyond() {
    return beyond;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

/**
 * What a device's worker and guard have said of themselves, for people.
 *
 * <p>Control thread only.
 */
final class WorkerNews {
  private String identity = "";
  private String notes = "";
  private String trouble = "";
  private boolean permanent;
  private boolean passing;

  /** It serves: whatever was wrong is over. */
  void serves(String newIdentity, String newNotes) {
    identity = newIdentity;
    notes = newNotes;
    trouble = "";
  }

  /** A new worker is tried; what stood in the way is told until it is known to be gone. */
  void tried() {
    permanent = false;
    passing = false;
  }

  /** The process runs: what kept it from being started is gone. */
  void started() {
    trouble = "";
  }

  void trouble(String text) {
    trouble = text;
  }

  /** Keeps what the driver itself has said: it explains more than how its worker then ended. */
  void troubleIfNone(String text) {
    if (trouble.isEmpty()) {
      trouble = text;
    }
  }

  /** The driver says why it cannot serve, and whether trying again is of use. */
  void failed(String text, boolean forGood) {
    trouble = text;
    permanent = forGood;
    passing = !forGood;
  }

  String identity() {
    return identity;
  }

  String notes() {
    return notes;
  }

  /** Why it does not serve; empty when it does. */
  String trouble() {
    return trouble;
  }

  /** Whether the driver has said why it cannot serve, and that this may pass. */
  boolean isPassing() {
    return passing;
  }

  /** Whether another worker would fail just the same. */
  boolean isPermanent() {
    return permanent;
  }
}

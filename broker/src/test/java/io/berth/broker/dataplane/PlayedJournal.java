// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;

/** A journal that a test plays: it takes everything and tells what it has taken. */
final class PlayedJournal implements KeyUseJournal {
  /** One use of a key. */
  record Use(long session, int handle, int operation, Status status, Reason reason) {}

  private final List<Use> uses = new ArrayList<>();
  private final List<String> modules = new ArrayList<>();

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public boolean refusesWithout() {
    return true;
  }

  @Override
  public void used(
      Session session, Handle handle, int operation, int statusWord, String module, long nowNanos) {
    modules.add(module);
    uses.add(
        new Use(
            session.id(),
            handle.word(),
            operation,
            Reason.statusOf(statusWord),
            Reason.reasonOf(statusWord)));
  }

  /** Refusals so far, and the operation of the last one. */
  int refusals;

  int lastRefused;

  /** Requests beyond limits on trial, and how often they were told. */
  int wouldRefuse;

  int timesTold;

  @Override
  public void wouldRefuse(Session session, Handle handle, int operation, int count, long nowNanos) {
    wouldRefuse += count;
    timesTold++;
  }

  @Override
  public void refused(Session session, Handle handle, int operation, long nowNanos) {
    refusals++;
    lastRefused = operation;
  }

  /** What executed each use so far. */
  List<String> modules() {
    return modules;
  }

  /** What has come since the last look. */
  List<Use> take() {
    List<Use> taken = List.copyOf(uses);
    uses.clear();
    return taken;
  }
}

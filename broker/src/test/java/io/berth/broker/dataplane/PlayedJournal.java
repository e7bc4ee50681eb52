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

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public boolean refusesWithout() {
    return true;
  }

  @Override
  public void used(Session session, Handle handle, int operation, int statusWord, long nowNanos) {
    uses.add(
        new Use(
            session.id(),
            handle.word(),
            operation,
            Reason.statusOf(statusWord),
            Reason.reasonOf(statusWord)));
  }

  /** What has come since the last look. */
  List<Use> take() {
    List<Use> taken = List.copyOf(uses);
    uses.clear();
    return taken;
  }
}

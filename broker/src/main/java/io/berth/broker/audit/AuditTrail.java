// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.control.SessionEvents;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.supervisor.WorkerEvents;
import java.io.IOException;

/** Where a broker's audited events go. */
public interface AuditTrail extends AutoCloseable {
  SessionEvents sessions();

  WorkerEvents workers();

  KeyUseJournal keyUses();

  /** Begins; the broker has its directory and lets nobody in yet. */
  void open(long brokerEpoch) throws IOException;

  /**
   * Returns when audited work can be done, or when it has waited long enough for that. Not for a
   * successor, whose predecessor still has the journal.
   */
  void awaitTaking() throws IOException;

  /** Lets go without ending anything that a successor can use; flushed before. */
  void handOver() throws IOException;

  /** Flushes and ends; nothing happens any more that would be recorded. */
  @Override
  void close() throws IOException;

  /** A trail of listeners that need no beginning and no end. */
  static AuditTrail of(SessionEvents sessions, WorkerEvents workers, KeyUseJournal keyUses) {
    return new AuditTrail() {
      @Override
      public SessionEvents sessions() {
        return sessions;
      }

      @Override
      public WorkerEvents workers() {
        return workers;
      }

      @Override
      public KeyUseJournal keyUses() {
        return keyUses;
      }

      @Override
      public void open(long brokerEpoch) {}

      @Override
      public void awaitTaking() {}

      @Override
      public void handOver() {}

      @Override
      public void close() {}
    };
  }
}

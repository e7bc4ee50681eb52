// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.admin.AdminEvents;
import io.berth.broker.control.SessionEvents;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.supervisor.WorkerEvents;
import java.io.IOException;

/** Where a broker's audited events go. */
public interface AuditTrail extends AutoCloseable {
  SessionEvents sessions();

  WorkerEvents workers();

  KeyUseJournal keyUses();

  AdminEvents administration();

  /** In words, for people. Any thread. */
  String state();

  /**
   * Makes a link to a journal that is not there, and encodes a record for nobody: the library that
   * does it takes as long to load as everything else of a start. Any thread.
   */
  void rehearse() throws IOException;

  /**
   * Begins to collect, and lets the journal's process in when it comes; the broker lets nobody in
   * yet.
   */
  void open(long brokerEpoch) throws IOException;

  /**
   * Sees to it that there is a process that records: the broker has its directory, and no other one
   * does the same.
   */
  void keepRecording() throws IOException;

  /**
   * Returns when audited work can be done, or when it has waited long enough for that. Not for a
   * successor, whose predecessor still has the journal.
   */
  void awaitTaking() throws IOException;

  /**
   * Flushes and lets go of what a successor can use, without waiting for it. What happens later is
   * not recorded.
   *
   * @param detail of the last record
   * @param handedOver runs, on any thread, when the successor may take it
   */
  void handOver(String detail, Runnable handedOver);

  /** Flushes, unless it was handed over, and ends; nothing happens any more. */
  @Override
  void close() throws IOException;

  /** A trail of listeners that need no beginning and no end. */
  static AuditTrail of(
      SessionEvents sessions,
      WorkerEvents workers,
      KeyUseJournal keyUses,
      AdminEvents administration) {
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
      public AdminEvents administration() {
        return administration;
      }

      @Override
      public String state() {
        return "none";
      }

      @Override
      public void open(long brokerEpoch) {}

      @Override
      public void rehearse() {}

      @Override
      public void keepRecording() {}

      @Override
      public void awaitTaking() {}

      @Override
      public void handOver(String detail, Runnable handedOver) {
        handedOver.run();
      }

      @Override
      public void close() {}
    };
  }
}

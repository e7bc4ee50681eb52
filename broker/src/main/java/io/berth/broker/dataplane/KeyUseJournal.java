// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;

/** Hears of uses of audited handles; the data thread's side of the journal. Must not block. */
public interface KeyUseJournal {
  /** Whether a record written now would reach the journal. */
  boolean isAvailable();

  /** Whether audited requests are refused while the journal is not available. */
  boolean refusesWithout();

  /**
   * A request that a worker was given has ended there, whatever its client was told and whether or
   * not the client is still about. Once per request.
   *
   * @param statusWord the outcome at the worker, or {@link
   *     io.berth.shm.status.Reason#WORKER_LOST_OUTCOME_UNKNOWN} and the like
   * @param module what has executed it, and what may have done so before
   */
  void used(
      Session session, Handle handle, int operation, int statusWord, String module, long nowNanos);

  /**
   * A handle was asked for an operation that it does not allow. Once per operation of a handle, so
   * that who asks in a loop cannot fill the journal.
   */
  void refused(Session session, Handle handle, int operation, long nowNanos);

  /**
   * Requests were beyond a limit on trial and admitted all the same. At most once a second for each
   * limit and principal.
   *
   * @param count requests since the last time
   */
  void wouldRefuse(Session session, Handle handle, int operation, int count, long nowNanos);

  /** For brokers without a journal. */
  KeyUseJournal NONE =
      new KeyUseJournal() {
        @Override
        public boolean isAvailable() {
          return true;
        }

        @Override
        public boolean refusesWithout() {
          return false;
        }

        @Override
        public void used(
            Session session,
            Handle handle,
            int operation,
            int statusWord,
            String module,
            long nowNanos) {}

        @Override
        public void wouldRefuse(
            Session session, Handle handle, int operation, int count, long nowNanos) {}

        @Override
        public void refused(Session session, Handle handle, int operation, long nowNanos) {}
      };
}

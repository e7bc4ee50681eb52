// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.policy.Principal;

/** What the journal hears of sessions and handles. Control thread only. */
public interface SessionEvents {
  void opened(long session, Principal principal, String clientName);

  /** Somebody was let in no further than his greeting. */
  void refused(Principal principal, String why);

  void closed(long session, Principal principal, String why);

  /** What became of the record that lets somebody use something. */
  enum GrantRecord {
    /** It is on its way to the journal, or the administrator does without. */
    TAKEN,
    /** This uid has caused more of them than one may. */
    TOO_MANY,
    /** There is no room for it, and what cannot be recorded must not be. */
    NO_ROOM
  }

  /** A handle is about to be made. Unless the record is TAKEN, it must not be. */
  GrantRecord granted(
      long session, Principal principal, String account, String resource, int permissions);

  void denied(long session, Principal principal, String resource, String why);

  /** Whether what is audited must not be opened now, because it could not be recorded. */
  default boolean refusesAudited() {
    return false;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.List;

/** What the policy says to one opening of one resource. */
public sealed interface PolicyDecision {

  /**
   * Nothing may be opened.
   *
   * @param reason for the journal and for the asker; tells nothing about others' grants
   */
  record Denied(String reason) implements PolicyDecision {}

  /**
   * The handle may be opened, within these bounds.
   *
   * @param account whose fairness share, limits and audit entries the handle uses: {@code uid:1000}
   *     or {@code sub:tenant-a}
   * @param rights which operations, never none
   * @param grounds origins of the grants that led here, for the journal
   */
  record Granted(
      String account,
      Rights rights,
      PriorityClass priorityCeiling,
      long maxDeadlineNanos,
      Limits limits,
      Audit audit,
      List<String> grounds)
      implements PolicyDecision {

    public Granted {
      grounds = List.copyOf(grounds);
    }

    /** Without narrowed permissions and without a rate. */
    public Granted(
        String account,
        int permissions,
        PriorityClass priorityCeiling,
        long maxDeadlineNanos,
        int inFlightLimit,
        Audit audit,
        List<String> grounds) {
      this(
          account,
          Rights.of(permissions),
          priorityCeiling,
          maxDeadlineNanos,
          Limits.inFlight(inFlightLimit),
          audit,
          grounds);
    }

    /** Mask of {@link io.berth.shm.frame.Permission#bit()}, never 0. */
    public int permissions() {
      return rights.mask();
    }

    /** Whether the journal must be able to record a use before the use is allowed. */
    public boolean audited() {
      return audit != Audit.NONE;
    }
  }
}

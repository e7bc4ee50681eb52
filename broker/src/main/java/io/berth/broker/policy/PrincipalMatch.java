// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.OptionalInt;

/** Whom a grant is for. */
public sealed interface PrincipalMatch {

  /**
   * A process, by what the kernel says of it; each condition that is given must hold.
   *
   * @param unit name of the systemd unit, or "" for no condition; never given alone
   */
  record ByProcess(OptionalInt uid, OptionalInt gid, String unit) implements PrincipalMatch {
    public ByProcess {
      if (uid.isEmpty() && gid.isEmpty()) {
        throw new IllegalArgumentException("a process is named by user or group");
      }
    }

    boolean covers(Principal principal) {
      return (uid.isEmpty() || uid.getAsInt() == principal.uid())
          && (gid.isEmpty() || principal.isMemberOf(gid.getAsInt()))
          && (unit.isEmpty() || principal.unit().filter(unit::equals).isPresent());
    }
  }

  /** Every process whose uid means something here; no sub-principal. */
  record Anybody() implements PrincipalMatch {}

  /**
   * Principals that a delegate names.
   *
   * @param pattern a name, {@code *} for any characters
   */
  record BySub(String pattern) implements PrincipalMatch {}
}

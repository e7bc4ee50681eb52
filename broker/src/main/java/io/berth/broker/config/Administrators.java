// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.Arrays;
import java.util.Set;

/** Who may administer, beside root and the broker's own uid. */
public record Administrators(Set<Integer> uids, Set<Integer> gids) {
  public Administrators {
    uids = Set.copyOf(uids);
    gids = Set.copyOf(gids);
  }

  /**
   * Whether a peer may administer.
   *
   * @param gid the peer's primary group
   * @param groups its supplementary ones
   */
  public boolean include(int uid, int gid, int[] groups, int brokerUid) {
    return uid == 0
        || uid == brokerUid
        || uids.contains(uid)
        || gids.contains(gid)
        || Arrays.stream(groups).anyMatch(gids::contains);
  }
}

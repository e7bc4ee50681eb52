// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.Arrays;
import java.util.Optional;

/**
 * Who stands behind a control socket, as the kernel told it when the peer connected (SO_PEERCRED,
 * SO_PEERGROUPS), plus its systemd unit where that could be read (see {@link UnitOfProcess}: a
 * condition to narrow a grant, never an identity of its own).
 */
public final class Principal {
  private final int uid;
  private final int gid;
  private final int[] groups;
  private final int pid;
  private final Optional<String> unit;

  /**
   * Takes what the kernel said.
   *
   * @param uid the kernel's 32 bits; values above 2^31 arrive negative and stay so
   * @param groups supplementary groups
   * @param pid in the broker's pid namespace; 0 if the peer is not visible there
   */
  public Principal(int uid, int gid, int[] groups, int pid, Optional<String> unit) {
    this.uid = uid;
    this.gid = gid;
    this.groups = groups.clone();
    this.pid = pid;
    this.unit = unit;
  }

  public int uid() {
    return uid;
  }

  public int gid() {
    return gid;
  }

  public int pid() {
    return pid;
  }

  public int[] groups() {
    return groups.clone();
  }

  public Optional<String> unit() {
    return unit;
  }

  boolean isMemberOf(int group) {
    return group == gid || Arrays.stream(groups).anyMatch(g -> g == group);
  }

  @Override
  public String toString() {
    return "uid "
        + Integer.toUnsignedString(uid)
        + " gid "
        + Integer.toUnsignedString(gid)
        + " pid "
        + pid
        + unit.map(u -> " unit " + u).orElse("");
  }
}

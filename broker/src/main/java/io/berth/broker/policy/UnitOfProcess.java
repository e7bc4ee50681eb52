// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The systemd unit (or container scope) of a process, from its cgroup path.
 *
 * <p>Best effort, and good only to narrow a grant that already names a user or group: the kernel
 * ties SO_PEERCRED's pid to the moment of connecting, so the process may be gone and its pid be
 * somebody else's when its cgroup is read; a socket can be handed on; and a process under another
 * pid or cgroup namespace may not be visible at all. Whoever may write to a part of the cgroup tree
 * can move within that part, which is why only the outermost unit counts: below {@code
 * user@1000.service} a user can make directories of any name.
 */
public final class UnitOfProcess {
  private final Path proc;

  public UnitOfProcess() {
    this(Path.of("/proc"));
  }

  UnitOfProcess(Path proc) {
    this.proc = proc;
  }

  /** Empty if it cannot be read or the process is in no unit. */
  public Optional<String> of(int pid) {
    if (pid <= 0) {
      return Optional.empty();
    }
    try {
      return fromCgroups(Files.readAllLines(proc.resolve(pid + "/cgroup")));
    } catch (IOException e) {
      // Gone, or not ours to see. No unit means that no grant with a unit fits.
      return Optional.empty();
    }
  }

  static Optional<String> fromCgroups(List<String> lines) {
    // systemd's own tree on v1 and hybrid hosts; the only tree on v2 ones.
    for (String prefix : new String[] {":name=systemd:", "0::"}) {
      for (String line : lines) {
        int at = line.indexOf(prefix);
        if (at >= 0 && (at == 0 || line.substring(0, at).chars().allMatch(Character::isDigit))) {
          return outermostUnit(line.substring(at + prefix.length()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> outermostUnit(String path) {
    for (String component : path.split("/", -1)) {
      if (component.equals("..")) {
        // The process lives outside of this cgroup namespace: what follows is relative to nothing.
        return Optional.empty();
      }
      if (component.endsWith(".service") || component.endsWith(".scope")) {
        return Optional.of(component);
      }
      if (!component.isEmpty() && !component.endsWith(".slice")) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }
}

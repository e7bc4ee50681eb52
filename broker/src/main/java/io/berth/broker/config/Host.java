// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.OverflowIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * What the configuration takes from the machine and the process that reads it.
 *
 * @param uid who reads
 * @param environment for the default directories
 */
public record Host(
    int uid, Map<String, String> environment, Accounts accounts, Set<Integer> overflowIds) {

  /** This process, on this machine. */
  public static Host current() {
    return new Host(effectiveUid(), System.getenv(), new Getent(), OverflowIds.read());
  }

  private static int effectiveUid() {
    // Not the owner of /proc/self: that is root for every process that allows no core dumps.
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("Uid:")) {
          return Integer.parseUnsignedInt(line.split("\\s+", -1)[2]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("/proc must be mounted", e);
    }
    throw new IllegalStateException("/proc/self/status has no line 'Uid:'");
  }

  public Path runDirectory() {
    String session = environment.get("XDG_RUNTIME_DIR");
    return uid != 0 && session != null && session.startsWith("/")
        ? Path.of(session, "berth")
        : Path.of("/run/berth");
  }

  Path dataDirectory() {
    String home = environment.get("HOME");
    return uid != 0 && home != null && home.startsWith("/")
        ? Path.of(home, ".local/share/berth")
        : Path.of("/var/lib/berth");
  }
}

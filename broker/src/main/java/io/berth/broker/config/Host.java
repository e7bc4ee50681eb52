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

  public static Host current() {
    try {
      int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      return new Host(uid, System.getenv(), new Getent(), OverflowIds.read());
    } catch (IOException e) {
      throw new UncheckedIOException("/proc must be mounted", e);
    }
  }

  Path runDirectory() {
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

// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.io.File;

/** Where a broker of this host is looked for when the application names no socket. */
final class DefaultSocket {
  private static final String MACHINE = "/run/berth/broker.sock";

  private DefaultSocket() {}

  /** By this process's properties and environment. */
  static String find() {
    return choose(
        System.getProperty("berth.socket"),
        System.getenv("BERTH_SOCKET"),
        MACHINE,
        System.getenv("XDG_RUNTIME_DIR"));
  }

  /**
   * The property if it is set, else the environment's path, else {@code machine} if it exists, else
   * the place of a user's own broker, else {@code machine}. Variables that are not absolute paths
   * are ignored: they would mean another socket in each working directory.
   */
  static String choose(
      String property, String environment, String machine, String runtimeDirectory) {
    if (property != null) {
      return property;
    }
    if (isAbsolute(environment)) {
      return environment;
    }
    return !isAbsolute(runtimeDirectory) || new File(machine).exists()
        ? machine
        : runtimeDirectory + "/berth/broker.sock";
  }

  private static boolean isAbsolute(String path) {
    return path != null && path.startsWith("/");
  }
}

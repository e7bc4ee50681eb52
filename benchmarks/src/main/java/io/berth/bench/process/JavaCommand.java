// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a child JVM: the harness's own JDK and jar, a small heap, no files left in
 * /tmp.
 */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * Puts the command line together.
   *
   * @param role what {@code BenchMain role} is asked to be, and its arguments
   */
  public static List<String> of(List<String> role) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-Xms64m");
    command.add("-Xmx64m");
    command.add("-XX:-UsePerfData");
    command.add("-Dagrona.disable.bounds.checks=true");
    command.addAll(List.of("-jar", System.getProperty("java.class.path"), RoleMain.SUBCOMMAND));
    command.addAll(role);
    return command;
  }
}

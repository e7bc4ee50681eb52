// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Starts a guard where no service manager does. A guard outlives a broker that is killed and is
 * found again by the next one through its pid file, which has its {@link ProcessIdentity}.
 */
final class GuardProcess {
  /** What a guard is to look after. */
  interface Charge {
    /** The guard's name, which the worker gets too. */
    String name();

    /** The guard's options, but for its name and socket. */
    List<String> guardOptions() throws IOException;

    /** The worker's command line. */
    List<String> worker() throws IOException;

    /** Variables that the worker shall not inherit. */
    default List<String> unsetEnvironment() {
      return List.of();
    }

    /** What of the configuration guard and worker have until they are started anew. */
    default String configuration() {
      return "";
    }

    /** Removes what was made for the guard; it and its worker have ended. */
    default void ended() {}
  }

  /** Lines of the pid file. */
  private static final int IDENTITY = 0;

  private static final int CONFIGURATION = 1;

  private final Path program;
  private final Path directory;
  private final Charge charge;
  private Process process;

  /**
   * @param dist the installation, with the guard's program
   * @param directory where the guard's socket and pid file are
   */
  GuardProcess(Path dist, Path directory, Charge charge) {
    this.program = dist.resolve("libexec/berth-guard");
    this.directory = directory;
    this.charge = charge;
  }

  /** The socket to which a guard connects. */
  static Path socket(Path directory, String name) {
    return directory.resolve(name + ".guard.sock");
  }

  private Path pidFile() {
    return directory.resolve(charge.name() + ".guard.pid");
  }

  String name() {
    return charge.name();
  }

  /** A guard of an earlier broker that still lives. */
  boolean survives() {
    try {
      String written = line(IDENTITY);
      return ProcessIdentity.of(ProcessIdentity.pidOf(written))
          .map(ProcessIdentity::text)
          .filter(written::equals)
          .isPresent();
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  /**
   * Whether the guard that survives was started with the configuration of now. If not, it and its
   * worker go on as they are.
   */
  boolean isAsConfigured() {
    try {
      return line(CONFIGURATION).equals(configuration());
    } catch (IOException e) {
      return false;
    }
  }

  private String configuration() {
    return Integer.toHexString(charge.configuration().hashCode());
  }

  private String line(int number) throws IOException {
    List<String> lines = Files.readAllLines(pidFile());
    return number < lines.size() ? lines.get(number) : "";
  }

  void start() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--name",
                charge.name(),
                "--broker-socket",
                socket(directory, charge.name()).toString(),
                // Ctrl-C in the broker's terminal, or timeout(1), is heard by the broker alone; it
                // stops its guards when nothing needs them any more.
                "--own-session"));
    command.addAll(charge.guardOptions());
    command.add("--");
    command.addAll(charge.worker());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectInput(new File("/dev/null"));
    builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    charge.unsetEnvironment().forEach(builder.environment()::remove);
    // Settings of this JVM are not the worker's.
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    process = builder.start();
    Optional<ProcessIdentity> identity = ProcessIdentity.of(process.pid());
    if (identity.isPresent()) {
      Files.writeString(pidFile(), identity.get().text() + "\n" + configuration() + "\n");
    } else {
      Files.deleteIfExists(pidFile()); // It has ended already; isAlive() will tell.
    }
  }

  boolean isAlive() {
    return process != null ? process.isAlive() : survives();
  }

  /** Forgets the pid file after the guard has ended. */
  void ended() throws IOException {
    Files.deleteIfExists(pidFile());
    charge.ended();
  }
}

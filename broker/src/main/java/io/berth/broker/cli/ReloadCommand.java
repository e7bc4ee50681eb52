// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.broker.policy.ResourceName;
import io.berth.broker.supervisor.Supervision;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.DeviceStatus;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code berth reload}. */
@Command(
    name = "reload",
    mixinStandardHelpOptions = true,
    description =
        "Replaces the running broker by a new one with the same command line, which reads the"
            + " configuration and the programs anew. Clients, workers and cards go over; nothing"
            + " fails. The 'berth up' that ran the old broker ends; the new one runs on when this"
            + " command has ended, its log goes into the file that the old one's went into, or else"
            + " where this command's own goes, and SIGTERM stops it: how, is printed. Devices that"
            + " keep something of the old configuration are told.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The new broker serves.",
      "1:It does not; the old one goes on unless it had let go already.",
      "2:The command line is wrong.",
      "3:No broker runs there.",
      "4:This user is no administrator of it."
    })
final class ReloadCommand implements Callable<Integer> {
  private static final long ASK_MILLIS = 5_000;
  private static final long LOOK_MILLIS = 20;

  @Mixin private BrokerPlace place;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "1m",
      converter = Durations.class,
      description = "How long the change may take: 500ms, 90s, 10m (${DEFAULT-VALUE}).")
  private Durations.Millis timeout;

  @Override
  public Integer call() throws Exception {
    Path run = place.runDirectory();
    BrokerStatus old = status(run);
    Redirect errors = appending(old.getErrors(), inProc(old, 2));
    String log = errors.equals(Redirect.INHERIT) ? "this command's own output" : old.getErrors();
    Process successor = start(old, errors);
    long untilNanos = System.nanoTime() + timeout.value() * 1_000_000;
    while (System.nanoTime() - untilNanos < 0) {
      if (!successor.isAlive()) {
        System.err.println(
            "berth reload: the new broker ended with exit code "
                + successor.exitValue()
                + "; the reason is in its log, "
                + log);
        return ExitCode.FAILED;
      }
      BrokerStatus now = statusIfAny(run);
      if (now != null && now.getPid() == successor.pid()) {
        tell(old, now, log);
        return ExitCode.OK;
      }
      Thread.sleep(LOOK_MILLIS);
    }
    System.err.println("berth reload: the new broker did not serve in " + timeout.value() + " ms");
    return ExitCode.FAILED;
  }

  /** What its caller needs to know of a broker that nobody's terminal shows any more. */
  private static void tell(BrokerStatus old, BrokerStatus now, String log) {
    System.out.println("broker " + old.getPid() + " was succeeded by " + now.getPid());
    System.out.println("its log goes on in " + log + "; stop it with: kill " + now.getPid());
    for (DeviceStatus device : now.getDevicesList()) {
      if (device.getKeepsOlderConfiguration()) {
        String name = ResourceName.parse(device.getResource()).orElseThrow().device();
        System.err.println("berth reload: " + Supervision.olderConfiguration(name));
      }
    }
  }

  private static BrokerStatus status(Path run) throws AdminException {
    try (AdminClient admin = AdminClient.connect(run)) {
      return admin.status(ASK_MILLIS);
    }
  }

  /** Between the two brokers there is a moment without anybody to ask. */
  private static BrokerStatus statusIfAny(Path run) {
    try {
      return status(run);
    } catch (AdminException e) {
      return null;
    }
  }

  /** The same program with the same words, in the same directory, plus {@code --succeed}. */
  private static Process start(BrokerStatus old, Redirect errors) throws IOException {
    // The command line is all that a broker shows of itself to others of its uid.
    Path words = Path.of("/proc", Integer.toString(old.getPid()), "cmdline");
    List<String> command = new ArrayList<>(List.of(Files.readString(words, UTF_8).split("\0", -1)));
    command.removeIf(word -> word.isEmpty() || word.equals("--succeed"));
    command.add("--succeed");
    return new ProcessBuilder(command)
        .directory(new File(old.getWorkingDirectory()))
        .redirectInput(new File("/dev/null"))
        .redirectOutput(appending(old.getOutput(), inProc(old, 1)))
        .redirectError(errors)
        .start();
  }

  /**
   * Where a broker's log goes on: into the same file or terminal. A pipe or socket of another
   * process cannot be had by its name, and by way of /proc as root alone; then where this command's
   * own output goes, which with a service manager is the same journal.
   *
   * @param descriptor what it is, as the broker says
   * @param inProc the broker's descriptor itself
   */
  static Redirect appending(String descriptor, Path inProc) {
    Path file = descriptor.startsWith("/") ? Path.of(descriptor) : inProc;
    boolean opens = !descriptor.startsWith("socket:") && Files.isWritable(file);
    return opens ? Redirect.appendTo(file.toFile()) : Redirect.INHERIT;
  }

  private static Path inProc(BrokerStatus broker, int descriptor) {
    return Path.of("/proc", Integer.toString(broker.getPid()), "fd", Integer.toString(descriptor));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.broker.supervisor.Supervision;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.DeviceStatus;
import java.io.File;
import java.io.IOException;
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
            + " command has ended, its log goes where the old one's went, and SIGTERM stops it: how,"
            + " is printed. Devices that keep something of the old configuration are told.",
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
    String log = log(old.getPid());
    Process successor = start(old.getPid());
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
        String resource = device.getResource();
        String name = resource.substring(resource.indexOf(':') + 1);
        System.err.println("berth reload: " + Supervision.olderConfiguration(name));
      }
    }
  }

  /** Where a broker's log goes, in words. */
  private static String log(int pid) {
    Path errors = Path.of("/proc", Integer.toString(pid), "fd/2");
    try {
      return Files.readSymbolicLink(errors).toString();
    } catch (IOException e) {
      return errors + " (" + e.getMessage() + ")";
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

  /** The same program with the same words, in the same surroundings, plus {@code --succeed}. */
  private static Process start(int pid) throws IOException {
    Path proc = Path.of("/proc", Integer.toString(pid));
    List<String> command =
        new ArrayList<>(List.of(Files.readString(proc.resolve("cmdline"), UTF_8).split("\0", -1)));
    command.removeIf(word -> word.isEmpty() || word.equals("--succeed"));
    command.add("--succeed");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(proc.resolve("cwd").toRealPath().toFile());
    // Its log goes where the old one's goes.
    builder.redirectInput(new File("/dev/null"));
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(proc.resolve("fd/1").toFile()));
    builder.redirectError(ProcessBuilder.Redirect.appendTo(proc.resolve("fd/2").toFile()));
    return builder.start();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.shm.admin.v1.Released;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth device release}: a card for a vendor's tool, and back. */
@Command(
    name = "release",
    mixinStandardHelpOptions = true,
    customSynopsis =
        "berth device release NAME --for TIME [--drain TIME] [OPTIONS] -- CMD [ARG...]",
    description = {
      "Gives a device to another program, such as a vendor's tool, for a while.",
      "",
      "  1. New requests for the device are refused (UNAVAILABLE, device-released), those on it end.",
      "  2. The worker is ended and the device's lock is free.",
      "  3. CMD runs, on this terminal's standard streams.",
      "  4. The broker takes the lock again, starts a worker, which tests the device as at every"
          + " start, and serves.",
      "Step 4 comes whatever happens: if CMD fails, if its time is over (it is ended then: SIGTERM,"
          + " two seconds later SIGKILL, with its descendants), and if this command itself is killed"
          + " (CMD may then still run; the device is free for the broker when CMD lets go of it).",
      "The release, its purpose, and how it ended are journalled with your uid."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0...:CMD's own; 128 + N if signal N ended it.",
      "124:CMD's time was over.",
      "125:The device was not released, or does not serve again; the message says which.",
      "127:CMD could not be started.",
      "2:The command line is wrong.",
      "3:No broker runs there.",
      "4:This user is no administrator of it."
    },
    footerHeading = "%nExample:%n",
    footer =
        "  berth device release payments --for 5m -- /opt/vendor/bin/cardtool --firmware-version")
final class DeviceReleaseCommand implements Callable<Integer> {
  private static final int BERTH_FAILED = 125;
  private static final long RELEASE_PATIENCE_MILLIS = 60_000;

  /** Between the end of CMD's time and that of the broker's patience: SIGTERM, SIGKILL, resume. */
  private static final long BROKER_GRACE_MILLIS = 5_000;

  @Mixin private BrokerPlace place;

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The device: its name, or scheme:name.")
  private String device;

  @Parameters(index = "1..*", paramLabel = "CMD", description = "The command and its arguments.")
  private List<String> command = List.of();

  @Option(
      names = "--for",
      required = true,
      paramLabel = "TIME",
      converter = Durations.class,
      description = "How long CMD may take: 500ms, 90s, 10m, 2h; at most a day.")
  private Durations.Millis time;

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Durations.class,
      description =
          "How long requests that are on the device may take to end (${DEFAULT-VALUE}); what remains"
              + " ends with ABORTED, outcome unknown.")
  private Durations.Millis drain;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = Durations.class,
      description = "How long to wait until the device serves again (${DEFAULT-VALUE}).")
  private Durations.Millis timeout;

  @Override
  public Integer call() throws Exception {
    if (command.isEmpty()) {
      System.err.println("berth device release: give a command after --");
      return ExitCode.USAGE;
    }
    try (AdminClient admin = AdminClient.connect(place.runDirectory())) {
      Released released;
      try {
        released =
            admin.release(
                device,
                time.value() + BROKER_GRACE_MILLIS,
                drain.value(),
                String.join(" ", command),
                drain.value() + RELEASE_PATIENCE_MILLIS);
      } catch (AdminException e) {
        System.err.println("berth: " + e.getMessage());
        return e.kind() == AdminException.Kind.NOT_ADMINISTRATOR
            ? ExitCode.NOT_PERMITTED
            : BERTH_FAILED;
      }
      System.err.println(
          "berth: "
              + released.getResource()
              + " is released"
              + (released.getLostRequests() == 0
                  ? ""
                  : "; " + released.getLostRequests() + " requests did not end in time"));
      int exitCode = new BorrowedCommand(command).run(time.value());
      return resume(admin, exitCode);
    }
  }

  private int resume(AdminClient admin, int exitCode) {
    try {
      String outcome =
          exitCode == BorrowedCommand.TIME_OVER ? "its time was over" : "exit code " + exitCode;
      System.err.println(
          "berth: " + DeviceCommand.serves(admin.resume(device, outcome, timeout.value())));
      return exitCode;
    } catch (AdminException e) {
      System.err.println(
          "berth: the command ended with "
              + exitCode
              + ", but the device is not back: "
              + e.getMessage());
      return BERTH_FAILED;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminClient;
import io.berth.shm.admin.v1.Serving;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth device}. */
@Command(
    name = "device",
    mixinStandardHelpOptions = true,
    description = "Looks after the devices of a running broker. For administrators only.",
    subcommands = {
      DeviceCommand.List.class,
      DeviceCommand.Restart.class,
      DeviceReleaseCommand.class
    })
final class DeviceCommand {
  private DeviceCommand() {}

  /** One line about a device that serves. */
  static String serves(Serving serving) {
    return TextTable.printable(
        serving.getResource()
            + " serves: worker "
            + serving.getWorkerPid()
            + ", life "
            + serving.getIncarnation()
            + ", "
            + serving.getIdentity()
            + (serving.getNotes().isEmpty() ? "" : "; " + serving.getNotes()));
  }

  /** {@code berth device list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists the devices: the worker's state, pid and life (how often one was started), window"
            + " (requests on the device at once), what waits, what was done, and what is wrong or"
            + " who the device says it is.",
        "States: AWAITING_GUARD, AWAITING_LOCK (another owner has the device), STARTING, OPENING,"
            + " SERVING, FENCING (being killed), STUCK (cannot be killed), BACKING_OFF (started"
            + " again soon), RELEASING, RELEASED (an administrator has it), GIVEN_UP (died too"
            + " often: mend the cause, then `berth device restart`; if it was in the"
            + " configuration, `berth reload` first)."
      })
  static final class List implements Callable<Integer> {
    @Mixin private BrokerPlace place;

    @Override
    public Integer call() throws Exception {
      try (AdminClient admin = AdminClient.connect(place.runDirectory())) {
        System.out.print(StatusText.devices(admin.status(5_000).getDevicesList()));
        return ExitCode.OK;
      }
    }
  }

  /** {@code berth device restart}. */
  @Command(
      name = "restart",
      mixinStandardHelpOptions = true,
      description =
          "Starts a device again that was given up, and waits until it serves. To be used when the"
              + " cause is mended; `berth device list` shows it.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:The device serves.",
        "1:It does not, or was not given up.",
        "2:The command line is wrong.",
        "3:No broker runs there.",
        "4:This user is no administrator of it."
      })
  static final class Restart implements Callable<Integer> {
    @Mixin private BrokerPlace place;

    @Parameters(paramLabel = "NAME", description = "The device: its name, or scheme:name.")
    private String device;

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        defaultValue = "5m",
        converter = Durations.class,
        description = "How long to wait for it: 500ms, 90s, 10m, 2h (${DEFAULT-VALUE}).")
    private Durations.Millis timeout;

    @Override
    public Integer call() throws Exception {
      try (AdminClient admin = AdminClient.connect(place.runDirectory())) {
        System.out.println(DeviceCommand.serves(admin.restart(device, timeout.value())));
        return ExitCode.OK;
      }
    }
  }
}

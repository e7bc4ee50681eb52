// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminClient;
import io.berth.shm.admin.v1.BrokerStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code berth status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description =
        "Tells how the broker and its devices are. For administrators only: root, the broker's own"
            + " uid, and what stands under administrators in the configuration.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The broker answered.",
      "1:It did not, or something failed.",
      "2:The command line is wrong.",
      "3:No broker runs there.",
      "4:This user is no administrator of it."
    })
final class StatusCommand implements Callable<Integer> {
  @Mixin private BrokerPlace place;

  @Option(names = "--json", description = "Print one JSON object: broker, devices.")
  private boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Durations.class,
      description = "How long to wait for the answer: 500ms, 90s, 10m (${DEFAULT-VALUE}).")
  private Durations.Millis timeout;

  @Option(
      names = "--keys",
      description =
          "Print how often each principal has used each key since the broker's start, from the"
              + " file of counters; no administrator is needed for that. The broker keeps the"
              + " first 512 pairs apart and the others together.")
  private boolean keys;

  @Override
  public Integer call() throws Exception {
    if (keys) {
      CounterSnapshot counters = CounterSnapshot.read(place.countersFile());
      System.out.print(
          json ? JsonText.of(KeyUseText.forPrograms(counters)) + "\n" : KeyUseText.of(counters));
      return ExitCode.OK;
    }
    try (AdminClient admin = AdminClient.connect(place.runDirectory())) {
      BrokerStatus status = admin.status(timeout.value());
      System.out.println(
          json ? StatusText.forPrograms(status) : StatusText.forPeople(status).stripTrailing());
      return ExitCode.OK;
    }
  }
}

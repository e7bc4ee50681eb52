// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code berth top}. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what the broker does, again and again. Reads the file of counters only: the broker"
          + " takes no notice, and everybody may look who may read that file.",
      "On a terminal it redraws until Ctrl-C; otherwise it prints one block after the other."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:COUNT blocks are printed.",
      "1:The file cannot be read.",
      "2:The command line is wrong.",
      "3:No broker runs there."
    })
final class TopCommand implements Callable<Integer> {
  private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";

  @Mixin private BrokerPlace place;

  @Option(
      names = "-n",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "End after so many blocks; 0: go on (${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = Durations.class,
      description = "How long from one to the next: 500ms, 5s, 1m (${DEFAULT-VALUE}).")
  private Durations.Millis interval;

  @Override
  public Integer call() throws Exception {
    if (count < 0 || interval.value() < 10) {
      System.err.println("berth top: expected -n 0 or more, and --every 10ms or more");
      return ExitCode.USAGE;
    }
    Path file = place.countersFile();
    boolean terminal = count == 0 && isTerminal();
    CounterSnapshot before = CounterSnapshot.read(file);
    for (int i = 0; count == 0 || i < count; i++) {
      Thread.sleep(interval.value());
      CounterSnapshot now = CounterSnapshot.read(file);
      if (now.owner().brokerEpoch() != before.owner().brokerEpoch()) {
        before = now; // A new broker counts from zero.
      }
      System.out.print((terminal ? HOME_AND_CLEAR : "") + new TopText(before, now));
      System.out.print(terminal ? "" : "\n");
      System.out.flush();
      before = now;
    }
    return ExitCode.OK;
  }

  /** System.console() is never null on newer JDKs, and asks about standard input besides. */
  private static boolean isTerminal() throws IOException {
    Path output = Files.readSymbolicLink(Path.of("/proc/self/fd/1"));
    return output.startsWith("/dev/pts") || output.toString().startsWith("/dev/tty");
  }
}

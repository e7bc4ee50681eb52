// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import io.berth.bench.aeron.AeronRole;
import io.berth.bench.broker.BerthRole;
import io.berth.bench.rings.RingsRole;
import java.io.IOException;
import java.util.Arrays;

/** Entry of the child JVMs of a benchmark; the harness starts them, nobody else needs to. */
public final class RoleMain {
  public static final String SUBCOMMAND = "role";

  private RoleMain() {}

  /** Runs {@code SYSTEM ROLE ARGUMENTS...}. */
  public static void run(String[] args) throws IOException {
    endWithHarness();
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    switch (args[0]) {
      case RingsRole.SYSTEM -> RingsRole.run(rest);
      case AeronRole.SYSTEM -> AeronRole.run(rest);
      case BerthRole.SYSTEM -> BerthRole.run(rest);
      default -> throw new IllegalArgumentException("no such role: " + String.join(" ", args));
    }
  }

  /** Also a client that waits for an answer which never comes ends when its harness is killed. */
  private static void endWithHarness() {
    ProcessHandle harness =
        ProcessHandle.current()
            .parent()
            .orElseThrow(() -> new IllegalStateException("the harness is gone"));
    Thread watch =
        new Thread(
            () -> {
              harness.onExit().join();
              Runtime.getRuntime().halt(1);
            },
            "harness-watch");
    watch.setDaemon(true);
    watch.start();
  }
}

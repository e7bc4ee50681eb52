// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.load.EchoClient;
import io.berth.bench.process.ChildCommands;
import java.io.IOException;

/** What a JVM with Berth's Java client runs: {@code client SOCKET RESOURCE}. */
public final class BerthRole {
  public static final String SYSTEM = "berth";

  private BerthRole() {}

  /** Runs the client until the harness ends it. */
  public static void run(String[] args) throws IOException {
    if (args.length != 3 || !args[0].equals("client")) {
      throw new IllegalArgumentException("berth: expected client SOCKET RESOURCE");
    }
    try (JavaClientConnection connection = new JavaClientConnection(args[1], args[2])) {
      new ChildCommands().serve(new EchoClient(connection, 0));
    }
  }
}

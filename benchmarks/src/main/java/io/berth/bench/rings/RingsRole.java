// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import io.berth.bench.load.EchoClient;
import io.berth.bench.process.ChildCommands;
import io.berth.bench.process.DutyLoop;
import java.io.IOException;
import java.nio.file.Path;

/** What the three JVMs of the yardstick run: {@code relay|worker|client FOLDER IDLE NUMBER}. */
public final class RingsRole {
  public static final String SYSTEM = "rings";

  private RingsRole() {}

  /** Runs one role until the harness ends it; NUMBER is how many clients, or which one. */
  public static void run(String[] args) throws IOException {
    RingFiles files = new RingFiles(Path.of(args[1]));
    String idle = args[2];
    int number = Integer.parseInt(args[3]);
    switch (args[0]) {
      case "relay" -> relay(files, idle, number);
      case "worker" -> worker(files, idle);
      case "client" -> client(files, idle, number);
      default -> throw new IllegalArgumentException("rings: no role " + args[0]);
    }
  }

  private static void relay(RingFiles files, String idle, int clients) throws IOException {
    try (RingRelay relay = new RingRelay(files, idle.equals(Waits.BLOCK), clients);
        Doorbell own = Doorbell.open(files.relayBell());
        DutyLoop loop =
            new DutyLoop(relay::poll, Waits.named(idle, own, relay::isEmpty), own::ring)) {
      new ChildCommands().serve(loop);
    }
  }

  private static void worker(RingFiles files, String idle) throws IOException {
    try (RingEndpoint relay =
            new RingEndpoint(
                files.toWorker(), files.fromWorker(), files.relayBell(), idle.equals(Waits.BLOCK));
        Doorbell own = Doorbell.open(files.workerBell());
        DutyLoop loop =
            new DutyLoop(relay::echo, Waits.named(idle, own, relay::isEmpty), own::ring)) {
      new ChildCommands().serve(loop);
    }
  }

  private static void client(RingFiles files, String idle, int client) throws IOException {
    try (RingConnection connection = new RingConnection(files, idle, client)) {
      new ChildCommands().serve(new EchoClient(connection, client));
    }
  }
}

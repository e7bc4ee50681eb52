// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.aeron;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.berth.bench.load.EchoClient;
import io.berth.bench.process.ChildCommands;
import io.berth.bench.process.DutyLoop;
import io.berth.bench.rings.Waits;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What the three JVMs of the yardstick run: {@code relay|worker|client AERON_FOLDER IDLE NUMBER}.
 * The media driver lives in the relay's JVM, on one thread of its own that is not on the messages'
 * way.
 */
public final class AeronRole {
  public static final String SYSTEM = "aeron";

  private static final String CHANNEL = "aeron:ipc?term-length=4m";
  private static final int TO_RELAY = 1000;
  private static final int TO_WORKER = 2000;
  private static final int FROM_WORKER = 2001;
  private static final int TO_CLIENT_0 = 3000;
  private static final long CONNECT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private AeronRole() {}

  /** Runs one role until the harness ends it; NUMBER is how many clients, or which one. */
  public static void run(String[] args) throws IOException {
    String folder = args[1];
    String idle = args[2];
    int number = Integer.parseInt(args[3]);
    switch (args[0]) {
      case "relay" -> relay(folder, idle, number);
      case "worker" -> worker(folder, idle);
      case "client" -> client(folder, idle, number);
      default -> throw new IllegalArgumentException("aeron: no role " + args[0]);
    }
  }

  private static void relay(String folder, String idle, int clients) throws IOException {
    DriverIdle driverIdle = new DriverIdle();
    MediaDriver.Context context =
        new MediaDriver.Context()
            .aeronDirectoryName(folder)
            .dirDeleteOnStart(true)
            .dirDeleteOnShutdown(true)
            .threadingMode(ThreadingMode.SHARED)
            .sharedIdleStrategy(driverIdle);
    try (MediaDriver driver = MediaDriver.launch(context);
        Aeron aeron = connect(driver.aeronDirectoryName());
        Subscription fromClients = aeron.addSubscription(CHANNEL, TO_RELAY);
        Subscription fromWorker = aeron.addSubscription(CHANNEL, FROM_WORKER);
        ExclusivePublication toWorker = aeron.addExclusivePublication(CHANNEL, TO_WORKER)) {
      ExclusivePublication[] toClients = new ExclusivePublication[clients];
      for (int i = 0; i < clients; i++) {
        toClients[i] = aeron.addExclusivePublication(CHANNEL, TO_CLIENT_0 + i);
      }
      AeronRelay relay = new AeronRelay(fromClients, toWorker, fromWorker, toClients);
      try (DutyLoop loop = new DutyLoop(relay::poll, Waits.polling(idle), AeronRole::noWake)) {
        driverIdle.watch(loop);
        new ChildCommands().serve(loop);
      }
    }
  }

  private static void worker(String folder, String idle) throws IOException {
    try (Aeron aeron = connect(folder);
        Subscription in = aeron.addSubscription(CHANNEL, TO_WORKER);
        ExclusivePublication out = aeron.addExclusivePublication(CHANNEL, FROM_WORKER)) {
      awaitPeers(in, out);
      AeronRelay.Echo echo = new AeronRelay.Echo(in, out);
      try (DutyLoop loop = new DutyLoop(echo::poll, Waits.polling(idle), AeronRole::noWake)) {
        new ChildCommands().serve(loop);
      }
    }
  }

  private static void client(String folder, String idle, int client) throws IOException {
    try (Aeron aeron = connect(folder);
        Subscription in = aeron.addSubscription(CHANNEL, TO_CLIENT_0 + client);
        ExclusivePublication out = aeron.addExclusivePublication(CHANNEL, TO_RELAY);
        AeronConnection connection = new AeronConnection(in, out, Waits.polling(idle))) {
      awaitPeers(in, out);
      new ChildCommands().serve(new EchoClient(connection, client));
    }
  }

  /** Nothing blocks here; every strategy looks again by itself. */
  private static void noWake() {}

  private static Aeron connect(String folder) {
    return Aeron.connect(new Aeron.Context().aeronDirectoryName(folder));
  }

  private static void awaitPeers(Subscription in, ExclusivePublication out) throws IOException {
    long deadline = System.nanoTime() + CONNECT_TIMEOUT_NANOS;
    while (!in.isConnected() || !out.isConnected()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "aeron: no peer on stream " + in.streamId() + " or " + out.streamId());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }
}

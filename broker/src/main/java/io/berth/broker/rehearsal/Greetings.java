// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import io.berth.broker.config.Config;
import io.berth.broker.control.ClientDoor;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.control.UnheardSessions;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Device;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Handshakes at a client door of its own, which is behind no socket's name: from HELLO to GOODBYE,
 * with the policy that will be asked. The journal hears nothing of them.
 */
final class Greetings {
  private Greetings() {}

  /** Runs so many, one after the other; the data thread's turns are taken by the caller. */
  static void run(Config config, Device device, DataThread data, int count, long untilNanos)
      throws IOException {
    ControlLoop loop = new ControlLoop();
    ClientDoor door =
        new ClientDoor(
            loop,
            data,
            config,
            Map.of(device.name(), device),
            new UnheardSessions(),
            any -> {
              throw new IllegalStateException("no segment is rehearsed");
            },
            1,
            0);
    Thread thread = new Thread(loop, "berth-rehearsal");
    thread.start();
    try {
      for (int i = 0; i < count && System.nanoTime() - untilNanos < 0; i++) {
        greet(loop, door, device, data, untilNanos);
      }
      settle(loop);
      data.pass(); // Sessions that have ended are let go of here, and their memory there.
    } finally {
      loop.execute(door::close);
      loop.stop();
      join(thread);
      loop.closeDescriptors();
    }
  }

  private static void greet(
      ControlLoop loop, ClientDoor door, Device device, DataThread data, long untilNanos)
      throws IOException {
    int[] ends = new int[2];
    OsException.check("socketpair", Sockets.pair(ends));
    loop.execute(() -> door.greet(ends[1]));
    try (PlayedGreeting client = new PlayedGreeting(ends[0])) {
      client.hello();
      if (!client.await(data, untilNanos)) {
        return;
      }
      client.open(device.name());
      if (client.await(data, untilNanos)) {
        client.goodbye();
      }
    }
  }

  /** Returns when the loop has done what it was given so far, and what it was sent. */
  private static void settle(ControlLoop loop) throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    // By way of a timer: the loop looks at its descriptors before it comes to that.
    loop.execute(() -> loop.schedule(0, done::countDown));
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in a rehearsal", e);
    }
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in a rehearsal", e);
    }
  }
}

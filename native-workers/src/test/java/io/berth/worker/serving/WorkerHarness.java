// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static org.junit.jupiter.api.Assertions.assertNull;

import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.Call;
import io.berth.worker.testkit.LinkOptions;
import io.berth.worker.testkit.PlayedBroker;
import io.berth.worker.testkit.PlayedConnection;
import io.berth.worker.testkit.PlayedLink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The whole worker runtime in a thread of this process, before a played broker. */
final class WorkerHarness implements AutoCloseable {
  static final String NAME = "dev";
  static final int INCARNATION = 7;

  final PlayedBroker broker = PlayedBroker.listen();
  final Wakeups wakeups = new Wakeups();
  private final Thread thread;
  private final List<Runnable> closings = new ArrayList<>();
  private volatile Throwable failure;
  private boolean failureTaken;
  private int nextEpoch = 1;

  WorkerHarness(ScriptedDriver script) throws IOException {
    ScriptedDriverFactory.perform(script);
    Worker worker = new Worker(NAME, broker.socket(), INCARNATION, wakeups);
    thread =
        new Thread(
            () -> {
              try {
                worker.run();
              } catch (Throwable e) {
                failure = e;
              }
            },
            "worker-under-test");
    thread.setDaemon(true);
    thread.start();
  }

  static Call call(int code, byte... payload) {
    return Call.of(ScriptedDriver.number(code), payload);
  }

  LinkOptions options() {
    return LinkOptions.of("scripted", Map.of("colour", "red", "target.key-1.index", "4"))
        .withEpoch(nextEpoch++);
  }

  PlayedConnection accept() throws IOException {
    PlayedConnection connection = broker.accept();
    closings.add(connection::close);
    return connection;
  }

  /** The next attachment, served, with the device itself as target 0. */
  PlayedLink attach() throws IOException {
    return attach(options());
  }

  PlayedLink attach(LinkOptions options) throws IOException {
    PlayedLink link = welcome(accept(), options);
    link.awaitReady();
    link.bind(0, "");
    return link;
  }

  PlayedLink welcome(PlayedConnection connection, LinkOptions options) throws IOException {
    PlayedLink link = connection.welcome(options).whileAlive(thread::isAlive);
    closings.add(link::close);
    return link;
  }

  /** Waits for the end of {@link Worker#run}; what it threw, or null. */
  Throwable awaitEnd() {
    Await.until("the worker ends", () -> !thread.isAlive());
    failureTaken = true;
    return failure;
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Stops the worker, which must end well unless a test has looked at how it ended. */
  @Override
  public void close() throws IOException {
    wakeups.requestStop();
    closings.forEach(Runnable::run);
    Await.until("the worker stops", () -> !thread.isAlive());
    broker.close();
    wakeups.close();
    if (!failureTaken) {
      assertNull(failure, "the worker ended with an exception");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.system.load.LoadClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The brokers and load clients of one test, or in a static field those of a class whose tests leave
 * them as they were. After it they are ended; a test that failed gets the ends of the logs, and if
 * all passed they must leave neither a process nor a file in the run directory, whatever was done
 * to the broker.
 */
public final class Brokers implements AfterEachCallback, AfterAllCallback {
  private final boolean ofClass;
  private final List<RunningBroker> running = new ArrayList<>();
  private final List<LoadClient> clients = new ArrayList<>();
  private boolean failed;

  /** For each test its own. */
  public Brokers() {
    this(false);
  }

  private Brokers(boolean ofClass) {
    this.ofClass = ofClass;
  }

  /** Shared by the tests of a class; in a static field. */
  public static Brokers ofClass() {
    return new Brokers(true);
  }

  /** Starts a broker; the directory of the setup goes when the test ends. */
  public RunningBroker start(BrokerSetup setup) throws IOException {
    RunningBroker broker = new RunningBroker(setup);
    running.add(broker);
    return broker;
  }

  /** Starts a client process that is ended with the test. */
  public LoadClient load(LoadClient.Options options) throws IOException {
    LoadClient client = LoadClient.start(options);
    clients.add(client);
    return client;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (context.getExecutionException().isPresent()) {
      failed = true;
      for (RunningBroker broker : running) {
        System.err.println(context.getDisplayName() + " failed:" + broker.tails());
      }
    }
    if (!ofClass) {
      end();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (ofClass) {
      failed |= context.getExecutionException().isPresent();
      end();
    }
  }

  private void end() throws Exception {
    try {
      for (LoadClient client : clients) {
        client.close();
      }
      if (!failed) {
        for (RunningBroker broker : running) {
          requireCleanEnd(broker);
        }
      }
    } finally {
      for (RunningBroker broker : running) {
        broker.close();
      }
      running.clear();
      clients.clear();
    }
  }

  private static void requireCleanEnd(RunningBroker broker) throws Exception {
    if (!broker.isAlive()) {
      return; // The test ended it and has judged how.
    }
    assertEquals(
        RunningBroker.ENDED_BY_TERM,
        broker.stop(),
        () -> "exit code of the broker" + broker.tails());
    assertNothingLeft(broker);
  }

  /** No process and no file in the run directory remains of an ended broker. */
  public static void assertNothingLeft(RunningBroker broker) {
    assertAll(
        () ->
            assertEquals(
                List.of(),
                broker.processes().stream().map(p -> p.pid() + " " + p.commandLine()).toList(),
                () -> "processes left" + broker.tails()),
        () -> assertEquals(List.of(), broker.runFiles(), () -> "files left" + broker.tails()));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The end of a broker as a person at a terminal brings it about. */
final class StopTest {
  @RegisterExtension final Brokers brokers = new Brokers();

  /** Ctrl-C sends SIGINT to a whole process group, timeout(1) SIGTERM. */
  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void a_signal_to_the_brokers_process_group_is_an_orderly_stop(String signal, int exitCode)
      throws Exception {
    BrokerSetup setup =
        BrokerSetup.make().supervision("stop_grace_ms: 60000").journal().leadingAGroup();
    setup.card("card");
    setup.echo("bench");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card", "echo:bench");
    broker.signalGroup(signal);
    assertEquals(exitCode, broker.awaitEnd(), broker::tails);
    Brokers.assertNothingLeft(broker);

    List<String> events =
        setup.audit("show", "--last", "1000").lines().map(line -> line.split(" +", 4)[2]).toList();
    assertEquals(
        List.of(
            "WORKER_STOPPED", "WORKER_STOPPED", "BROKER_STOPPED", "JOURNAL_CLOSED", "CHECKPOINT"),
        events.subList(events.lastIndexOf("WORKER_STARTED") + 1, events.size()));
    assertEquals(1, events.stream().filter("JOURNAL_OPENED"::equals).count(), events::toString);
  }
}

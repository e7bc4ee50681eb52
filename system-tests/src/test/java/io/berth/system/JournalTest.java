// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.client.hsm.HsmKey;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The audit journal while brokers and its own process are killed, and while its disk is full. */
final class JournalTest {
  private static final int KILLS = Boolean.getBoolean("berth.soak") ? 30 : 3;
  private static final int AFTER_THE_LAST = 50;

  /** Records, of a hundred bytes and more each, on a disk of 8 MiB. */
  private static final int MORE_THAN_THE_DISK_HOLDS = 80_000;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final byte[] DIGEST = new byte[32];

  @RegisterExtension final Brokers brokers = new Brokers();

  private static BrokerSetup auditingAllUsesOfItsKeys(String... journal) {
    BrokerSetup setup = BrokerSetup.make().journal(journal);
    setup.card("card");
    setup.grant("{user: " + BrokerSetup.uid() + "}", "[\"hsm:card/**\"]", "audit: all");
    return setup;
  }

  private static long count(String records, String event) {
    return records.lines().filter(line -> line.contains(" " + event + " ")).count();
  }

  @Test
  void the_journal_verifies_after_brokers_and_journals_were_killed_under_load() throws Exception {
    BrokerSetup setup = auditingAllUsesOfItsKeys("checkpoint_every: 50");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    ProcessView worker = broker.worker("card");
    LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:card/sign-1"));
    for (int i = 0; i < KILLS; i++) {
      signer.awaitMoreAnswers(50);
      broker.kill();
      broker.startAgain();
      signer.awaitMoreAnswers(50);
      ProcessView journal = broker.worker("journal");
      journal.signal("KILL");
      broker.awaitWorkerAfter("journal", journal);
    }
    signer.awaitMoreAnswers(AFTER_THE_LAST);
    // No key is used while nobody can record it; a lost broker costs nothing.
    signer.finish().requireOnly("UNAVAILABLE/audit-unavailable");
    assertEquals(worker.pid(), broker.worker("card").pid(), "the worker lived through it all");
    assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
    Brokers.assertNothingLeft(broker);

    String verified = setup.audit("verify");
    assertTrue(verified.contains("intact: "), verified);
    String records = setup.audit("show", "--last", "10000000");
    assertEquals(KILLS + 1, count(records, "BROKER_STARTED"), records);
    assertEquals(1, count(records, "BROKER_STOPPED"), records);
    assertEquals(KILLS + 1, count(records, "WORKER_STARTED"), "each broker tells whom it found");
    assertTrue(count(records, "KEY_USED status=0") >= AFTER_THE_LAST, records);
  }

  @Test
  void a_full_disk_under_the_journal_stops_the_use_of_keys_with_a_reason_until_there_is_room()
      throws Exception {
    assumeTrue(BrokerSetup.uid() == 0, "mounting a small file system needs root");
    BrokerSetup setup = auditingAllUsesOfItsKeys("reserve_mb: 1", "key_use: none");
    setup.echoWithLanes("bench", 2);
    Path data = Files.createDirectory(setup.dataDirectory());
    Outcome mounted =
        Installation.run(
            List.of("mount", "-t", "tmpfs", "-o", "size=8m", "berth-test", data.toString()));
    assumeTrue(mounted.exitCode() == 0, mounted.output());
    try {
      RunningBroker broker = brokers.start(setup).awaitServing("hsm:card", "echo:bench");
      try (BerthClient client = broker.client("auditee");
          Resource bench = client.open("echo:bench");
          HsmKey key = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE)) {
        ProcessView journal = broker.worker("journal");
        key.sign(DIGEST);
        Path filling = data.resolve("filling");
        Installation.run(List.of("dd", "if=/dev/zero", "of=" + filling, "bs=64k", "status=none"));

        BerthException end =
            assertThrows(
                BerthException.class,
                () -> {
                  for (int use = 0; use < MORE_THAN_THE_DISK_HOLDS; use++) {
                    key.sign(DIGEST);
                  }
                });
        assertEquals(Reason.AUDIT_UNAVAILABLE, end.reason(), end.toString());
        assertEquals(StatusCode.UNAVAILABLE, end.status());
        broker.awaitLog(setup.dataDirectory().resolve("journal").toString());
        // What is not audited goes on.
        bench.call(Request.of(EchoOperation.ECHO).timeout(PATIENCE));

        Files.delete(filling);
        Await.until("keys can be used again", () -> signs(key), broker::tails);
        assertEquals(journal.pid(), broker.worker("journal").pid(), "the journal lived on");
      }
      assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
      String verified = setup.audit("verify");
      assertTrue(verified.contains("intact: "), verified);
      String records = setup.audit("show", "--last", "10000000");
      assertEquals(1, count(records, "JOURNAL_DEGRADED"), records);
      assertEquals(1, count(records, "JOURNAL_RECOVERED"), records);
    } finally {
      // Lazily: where the test has failed, the journal still has its files open.
      assertEquals(0, Installation.run(List.of("umount", "-l", data.toString())).exitCode());
    }
  }

  private static boolean signs(HsmKey key) {
    try {
      key.sign(DIGEST);
      return true;
    } catch (BerthException e) {
      assertEquals(Reason.AUDIT_UNAVAILABLE, e.reason(), e.toString());
      return false;
    }
  }
}

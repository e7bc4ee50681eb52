// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static io.berth.broker.audit.AuditHost.await;
import static io.berth.broker.audit.AuditHost.numbered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.journal.AuditEvent;
import io.berth.broker.journal.AuditRecord;
import io.berth.jni.os.ProcessControl;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real journal process behind a real guard. */
class JournalProcessTest {
  private Path root;
  private AuditHost host;

  @BeforeEach
  void directories() throws IOException {
    root = Files.createTempDirectory(Path.of("/tmp"), "bj");
    host = new AuditHost(root, root.resolve("j"));
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    await("the journal process has ended", () -> host.journalPid().isEmpty());
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void what_is_recorded_is_stored_in_order_and_verifies() throws Exception {
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      assertTrue(audit.keyUses().isAvailable());
      for (int i = 0; i < 1000; i++) {
        audit.record(numbered(i));
      }
      AuditHost.awaitStored(audit);
      assertEquals(1002, audit.stored());
    }
    assertEquals(IntStream.range(0, 1000).boxed().toList(), host.numbers());
    List<AuditEvent> events =
        host.records().stream()
            .map(record -> record.entry().event())
            .filter(event -> event != AuditEvent.ADMINISTRATION && event != AuditEvent.CHECKPOINT)
            .toList();
    assertEquals(
        List.of(
            AuditEvent.JOURNAL_OPENED,
            AuditEvent.BROKER_STARTED,
            AuditEvent.CONFIG_LOADED,
            AuditEvent.BROKER_STOPPED,
            AuditEvent.JOURNAL_CLOSED),
        events);
    assertNull(host.verify().first());
    try (Stream<Path> left = Files.list(root.resolve("r/workers"))) {
      assertEquals(List.of(), left.toList(), "sockets and pid files are gone");
    }
  }

  @Test
  void a_killed_journal_process_is_replaced_and_loses_and_doubles_nothing() throws Exception {
    int rounds = 3;
    int perRound = 4000;
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      int number = 0;
      for (int round = 0; round < rounds; round++) {
        int pid = host.journalPid().orElseThrow();
        long before = audit.stored();
        int killAt = number + perRound / 2;
        for (int last = number + perRound; number < last; number++) {
          if (number == killAt) {
            await("some are stored", () -> audit.stored() > before + 100);
            ProcessControl.kill(pid, ProcessControl.SIGKILL);
          }
          audit.record(numbered(number));
        }
        long expected = 2L + number;
        await("all are stored", () -> audit.stored() == expected);
        assertTrue(host.journalPid().orElseThrow() != pid);
      }
      AuditHost.awaitStored(audit);
    }
    assertEquals(IntStream.range(0, rounds * perRound).boxed().toList(), host.numbers());
    assertNull(host.verify().first());
  }

  @Test
  void what_a_killed_broker_had_in_the_ring_is_stored_and_the_journal_serves_the_next_one()
      throws Exception {
    Path told = Files.createFile(root.resolve("told"));
    Process broker = feedingBroker(told);
    await("the broker is attached", () -> told(told) >= 1);
    int journal = host.journalPid().orElseThrow();
    ProcessControl.kill(journal, ProcessControl.SIGSTOP);
    Files.createFile(root.resolve("go"));
    await("everything is in the ring", () -> told(told) >= 2);
    broker.destroyForcibly();
    assertTrue(broker.waitFor(30, TimeUnit.SECONDS));
    ProcessControl.kill(journal, ProcessControl.SIGCONT);

    try (JournalledAudit audit = host.recording(2)) {
      audit.awaitTaking();
      assertTrue(audit.keyUses().isAvailable());
      assertEquals(journal, host.journalPid().orElseThrow(), "not restarted");
      audit.record(numbered(FeedingBroker.RECORDS));
      AuditHost.awaitStored(audit);
    }
    assertEquals(IntStream.rangeClosed(0, FeedingBroker.RECORDS).boxed().toList(), host.numbers());
    assertNull(host.verify().first());
    List<AuditRecord> opened =
        host.records().stream()
            .filter(record -> record.entry().event() == AuditEvent.JOURNAL_OPENED)
            .toList();
    assertEquals(1, opened.size());
    assertFalse(Files.exists(root.resolve("r/workers/journal.guard.pid")));
  }

  @Test
  void a_full_disk_is_told_refuses_what_is_audited_and_loses_nothing() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "skipped: mounting a small tmpfs needs root");
    Path mount = Files.createDirectory(root.resolve("m"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=8m", "berth-journal-test", mount.toString()) == 0,
        "skipped: mount of a tmpfs is not permitted here");
    try {
      host = new AuditHost(root, mount.resolve("j"), "reserve_mb: 1");
      int number = 0;
      try (JournalledAudit audit = host.recording(1)) {
        audit.awaitTaking();
        Path other = mount.resolve("other");
        run("dd", "if=/dev/zero", "of=" + other, "bs=64k", "status=none");
        while (audit.keyUses().isAvailable()) {
          audit.record(numbered(number++));
          int recorded = number;
          await("stored or full", () -> audit.stored() > recorded - 1000 || refuses(audit));
        }
        assertTrue(audit.sessions().refusesAudited());
        int pid = host.journalPid().orElseThrow();
        Files.delete(other);
        await("it takes records again", () -> !refuses(audit));
        AuditHost.awaitStored(audit);
        assertEquals(pid, host.journalPid().orElseThrow(), "it was never restarted");
      }
      assertEquals(IntStream.range(0, number).boxed().toList(), host.numbers());
      assertNull(host.verify().first());
      List<AuditEvent> events = host.records().stream().map(r -> r.entry().event()).toList();
      assertTrue(
          events.indexOf(AuditEvent.JOURNAL_DEGRADED)
              < events.indexOf(AuditEvent.JOURNAL_RECOVERED));
      assertTrue(events.contains(AuditEvent.JOURNAL_DEGRADED));
    } finally {
      assertEquals(0, run("umount", mount.toString()));
    }
  }

  private static boolean refuses(JournalledAudit audit) {
    return audit.sessions().refusesAudited();
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return process.exitValue();
  }

  private Process feedingBroker(Path told) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("--add-opens") || flag.startsWith("--add-exports")) {
        command.add(flag);
      }
    }
    command.add("-Dberth.native.dir=" + System.getProperty("berth.native.dir"));
    command.add("-Dberth.dist=" + System.getProperty("berth.dist"));
    command.addAll(List.of("-Xmx64m", "-cp", AuditHost.classPath()));
    command.addAll(
        List.of(
            FeedingBroker.class.getName(),
            root.toString(),
            host.files().directory().toString(),
            told.toString()));
    return new ProcessBuilder(command).inheritIO().start();
  }

  private static long told(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

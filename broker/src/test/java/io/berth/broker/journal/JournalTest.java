// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir Path temp;

  @Test
  void what_is_appended_verifies_and_is_continued_after_reopening() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      for (int i = 0; i < 100; i++) {
        assertEquals(i + 1, open.append(TestJournal.keyUse(i)).sequence());
      }
    }
    Head head;
    try (Journal open = journal.open()) {
      open.appendAll(List.of(TestJournal.keyUse(100), TestJournal.keyUse(101)));
      head = open.head();
    }
    VerifyReport report = journal.verify(head);
    assertNull(report.first());
    // Opened, 100, closed, checkpoint, opened, 2, closed, checkpoint.
    assertEquals(108, report.records());
    assertEquals(108, report.verifiedRecords());
    assertEquals(2, report.checkpoints());
    assertEquals(107, report.head().sequence());
    assertEquals(List.of(), report.notes());
  }

  @Test
  void our_reader_and_chronicles_tailer_read_the_same() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      for (int i = 0; i < 3000; i++) {
        open.append(TestJournal.keyUse(i));
      }
    }
    List<String> ours = new ArrayList<>();
    for (Path file : journal.files().cycleFiles()) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        while (reader.next() == CycleFileReader.Step.ENTRY) {
          ours.add(java.util.HexFormat.of().formatHex(reader.payload()));
        }
      }
    }
    assertEquals(3003, ours.size());
    assertEquals(ours, TestJournal.readWithChronicle(journal.files()));
  }

  @Test
  void a_file_that_grows_while_it_is_read_is_read_to_its_end() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      Path file = journal.files().cycleFiles().get(0);
      long bytes = Files.size(file);
      try (CycleFileReader reader = new CycleFileReader(file)) {
        int written = 0;
        // Blocks are reserved ahead of what is written.
        while (Files.size(file) < bytes + 6L * journal.settings().blockBytes()) {
          open.append(TestJournal.keyUse(written++));
        }
        int read = 0;
        CycleFileReader.Step step = reader.next();
        while (step == CycleFileReader.Step.ENTRY) {
          read++;
          step = reader.next();
        }
        assertEquals(CycleFileReader.Step.END, step, reader.problem());
        assertTrue(read > written, read + " of " + written + " and the opening");
        assertTrue(reader.position() > bytes, "written beyond the former size");
      }
    }
  }

  @Test
  void a_checkpoint_is_written_after_so_many_records_and_after_so_much_time() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    JournalSettings settings = journal.settings().withCheckpoints(10, Duration.ofSeconds(30));
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      for (int i = 0; i < 25; i++) {
        open.append(TestJournal.keyUse(i));
      }
      assertEquals(2, journal.verify(null).checkpoints());
      open.tick();
      assertEquals(2, journal.verify(null).checkpoints());
      journal.clock().advance(Duration.ofSeconds(30));
      open.tick();
      assertEquals(3, journal.verify(null).checkpoints());
      journal.clock().advance(Duration.ofMinutes(5));
      open.tick();
      assertEquals(3, journal.verify(null).checkpoints(), "a checkpoint of nothing new");
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void a_second_writer_is_refused() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      JournalException refused = assertThrows(JournalException.class, journal::open);
      assertEquals(JournalException.Reason.LOCKED, refused.reason());
      open.append(TestJournal.keyUse(1));
    }
  }

  @Test
  void a_lock_that_others_can_open_and_so_block_is_refused() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(1));
    }
    Path lock = journal.files().lock();
    Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-r--r--"));
    JournalException refused = assertThrows(JournalException.class, journal::open);
    assertEquals(JournalException.Reason.PERMISSIONS, refused.reason());
    assertTrue(refused.getMessage().contains(lock + ": mode rw-r--r-- is wider than rw-------"));
    Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-------"));
    journal.open().close();
  }

  @Test
  void a_second_creation_is_refused_and_changes_nothing() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    byte[] before = Files.readAllBytes(journal.files().checkpointKey());
    JournalException refused =
        assertThrows(
            JournalException.class, () -> Journal.create(journal.files(), journal.random()));
    assertEquals(JournalException.Reason.EXISTS, refused.reason());
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        before, Files.readAllBytes(journal.files().checkpointKey()));
  }

  @Test
  void keys_that_others_can_read_are_refused() throws IOException {
    for (String name : List.of("seal.key", "checkpoint.key")) {
      TestJournal journal = TestJournal.create(Files.createDirectory(temp.resolve("of-" + name)));
      Path key = journal.files().directory().resolve(name);
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
      JournalException refused = assertThrows(JournalException.class, journal::open);
      assertEquals(JournalException.Reason.PERMISSIONS, refused.reason());
      assertTrue(refused.getMessage().contains(key.toString()), refused.getMessage());
      assertTrue(refused.getMessage().contains("rw-r-----"), refused.getMessage());
    }
    TestJournal journal = TestJournal.create(Files.createDirectory(temp.resolve("auditor")));
    Path key = journal.files().verificationKey();
    assertEquals("r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--r--r--"));
    assertEquals(
        JournalException.Reason.PERMISSIONS,
        assertThrows(JournalException.class, () -> VerificationKey.read(key)).reason());
  }

  @Test
  void an_event_that_only_the_journal_may_write_is_refused() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      AuditEntry forged = AuditEntry.of(AuditEvent.CHECKPOINT, 0, 0, 0, "", "", "", "", "sig=00");
      assertThrows(IllegalArgumentException.class, () -> open.append(forged));
      assertEquals(Journal.State.OPEN, open.state());
    }
  }

  @Test
  void every_period_has_a_file_of_its_own_and_a_clock_that_steps_back_stays_in_the_newest()
      throws IOException {
    TestJournal journal = TestJournal.create(temp);
    JournalSettings settings = journal.settings().withCheckpoints(1000, Duration.ofDays(1));
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      for (int period = 0; period < 4; period++) {
        open.append(TestJournal.keyUse(period));
        journal.clock().advance(Duration.ofMinutes(5));
      }
      open.append(TestJournal.keyUse(4));
      journal.clock().advance(Duration.ofMinutes(-17));
      open.append(TestJournal.keyUse(5));
    }
    assertEquals(5, journal.files().cycleFiles().size());
    journal.clock().advance(Duration.ofHours(-1));
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(6));
    }
    assertEquals(5, journal.files().cycleFiles().size());
    VerifyReport report = journal.verify(null);
    assertNull(report.first());
    assertEquals(13, report.verifiedRecords());
  }

  @Test
  void a_journal_that_is_being_written_verifies_at_any_moment() throws Exception {
    TestJournal journal = TestJournal.create(temp);
    JournalSettings settings =
        journal
            .settings()
            .withCheckpoints(50, Duration.ofDays(1))
            .withSync(JournalSettings.SyncPolicy.EVERY_BATCH);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean enough = new AtomicBoolean();
    AtomicReference<Head> acknowledged = new AtomicReference<>();
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try {
      Future<Long> written =
          writer.submit(
              () -> {
                long count = 0;
                try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
                  while (!enough.get()) {
                    acknowledged.set(open.append(TestJournal.keyUse(7)));
                    begun.countDown();
                    count++;
                    if (count % 100 == 0) {
                      journal.clock().advance(Duration.ofMinutes(5));
                    }
                  }
                }
                return count;
              });
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      for (int round = 0; round < 20; round++) {
        Head expected = acknowledged.get();
        assertNull(journal.verify(expected).first(), "round " + round);
      }
      enough.set(true);
      assertTrue(written.get(30, TimeUnit.SECONDS) > 0);
    } finally {
      enough.set(true);
      writer.shutdown();
    }
    assertNull(journal.verify(acknowledged.get()).first());
  }

  @Test
  void the_mark_of_a_file_that_ends_while_it_is_read_is_seen() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(0));
      try (CycleFileReader reader = new CycleFileReader(journal.files().cycleFiles().get(0))) {
        CycleFileReader.Step step;
        do {
          step = reader.next();
        } while (step == CycleFileReader.Step.ENTRY);
        assertEquals(CycleFileReader.Step.END, step);
        journal.clock().advance(Duration.ofMinutes(5));
        open.append(TestJournal.keyUse(1));
        assertEquals(CycleFileReader.Step.END, reader.next(), "from what was read before");
        assertEquals(CycleFileReader.Step.END_MARK, reader.again());
        assertEquals(-1, reader.firstNonZero(reader.endOfWriting()));
      }
    }
  }

  @Test
  void another_roll_period_for_an_existing_journal_is_refused() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(1));
    }
    for (RollPeriod other : List.of(RollPeriod.DAILY, RollPeriod.HOURLY)) {
      JournalSettings settings = journal.settings().withRoll(other);
      JournalException refused =
          assertThrows(
              JournalException.class,
              () -> Journal.open(journal.files(), settings, journal.random()));
      assertTrue(refused.getMessage().contains(other.toString()), refused.getMessage());
    }
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(2));
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void chronicle_reports_nothing_to_anyone() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(1));
    }
    assertEquals("true", System.getProperty("chronicle.analytics.disable"));
    assertEquals("true", System.getProperty("chronicle.announcer.disable"));
    assertThrows(
        ClassNotFoundException.class,
        () -> Class.forName("net.openhft.chronicle.analytics.Analytics"));
    try (Stream<Path> home = Files.list(Path.of(System.getProperty("user.home")))) {
      assertEquals(
          List.of(),
          home.filter(f -> f.getFileName().toString().startsWith(".chronicle")).toList());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {
  /** A disk of which the test says how much is left. */
  private static final class Disk implements SpaceSource {
    private long leftBytes;

    @Override
    public void extend(FileChannel file, long from, long to) throws IOException {
      if (to - from > leftBytes) {
        throw new IOException("No space left on device");
      }
      leftBytes -= to - from;
      WRITTEN_ZEROS.extend(file, from, to);
    }
  }

  @TempDir Path temp;

  @Test
  void a_full_journal_says_so_refuses_counts_and_goes_on_by_itself() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    Disk disk = new Disk();
    disk.leftBytes = 3 << 20;
    JournalSettings settings = journal.settings().withSpaceSource(disk);
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      long written = fill(open);
      assertTrue(written > 5000, "written: " + written);
      assertEquals(Journal.State.FULL, open.state());
      assertFalse(Files.exists(journal.files().reserve()), "the reserve is given back");
      // As many records as were acknowledged, the last being the one that says so.
      VerifyReport whileFull = journal.verify(open.head());
      assertNull(whileFull.first());
      assertEquals(AuditEvent.JOURNAL_DEGRADED, last(journal).entry().event());

      disk.leftBytes = 8 << 20;
      assertThrows(
          JournalException.class, () -> open.append(TestJournal.keyUse(1)), "before the interval");
      journal.clock().advance(Duration.ofSeconds(5));
      open.append(TestJournal.keyUse(1));
      assertEquals(Journal.State.OPEN, open.state());
      assertTrue(Files.exists(journal.files().reserve()));
    }
    assertNull(journal.verify(null).first());
    List<AuditRecord> all = all(journal);
    AuditRecord recovered =
        all.stream()
            .filter(r -> r.entry().event() == AuditEvent.JOURNAL_RECOVERED)
            .findFirst()
            .orElseThrow();
    assertEquals("refused=2", recovered.entry().detail());
  }

  @Test
  void a_journal_that_cannot_roll_stays_in_the_old_file_for_its_last_record() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    Disk disk = new Disk();
    disk.leftBytes = 1 << 20;
    JournalSettings settings = journal.settings().withSpaceSource(disk);
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      open.append(TestJournal.keyUse(1));
      journal.clock().advance(Duration.ofMinutes(5));
      disk.leftBytes = 0;
      assertEquals(
          JournalException.Reason.FULL,
          assertThrows(JournalException.class, () -> open.append(TestJournal.keyUse(2))).reason());
      assertEquals(1, journal.files().cycleFiles().size());
      assertEquals(AuditEvent.JOURNAL_DEGRADED, last(journal).entry().event());
      disk.leftBytes = 1 << 20;
      journal.clock().advance(Duration.ofSeconds(5));
      open.tick();
      assertEquals(Journal.State.OPEN, open.state());
      assertEquals(2, journal.files().cycleFiles().size());
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void a_journal_opened_on_a_full_disk_is_full_and_goes_on_later() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    Disk disk = new Disk();
    JournalSettings settings = journal.settings().withSpaceSource(disk);
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      assertEquals(Journal.State.FULL, open.state());
      assertThrows(JournalException.class, () -> open.append(TestJournal.keyUse(1)));
      disk.leftBytes = 4 << 20;
      journal.clock().advance(Duration.ofSeconds(5));
      open.append(TestJournal.keyUse(1));
    }
    assertNull(journal.verify(null).first());
    assertEquals(AuditEvent.JOURNAL_OPENED, all(journal).get(0).entry().event());
  }

  @Test
  void chronicle_never_extends_a_file_by_itself() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    Disk disk = new Disk();
    disk.leftBytes = Long.MAX_VALUE;
    JournalSettings settings = journal.settings().withSpaceSource(disk);
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      for (int i = 0; i < 20_000; i++) {
        open.append(TestJournal.keyUse(i));
        if (i % 5000 == 4999) {
          journal.clock().advance(Duration.ofMinutes(5));
        }
      }
    }
    long given = Long.MAX_VALUE - disk.leftBytes;
    long found = Files.size(journal.files().reserve());
    for (Path file : journal.files().cycleFiles()) {
      found += Files.size(file);
    }
    found += Files.size(journal.files().queue().resolve("metadata.cq4t"));
    assertEquals(given, found);
  }

  @Test
  void a_really_full_file_system_does_not_kill_the_process() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "skipped: mounting a small tmpfs needs root");
    Path mount = Files.createDirectory(temp.resolve("small"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=4m", "berth-journal-test", mount.toString()) == 0,
        "skipped: mount of a tmpfs is not permitted here");
    try {
      TestJournal journal = TestJournal.create(mount);
      // Others fill the disk as well, down to the last byte.
      Path other = mount.resolve("other");
      try (Journal open = journal.open()) {
        fillFileSystem(other);
        long written = fill(open);
        assertTrue(written > 100, "written: " + written);
        assertEquals(Journal.State.FULL, open.state());
        fillFileSystem(mount.resolve("other-2"));
        for (int i = 0; i < 10; i++) {
          journal.clock().advance(Duration.ofSeconds(5));
          assertThrows(JournalException.class, () -> open.append(TestJournal.keyUse(1)));
        }
        assertNull(journal.verify(open.head()).first());
        Files.delete(other);
        Files.delete(mount.resolve("other-2"));
        journal.clock().advance(Duration.ofSeconds(5));
        open.append(TestJournal.keyUse(1));
      }
      assertNull(journal.verify(null).first());
    } finally {
      assertEquals(0, run("umount", mount.toString()));
    }
  }

  private static long fill(Journal open) throws IOException {
    for (long written = 0; ; written++) {
      try {
        open.append(TestJournal.keyUse(5));
      } catch (JournalException e) {
        assertEquals(JournalException.Reason.FULL, e.reason());
        return written;
      }
    }
  }

  private static void fillFileSystem(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      SpaceSource.WRITTEN_ZEROS.extend(channel, 0, Long.MAX_VALUE);
    } catch (IOException e) {
      assertTrue(e.getMessage().contains("No space left"), e.getMessage());
    }
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    return process.exitValue();
  }

  private static AuditRecord last(TestJournal journal) throws IOException {
    List<AuditRecord> all = all(journal);
    return all.get(all.size() - 1);
  }

  private static List<AuditRecord> all(TestJournal journal) throws IOException {
    List<AuditRecord> all = new ArrayList<>();
    for (Path file : journal.files().cycleFiles()) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        while (reader.next() == CycleFileReader.Step.ENTRY) {
          all.add(AuditRecordCodec.decode(StoredEntry.decode(reader.payload()).canonical()));
        }
      } catch (AuditRecordCodec.MalformedRecordException e) {
        throw new AssertionError(e);
      }
    }
    return all;
  }
}

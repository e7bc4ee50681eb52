// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTest {
  @TempDir Path temp;
  private TestJournal journal;
  private Instant begin;

  @BeforeEach
  void a_journal_of_six_files() throws IOException {
    journal = TestJournal.create(temp);
    begin = journal.clock().instant();
    try (Journal open = journal.open()) {
      for (int i = 0; i < 30; i++) {
        open.append(TestJournal.keyUse(i));
        if (i % 5 == 4) {
          journal.clock().advance(Duration.ofMinutes(5));
        }
      }
    }
  }

  @Test
  void old_files_are_deleted_and_the_rest_verifies() throws IOException {
    int before = journal.files().cycleFiles().size();
    long firstKept;
    try (Journal open = journal.open()) {
      assertEquals(-1, open.prune(begin), "nothing is old enough");
      firstKept = open.prune(begin.plus(Duration.ofMinutes(12)));
      assertTrue(firstKept > 0);
      open.append(TestJournal.keyUse(1));
    }
    assertEquals(before - 3, journal.files().cycleFiles().size());
    VerifyReport report = journal.verify(null);
    assertNull(report.first());
    assertEquals(firstKept, report.firstSequence());
    assertEquals(report.records(), report.verifiedRecords());
    try (Journal open = journal.open()) {
      assertTrue(open.prune(begin.plus(Duration.ofMinutes(17))) > firstKept);
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void the_file_being_written_is_never_deleted() throws IOException {
    journal.clock().advance(Duration.ofMinutes(5));
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(1));
      open.prune(begin.plus(Duration.ofDays(1)));
      assertEquals(1, journal.files().cycleFiles().size());
      open.append(TestJournal.keyUse(2));
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void a_pruning_that_was_interrupted_still_verifies() throws IOException {
    List<Path> files = journal.files().cycleFiles();
    Path second = files.get(1);
    Path copy = Files.copy(second, temp.resolve("second"));
    Path third = files.get(2);
    Path otherCopy = Files.copy(third, temp.resolve("third"));
    try (Journal open = journal.open()) {
      open.prune(begin.plus(Duration.ofMinutes(12)));
    }
    // As if it had ended after the first of three deletions.
    Files.copy(copy, second, StandardCopyOption.COPY_ATTRIBUTES);
    Files.copy(otherCopy, third, StandardCopyOption.COPY_ATTRIBUTES);
    assertNull(journal.verify(null).first());
    try (Journal open = journal.open()) {
      open.prune(begin.plus(Duration.ofMinutes(12)));
    }
    assertFalse(Files.exists(second));
    assertNull(journal.verify(null).first());
  }

  @Test
  void deleting_one_file_more_than_was_pruned_is_found() throws IOException {
    try (Journal open = journal.open()) {
      open.prune(begin.plus(Duration.ofMinutes(7)));
    }
    Files.delete(journal.files().cycleFiles().get(0));
    assertEquals(Finding.Kind.REMOVED, journal.verify(null).first().kind());
  }

  @Test
  void a_forged_prune_record_anchors_nothing() throws IOException {
    List<Path> files = journal.files().cycleFiles();
    Path last = files.get(files.size() - 1);
    // The record before the last checkpoint is made to look like a prune record for what is then
    // deleted.
    byte[] macBefore = lastMacOf(files.get(1));
    long firstKept = firstSequenceOf(files.get(2));
    Files.delete(files.get(0));
    Files.delete(files.get(1));
    String detail =
        new CheckpointStatement(new Head(0, macBefore), 0, 0, firstKept, macBefore)
            .prunedDetail(new byte[70]);
    AuditRecord forged =
        new AuditRecord(firstSequenceOf(last), 0, AuditEntry.own(AuditEvent.PRUNED, 0, detail));
    byte[] entry = new StoredEntry(new byte[32], new AuditRecordCodec().encode(forged)).encode();
    long position;
    try (CycleFileReader reader = new CycleFileReader(last)) {
      assertEquals(CycleFileReader.Step.ENTRY, reader.next());
      position = reader.position();
    }
    try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
      file.seek(position);
      file.write(
          java.nio.ByteBuffer.allocate(4)
              .order(java.nio.ByteOrder.LITTLE_ENDIAN)
              .putInt(entry.length)
              .array());
      file.write(entry);
      file.write(new byte[2000]);
    }
    VerifyReport report = journal.verify(null);
    assertTrue(
        report.findings().stream()
            .anyMatch(
                f -> f.kind() == Finding.Kind.REMOVED && f.message().contains("does not verify")),
        report.findings().toString());
  }

  @Test
  void a_damaged_file_is_not_pruned_away() throws IOException {
    Path oldest = journal.files().cycleFiles().get(0);
    long position;
    try (CycleFileReader reader = new CycleFileReader(oldest)) {
      assertEquals(CycleFileReader.Step.ENTRY, reader.next());
      position = reader.position();
    }
    try (RandomAccessFile file = new RandomAccessFile(oldest.toFile(), "rw")) {
      file.seek(position + 4 + 36);
      file.write(99);
    }
    try (Journal open = journal.open()) {
      JournalException refused =
          assertThrows(
              JournalException.class, () -> open.prune(begin.plus(Duration.ofMinutes(12))));
      assertEquals(JournalException.Reason.TAMPERED, refused.reason());
    }
    assertTrue(Files.exists(oldest));
  }

  private static byte[] lastMacOf(Path file) throws IOException {
    byte[] mac = null;
    try (CycleFileReader reader = new CycleFileReader(file)) {
      while (reader.next() == CycleFileReader.Step.ENTRY) {
        mac = StoredEntry.decode(reader.payload()).mac();
      }
    }
    return mac;
  }

  private static long firstSequenceOf(Path file) throws IOException {
    try (CycleFileReader reader = new CycleFileReader(file)) {
      assertEquals(CycleFileReader.Step.ENTRY, reader.next());
      return AuditRecordCodec.decode(StoredEntry.decode(reader.payload()).canonical()).sequence();
    } catch (AuditRecordCodec.MalformedRecordException e) {
      throw new AssertionError(e);
    }
  }
}

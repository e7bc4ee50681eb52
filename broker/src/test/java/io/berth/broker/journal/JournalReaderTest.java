// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalReaderTest {
  @TempDir Path temp;

  @Test
  void counts_over_files_what_was_given_and_not_what_the_journal_wrote_itself() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    try (Journal open = journal.open()) {
      long noted = open.append(TestJournal.keyUse(0)).sequence();
      open.append(TestJournal.keyUse(1));
      open.checkpoint();
      journal.clock().advance(Duration.ofMinutes(5));
      open.append(TestJournal.keyUse(2));
      assertEquals(2, JournalReader.givenAfter(journal.files(), noted));
      assertEquals(3, JournalReader.givenAfter(journal.files(), -1));
      assertEquals(0, JournalReader.givenAfter(journal.files(), open.lastSequence()));
      List<AuditRecord> last = JournalReader.last(journal.files(), 3);
      assertEquals(
          List.of(AuditEvent.CHECKPOINT, AuditEvent.KEY_USED, AuditEvent.CHECKPOINT),
          last.stream().map(r -> r.entry().event()).toList());
    }
  }

  @Test
  void a_record_keeps_the_time_at_which_it_happened() throws IOException {
    TestJournal journal = TestJournal.create(temp);
    Instant earlier = journal.clock().instant().minus(Duration.ofSeconds(90));
    try (Journal open = journal.open()) {
      long nanos = earlier.getEpochSecond() * 1_000_000_000L + earlier.getNano();
      open.appendTimed(List.of(new TimedEntry(nanos, TestJournal.keyUse(0))));
      assertEquals(nanos, JournalReader.last(journal.files(), 1).get(0).timeNanos());
    }
    assertEquals(List.of(), journal.verify(null).findings());
  }
}

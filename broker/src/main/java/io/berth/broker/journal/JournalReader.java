// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Reads records as they stand, also while the journal is written. Proves nothing: that is {@link
 * JournalVerifier}'s part.
 */
public final class JournalReader {
  private JournalReader() {}

  /**
   * The last {@code count} records, oldest first.
   *
   * @throws JournalException MALFORMED with file and position, when what stands there is no record
   */
  public static List<AuditRecord> last(JournalFiles files, int count) throws IOException {
    List<Path> cycles = files.cycleFiles();
    Deque<AuditRecord> found = new ArrayDeque<>();
    for (int i = cycles.size() - 1; i >= 0 && found.size() < count; i--) {
      Deque<AuditRecord> inFile = new ArrayDeque<>();
      int wanted = count - found.size();
      forEach(
          cycles.get(i),
          record -> {
            inFile.addLast(record);
            if (inFile.size() > wanted) {
              inFile.removeFirst();
            }
          });
      while (!inFile.isEmpty()) {
        found.addFirst(inFile.removeLast());
      }
    }
    return new ArrayList<>(found);
  }

  /**
   * How many records after {@code sequence} the journal was given, leaving out those that it wrote
   * by itself.
   */
  public static long givenAfter(JournalFiles files, long sequence) throws IOException {
    List<Path> cycles = files.cycleFiles();
    long[] given = {0};
    boolean[] reached = {false};
    for (int i = cycles.size() - 1; i >= 0 && !reached[0]; i--) {
      forEach(
          cycles.get(i),
          record -> {
            if (record.sequence() <= sequence) {
              reached[0] = true;
            } else if (!record.entry().event().reservedForJournal()) {
              given[0]++;
            }
          });
    }
    return given[0];
  }

  private interface Visitor {
    void visit(AuditRecord record);
  }

  private static void forEach(Path file, Visitor visitor) throws IOException {
    try (CycleFileReader reader = new CycleFileReader(file)) {
      CycleFileReader.Step step;
      while ((step = reader.next()) == CycleFileReader.Step.ENTRY) {
        StoredEntry entry = StoredEntry.decode(reader.payload());
        if (entry == null) {
          throw notRead(reader, "not a record");
        }
        try {
          visitor.visit(AuditRecordCodec.decode(entry.canonical()));
        } catch (AuditRecordCodec.MalformedRecordException e) {
          throw notRead(reader, e.getMessage());
        }
      }
      if (step == CycleFileReader.Step.MALFORMED) {
        throw notRead(reader, reader.problem());
      }
    }
  }

  private static JournalException notRead(CycleFileReader reader, String what) {
    return new JournalException(
        MALFORMED,
        reader.file()
            + " at "
            + reader.position()
            + ": "
            + what
            + "; run berth audit verify for what happened to it");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.TAMPERED;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds and deletes the files that retention allows to delete. */
final class JournalPruning {
  /**
   * What to delete.
   *
   * @param oldFiles a contiguous prefix of the cycle files, oldest first
   * @param firstKept sequence of the first record after them
   * @param macBeforeFirstKept MAC of the last record in them
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Plan(List<Path> oldFiles, long firstKept, byte[] macBeforeFirstKept) {}

  private JournalPruning() {}

  /**
   * The files before {@code currentFile} of which every record is older, or null when there is
   * none.
   */
  static Plan plan(JournalFiles files, long beforeNanos, Path currentFile) throws IOException {
    List<Path> old = new ArrayList<>();
    long lastSequence = -1;
    byte[] lastMac = null;
    for (Path file : files.cycleFiles()) {
      if (file.equals(currentFile)) {
        break;
      }
      boolean allOlder = true;
      try (CycleFileReader reader = new CycleFileReader(file)) {
        CycleFileReader.Step step;
        long sequence = lastSequence;
        byte[] mac = lastMac;
        while ((step = reader.next()) == CycleFileReader.Step.ENTRY && allOlder) {
          StoredEntry entry = StoredEntry.decode(reader.payload());
          AuditRecord record;
          try {
            record = entry == null ? null : AuditRecordCodec.decode(entry.canonical());
          } catch (AuditRecordCodec.MalformedRecordException e) {
            throw notPruned(file, reader.position(), e.getMessage());
          }
          if (record == null) {
            throw notPruned(file, reader.position(), "not a record");
          }
          allOlder = record.timeNanos() < beforeNanos;
          sequence = record.sequence();
          mac = entry.mac();
        }
        if (step == CycleFileReader.Step.MALFORMED) {
          throw notPruned(file, reader.position(), reader.problem());
        }
        if (!allOlder) {
          break;
        }
        lastSequence = sequence;
        lastMac = mac;
        old.add(file);
      }
    }
    return lastMac == null ? null : new Plan(old, lastSequence + 1, lastMac);
  }

  private static JournalException notPruned(Path file, long position, String what) {
    return new JournalException(
        TAMPERED,
        file
            + " at "
            + position
            + ": "
            + what
            + "; nothing was pruned, because it would destroy evidence");
  }

  /** Deletes, oldest first, so that an interruption leaves a contiguous rest. */
  static void delete(Plan plan) throws IOException {
    for (Path file : plan.oldFiles()) {
      Files.delete(file);
    }
    ProtectedFile.forceDirectory(plan.oldFiles().get(0));
  }
}

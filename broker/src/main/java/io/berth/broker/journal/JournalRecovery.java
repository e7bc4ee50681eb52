// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.TAMPERED;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds where a journal goes on after its process ended, in whatever way.
 *
 * <p>It starts from the stored key state (the last checkpoint), finds the record before it, and
 * checks each record after it as the verifier would. What was half written behind the last whole
 * record is cleared, so that Chronicle neither waits for it nor lets it show through later. It goes
 * on only if all is as this journal can have left it: the records since the checkpoint verify, and
 * the head is among them or, after a power loss, beyond them.
 */
final class JournalRecovery {
  /**
   * More lost records than this after a power loss are not believed; the head file is then forged
   * or damaged.
   */
  private static final long MAX_LOST_RECORDS = 50_000_000;

  /**
   * Where to go on.
   *
   * @param chain the chain after the last record, or after the head when records were lost
   * @param lastFile the file to go on in, null when there is none
   * @param endPosition where its last entry ends
   * @param beginNewFile the file's own index may point behind its end; go on in a new one
   * @param replayed records found after the stored key state
   * @param detail what the record JOURNAL_OPENED says
   */
  record Result(
      AuditChain chain,
      Path lastFile,
      long endPosition,
      boolean beginNewFile,
      long replayed,
      String detail) {}

  private final JournalFiles files;
  private final SealFile.State seal;

  private byte[] tailMac;
  private long lastSequence;
  private long endPosition;

  JournalRecovery(JournalFiles files, SealFile.State seal) {
    this.files = files;
    this.seal = seal;
  }

  Result recover() throws IOException {
    HeadFile.Found head = Files.exists(files.head()) ? HeadFile.read(files.head()) : null;
    String remark =
        head != null ? "" : Files.exists(files.head()) ? " head=unreadable" : " head=missing";
    List<Path> cycles = filesWithRecords();
    long sealed = seal.nextSequence();
    tailMac = seal.headMac();
    lastSequence = sealed - 1;
    boolean anchored = sealed == 0;
    byte[] macAtHead = null;
    RatchetKey key = seal.key().copy();
    for (Path file : fromFileHolding(cycles, sealed - 1)) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        CycleFileReader.Step step;
        while ((step = reader.next()) == CycleFileReader.Step.ENTRY) {
          StoredEntry entry = StoredEntry.decode(reader.payload());
          AuditRecord record = entry == null ? null : decode(entry);
          if (record == null) {
            throw tampered(file, reader.position(), "not a record");
          }
          if (head != null && record.sequence() == head.head().sequence()) {
            macAtHead = entry.mac();
          }
          if (record.sequence() < sealed) {
            anchored |=
                record.sequence() == sealed - 1 && Arrays.equals(entry.mac(), seal.headMac());
            continue;
          }
          if (!anchored || record.sequence() != key.sequence()) {
            checkDeclaredLoss(key, record, file, reader.position());
          }
          if (!Arrays.equals(
              entry.mac(),
              key.mac(previousMac(record), entry.canonical(), entry.canonical().length))) {
            throw tampered(
                file, reader.position(), "record " + record.sequence() + " does not match its MAC");
          }
          tailMac = entry.mac();
          lastSequence = record.sequence();
          key.step();
        }
        if (step == CycleFileReader.Step.MALFORMED) {
          throw tampered(file, reader.position(), reader.problem());
        }
        endPosition = reader.position();
      }
    }
    if (!anchored) {
      throw new JournalException(
          TAMPERED,
          files.queue()
              + ": record "
              + (sealed - 1)
              + ", which was on disk before the key was stored, is missing or another; "
              + "verify the journal, move it away, and begin a new one");
    }
    long replayed = lastSequence - (sealed - 1);
    String detail =
        (sealed == 0 && replayed == 0 ? "created" : "resumed replayed=" + replayed) + remark;
    if (head != null) {
      detail += checkHead(head, key, macAtHead);
    }
    Path lastFile = cycles.isEmpty() ? null : cycles.get(cycles.size() - 1);
    boolean indexDoubtful = lastFile != null && CycleFileRepair.repairEnd(lastFile);
    return new Result(
        new AuditChain(key, tailMac), lastFile, endPosition, indexDoubtful, replayed, detail);
  }

  /**
   * The head against what was found. A head beyond the last record is a power loss as long as it
   * carries the right tag: the chain then goes on after it.
   */
  private String checkHead(HeadFile.Found found, RatchetKey key, byte[] macAtHead)
      throws IOException {
    Head head = found.head();
    if (!Arrays.equals(found.chainId(), seal.chainId())) {
      throw new JournalException(TAMPERED, files.head() + ": belongs to another journal");
    }
    if (head.sequence() <= lastSequence) {
      if (macAtHead != null && !Arrays.equals(macAtHead, head.mac())) {
        throw new JournalException(
            TAMPERED,
            files.head()
                + ": record "
                + head.sequence()
                + " had another MAC when its head was written");
      }
      return "";
    }
    long lost = head.sequence() - lastSequence;
    if (lost > MAX_LOST_RECORDS) {
      throw new JournalException(
          TAMPERED, files.head() + ": is " + lost + " records ahead of the queue");
    }
    long firstLost = lastSequence + 1;
    key.stepTo(head.sequence() + 1);
    if (!found.tagMatches(key)) {
      throw new JournalException(TAMPERED, files.head() + ": was not written by this journal");
    }
    tailMac = head.mac();
    lastSequence = head.sequence();
    return " " + DeclaredLoss.text(firstLost, head);
  }

  /** A gap in the replayed records is right only where an earlier restart declared it. */
  private void checkDeclaredLoss(RatchetKey key, AuditRecord record, Path file, long position)
      throws IOException {
    DeclaredLoss loss = DeclaredLoss.of(record);
    if (loss == null
        || loss.firstLost() != key.sequence()
        || record.sequence() - key.sequence() > MAX_LOST_RECORDS) {
      throw tampered(
          file,
          position,
          "found record " + record.sequence() + " where " + key.sequence() + " belongs");
    }
    key.stepTo(record.sequence());
  }

  private byte[] previousMac(AuditRecord record) {
    DeclaredLoss loss = DeclaredLoss.of(record);
    return loss == null ? tailMac : loss.lastLost().mac();
  }

  private static AuditRecord decode(StoredEntry entry) {
    try {
      return AuditRecordCodec.decode(entry.canonical());
    } catch (AuditRecordCodec.MalformedRecordException e) {
      // The caller reports file and position, which is what matters here.
      return null;
    }
  }

  private static JournalException tampered(Path file, long position, String what) {
    return new JournalException(
        TAMPERED,
        file
            + " at "
            + position
            + ": "
            + what
            + "; verify the journal, move it away, and begin a new one");
  }

  /**
   * Lists the files that hold something. A file of zeros was prepared and not begun, and is
   * removed. One whose own header was never completed cannot hold records of ours, but is kept
   * under another name, in case somebody made it look so.
   */
  private List<Path> filesWithRecords() throws IOException {
    List<Path> kept = new ArrayList<>();
    for (Path file : files.cycleFiles()) {
      CycleFileReader.Step step;
      boolean zeros;
      try (CycleFileReader reader = new CycleFileReader(file)) {
        step = reader.next();
        zeros =
            step == CycleFileReader.Step.END
                && reader.lastHeader() < 0
                && reader.firstNonZero(0) < 0;
      }
      if (zeros) {
        Files.delete(file);
      } else if (step == CycleFileReader.Step.INCOMPLETE || step == CycleFileReader.Step.END) {
        putAsideUnlessBegun(file, kept);
      } else {
        kept.add(file);
      }
    }
    return kept;
  }

  private static void putAsideUnlessBegun(Path file, List<Path> kept) throws IOException {
    long lastHeader;
    try (CycleFileReader reader = new CycleFileReader(file)) {
      while (reader.next() == CycleFileReader.Step.ENTRY) {}
      lastHeader = reader.lastHeader();
    }
    if (lastHeader >= 0) {
      kept.add(file);
      return;
    }
    for (int i = 0; ; i++) {
      Path aside = file.resolveSibling(file.getFileName() + ".unfinished-" + i);
      if (!Files.exists(aside)) {
        Files.move(file, aside);
        return;
      }
    }
  }

  /** The files from the one that holds this record on. */
  private static List<Path> fromFileHolding(List<Path> cycles, long sequence) throws IOException {
    for (int i = cycles.size() - 1; i > 0; i--) {
      try (CycleFileReader reader = new CycleFileReader(cycles.get(i))) {
        if (reader.next() == CycleFileReader.Step.ENTRY) {
          StoredEntry first = StoredEntry.decode(reader.payload());
          AuditRecord record = first == null ? null : decode(first);
          if (record != null && record.sequence() <= sequence) {
            return cycles.subList(i, cycles.size());
          }
        }
      }
    }
    return cycles;
  }

  /** A loss that a restart declared: records that only the head remembered. */
  record DeclaredLoss(long firstLost, Head lastLost) {
    private static final String MARK = " lost-from=";

    static String text(long firstLost, Head lastLost) {
      return MARK.strip() + firstLost + " head=" + lastLost;
    }

    /** The loss that this record declares, or null. */
    static DeclaredLoss of(AuditRecord record) {
      String detail = record.entry().detail();
      int at = detail.indexOf(MARK);
      if (record.entry().event() != AuditEvent.JOURNAL_OPENED || at < 0) {
        return null;
      }
      String[] parts = detail.substring(at + MARK.length()).split(" head=", 2);
      try {
        Head lastLost = Head.parse(parts.length == 2 ? parts[1] : "");
        long firstLost = Long.parseLong(parts[0]);
        return firstLost >= 0
                && firstLost <= lastLost.sequence()
                && lastLost.sequence() == record.sequence() - 1
            ? new DeclaredLoss(firstLost, lastLost)
            : null;
      } catch (IllegalArgumentException e) {
        // Foreign text; the caller treats the record as one that declares nothing.
        return null;
      }
    }
  }
}

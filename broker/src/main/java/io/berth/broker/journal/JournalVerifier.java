// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Verifies a journal, also while it is written, in one pass with bounded memory, without Chronicle
 * and without writing anything.
 *
 * <p><b>What is found</b>, with the verification key: every change of a stored record; a record
 * removed, inserted, moved or doubled; records cut off at the end, as long as the head file or an
 * expected head is newer than what is left; the whole directory set back, or replaced by a journal
 * that forked off earlier, as long as an expected head from outside is newer; a new checkpoint key;
 * a beginning cut off without a signed and chained anchor.
 *
 * <p><b>What cannot be found</b>: setting everything including the head file back to an older state
 * that once was, when nobody outside noted a newer head ({@link VerifyReport#head()} is there to be
 * noted). Changes to records after the last stored key state (at most one checkpoint interval), by
 * somebody who read that key while it was the present one. Anything, by who holds the verification
 * key. And records that the journal was never given.
 */
public final class JournalVerifier {
  /**
   * Where a pruned journal begins, as a PRUNED record says; believed only once the walk has
   * verified that record.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Anchor(long firstKept, byte[] macBefore) {}

  private final JournalFiles files;
  private final VerificationKey verification;
  private final Head expectedHead;
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private long records;
  private long tailResidueAt = -1;
  private Path tailFile;

  /**
   * A verification.
   *
   * @param expectedHead a head noted earlier, or null
   */
  public JournalVerifier(JournalFiles files, VerificationKey verification, Head expectedHead) {
    this.files = files;
    this.verification = verification;
    this.expectedHead = expectedHead;
  }

  /**
   * Reads and checks everything.
   *
   * @throws IOException when the files cannot be read at all; what they say is reported, never
   *     thrown
   */
  public VerifyReport verify() throws IOException {
    // The head first: the journal may be written meanwhile, and then the records are ahead of it,
    // never behind.
    HeadFile.Found head = readHead();
    CheckpointKey.Public checkpointKey = readCheckpointKey();
    List<Path> cycles = files.cycleFiles();
    long firstStored = firstStoredSequence(cycles);
    Anchor anchor = firstStored > 0 ? findAnchor(cycles, firstStored) : null;
    long begin = anchor != null ? anchor.firstKept() : firstStored;
    long start = Math.max(begin, verification.firstSequence());
    byte[] macBefore = null;
    if (start == 0) {
      macBefore = AuditChain.genesisMac(verification.chainId());
    } else if (anchor != null && start == anchor.firstKept()) {
      macBefore = anchor.macBefore();
    }
    if (firstStored > 0 && anchor == null) {
      add(
          Finding.Kind.REMOVED,
          0,
          firstStored - 1,
          cycles.get(0),
          -1,
          "missing at the beginning, without a prune record");
    }
    List<Head> watched = new ArrayList<>();
    watched.add(head == null ? new Head(0, new byte[RatchetKey.MAC_BYTES]) : head.head());
    if (expectedHead != null) {
      watched.add(expectedHead);
    }
    try (ChainWalk walk =
        new ChainWalk(
            verification, anchor, start, macBefore, checkpointKey, head, watched, findings)) {
      for (int i = 0; i < cycles.size(); i++) {
        walkFile(walk, cycles.get(i), i == cycles.size() - 1);
      }
      if (anchor != null && !walk.anchorConfirmed()) {
        add(
            Finding.Kind.REMOVED,
            0,
            Math.max(0, begin - 1),
            cycles.get(0),
            -1,
            "missing at the beginning, and the prune record does not verify");
      }
      judgeEnd(walk, head, start);
      if (walk.unjudged() > 0) {
        notes.add(walk.unjudged() + " records right after altered ones cannot be judged");
      }
      return new VerifyReport(
          findings,
          notes,
          cycles.size(),
          records,
          walk.verified(),
          walk.checkpoints(),
          walk.firstVerified(),
          walk.last());
    }
  }

  private HeadFile.Found readHead() throws IOException {
    if (!Files.exists(files.head())) {
      add(
          Finding.Kind.UNREADABLE,
          -1,
          -1,
          files.head(),
          -1,
          "the head file is missing: the end cannot be judged by it");
      return null;
    }
    HeadFile.Found head = HeadFile.read(files.head());
    if (head == null) {
      add(
          Finding.Kind.UNREADABLE,
          -1,
          -1,
          files.head(),
          -1,
          "neither slot of the head file is whole");
    } else if (!Arrays.equals(head.chainId(), verification.chainId())) {
      add(
          Finding.Kind.ALTERED,
          -1,
          -1,
          files.head(),
          -1,
          "the head file belongs to another journal");
      return null;
    }
    return head;
  }

  private CheckpointKey.Public readCheckpointKey() throws IOException {
    Path file = files.checkpointPublicKey();
    try {
      CheckpointKey.Public key = CheckpointKey.Public.read(file);
      if (Arrays.equals(key.hash(), verification.checkpointKeyHash())) {
        return key;
      }
      add(
          Finding.Kind.BAD_SIGNATURE,
          -1,
          -1,
          file,
          -1,
          "is not the public key that the journal was created with");
    } catch (JournalException | NoSuchFileException e) {
      add(Finding.Kind.BAD_SIGNATURE, -1, -1, file, -1, "cannot be read: " + e.getMessage());
    }
    return null;
  }

  /**
   * The first record's number. It is not verified yet: when the second record says otherwise, the
   * smaller beginning is taken, and the walk finds out which of the two was altered.
   */
  private static long firstStoredSequence(List<Path> cycles) throws IOException {
    long first = -1;
    for (Path file : cycles) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        while (reader.next() == CycleFileReader.Step.ENTRY) {
          AuditRecord record = decodeOrNull(reader.payload());
          if (record == null) {
            // Reported by the walk, as the first record.
            return Math.max(first, 0);
          }
          if (first >= 0) {
            return Math.max(0, Math.min(first, record.sequence() - 1));
          }
          first = record.sequence();
        }
      }
    }
    return Math.max(first, 0);
  }

  /** The last prune record; only looked for when the beginning is missing. */
  private static Anchor findAnchor(List<Path> cycles, long firstStored) throws IOException {
    Anchor anchor = null;
    for (Path file : cycles) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        while (reader.next() == CycleFileReader.Step.ENTRY) {
          AuditRecord record = decodeOrNull(reader.payload());
          if (record != null && record.entry().event() == AuditEvent.PRUNED) {
            CheckpointStatement.Detail detail =
                CheckpointStatement.parse(AuditEvent.PRUNED, record.entry().detail());
            if (detail != null
                && detail.firstKept() >= firstStored
                && detail.firstKept() <= record.sequence()) {
              anchor = new Anchor(detail.firstKept(), detail.macBeforeFirstKept());
            }
          }
        }
      }
    }
    return anchor;
  }

  private static AuditRecord decodeOrNull(byte[] payload) {
    StoredEntry entry = StoredEntry.decode(payload);
    try {
      return entry == null ? null : AuditRecordCodec.decode(entry.canonical());
    } catch (AuditRecordCodec.MalformedRecordException e) {
      // The walk meets the same bytes again and reports them with their place.
      return null;
    }
  }

  private void walkFile(ChainWalk walk, Path file, boolean lastFile) throws IOException {
    try (CycleFileReader reader = new CycleFileReader(file)) {
      CycleFileReader.Step step;
      while ((step = reader.next()) == CycleFileReader.Step.ENTRY) {
        records++;
        walk.take(file, reader.position(), reader.payload());
      }
      long residue = reader.firstNonZero(reader.endOfWriting());
      // A writer makes the next file before it ends this one: the mark may have come meanwhile.
      if (residue >= 0
          && !lastFile
          && step == CycleFileReader.Step.END
          && reader.again() == CycleFileReader.Step.END_MARK) {
        residue = reader.firstNonZero(reader.endOfWriting());
      }
      if (step == CycleFileReader.Step.MALFORMED) {
        add(Finding.Kind.UNREADABLE, -1, -1, file, reader.position(), reader.problem());
      } else if (residue >= 0 && lastFile) {
        tailFile = file;
        tailResidueAt = residue;
      } else if (residue >= 0) {
        add(
            Finding.Kind.UNREADABLE,
            -1,
            -1,
            file,
            residue,
            "bytes after the last record of a finished file");
      }
    }
  }

  private void judgeEnd(ChainWalk walk, HeadFile.Found head, long start) {
    Head last = walk.last();
    long lastSequence = last == null ? start - 1 : last.sequence();
    if (last == null && head == null) {
      add(
          Finding.Kind.TRUNCATED,
          0,
          0,
          files.queue(),
          -1,
          "no record is left; an opened journal has at least one");
    }
    boolean headBeyond = head != null && head.head().sequence() > lastSequence;
    if (head != null) {
      if (!walk.headTagMatches()) {
        add(
            Finding.Kind.ALTERED,
            -1,
            -1,
            files.head(),
            -1,
            "the head file was not written by this journal");
      } else if (walk.mismatched(0)) {
        add(
            Finding.Kind.ROLLED_BACK,
            head.head().sequence(),
            head.head().sequence(),
            files.head(),
            -1,
            "this record had another MAC when the head was written");
      }
      if (headBeyond) {
        add(
            Finding.Kind.TRUNCATED,
            lastSequence + 1,
            head.head().sequence(),
            tailFile == null ? files.queue() : tailFile,
            tailResidueAt,
            "missing at the end; the head file knows " + head.head());
      }
    }
    if (tailResidueAt >= 0 && !headBeyond) {
      notes.add(
          "an unfinished write stands after the last record, in "
              + tailFile.getFileName()
              + " at "
              + tailResidueAt);
    }
    if (expectedHead != null) {
      judgeExpectedHead(walk, lastSequence, headBeyond, start);
    }
  }

  private void judgeExpectedHead(
      ChainWalk walk, long lastSequence, boolean headBeyond, long start) {
    long sequence = expectedHead.sequence();
    if (sequence < start) {
      notes.add(
          "the expected head " + sequence + " is older than the first record verified, " + start);
    } else if (sequence > lastSequence) {
      add(
          headBeyond ? Finding.Kind.TRUNCATED : Finding.Kind.ROLLED_BACK,
          lastSequence + 1,
          sequence,
          files.queue(),
          -1,
          headBeyond
              ? "missing at the end, by the expected head"
              : "the queue and the head file both are older than the expected head "
                  + expectedHead);
    } else if (walk.mismatched(1)) {
      add(
          Finding.Kind.ROLLED_BACK,
          sequence,
          sequence,
          files.queue(),
          -1,
          "this record had another MAC when the expected head was noted: the journal was set back and written anew");
    }
  }

  private void add(
      Finding.Kind kind, long first, long last, Path file, long position, String message) {
    if (findings.size() < VerifyReport.MAX_FINDINGS) {
      findings.add(new Finding(kind, first, last, file, position, message));
    }
  }
}

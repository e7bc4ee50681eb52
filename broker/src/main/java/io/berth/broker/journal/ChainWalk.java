// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Walks along the records in the order of the files, recomputes the chain, and says of each
 * deviation what it is.
 *
 * <p>After a deviation it goes on from the stored MAC, so that one altered record is one finding
 * and what follows is still verified. Whether a wrong sequence number is an altered record, a gap
 * or a swap shows only at the records after it; findings are therefore revised as the walk goes on.
 */
final class ChainWalk implements AutoCloseable {
  /**
   * A longer jump of sequence numbers is not believed and not stepped over: it would take hours to
   * compute.
   */
  private static final long MAX_GAP = 50_000_000;

  private final byte[] chainId;
  private final long start;
  private final CheckpointKey.Public checkpointKey;
  private final List<Head> watched;
  private final List<Finding> findings;
  private final byte[] genesisMac;

  private RatchetKey key;

  /**
   * MACs that the record before may have had: the stored one, and the right one if that differs;
   * empty when unknown.
   */
  private List<byte[]> previousMacs;

  private long expected;
  private RatchetKey keyBeforeJump;
  private int jumpFinding = -1;
  private int backwardFinding = -1;
  private byte[] backwardMac;

  private boolean previousAltered;
  private long unjudged;
  private long verified;
  private long checkpoints;
  private long firstVerified = -1;
  private Head last;
  private boolean anchorConfirmed;
  private final JournalVerifier.Anchor anchor;
  private final boolean[] watchedMismatch;
  private HeadFile.Found headFound;
  private boolean headTagWrong;

  ChainWalk(
      VerificationKey verification,
      JournalVerifier.Anchor anchor,
      long start,
      byte[] macBeforeStart,
      CheckpointKey.Public checkpointKey,
      HeadFile.Found headFound,
      List<Head> watched,
      List<Finding> findings) {
    this.chainId = verification.chainId();
    this.genesisMac = AuditChain.genesisMac(chainId);
    this.anchor = anchor;
    this.start = start;
    this.checkpointKey = checkpointKey;
    this.headFound = headFound;
    this.watched = watched;
    this.watchedMismatch = new boolean[watched.size()];
    this.findings = findings;
    key = verification.copyOfKey();
    key.stepTo(start);
    expected = start;
    previousMacs = macBeforeStart == null ? List.of() : List.of(macBeforeStart);
  }

  /** Takes the next entry of the journal. */
  void take(Path file, long position, byte[] untrustedPayload) {
    StoredEntry entry = StoredEntry.decode(untrustedPayload);
    AuditRecord record = null;
    String problem = "the stored entry has not the form of a record";
    if (entry != null) {
      try {
        record = AuditRecordCodec.decode(entry.canonical());
      } catch (AuditRecordCodec.MalformedRecordException e) {
        problem = e.getMessage();
      }
    }
    if (record == null) {
      report(Finding.Kind.ALTERED, expected, expected, file, position, problem);
      advance(entry == null ? List.of() : List.of(entry.mac()));
      return;
    }
    if (record.sequence() < start) {
      // Before the auditor's key, or what a pruning that was interrupted has not deleted yet.
      if (record.sequence() == start - 1 && previousMacs.isEmpty()) {
        previousMacs = List.of(entry.mac());
      }
      return;
    }
    place(file, position, record, entry);
  }

  private void place(Path file, long position, AuditRecord record, StoredEntry entry) {
    long sequence = record.sequence();
    if (keyBeforeJump != null && sequence == keyBeforeJump.sequence() + 1) {
      // The record before claimed a far number and this one has the number after the gap's first:
      // it was altered, not a gap.
      replaceFinding(
          jumpFinding,
          Finding.Kind.ALTERED,
          keyBeforeJump.sequence(),
          "its sequence number was changed");
      key.close();
      key = keyBeforeJump;
      keyBeforeJump = null;
      advance(List.of(last.mac()));
    } else if (backwardFinding >= 0 && sequence == expected + 1) {
      replaceFinding(
          backwardFinding, Finding.Kind.ALTERED, expected, "its sequence number was changed");
      advance(List.of(backwardMac));
    }
    forgetJump();
    backwardFinding = -1;
    if (sequence < expected) {
      takeBackward(file, position, sequence, entry);
      return;
    }
    if (sequence > expected && !takeJump(file, position, record)) {
      advance(List.of(entry.mac()));
      return;
    }
    check(file, position, record, entry);
  }

  private void takeBackward(Path file, long position, long sequence, StoredEntry entry) {
    for (int i = 0; i < findings.size(); i++) {
      Finding gap = findings.get(i);
      if (gap.kind() == Finding.Kind.REMOVED
          && gap.firstSequence() <= sequence
          && sequence <= gap.lastSequence()) {
        replaceFinding(
            i,
            Finding.Kind.REORDERED,
            gap.firstSequence(),
            "record " + sequence + " stands after later ones");
        return;
      }
    }
    backwardFinding = findings.size();
    backwardMac = entry.mac();
    report(
        Finding.Kind.REORDERED,
        sequence,
        sequence,
        file,
        position,
        "found where record " + expected + " belongs");
  }

  /** A number that is too large; false when it is not believed. */
  private boolean takeJump(Path file, long position, AuditRecord record) {
    long sequence = record.sequence();
    if (sequence - expected > MAX_GAP) {
      report(
          Finding.Kind.ALTERED,
          expected,
          expected,
          file,
          position,
          "claims the sequence number " + sequence);
      return false;
    }
    JournalRecovery.DeclaredLoss loss = JournalRecovery.DeclaredLoss.of(record);
    boolean declared = loss != null && loss.firstLost() == expected;
    jumpFinding = findings.size();
    report(
        Finding.Kind.REMOVED,
        expected,
        sequence - 1,
        file,
        position,
        declared
            ? "lost before the restart that this record tells of (power loss)"
            : "missing; the next record found is " + sequence);
    keyBeforeJump = key.copy();
    key.stepTo(sequence);
    expected = sequence;
    previousMacs = declared ? List.of(loss.lastLost().mac()) : List.of();
    return true;
  }

  private void check(Path file, long position, AuditRecord record, StoredEntry entry) {
    byte[] right = null;
    boolean matches = false;
    boolean altered = false;
    for (byte[] previous : previousMacs) {
      byte[] mac = key.mac(previous, entry.canonical(), entry.canonical().length);
      matches |= Arrays.equals(mac, entry.mac());
      right = matches || right != null ? right : mac;
    }
    long sequence = record.sequence();
    if (matches) {
      verified++;
      firstVerified = firstVerified < 0 ? sequence : firstVerified;
      if (record.entry().event() == AuditEvent.CHECKPOINT
          || record.entry().event() == AuditEvent.PRUNED) {
        checkSignature(file, position, record);
      }
    } else if (previousAltered) {
      // Both the MAC and the content before it were changed, so that what this one was sealed with
      // is unknown.
      unjudged++;
    } else if (!previousMacs.isEmpty()) {
      altered = true;
      report(
          Finding.Kind.ALTERED,
          sequence,
          sequence,
          file,
          position,
          "the MAC does not match the record");
    }
    previousAltered = altered;
    last = new Head(sequence, entry.mac());
    for (int i = 0; i < watched.size(); i++) {
      watchedMismatch[i] |= watched.get(i).sequence() == sequence && !watched.get(i).equals(last);
    }
    advance(matches || right == null ? List.of(entry.mac()) : List.of(entry.mac(), right));
    if (headFound != null && headFound.head().sequence() == sequence) {
      headTagWrong = !headFound.tagMatches(key);
    }
  }

  private void checkSignature(Path file, long position, AuditRecord record) {
    if (checkpointKey == null) {
      return;
    }
    CheckpointStatement.Detail detail =
        CheckpointStatement.parse(record.entry().event(), record.entry().detail());
    boolean right = false;
    if (detail != null && record.sequence() > 0) {
      boolean pruned = detail.firstKept() >= 0;
      CheckpointStatement statement =
          new CheckpointStatement(
              new Head(record.sequence() - 1, previousMacs.get(0)),
              record.timeNanos(),
              record.sequence(),
              pruned ? detail.firstKept() : 0,
              pruned ? detail.macBeforeFirstKept() : genesisMac);
      right = checkpointKey.verifies(statement.bytes(chainId), detail.signature());
      anchorConfirmed |=
          right
              && anchor != null
              && detail.firstKept() == anchor.firstKept()
              && Arrays.equals(detail.macBeforeFirstKept(), anchor.macBefore());
    }
    if (right) {
      checkpoints++;
    } else {
      report(
          Finding.Kind.BAD_SIGNATURE,
          record.sequence(),
          record.sequence(),
          file,
          position,
          "the signature of the checkpoint is not right under the journal's public key");
    }
  }

  private void advance(List<byte[]> macs) {
    previousMacs = macs;
    if (macs.size() == 1) {
      last = new Head(expected, macs.get(0));
    }
    key.step();
    expected++;
  }

  private void forgetJump() {
    if (keyBeforeJump != null) {
      keyBeforeJump.close();
      keyBeforeJump = null;
    }
  }

  private void report(
      Finding.Kind kind, long first, long lastConcerned, Path file, long position, String message) {
    if (findings.size() < VerifyReport.MAX_FINDINGS) {
      findings.add(new Finding(kind, first, lastConcerned, file, position, message));
    }
  }

  private void replaceFinding(int index, Finding.Kind kind, long sequence, String message) {
    if (index < findings.size()) {
      Finding old = findings.get(index);
      findings.set(
          index, new Finding(kind, sequence, sequence, old.file(), old.position(), message));
    }
  }

  /** Whether the chain tag of the head file is right; the walk must have ended. */
  boolean headTagMatches() {
    if (headFound.head().sequence() >= expected
        && headFound.head().sequence() - expected <= MAX_GAP) {
      key.stepTo(headFound.head().sequence() + 1);
      return headFound.tagMatches(key);
    }
    return !headTagWrong;
  }

  boolean mismatched(int watchedIndex) {
    return watchedMismatch[watchedIndex];
  }

  boolean anchorConfirmed() {
    return anchorConfirmed;
  }

  /** The last record in the order of the chain; null when there was none. */
  Head last() {
    return last;
  }

  /** Records that cannot be judged because the record before was altered together with its MAC. */
  long unjudged() {
    return unjudged;
  }

  long verified() {
    return verified;
  }

  long checkpoints() {
    return checkpoints;
  }

  long firstVerified() {
    return firstVerified;
  }

  @Override
  public void close() {
    forgetJump();
    key.close();
  }
}

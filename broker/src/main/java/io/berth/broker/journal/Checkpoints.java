// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * When a signed checkpoint is due, and how one is written: the statement as a record of the chain,
 * everything forced, and then the key state, which presupposes both. One thread.
 */
final class Checkpoints {
  private final ChainWriter writer;
  private final CheckpointKey key;
  private final SealFile seal;
  private final byte[] chainId;
  private final long everyRecords;
  private final Duration every;
  private Instant last;

  Checkpoints(
      ChainWriter writer,
      CheckpointKey key,
      SealFile seal,
      byte[] chainId,
      JournalSettings settings) {
    this.writer = writer;
    this.key = key;
    this.seal = seal;
    this.chainId = chainId;
    this.everyRecords = settings.checkpointRecords();
    this.every = settings.checkpointInterval();
    this.last = settings.clock().instant();
  }

  boolean areDue(Instant now) {
    long records = writer.sinceKeyState();
    return records >= everyRecords || (records > 0 && !now.isBefore(last.plus(every)));
  }

  /** Writes one of what there is. */
  void write(Instant now) throws IOException {
    CheckpointStatement statement = statement(now, 0, AuditChain.genesisMac(chainId));
    String detail = CheckpointStatement.checkpointDetail(key.sign(statement.bytes(chainId)));
    write(now, AuditEvent.CHECKPOINT, detail);
  }

  /** Writes the anchor of a journal whose oldest records are about to be deleted. */
  void writePruned(Instant now, long firstKept, byte[] macBeforeFirstKept) throws IOException {
    CheckpointStatement statement = statement(now, firstKept, macBeforeFirstKept);
    String detail = statement.prunedDetail(key.sign(statement.bytes(chainId)));
    write(now, AuditEvent.PRUNED, detail);
  }

  private CheckpointStatement statement(Instant now, long firstKept, byte[] macBefore) {
    return new CheckpointStatement(
        writer.head(), ChainWriter.toNanos(now), writer.nextSequence(), firstKept, macBefore);
  }

  private void write(Instant now, AuditEvent event, String detail) throws IOException {
    writer.writeWithRoomForLargest(now, ChainWriter.at(now, AuditEntry.own(event, 0, detail)));
    storeKeyState(now);
  }

  /**
   * Stores the key state. One that cannot be stored is a full journal: the records are safe, and
   * what follows them waits for space.
   */
  void storeKeyState(Instant now) throws IOException {
    writer.storeKeyState(seal);
    last = now;
  }
}

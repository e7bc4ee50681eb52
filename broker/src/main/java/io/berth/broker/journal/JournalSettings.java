// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.time.Duration;
import java.time.InstantSource;

/**
 * How a journal is kept. Everything has a default; the with-methods return changed copies.
 *
 * @param roll how long one file is written
 * @param blockBytes unit of reservation and mapping, a power of two from 256 KiB
 * @param reserveBytes size of the reserve file
 * @param checkpointRecords a checkpoint is written at the latest after so many records
 * @param checkpointInterval and at the latest after so much time, if anything was written
 * @param sync when records are forced to disk
 * @param retryInterval how often a full journal tries to go on
 * @param clock wall clock
 * @param space gives files their blocks
 */
public record JournalSettings(
    RollPeriod roll,
    int blockBytes,
    long reserveBytes,
    int checkpointRecords,
    Duration checkpointInterval,
    SyncPolicy sync,
    Duration retryInterval,
    InstantSource clock,
    SpaceSource space) {

  /** When records are forced to disk. */
  public enum SyncPolicy {
    /**
     * At checkpoints. An acknowledged record survives the death of every process, and of the whole
     * host except for what was written since the last checkpoint; such a loss is declared in the
     * journal.
     */
    AT_CHECKPOINT,
    /**
     * Before each acknowledgement: an acknowledged record survives power loss. One fsync per append
     * or batch.
     */
    EVERY_BATCH
  }

  /** Checks the figures. */
  public JournalSettings {
    if (checkpointRecords < 1 || reserveBytes < 0) {
      throw new IllegalArgumentException(
          "journal settings: checkpointRecords "
              + checkpointRecords
              + " < 1 or reserveBytes "
              + reserveBytes
              + " < 0");
    }
  }

  /** The defaults of production. */
  public static JournalSettings defaults() {
    return new JournalSettings(
        RollPeriod.DAILY,
        1 << 20,
        1 << 20,
        4096,
        Duration.ofMinutes(1),
        SyncPolicy.AT_CHECKPOINT,
        Duration.ofSeconds(5),
        InstantSource.system(),
        SpaceSource.WRITTEN_ZEROS);
  }

  /** A copy with another roll period. */
  public JournalSettings withRoll(RollPeriod value) {
    return new JournalSettings(
        value,
        blockBytes,
        reserveBytes,
        checkpointRecords,
        checkpointInterval,
        sync,
        retryInterval,
        clock,
        space);
  }

  /** A copy with another block size and reserve. */
  public JournalSettings withSpace(int block, long reserve) {
    return new JournalSettings(
        roll,
        block,
        reserve,
        checkpointRecords,
        checkpointInterval,
        sync,
        retryInterval,
        clock,
        space);
  }

  /** A copy with other checkpoint limits. */
  public JournalSettings withCheckpoints(int records, Duration interval) {
    return new JournalSettings(
        roll, blockBytes, reserveBytes, records, interval, sync, retryInterval, clock, space);
  }

  /** A copy with another sync policy. */
  public JournalSettings withSync(SyncPolicy value) {
    return new JournalSettings(
        roll,
        blockBytes,
        reserveBytes,
        checkpointRecords,
        checkpointInterval,
        value,
        retryInterval,
        clock,
        space);
  }

  /** A copy with another clock. */
  public JournalSettings withClock(InstantSource value) {
    return new JournalSettings(
        roll,
        blockBytes,
        reserveBytes,
        checkpointRecords,
        checkpointInterval,
        sync,
        retryInterval,
        value,
        space);
  }

  /** A copy with another source of space. */
  JournalSettings withSpaceSource(SpaceSource value) {
    return new JournalSettings(
        roll,
        blockBytes,
        reserveBytes,
        checkpointRecords,
        checkpointInterval,
        sync,
        retryInterval,
        clock,
        value);
  }
}

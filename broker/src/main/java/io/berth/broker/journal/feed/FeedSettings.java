// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import io.berth.broker.config.JournalConfig;
import io.berth.broker.journal.JournalSettings;
import io.berth.broker.journal.JournalSettings.SyncPolicy;
import java.time.Duration;
import java.util.Map;

/**
 * What the broker's configuration says to the journal process, as settings of WORKER_WELCOME.
 *
 * @param sync when records are forced to disk
 * @param retention records are kept so long; zero: for ever
 * @param acknowledged sequence of the last journal record of which this broker knows, -1 if none
 */
record FeedSettings(
    SyncPolicy sync,
    int checkpointRecords,
    Duration checkpointInterval,
    long reserveBytes,
    Duration retention,
    long acknowledged) {

  static Map<String, String> write(JournalConfig config, long acknowledged) {
    return Map.of(
        "sync", config.sync().toString(),
        "checkpoint_every", Integer.toString(config.checkpointEvery()),
        "checkpoint_ms", Long.toString(config.checkpointNanos() / 1_000_000),
        "reserve_bytes", Long.toString(config.reserveBytes()),
        "retention_days", Integer.toString(config.retentionDays()),
        "acknowledged", Long.toString(acknowledged));
  }

  /**
   * Reads what a broker sent.
   *
   * @throws IllegalArgumentException naming the setting that is missing or wrong
   */
  static FeedSettings read(Map<String, String> settings) {
    String sync = settings.getOrDefault("sync", "");
    if (!sync.equals("process") && !sync.equals("power")) {
      throw new IllegalArgumentException("sync: expected process or power, found '" + sync + "'");
    }
    return new FeedSettings(
        sync.equals("power") ? SyncPolicy.EVERY_BATCH : SyncPolicy.AT_CHECKPOINT,
        (int) number(settings, "checkpoint_every", 1, Integer.MAX_VALUE),
        Duration.ofMillis(number(settings, "checkpoint_ms", 1, Integer.MAX_VALUE)),
        number(settings, "reserve_bytes", 0, Long.MAX_VALUE),
        Duration.ofDays(number(settings, "retention_days", 0, 1_000_000)),
        number(settings, "acknowledged", -1, Long.MAX_VALUE));
  }

  private static long number(Map<String, String> settings, String key, long least, long most) {
    String text = settings.getOrDefault(key, "");
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(key + ": expected a number, found '" + text + "'", e);
    }
    throw new IllegalArgumentException(
        key + ": expected " + least + ".." + most + ", found " + text);
  }

  JournalSettings journal() {
    JournalSettings defaults = JournalSettings.defaults();
    return defaults
        .withSpace(defaults.blockBytes(), reserveBytes)
        .withCheckpoints(checkpointRecords, checkpointInterval)
        .withSync(sync);
  }

  /** Whether a journal opened for {@code other} serves as well. */
  boolean sameJournal(FeedSettings other) {
    return journal().equals(other.journal());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.Audit;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The audit journal.
 *
 * @param checkpointEvery records between signed checkpoints
 * @param retentionDays 0 = for ever
 * @param keyUse what grants record that do not say so themselves
 */
public record JournalConfig(
    Path directory,
    boolean enabled,
    OnFailure onFailure,
    int checkpointEvery,
    long checkpointNanos,
    long reserveBytes,
    Sync sync,
    int retentionDays,
    Audit keyUse) {

  /** What happens to audited operations while the journal cannot record. */
  public enum OnFailure {
    REFUSE,
    CONTINUE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What an acknowledged record survives. */
  public enum Sync {
    /** kill -9 of any process: it is in the page cache. */
    PROCESS,
    /** Loss of power: it is on the disk. */
    POWER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static JournalConfig read(Section s, BrokerConfig broker) {
    JournalConfig journal =
        new JournalConfig(
            s.path("directory", " or auto").orElse(broker.dataDirectory().resolve("journal")),
            s.flag("enabled", true),
            s.choice("on_failure", OnFailure.class, OnFailure.REFUSE),
            s.integer("checkpoint_every", 1_000, 1, 10_000_000),
            Units.millis(s.integer("checkpoint_ms", 10_000, 10, 86_400_000)),
            s.number("reserve_mb", 64, 1, 1 << 20) * Units.MIB,
            s.choice("sync", Sync.class, Sync.PROCESS),
            s.integer("retention_days", 180, 0, 36_500),
            s.choice("key_use", Audit.class, Audit.FIRST));
    s.end();
    return journal;
  }
}

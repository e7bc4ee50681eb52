// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

/** When a worker counts as hung, how it is restarted, when to stop trying. Times in nanoseconds. */
public record SupervisionConfig(
    long startTimeoutNanos,
    long heartbeatNanos,
    long heartbeatTimeoutNanos,
    long hangTimeoutNanos,
    long stopGraceNanos,
    long orphanTimeoutNanos,
    RestartBackoff restartBackoff,
    int giveUpAfter,
    long giveUpWithinNanos,
    int poisonAfter) {

  /** The first pause, doubled at each death up to the longest, and what starts it afresh. */
  public record RestartBackoff(long initialNanos, long maxNanos, long resetAfterNanos) {}

  static SupervisionConfig read(Section s) {
    SupervisionConfig supervision =
        new SupervisionConfig(
            Units.millis(s.integer("start_timeout_ms", 30_000, 100, 3_600_000)),
            Units.millis(s.integer("heartbeat_ms", 100, 1, 60_000)),
            Units.millis(s.integer("heartbeat_timeout_ms", 1_000, 10, 600_000)),
            Units.millis(s.integer("hang_timeout_ms", 10_000, 10, 3_600_000)),
            Units.millis(s.integer("stop_grace_ms", 5_000, 0, 600_000)),
            Units.millis(s.integer("orphan_timeout_ms", 30_000, 100, 3_600_000)),
            backoff(s.section("restart_backoff_ms")),
            s.integer("give_up_after", 10, 1, 1_000_000),
            Units.millis(s.integer("within_ms", 60_000, 100, 86_400_000)),
            s.integer("poison_after", 2, 1, 1_000));
    s.end();
    if (supervision.heartbeatTimeoutNanos < 2 * supervision.heartbeatNanos) {
      s.error(
          s.has("heartbeat_timeout_ms") ? s.place("heartbeat_timeout_ms") : s.place("heartbeat_ms"),
          s.path("heartbeat_timeout_ms")
              + ": expected at least twice heartbeat_ms, or one late heartbeat kills a healthy worker");
    }
    return supervision;
  }

  private static RestartBackoff backoff(Section s) {
    RestartBackoff backoff =
        new RestartBackoff(
            Units.millis(s.integer("initial", 10, 0, 600_000)),
            Units.millis(s.integer("max", 5_000, 0, 3_600_000)),
            Units.millis(s.integer("reset_after", 500, 1, 86_400_000)));
    s.end();
    if (backoff.initialNanos > backoff.maxNanos) {
      s.error(
          s.place("initial"), s.path("initial") + " is more than max; lower it or raise the other");
    }
    return backoff;
  }
}

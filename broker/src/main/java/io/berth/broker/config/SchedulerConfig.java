// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

/** Queues in front of devices. Times in nanoseconds. */
public record SchedulerConfig(
    int queueLimit,
    long ageingNanos,
    int principalInFlight,
    long defaultDeadlineNanos,
    long maxDeadlineNanos,
    long tickNanos) {

  static SchedulerConfig read(Section s, BrokerConfig broker) {
    int maxDeadlineMillis = s.integer("max_deadline_ms", 600_000, 1, 86_400_000);
    SchedulerConfig scheduler =
        new SchedulerConfig(
            s.integer("queue_limit", 2_048, 1, 1 << 20),
            Units.millis(s.integer("ageing_ms", 50, 1, 60_000)),
            s.integer("principal_in_flight", Math.min(1_024, broker.slots()), 1, 1 << 20),
            Units.millis(
                s.integer(
                    "default_deadline_ms", Math.min(30_000, maxDeadlineMillis), 1, 86_400_000)),
            Units.millis(maxDeadlineMillis),
            Units.millis(s.integer("tick_ms", 5, 1, 1_000)));
    s.end();
    if (scheduler.defaultDeadlineNanos > scheduler.maxDeadlineNanos) {
      s.error(
          s.place("default_deadline_ms"),
          s.path("default_deadline_ms")
              + " is more than max_deadline_ms; lower it or raise the other");
    }
    if (scheduler.principalInFlight > broker.slots()) {
      s.error(
          s.place("principal_in_flight"),
          s.path("principal_in_flight")
              + " is more than broker.slots ("
              + broker.slots()
              + "); lower it or raise the other");
    }
    return scheduler;
  }
}

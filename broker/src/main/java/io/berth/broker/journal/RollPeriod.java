// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.text.ParsePosition;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.RollCycles;

/** How long one file of the queue is written. Retention deletes whole files. */
public enum RollPeriod {
  DAILY(RollCycles.FAST_DAILY),
  HOURLY(RollCycles.FAST_HOURLY),
  FIVE_MINUTES(RollCycles.FIVE_MINUTELY);

  private final RollCycles cycle;
  private final DateTimeFormatter formatter;

  RollPeriod(RollCycles cycle) {
    this.cycle = cycle;
    formatter = DateTimeFormatter.ofPattern(cycle.format()).withZone(ZoneOffset.UTC);
  }

  RollCycle chronicleCycle() {
    return cycle;
  }

  /** Number of the period that this time falls into. */
  long periodOf(long epochMillis) {
    return Math.floorDiv(epochMillis, cycle.lengthInMillis());
  }

  /** A time inside the period. */
  long millisIn(long period) {
    return period * cycle.lengthInMillis();
  }

  /** Name of the period's file, as Chronicle derives it. */
  String fileName(long period) {
    return formatter.format(Instant.ofEpochMilli(millisIn(period))) + JournalFiles.CYCLE_SUFFIX;
  }

  /** Whether this period gives its files such names. */
  boolean names(String fileName) {
    String date =
        fileName.substring(0, Math.max(0, fileName.length() - JournalFiles.CYCLE_SUFFIX.length()));
    ParsePosition end = new ParsePosition(0);
    return formatter.parseUnresolved(date, end) != null && end.getIndex() == date.length();
  }
}

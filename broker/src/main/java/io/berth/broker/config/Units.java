// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.concurrent.TimeUnit;

/** The file's units to the program's: nanoseconds and bytes. */
final class Units {
  static final int KIB = 1024;
  static final long MIB = 1024L * 1024L;

  private Units() {}

  static long millis(long milliseconds) {
    return TimeUnit.MILLISECONDS.toNanos(milliseconds);
  }

  static long toMillis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}

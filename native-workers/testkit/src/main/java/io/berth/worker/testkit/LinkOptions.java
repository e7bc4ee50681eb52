// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import java.util.Map;

/**
 * What WORKER_WELCOME says.
 *
 * @param clockAheadNanos how far the broker's clock is ahead of this machine's
 */
public record LinkOptions(
    String driver,
    Map<String, String> settings,
    int epoch,
    int requestRingBytes,
    int responseRingBytes,
    int maxInlineBytes,
    int heartbeatMillis,
    int yieldMicros,
    long clockAheadNanos) {

  /** Small rings, so that they go round and fill in a test; a short sleep after a short wait. */
  public static LinkOptions of(String driver, Map<String, String> settings) {
    return new LinkOptions(driver, settings, 1, 1 << 17, 1 << 17, 8192, 20, 20, 0);
  }

  public LinkOptions withEpoch(int number) {
    return new LinkOptions(
        driver,
        settings,
        number,
        requestRingBytes,
        responseRingBytes,
        maxInlineBytes,
        heartbeatMillis,
        yieldMicros,
        clockAheadNanos);
  }

  public LinkOptions withRings(int requestBytes, int responseBytes, int inlineBytes) {
    return new LinkOptions(
        driver,
        settings,
        epoch,
        requestBytes,
        responseBytes,
        inlineBytes,
        heartbeatMillis,
        yieldMicros,
        clockAheadNanos);
  }

  public LinkOptions withClockAhead(long nanos) {
    return new LinkOptions(
        driver,
        settings,
        epoch,
        requestRingBytes,
        responseRingBytes,
        maxInlineBytes,
        heartbeatMillis,
        yieldMicros,
        nanos);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import java.util.List;
import java.util.Map;

/**
 * What WORKER_WELCOME says.
 *
 * @param clockAheadNanos how far the broker's clock is ahead of this machine's
 * @param further settings that follow in messages of their own
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
    long clockAheadNanos,
    List<Map<String, String>> further) {

  /** Small rings, so that they go round and fill in a test; a short sleep after a short wait. */
  public static LinkOptions of(String driver, Map<String, String> settings) {
    return new LinkOptions(driver, settings, 1, 1 << 17, 1 << 17, 8192, 20, 20, 0, List.of());
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
        clockAheadNanos,
        further);
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
        clockAheadNanos,
        further);
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
        nanos,
        further);
  }

  /** With settings for which the welcome has no room. */
  public LinkOptions withFurther(List<Map<String, String>> messages) {
    return new LinkOptions(
        driver,
        settings,
        epoch,
        requestRingBytes,
        responseRingBytes,
        maxInlineBytes,
        heartbeatMillis,
        yieldMicros,
        clockAheadNanos,
        messages);
  }
}

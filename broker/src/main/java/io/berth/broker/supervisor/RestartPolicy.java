// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.SupervisionConfig;
import java.util.ArrayDeque;

/**
 * When a dead worker is replaced, and when no more. Deaths that were a client's fault are forgiven
 * here, because otherwise one client could take the device from everybody.
 *
 * <p>Control thread only; time is the caller's.
 */
final class RestartPolicy {
  private final SupervisionConfig config;
  private final Backoff pauses;
  private final ArrayDeque<Long> deathsNanos = new ArrayDeque<>();
  private long servingSinceNanos;
  private boolean serving;

  RestartPolicy(SupervisionConfig config) {
    this.config = config;
    this.pauses =
        new Backoff(config.restartBackoff().initialNanos(), config.restartBackoff().maxNanos());
  }

  void serving(long nowNanos) {
    serving = true;
    servingSinceNanos = nowNanos;
  }

  /**
   * A worker died.
   *
   * @param forgiven whether a request was found guilty of it
   */
  void died(boolean forgiven, long nowNanos) {
    // A worker that served for a while and then died says little about the device: only a row of
    // failures does.
    if (serving && nowNanos - servingSinceNanos >= config.restartBackoff().resetAfterNanos()) {
      reset();
    }
    if (!forgiven) {
      deathsNanos.addLast(nowNanos);
    }
    serving = false;
    while (!deathsNanos.isEmpty()
        && nowNanos - deathsNanos.peekFirst() > config.giveUpWithinNanos()) {
      deathsNanos.removeFirst();
    }
  }

  /**
   * The worker ends because its card has failed. That it served for a while before says little: a
   * card that answers wrongly only under load would be tried for ever.
   */
  void cardFailed(long nowNanos) {
    if (serving && nowNanos - servingSinceNanos >= config.giveUpWithinNanos()) {
      reset();
    }
    serving = false;
  }

  boolean isHopeless() {
    return deathsNanos.size() >= config.giveUpAfter();
  }

  int recentDeaths() {
    return deathsNanos.size();
  }

  /** How long to wait before the next start; doubles until the next worker has served a while. */
  long nextDelayNanos() {
    return pauses.next();
  }

  void reset() {
    deathsNanos.clear();
    pauses.reset();
  }
}

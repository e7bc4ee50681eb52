// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import java.util.HashMap;
import java.util.Map;

/**
 * Which (principal, operation) pairs kill workers.
 *
 * <p>When a worker dies with several requests in flight, any of them may be the cause: each pair
 * becomes a suspect, and suspects are then dispatched alone. A suspect whose request ends well is
 * cleared; one that was alone in flight when a worker died is guilty of that death, and after
 * {@code limit} such deaths it is blocked for {@code blockNanos}. Thereby one client's poison costs
 * the others a few restarts and never the device.
 *
 * <p>Data thread only. Touched only when workers die and while suspects are about; {@link #isEmpty}
 * is what the hot path asks.
 */
public final class KillList {
  private record Key(String principal, int operation) {}

  private static final class Suspicion {
    int deathsAlone;
    long blockedUntilNanos;
  }

  private final Map<Key, Suspicion> suspicions = new HashMap<>();
  private final int limit;
  private final long blockNanos;

  public KillList(int limit, long blockNanos) {
    this.limit = limit;
    this.blockNanos = blockNanos;
  }

  public boolean isEmpty() {
    return suspicions.isEmpty();
  }

  /**
   * A worker died with this pair in flight.
   *
   * @param alone whether nothing else was in flight
   * @return whether the pair is blocked from now on
   */
  public boolean died(String principal, int operation, boolean alone, long nowNanos) {
    Suspicion suspicion =
        suspicions.computeIfAbsent(new Key(principal, operation), key -> new Suspicion());
    if (!alone) {
      return false;
    }
    suspicion.deathsAlone++;
    if (suspicion.deathsAlone < limit) {
      return false;
    }
    suspicion.blockedUntilNanos = nowNanos + blockNanos;
    return true;
  }

  /** A request of the pair ended without harm. */
  public void endedWell(String principal, int operation) {
    suspicions.remove(new Key(principal, operation));
  }

  public boolean isSuspect(String principal, int operation) {
    return suspicions.containsKey(new Key(principal, operation));
  }

  public boolean isBlocked(String principal, int operation, long nowNanos) {
    Suspicion suspicion = suspicions.get(new Key(principal, operation));
    return suspicion != null
        && suspicion.deathsAlone >= limit
        && nowNanos - suspicion.blockedUntilNanos < 0;
  }
}

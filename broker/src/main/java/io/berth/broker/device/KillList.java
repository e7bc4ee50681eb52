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
  private static final class Key {
    private String principal;
    private int operation;

    Key(String principal, int operation) {
      this.principal = principal;
      this.operation = operation;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && operation == key.operation
          && principal.equals(key.principal);
    }

    @Override
    public int hashCode() {
      return 31 * principal.hashCode() + operation;
    }
  }

  private static final class Suspicion {
    int deathsAlone;
    long blockedUntilNanos;
  }

  private final Map<Key, Suspicion> suspicions = new HashMap<>();

  /** What is looked for; one for all, because requests pass here while suspects are about. */
  private final Key sought = new Key("", 0);

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
    suspicions.remove(sought(principal, operation));
  }

  public boolean isSuspect(String principal, int operation) {
    return suspicions.containsKey(sought(principal, operation));
  }

  public boolean isBlocked(String principal, int operation, long nowNanos) {
    Suspicion suspicion = suspicions.get(sought(principal, operation));
    return suspicion != null
        && suspicion.deathsAlone >= limit
        && nowNanos - suspicion.blockedUntilNanos < 0;
  }

  private Key sought(String principal, int operation) {
    sought.principal = principal;
    sought.operation = operation;
    return sought;
  }
}

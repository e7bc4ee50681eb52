// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Which (principal, operation) pairs kill workers.
 *
 * <p>When a worker dies with several requests in flight, any of them may be the cause: each pair
 * becomes a suspect, and suspects are then dispatched alone. A suspect that has ended well often
 * enough is dispatched like everybody again; one that was alone in flight when a worker died is
 * guilty of that death, and after {@code limit} such deaths the pair is blocked for {@code
 * blockNanos}. Thereby one client's poison costs the others a few restarts and never the device.
 *
 * <p>Poison is in single requests, and who mixes it with harmless ones of the same operation must
 * be found out too. Therefore what is known of a death {@link Death#BY_ITSELF} is remembered for
 * {@code blockNanos} after it, or after the block, whatever ends well meanwhile: guilt adds up, and
 * each further such death with the pair in flight multiplies by {@value #MORE_GOOD_ENDS} how often
 * it must end well, alone, to be trusted again. The first costs an innocent one request alone. What
 * is known of a death {@link Death#FROM_OUTSIDE} lasts only until the pair's next request ends
 * well: somebody who kills workers by hand must not get those blocked who happen to be served.
 *
 * <p>Data thread only. Touched only when workers die and while suspects are about; {@link #isEmpty}
 * is what the hot path asks.
 */
public final class KillList {
  private static final int MORE_GOOD_ENDS = 4;
  private static final int MOST_GOOD_ENDS = 1 << 20;

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

  private static final class Conduct {
    /** How often a request of the pair must still end well; suspect while that is not 0. */
    int goodEndsOwed;

    /** How often it will have to after the next death. */
    int goodEndsNextTime = 1;

    /** Deaths alone in flight since a request of the pair ended well. */
    int deathsInRow;

    /** Those of all deaths alone in flight that nothing outweighs. */
    int deathsByItself;

    long blockedUntilNanos;
    long forgottenFromNanos;

    boolean isSuspect() {
      return goodEndsOwed > 0;
    }

    boolean isGuilty(int limit) {
      return Math.max(deathsInRow, deathsByItself) >= limit;
    }
  }

  private final Map<Key, Conduct> pairs = new HashMap<>();

  /** What is looked for; one for all, because requests pass here while suspects are about. */
  private final Key sought = new Key("", 0);

  private final int limit;
  private final long blockNanos;
  private int suspects;

  /**
   * Suspects nobody yet.
   *
   * @param limit deaths of which a pair must be guilty to be blocked
   * @param blockNanos how long it is blocked, and how long guilt is remembered
   */
  public KillList(int limit, long blockNanos) {
    this.limit = limit;
    this.blockNanos = blockNanos;
  }

  /** Whether nobody is suspect or blocked, so that no request need be looked at. */
  public boolean isEmpty() {
    return suspects == 0;
  }

  /**
   * A worker died with this pair in flight.
   *
   * @param alone whether nothing else was in flight
   * @return whether the pair is blocked from now on
   */
  public boolean died(String principal, int operation, boolean alone, Death death, long nowNanos) {
    Conduct conduct = pairs.computeIfAbsent(new Key(principal, operation), key -> new Conduct());
    suspects += conduct.isSuspect() ? 0 : 1;
    conduct.goodEndsOwed = Math.max(conduct.goodEndsOwed, conduct.goodEndsNextTime);
    if (death == Death.BY_ITSELF) {
      conduct.goodEndsNextTime =
          Math.min(MORE_GOOD_ENDS * conduct.goodEndsNextTime, MOST_GOOD_ENDS);
    }
    conduct.forgottenFromNanos = nowNanos + blockNanos;
    if (!alone) {
      return false;
    }
    conduct.deathsInRow++;
    if (death == Death.BY_ITSELF) {
      conduct.deathsByItself++;
    }
    if (!conduct.isGuilty(limit)) {
      return false;
    }
    conduct.blockedUntilNanos = nowNanos + blockNanos;
    conduct.forgottenFromNanos = conduct.blockedUntilNanos + blockNanos;
    return true;
  }

  /** A request of the pair ended without harm. */
  public void endedWell(String principal, int operation) {
    Conduct conduct = pairs.get(sought(principal, operation));
    if (conduct == null || !conduct.isSuspect()) {
      return;
    }
    conduct.deathsInRow = 0;
    if (--conduct.goodEndsOwed > 0) {
      return;
    }
    suspects--;
    if (conduct.goodEndsNextTime == 1) {
      pairs.remove(sought(principal, operation));
    }
  }

  public boolean isSuspect(String principal, int operation) {
    Conduct conduct = pairs.get(sought(principal, operation));
    return conduct != null && conduct.isSuspect();
  }

  public boolean isBlocked(String principal, int operation, long nowNanos) {
    Conduct conduct = pairs.get(sought(principal, operation));
    return conduct != null && conduct.isGuilty(limit) && nowNanos - conduct.blockedUntilNanos < 0;
  }

  /** Drops what is too old to count; to be called now and then, so that the list stays short. */
  public void forget(long nowNanos) {
    if (pairs.isEmpty()) {
      return;
    }
    Iterator<Conduct> each = pairs.values().iterator();
    while (each.hasNext()) {
      Conduct conduct = each.next();
      if (nowNanos - conduct.forgottenFromNanos > 0) {
        suspects -= conduct.isSuspect() ? 1 : 0;
        each.remove();
      }
    }
  }

  /** How many pairs are remembered. */
  int size() {
    return pairs.size();
  }

  private Key sought(String principal, int operation) {
    sought.principal = principal;
    sought.operation = operation;
    return sought;
  }
}

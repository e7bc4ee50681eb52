// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;

/**
 * How often each principal has used each key: requests that a worker was given. Principals may be
 * without number (a gateway names them), so only the first {@value #MOST} pairs are kept apart; all
 * others are counted together.
 *
 * <p>Data thread only; anybody reads the file.
 */
public final class KeyUseCounters {
  /** Pairs that are kept apart, and one counter for the others. */
  public static final int MOST = 512;

  /** Label: this, the key, a space and the principal. */
  public static final String PREFIX = "key-uses ";

  public static final String OTHERS = "key-uses-of-others";

  private static final int LONGEST_LABEL = 380;

  private final CountersManager counters;
  private final Map<String, AtomicCounter> byLabel = new HashMap<>();
  private final AtomicCounter others;

  KeyUseCounters(CountersManager counters) {
    this.counters = counters;
    this.others = counters.newCounter(OTHERS, BrokerCounters.TYPE_ID);
  }

  /** That of a pair, made when it is asked for first. */
  public AtomicCounter of(String resource, String account) {
    String label = PREFIX + resource + ' ' + account;
    AtomicCounter known = byLabel.get(label);
    if (known != null) {
      return known;
    }
    // Names are ASCII: the policy and the configuration have no others.
    if (byLabel.size() == MOST - 1 || label.length() > LONGEST_LABEL) {
      return others;
    }
    AtomicCounter made = counters.newCounter(label, BrokerCounters.TYPE_ID);
    byLabel.put(label, made);
    return made;
  }
}

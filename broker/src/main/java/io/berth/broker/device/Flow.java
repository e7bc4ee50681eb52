// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import io.berth.broker.session.Account;
import java.util.Arrays;

/**
 * The requests that one principal has queued at one device: per priority class in the order of
 * their deadlines. Flows of a class take turns, so that one principal's backlog delays only itself.
 *
 * <p>Data thread only.
 */
public final class Flow {
  private final Account account;

  /** Requests in all classes. */
  int queued;

  final DeadlineOrder[] orders = new DeadlineOrder[DeviceQueue.CLASSES];

  /** Since when the flow has waited for its turn in the class. */
  final long[] turnSinceNanos = new long[DeviceQueue.CLASSES];

  /** The next flow in the class's turn; this flow itself when alone; null when not in it. */
  final Flow[] nextInTurn = new Flow[DeviceQueue.CLASSES];

  public Flow(Account account) {
    this.account = account;
    Arrays.setAll(orders, priority -> new DeadlineOrder());
  }

  public Account account() {
    return account;
  }

  /** How many requests of the principal wait at the device. */
  public int queued() {
    return queued;
  }
}

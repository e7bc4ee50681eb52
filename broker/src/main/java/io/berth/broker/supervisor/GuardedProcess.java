// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guard and the process that it guards, as far as the guard has told: which incarnation, and
 * whether any process of it may be left.
 *
 * <p>Control thread only.
 */
final class GuardedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedProcess.class);

  private final String name;
  private GuardChannel guard;
  private int incarnation;
  private int pid;
  private boolean underWay;

  GuardedProcess(String name) {
    this.name = name;
  }

  /** A guard says hello. False: there is one already, and the second is sent away. */
  boolean arrived(GuardChannel channel, GuardMessage hello) {
    if (guard != null) {
      LOG.warn("{}: a second guard connects; refused", name);
      channel.close();
      return false;
    }
    guard = channel;
    incarnation = Math.max(incarnation, hello.incarnation());
    pid = hello.pid();
    underWay = pid != 0;
    return true;
  }

  /** The guard is gone, and its process with it. */
  void left() {
    guard = null;
    pid = 0;
    underWay = false;
  }

  boolean hasGuard() {
    return guard != null;
  }

  /** From the order to start until no process of the incarnation is left. */
  boolean isUnderWay() {
    return underWay;
  }

  int incarnation() {
    return incarnation;
  }

  /** 0 when none is known to run. */
  int pid() {
    return pid;
  }

  /** Takes note of what the guard says. False: it is about an earlier incarnation. */
  boolean heard(GuardMessage message) {
    if (message.incarnation() != incarnation) {
      return false;
    }
    switch (message.kind()) {
      case GuardMessage.STARTED -> pid = message.pid();
      case GuardMessage.GONE, GuardMessage.START_FAILED, GuardMessage.LOCK_BUSY -> {
        pid = 0;
        underWay = false;
      }
      default -> {}
    }
    return true;
  }

  /** Orders the next incarnation. */
  void start() {
    incarnation++;
    underWay = true;
    order(GuardMessage.ORDER_START);
  }

  void kill() {
    order(GuardMessage.ORDER_KILL);
  }

  /** The process may close its device in order; after the grace the guard kills it. */
  void stop() {
    order(GuardMessage.ORDER_STOP);
  }

  void unlock() {
    order(GuardMessage.ORDER_UNLOCK);
  }

  /** Ends process and guard. */
  void shutDown() {
    order(GuardMessage.ORDER_SHUTDOWN);
  }

  private void order(int kind) {
    if (guard != null) {
      guard.send(GuardMessage.order(kind, incarnation, name));
    }
  }

  /** Closes the connection; the guard looks for the next broker. */
  void letGo() {
    if (guard != null) {
      guard.close();
      guard = null;
    }
  }
}

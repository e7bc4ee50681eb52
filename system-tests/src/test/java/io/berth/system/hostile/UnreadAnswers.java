// SPDX-License-Identifier: Apache-2.0
package io.berth.system.hostile;

import io.berth.shm.frame.EchoOperation;

/** A client that asks and never reads an answer: up to what it may, or beyond. */
public final class UnreadAnswers {
  /** Requests whose unread answers no response ring of the tests' brokers holds. */
  private static final int MORE_THAN_FITS = 100_000;

  private UnreadAnswers() {}

  /** Asks as much as the session's reply space allows, which is no offence. */
  public static void withinLimits(RawSession session, String resource) throws Exception {
    int handle = session.handle(resource);
    for (int i = 0; i < 24; i++) {
      session.put(
          new Frame(handle, EchoOperation.ECHO)
              .correlation(session.nextCorrelation())
              .replyLimit(4096)
              .body(new byte[0], new byte[512]));
    }
  }

  /**
   * Asks until the broker hangs up: its reply space ends, or the slots of its correlations. The
   * caller awaits the end.
   */
  public static void beyondLimits(RawSession session, String resource) throws Exception {
    int handle = session.handle(resource);
    for (int i = 0; i < MORE_THAN_FITS && !session.hungUp(); i++) {
      session.put(
          new Frame(handle, EchoOperation.ECHO)
              .correlation(session.nextCorrelation())
              .replyLimit(0));
    }
  }
}

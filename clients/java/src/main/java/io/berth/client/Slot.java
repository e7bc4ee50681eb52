// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * One place in a connection's table of requests in flight, occupied until the END has been
 * consumed, whatever the caller did meanwhile.
 *
 * <p>Filled by a submitter before it publishes the record, emptied by the leader.
 */
final class Slot {
  private static final int ENDED = -1;

  final int index;

  /**
   * 0 when free. Volatile: what the submitter wrote before it is visible to the leader that reads
   * it.
   */
  volatile long correlation;

  Call call;
  long recordPosition;
  int replySpaceBytes;
  int replyLimit;

  /** Number of the next part, which is also how many came: the leader's. */
  int nextPart;

  /**
   * Parts granted since the request began; {@link #ENDED} once the END gave the reply space back.
   */
  final AtomicInteger credit = new AtomicInteger(ENDED);

  boolean streamed;
  Lease input;
  Lease output;

  Slot(int index) {
    this.index = index;
  }

  /** By a submitter: false if the request has ended. */
  boolean addCredit(int parts) {
    int before;
    do {
      before = credit.get();
      if (before == ENDED) {
        return false;
      }
    } while (!credit.compareAndSet(before, before + parts));
    return true;
  }

  /** By the leader: how many parts may still come. */
  int creditLeft() {
    return credit.get() - nextPart;
  }

  /** By the leader at the END: the reply space that is still reserved. */
  int endReservation() {
    return replySpaceBytes * (1 + credit.getAndSet(ENDED) - nextPart);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

/**
 * Whether requests come one at a time. One that is alone is answered soonest by the thread that has
 * read it: no lane is woken, and no processor falls asleep in between. But whoever asks meanwhile
 * waits for its end, so that once somebody has, the next requests go to lanes before that is tried
 * again.
 *
 * <p>One thread.
 */
final class Company {
  static final int REMEMBERED_REQUESTS = 256;

  private int left;

  /** A request is here. True: others are likely to come while it is executed. */
  boolean isLikely() {
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }

  /** Something came while a request was executed. */
  void seen() {
    left = REMEMBERED_REQUESTS;
  }
}

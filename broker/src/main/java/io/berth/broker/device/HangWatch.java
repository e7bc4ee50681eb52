// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.request.RequestTable.NIL;

import io.berth.broker.request.RequestTable;

/**
 * For how long a worker has got nowhere.
 *
 * <p>A worker that has more requests than lanes begins one later than it gets it, and does not say
 * when. But it begins them in the order in which it gets them; so the oldest that it still has is
 * on the device, and has been at the latest since it became the oldest. That one's time is taken,
 * anew after each part. A stream whose reader has given no credit is passed over: nothing is to be
 * done for it.
 *
 * <p>A request that hangs beside others is the oldest once those before it have ended; so it is
 * found within twice the time that one may take. Older streams that flow on can delay that, up to
 * their deadlines.
 *
 * <p>Data thread only: in each tick {@link #see} for every request that the worker has, then {@link
 * #standingNanos}.
 */
public final class HangWatch {
  private int oldest = NIL;
  private long watchedDispatch;
  private int watchedParts;
  private long sinceNanos;

  /** Shows a request that the worker has and does something for. */
  public void see(RequestTable requests, int slot) {
    if (oldest == NIL || requests.dispatch(slot) < requests.dispatch(oldest)) {
      oldest = slot;
    }
  }

  /** For how long the oldest of those seen since the last call has got nowhere. */
  public long standingNanos(RequestTable requests, long nowNanos) {
    int slot = oldest;
    oldest = NIL;
    if (slot == NIL) {
      watchedDispatch = 0;
      return 0;
    }
    if (requests.dispatch(slot) != watchedDispatch || requests.parts(slot) != watchedParts) {
      watchedDispatch = requests.dispatch(slot);
      watchedParts = requests.parts(slot);
      sinceNanos = nowNanos;
    }
    return nowNanos - sinceNanos;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * An answer in parts, in order.
 *
 * <p>The worker sends only what the caller has granted: taking parts grants as many again, half a
 * window at a time, so a slow caller slows the worker down and nobody else. One thread at a time.
 * Closing early asks the broker to stop.
 */
public final class ReplyStream implements Iterator<byte[]>, AutoCloseable {
  private static final long ROOM_LOOK_NANOS = 10_000_000L;

  private final Exchange exchange;
  private final StreamCall call;
  private final int window;
  private Connection connection;
  private int owed;
  private byte[] ahead;
  private boolean over;

  ReplyStream(Exchange exchange, StreamCall call) {
    this.exchange = exchange;
    this.call = call;
    this.window = call.initialCredit();
    this.connection = exchange.send(call);
  }

  /**
   * Waits for the next part or the end.
   *
   * @throws BerthException if the request failed or its time is over; parts that came before have
   *     been handed out
   */
  @Override
  public boolean hasNext() {
    if (ahead == null && !over) {
      ahead = take();
      over = ahead == null;
    }
    return ahead != null;
  }

  /** The next part; see {@link #hasNext()}. */
  @Override
  public byte[] next() {
    if (!hasNext()) {
      throw new NoSuchElementException(call.where() + ": the stream has ended");
    }
    byte[] part = ahead;
    ahead = null;
    owed++;
    if (owed >= Math.max(1, window / 2)) {
      replenish();
    }
    return part;
  }

  /**
   * Lets the worker send more parts ahead than the first credit said, if reply space allows.
   *
   * @return false if there is no reply space for them now
   */
  public boolean grant(int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException(
          call.where() + ": grant of " + parts + ": expected 1 or more");
    }
    return connection.submission().grant(call, parts);
  }

  /** Ends the stream; the rest of it is dropped. A second time does nothing. */
  @Override
  public void close() {
    over = true;
    ahead = null;
    if (call.move(Call.WAITING, Call.ABANDONED)) {
      connection.submission().cancel(call);
    }
  }

  private byte[] take() {
    for (; ; ) {
      byte[] part = call.poll();
      if (part != null) {
        return part;
      }
      int state = call.state();
      if (state == Call.DONE) {
        // The END may have brought a last part after the look above.
        part = call.poll();
        if (part != null || call.succeeded()) {
          return part;
        }
        if (!call.wasTurnedAwayUntouched() || !call.nothingDelivered()) {
          over = true;
          throw call.failure();
        }
        connection.leave("the broker goes away");
        call.prepareAgain();
        connection = exchange.send(call);
      } else if (state == Call.RESEND) {
        call.prepareAgain();
        owed = 0;
        connection = exchange.send(call);
      } else if (state == Call.ABANDONED) {
        return null;
      } else {
        await();
      }
    }
  }

  private void await() {
    long now = System.nanoTime();
    if (now - call.deadlineNanos >= 0 && call.move(Call.WAITING, Call.ABANDONED)) {
      over = true;
      connection.submission().cancel(call);
      throw Exchange.timedOut(call);
    }
    long until = call.deadlineNanos;
    if (owed > 0 && !replenish()) {
      // The worker may have no credit left: look for reply space again soon.
      until = Math.min(until, now + ROOM_LOOK_NANOS);
    }
    connection.reception().await(call, until, call.resource.yieldNanos(connection.yieldNanos()));
  }

  private boolean replenish() {
    if (connection.submission().grant(call, owed)) {
      owed = 0;
    }
    return owed == 0;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * An opened name, such as {@code "hsm:payments/sign-key-1"}: the right to call it, checked once by
 * the broker's policy.
 *
 * <p>Any number of threads may use one. After the loss of the broker it opens itself again at the
 * next use; nothing has to be restarted.
 */
public final class Resource implements AutoCloseable {
  private static final int YIELD_FACTOR = 6;
  private static final int PROBE_INTERVAL = 16;

  private final BerthClient client;
  private final String name;
  private final String onBehalfOf;
  private final int wantedPermissions;
  private final Object opening = new Object();
  private volatile Grant grant;
  private volatile boolean closed;

  // Racy on purpose: a lost sample does no harm.
  private volatile long averageServiceNanos;
  private volatile int blockedInARow;

  Resource(BerthClient client, String name, int wantedPermissions, String onBehalfOf) {
    this.client = client;
    this.name = name;
    this.wantedPermissions = wantedPermissions;
    this.onBehalfOf = onBehalfOf;
  }

  /** What was opened. */
  public String name() {
    return name;
  }

  /** The mask of what may be done through this handle: bits of {@link Permission}. */
  public int permissions() {
    return openGrant().permissions;
  }

  /** The driver that serves it, such as {@code "hsm/sdf"}. */
  public String driver() {
    return openGrant().driver;
  }

  /** The longest time-out that the broker honours, in nanoseconds. */
  public long maxDeadlineNanos() {
    return openGrant().maxDeadlineNanos;
  }

  /** The best priority that requests through this handle get. */
  public Priority priorityCeiling() {
    int ceiling = openGrant().priorityCeiling;
    for (Priority each : Priority.values()) {
      if (each.number() == ceiling) {
        return each;
      }
    }
    return Priority.BACKGROUND;
  }

  /**
   * Asks and waits for the answer, at most for the request's time-out.
   *
   * <p>Not interruptible: the time-out bounds it, and the interrupt flag is left as it was.
   *
   * @throws BerthException if the answer is not OK or none came
   */
  public Reply call(Request request) {
    Call call = client.borrowCall();
    try {
      run(call, request, null);
      return call.reply();
    } finally {
      client.giveBack(call);
    }
  }

  /**
   * As {@link #call(Request)}, with the answer written at the buffer's position, which moves behind
   * it. This way allocates nothing unless it fails.
   *
   * @return the answer's length in bytes
   * @throws BerthException OUT_OF_RANGE (reply-too-large) if the buffer has no room; the rest as
   *     {@link #call(Request)}
   */
  public int call(Request request, ByteBuffer reply) {
    if (reply.isReadOnly()) {
      throw new IllegalArgumentException(name + ": the reply buffer is read-only");
    }
    Call call = client.borrowCall();
    try {
      run(call, request, reply);
      return call.payloadBytes();
    } finally {
      client.giveBack(call);
    }
  }

  private void run(Call call, Request request, ByteBuffer reply) {
    call.begin(this, request, reply, System.nanoTime() + request.timeoutNanos());
    client.exchange().run(call);
    if (!call.succeeded()) {
      if (call.handleWasStale()) {
        forget(call.connection);
      }
      throw call.failure();
    }
  }

  /**
   * Asks without waiting. The payload is copied.
   *
   * <p>The future completes on the thread that finds the answer, which may be another caller's or
   * the client's own: what hangs on it must be short and must not block, or be given to {@code
   * thenApplyAsync}, or the client be built with an executor. It may submit further requests, and
   * even call. Cancelling the future asks the broker to drop the request. If ring or in-flight
   * table are full this waits for room, within the request's time-out.
   *
   * @return completes with an OK reply, or with a {@link BerthException}
   */
  public CompletableFuture<Reply> submit(Request request) {
    requireOpen();
    return client.asynchronous().submit(this, request);
  }

  /**
   * Asks several things at once: as many as have room go with one publication and at most one
   * doorbell.
   *
   * @return one reply per request, in order, whatever its status: see {@link Reply#orThrow()}
   */
  public List<Reply> callAll(List<Request> requests) {
    requireOpen();
    return client.exchange().runAll(this, requests);
  }

  /**
   * Asks for an answer in parts.
   *
   * @param credit how many parts may be under way before the caller takes the first; each reserves
   *     reply space for the request's reply limit, so set that
   */
  public ReplyStream stream(Request request, int credit) {
    if (credit < 1) {
      throw new IllegalArgumentException(name + ": credit of " + credit + ": expected 1 or more");
    }
    requireOpen();
    StreamCall call = new StreamCall(credit);
    Request copy = request.privateCopy();
    call.begin(this, copy, null, System.nanoTime() + copy.timeoutNanos());
    return new ReplyStream(client.exchange(), call);
  }

  /**
   * Takes a block of memory that this process and the resource's worker share.
   *
   * @throws ResourceExhaustedException if the broker's budget for this user is used up
   */
  public Block allocate(Direction direction, int bytes) {
    long deadlineNanos = System.nanoTime() + client.askTimeoutNanos();
    Grant now = client.exchange().grant(this, deadlineNanos, name);
    return new Block(this, direction, now.arena.lease(direction, bytes, deadlineNanos));
  }

  /**
   * Gives the handle back to the broker. Requests in flight end as usual; new ones are refused.
   * What stands in its blocks is gone.
   */
  @Override
  public void close() {
    Grant last;
    synchronized (opening) {
      if (closed) {
        return;
      }
      closed = true;
      last = grant;
      grant = null;
    }
    if (last != null && last.connection.isOpen()) {
      last.arena.drop();
      Control control = last.connection.control();
      control.tell(control.message(io.berth.client.wire.ControlKind.CLOSE).putU32(last.handle));
    }
  }

  BerthClient client() {
    return client;
  }

  /** The grant on this connection, asked for if it has none yet. */
  Grant grantOn(Connection connection, long deadlineNanos) {
    Grant now = grant;
    if (now != null && now.connection == connection) {
      return now;
    }
    synchronized (opening) {
      requireOpen();
      now = grant;
      if (now == null || now.connection != connection) {
        now = client.ask(connection, name, wantedPermissions, onBehalfOf, deadlineNanos);
        grant = now;
      }
      return now;
    }
  }

  /** The broker no longer knows this handle: the next use asks anew. */
  void forget(Connection connection) {
    synchronized (opening) {
      if (grant != null && grant.connection == connection) {
        grant = null;
      }
    }
  }

  void measured(long serviceNanos) {
    long before = averageServiceNanos;
    // A fast answer to a probe counts in full: a slow average would be made of the very wake-ups
    // that blocking costs.
    averageServiceNanos =
        blockedInARow != 0 && serviceNanos < before
            ? serviceNanos
            : before + (serviceNanos - before) / 8;
  }

  /**
   * How long a waiter yields before it blocks: not at all where answers take longer than that, for
   * burning a core while a card signs helps nobody. Every now and then it tries, because blocking
   * itself makes answers late.
   *
   * @param baseNanos what the broker told; a few times as much rides over a short stall of a busy
   *     exchange, in which all processes would otherwise go to sleep one after the other
   */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  long yieldNanos(long baseNanos) {
    long mostNanos = YIELD_FACTOR * baseNanos;
    if (averageServiceNanos <= mostNanos) {
      blockedInARow = 0;
      return mostNanos;
    }
    blockedInARow++;
    return blockedInARow % PROBE_INTERVAL == 0 ? mostNanos : 0;
  }

  private Grant openGrant() {
    long deadlineNanos = System.nanoTime() + client.askTimeoutNanos();
    Grant now = grant;
    return now != null ? now : client.exchange().grant(this, deadlineNanos, name);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(name + ": resource used after close()");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}

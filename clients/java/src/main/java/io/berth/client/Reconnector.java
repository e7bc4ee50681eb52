// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Keeps one usable connection, as far as there is a broker.
 *
 * <pre>
 * CONNECTED --lost or leaving--> CONNECTING --handshake--> CONNECTED
 *      any --close()--> CLOSED
 * </pre>
 *
 * Threads exist only while connecting and while requests are sent again. Back-off doubles from 5 ms
 * to 1 s; after an expulsion it begins at 1 s.
 */
final class Reconnector implements Connection.Listener {
  private static final long FIRST_PAUSE_NANOS = 5_000_000L;
  private static final long LONGEST_PAUSE_NANOS = 1_000_000_000L;

  private final String socketPath;
  private final String name;
  private final long handshakeNanos;
  private final String threadName;
  private final AsynchronousRequests asynchronous;

  // All guarded by this; `current` is written under it and read anywhere.
  private volatile Connection current;
  private final Set<Connection> alive = new HashSet<>();
  private final ArrayDeque<AsynchronousCall> again = new ArrayDeque<>();
  private boolean working;
  private boolean sending;
  private boolean closed;
  private long notBeforeNanos = System.nanoTime();
  private String lastFailure = "";

  Reconnector(
      String socketPath,
      String name,
      long handshakeNanos,
      String threadName,
      AsynchronousRequests asynchronous) {
    this.socketPath = socketPath;
    this.name = name;
    this.handshakeNanos = handshakeNanos;
    this.threadName = threadName;
    this.asynchronous = asynchronous;
  }

  /** The connection in use; null while there is none. */
  Connection current() {
    return current;
  }

  void connectFirst() {
    install(Link.open(socketPath, name, handshakeNanos));
  }

  private void install(Link link) {
    Connection connection = new Connection(link, this, socketPath, threadName);
    boolean tooLate;
    synchronized (this) {
      tooLate = closed;
      alive.add(connection);
      if (!tooLate) {
        current = connection;
        lastFailure = "";
      }
      notifyAll();
    }
    connection.start();
    if (tooLate) {
      connection.leave("the client was closed");
    }
  }

  /**
   * The connection to use, waiting for one if there is none.
   *
   * @throws UnavailableException if none came in time
   */
  Connection connectionUntil(long deadlineNanos, Object about) {
    Connection now = current;
    return now != null ? now : awaitConnection(deadlineNanos, about);
  }

  private synchronized Connection awaitConnection(long deadlineNanos, Object about) {
    boolean interrupted = false;
    try {
      while (current == null) {
        if (closed) {
          throw closedFailure(about.toString());
        }
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          throw noBroker(about.toString());
        }
        try {
          wait(left / 1_000_000, (int) (left % 1_000_000));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return current;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  synchronized BerthException noBroker(String about) {
    return BerthException.of(
        StatusCode.UNAVAILABLE,
        Reason.CONNECTION_LOST,
        "no broker at "
            + socketPath
            + (lastFailure.isEmpty() ? "" : ": " + lastFailure)
            + "; the request was not carried out, or may be repeated",
        about);
  }

  /** Waits until another connection is in use, or the time is over. */
  synchronized void awaitOtherThan(Connection connection, long untilNanos) {
    boolean interrupted = false;
    long left = untilNanos - System.nanoTime();
    while (current == connection && !closed && left > 0) {
      try {
        wait(left / 1_000_000, (int) (left % 1_000_000));
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = untilNanos - System.nanoTime();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void unusable(Connection connection, long pauseNanos) {
    if (current == connection) {
      current = null;
      lastFailure = connection.endReason();
      notBeforeNanos = System.nanoTime() + pauseNanos;
      work();
    }
    notifyAll();
  }

  @Override
  public synchronized void sendAgain(AsynchronousCall call) {
    again.add(call);
    // Not the connecting thread: sending again may have to wait for yet another connection.
    if (!sending && !closed) {
      sending = true;
      begin(this::sendAll, "-resend");
    }
  }

  @Override
  public synchronized void ended(Connection connection) {
    alive.remove(connection);
    notifyAll();
  }

  private void work() {
    if (!working && !closed) {
      working = true;
      begin(this::serve, "-reconnect");
    }
  }

  private void begin(Runnable work, String suffix) {
    Thread thread = new Thread(work, threadName + suffix);
    thread.setDaemon(true);
    thread.start();
  }

  private void sendAll() {
    for (; ; ) {
      AsynchronousCall next;
      synchronized (this) {
        next = closed ? null : again.poll();
        if (next == null) {
          sending = false;
          return;
        }
      }
      if (next.prepareAgain()) {
        asynchronous.start(next);
      }
    }
  }

  private void serve() {
    long pauseNanos = FIRST_PAUSE_NANOS;
    for (; ; ) {
      synchronized (this) {
        if (closed || current != null) {
          working = false;
          return;
        }
      }
      if (!tryConnect()) {
        pause(pauseNanos);
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
      } else {
        pauseNanos = FIRST_PAUSE_NANOS;
      }
    }
  }

  private boolean tryConnect() {
    long wait;
    synchronized (this) {
      wait = notBeforeNanos - System.nanoTime();
    }
    if (wait > 0) {
      pause(wait);
    }
    try {
      install(Link.open(socketPath, name, handshakeNanos));
      return true;
    } catch (BerthException e) {
      synchronized (this) {
        lastFailure = e.text();
      }
      return false;
    }
  }

  private synchronized void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    long left = nanos;
    while (!closed && left > 0) {
      try {
        wait(left / 1_000_000, (int) (left % 1_000_000));
      } catch (InterruptedException e) {
        // This thread is ours; nobody means to end it so.
        return;
      }
      left = until - System.nanoTime();
    }
  }

  void close() {
    List<Connection> ending;
    synchronized (this) {
      closed = true;
      current = null;
      ending = new ArrayList<>(alive);
      notifyAll();
    }
    for (Connection each : ending) {
      each.control().tell(each.control().message(io.berth.client.wire.ControlKind.GOODBYE));
      each.lost("the client was closed");
    }
  }

  void awaitEnd(long nanos) {
    List<Connection> ending;
    synchronized (this) {
      ending = new ArrayList<>(alive);
    }
    for (Connection each : ending) {
      each.awaitEnd(nanos);
    }
  }

  static BerthException closedFailure(String about) {
    return BerthException.of(
        StatusCode.UNAVAILABLE, Reason.CONNECTION_LOST, "the client was closed", about);
  }
}

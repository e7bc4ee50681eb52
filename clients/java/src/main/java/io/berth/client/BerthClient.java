// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.memory.SharedWords;
import io.berth.client.os.LibC;
import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The way from an application to the broker of this host: one session, shared memory, any number of
 * threads.
 *
 * <pre>{@code
 * try (BerthClient client = BerthClient.connect();
 *     Resource echo = client.open("echo:main")) {
 *   Reply reply = echo.call(Request.of(Permission.CALL.operation(1)).payload(bytes).idempotent());
 * }
 * }</pre>
 *
 * <p>When the broker is restarted or lost, the client connects anew by itself, opens its resources
 * again and sends again what may be sent again, within each request's own time. Keep one client per
 * application.
 *
 * <p>Daemon threads, named after the client: {@code -control} per connection (idle unless the
 * broker speaks), {@code -receive} and {@code -deadlines} once there are asynchronous requests,
 * {@code -reconnect} while there is no connection.
 */
public final class BerthClient implements AutoCloseable {
  private static final int POOLED_CALLS = 64;

  private final String socketPath;
  private final String name;
  private final long askTimeoutNanos;
  private final Exchange exchange = new Exchange(this);
  private final AsynchronousRequests asynchronous;
  private final Reconnector reconnector;
  private final AtomicReferenceArray<Call> pool = new AtomicReferenceArray<>(POOLED_CALLS);

  private BerthClient(Builder builder) {
    this.socketPath = builder.socketPath;
    this.name = builder.name;
    this.askTimeoutNanos = builder.connectTimeoutNanos;
    this.asynchronous = new AsynchronousRequests(this, builder.executor);
    this.reconnector =
        new Reconnector(socketPath, name, askTimeoutNanos, "berth-" + name, asynchronous);
  }

  /**
   * Connects to the broker of this host: property {@code berth.socket}, else the environment's
   * {@code BERTH_SOCKET}, else {@code /run/berth/broker.sock} if it exists, else {@code
   * $XDG_RUNTIME_DIR/berth/broker.sock}, where a broker of an ordinary user sits. A variable that
   * is not an absolute path is ignored. The choice is made once, here or in {@link #builder}.
   *
   * @throws BerthException if no broker answers or it refuses
   */
  public static BerthClient connect() {
    return builder().connect();
  }

  /** Connects with settings. */
  public static Builder builder() {
    return new Builder();
  }

  /** Settings of a client; each has a default. */
  public static final class Builder {
    private String socketPath = DefaultSocket.find();
    private String name = "java-" + LibC.processId();
    private long connectTimeoutNanos = 5_000_000_000L;
    private Executor executor;

    private Builder() {}

    /** Path of the broker's socket; if not said, as {@link BerthClient#connect()} finds it. */
    public Builder socket(String path) {
      socketPath = path;
      return this;
    }

    /** What the broker's logs and this client's threads call it. */
    public Builder name(String clientName) {
      name = clientName;
      return this;
    }

    /** How long a handshake, an open or an allocation may take; five seconds if not said. */
    public Builder connectTimeout(Duration time) {
      connectTimeoutNanos = time.toNanos();
      return this;
    }

    /** Where futures complete; if not said, on the thread that finds the answer. */
    public Builder executor(Executor where) {
      executor = where;
      return this;
    }

    /**
     * Connects.
     *
     * @throws BerthException if no broker answers or it refuses
     */
    public BerthClient connect() {
      BerthClient client = new BerthClient(this);
      client.reconnector.connectFirst();
      return client;
    }
  }

  /**
   * Opens a resource for whatever the policy grants this process.
   *
   * @param resource such as {@code "hsm:payments/sign-key-1"}
   * @throws NotPermittedException if the policy grants nothing
   * @throws BerthException NOT_FOUND (unknown-resource) if the broker has no such resource
   */
  public Resource open(String resource) {
    return open(resource, 0, "");
  }

  /**
   * Opens a resource.
   *
   * @param permissions the mask that is needed ({@link Permission#mask()}); 0 for whatever is
   *     granted
   * @param onBehalfOf the sub-principal for whom this process acts, which needs the {@code
   *     delegate} right; empty for itself
   */
  public Resource open(String resource, int permissions, String onBehalfOf) {
    Resource opened = new Resource(this, resource, permissions, onBehalfOf);
    long deadlineNanos = System.nanoTime() + askTimeoutNanos;
    exchange.grant(opened, deadlineNanos, resource);
    return opened;
  }

  /** The names that the policy lets this process open: each device, then its keys. */
  public List<Listed> list() {
    return list("");
  }

  /**
   * The names that the policy lets this process open.
   *
   * @param onBehalfOf the sub-principal for whom this process acts; empty for itself
   * @throws ResourceExhaustedException if this user lists too often
   * @throws BerthException if no broker answers in time
   */
  public List<Listed> list(String onBehalfOf) {
    long deadlineNanos = System.nanoTime() + askTimeoutNanos;
    for (; ; ) {
      Connection connection = reconnector.connectionUntil(deadlineNanos, "list");
      try {
        return new Listing(connection, onBehalfOf, deadlineNanos).all();
      } catch (BerthException e) {
        // What another broker would say goes with another list.
        if (e.reason() != Reason.CONNECTION_LOST || deadlineNanos - System.nanoTime() <= 0) {
          throw e;
        }
        exchange.pause(connection, deadlineNanos);
      }
    }
  }

  /** Whether there is a connection at this moment. */
  public boolean isConnected() {
    return reconnector.current() != null;
  }

  /** How shared words are accessed in this JVM: {@code "varhandle"} or {@code "unsafe"}. */
  public static String memoryAccess() {
    return SharedWords.kind();
  }

  /**
   * Ends the session: requests in flight end as UNAVAILABLE or with an unknown outcome, later ones
   * are refused. Memory and descriptors are given back before this returns.
   */
  @Override
  public void close() {
    reconnector.close();
    asynchronous.close();
    reconnector.awaitEnd(askTimeoutNanos);
  }

  @Override
  public String toString() {
    return "BerthClient " + name + " on " + socketPath + " (" + memoryAccess() + ")";
  }

  // ---- for the other classes of this package

  Exchange exchange() {
    return exchange;
  }

  AsynchronousRequests asynchronous() {
    return asynchronous;
  }

  long askTimeoutNanos() {
    return askTimeoutNanos;
  }

  String threadName() {
    return "berth-" + name;
  }

  Connection connectionUntil(long deadlineNanos, Object about) {
    return reconnector.connectionUntil(deadlineNanos, about);
  }

  void awaitOtherThan(Connection connection, long untilNanos) {
    reconnector.awaitOtherThan(connection, untilNanos);
  }

  BerthException noBroker(String about) {
    return reconnector.noBroker(about);
  }

  void sendAgain(AsynchronousCall call) {
    reconnector.sendAgain(call);
  }

  BerthException closedFailure(String about) {
    return Reconnector.closedFailure(about);
  }

  Grant ask(
      Connection connection,
      String resource,
      int permissions,
      String onBehalfOf,
      long deadlineNanos) {
    Control control = connection.control();
    Control.Answer answer =
        control.ask(
            control
                .message(ControlKind.OPEN)
                .putU32(permissions)
                .putText(resource)
                .putText(onBehalfOf),
            ControlKind.OPENED,
            resource,
            deadlineNanos);
    answer.close();
    ControlMessage opened = answer.message;
    return new Grant(
        connection,
        opened.u32(),
        opened.u32(),
        opened.u32(),
        opened.u64(),
        opened.text(),
        resource);
  }

  Call borrowCall() {
    Call pooled = pool.getAndSet(poolIndex(), null);
    return pooled != null ? pooled : new Call();
  }

  void giveBack(Call call) {
    // One that was abandoned may still be named by a slot: it must never begin again.
    if (call.state() == Call.DONE) {
      call.forget();
      pool.lazySet(poolIndex(), call);
    }
  }

  private static int poolIndex() {
    return (int) Thread.currentThread().getId() & (POOLED_CALLS - 1);
  }
}

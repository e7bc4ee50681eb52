// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.memory.SharedWords;
import io.berth.client.os.Datagram;
import io.berth.client.os.MappingReaper;
import io.berth.client.os.SystemCallException;
import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import io.berth.client.wire.ProtocolViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One session with one broker, from WELCOME until the socket closes.
 *
 * <pre>
 * OPEN --GOAWAY--> LEAVING --nothing in flight--> ENDED
 *   |                 |
 *   +---- socket closed, or the broker broke the protocol ----> ENDED
 * </pre>
 *
 * Only its own control thread ends it, step by step: no more submissions, no more reception, every
 * request in flight decided, then memory and descriptors given back, when no thread can be inside.
 */
final class Connection {
  /** What the client does when a connection changes. */
  interface Listener {
    /** New requests must go elsewhere; called once, by the control thread. */
    void unusable(Connection connection, long notBeforeNanos);

    /** An asynchronous request may be sent again. */
    void sendAgain(AsynchronousCall call);

    /** Everything is over. */
    void ended(Connection connection);
  }

  private static final long EXPELLED_PAUSE_NANOS = 1_000_000_000L;
  private static final long LEAVING_LOOK_NANOS = 10_000_000L;

  private final Link link;
  private final Listener listener;
  private final String socketPath;
  private final Control control;
  private final Submission submission;
  private final Reception reception;
  private final Thread controlThread;
  private final AtomicReference<String> endReason = new AtomicReference<>("");
  private volatile boolean leaving;
  private boolean expelled;
  private boolean announced;

  Connection(Link link, Listener listener, String socketPath, String threadName) {
    this.link = link;
    this.listener = listener;
    this.socketPath = socketPath;
    this.control = new Control(link.socket);
    InFlight inFlight =
        new InFlight(
            link.welcome.maxInFlight,
            io.berth.client.wire.FrameLayout.replyBudget(
                link.welcome.responseRingBytes, link.welcome.maxInlineBytes));
    this.reception = new Reception(this, link, inFlight, threadName);
    this.submission = new Submission(this, link, inFlight);
    this.controlThread = new Thread(this::serveControl, threadName + "-control");
    this.controlThread.setDaemon(true);
  }

  void start() {
    controlThread.start();
  }

  Control control() {
    return control;
  }

  Submission submission() {
    return submission;
  }

  Reception reception() {
    return reception;
  }

  SharedWords ownWords() {
    return link.ownWords;
  }

  Welcome welcome() {
    return link.welcome;
  }

  long yieldNanos() {
    return link.welcome.yieldNanos;
  }

  /** Whether new requests may be given to it. */
  boolean isOpen() {
    return !leaving && submission.isOpen();
  }

  String endReason() {
    return endReason.get();
  }

  /** By the leader. */
  void measured(Call call) {
    call.resource.measured(System.nanoTime() - call.submittedNanos);
  }

  /** By the leader, when a slot's END was consumed. */
  void unpin(Slot slot) {
    if (slot.input != null) {
      slot.input.unpin();
    }
    if (slot.output != null) {
      slot.output.unpin();
    }
  }

  /** The broker broke the protocol: nothing that it writes is believed any more. */
  void violated(ProtocolViolation violation) {
    lost("the broker broke the protocol: " + violation.getMessage());
  }

  /** By any thread: ends the connection. The control thread does the rest. */
  void lost(String reason) {
    endReason.compareAndSet("", reason);
    link.socket.shutdown();
  }

  /** By any thread: new requests go to a successor, those in flight end here. */
  void leave(String reason) {
    endReason.compareAndSet("", reason);
    leaving = true;
    announce(0);
  }

  // ---- the control thread

  private void serveControl() {
    try {
      receiveControl();
    } finally {
      end();
    }
  }

  private void receiveControl() {
    try {
      while (true) {
        if (leaving) {
          if (submission.nothingInFlight()) {
            control.tell(control.message(ControlKind.GOODBYE));
            return;
          }
          if (!link.socket.awaitReadable(LEAVING_LOOK_NANOS)) {
            // Ends of requests whose callers gave up are taken out by nobody else.
            reception.glance();
            continue;
          }
        }
        Datagram datagram = link.socket.receive();
        if (datagram == null) {
          return;
        }
        ControlMessage unasked;
        try {
          unasked = control.dispatch(datagram);
        } finally {
          datagram.close();
        }
        if (unasked != null && !goOn(unasked)) {
          return;
        }
        MappingReaper.reap();
      }
    } catch (SystemCallException | IllegalArgumentException e) {
      lost(e.getMessage());
    } catch (ProtocolViolation e) {
      violated(e);
    }
  }

  private boolean goOn(ControlMessage unasked) {
    int kind = unasked.kind();
    if (kind == ControlKind.GOAWAY) {
      unasked.u32();
      leave("the broker goes away: " + unasked.text());
      return true;
    }
    if (kind == ControlKind.EXPELLED || kind == ControlKind.REFUSED) {
      if (kind == ControlKind.REFUSED) {
        unasked.u32();
      }
      Reason reason = Reason.of(unasked.u32());
      expelled = true;
      // It closes doorbells and socket next; whoever noticed those first knew less than this.
      endReason.set("the broker ended the session (" + reason + "): " + unasked.text());
      return false;
    }
    throw new ProtocolViolation("unasked " + ControlKind.name(kind) + " from the broker");
  }

  private void end() {
    endReason.compareAndSet("", "the broker's socket was closed");
    List<AsynchronousCall> again = new ArrayList<>();
    submission.close();
    announce(expelled ? EXPELLED_PAUSE_NANOS : 0);
    control.end();
    // What the broker published before it died is as good as ever.
    reception.close();
    submission.decideAll(endReason.get(), again);
    reception.dismiss();
    submission.release(link);
    for (AsynchronousCall each : again) {
      listener.sendAgain(each);
    }
    listener.ended(this);
  }

  private void announce(long notBeforeNanos) {
    synchronized (this) {
      if (announced) {
        return;
      }
      announced = true;
    }
    listener.unusable(this, notBeforeNanos);
  }

  /** For the application's close: waits until memory and descriptors are given back. */
  void awaitEnd(long nanos) {
    if (Thread.currentThread() == controlThread) {
      return;
    }
    try {
      controlThread.join(Math.max(1, nanos / 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return socketPath + " session " + Long.toUnsignedString(link.welcome.session);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.policy.Principal;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Goodbye;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Welcome;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.status.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on the control socket, from accept to the release of its memory.
 *
 * <p>Control thread only.
 */
final class ClientConnection implements ControlChannel.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  private enum State {
    GREETING,
    OPEN,
    ENDED
  }

  private final ClientDoor door;
  private final ControlChannel channel;
  private final Principal principal;
  private State state = State.GREETING;
  private ControlLoop.Timer greetingTimer;
  private Session session;
  private SessionMemory memory;
  private SessionAsks asks;
  private long memoryBytes;

  ClientConnection(ClientDoor door, ControlChannel channel, Principal principal) {
    this.door = door;
    this.channel = channel;
    this.principal = principal;
  }

  void start() throws OsException {
    greetingTimer =
        door.loop()
            .schedule(
                door.config().broker().handshakeTimeoutNanos(), () -> end("no HELLO in time"));
    channel.listen(this);
  }

  @Override
  public void received(long token, ControlMessage message) {
    if (state == State.GREETING) {
      if (message instanceof Hello hello) {
        greet(token, hello);
      } else {
        channel.refuse(
            token, Reason.MALFORMED_FRAME, "expected HELLO, found kind " + message.kind());
        end("no HELLO first");
      }
    } else if (state == State.OPEN) {
      if (message instanceof Goodbye) {
        // Who leaves a broker that leaves takes blocks along, and has yet to copy them.
        end("goodbye", !door.isLeaving());
      } else if (!asks.take(token, message)) {
        expel(Reason.MALFORMED_FRAME, "kind " + message.kind() + " is not for clients to say");
      }
    }
  }

  @Override
  public void malformed(String text) {
    expel(Reason.MALFORMED_FRAME, text);
  }

  @Override
  public void ended() {
    end("connection closed");
  }

  private void refuseSession(long token, String why) {
    channel.refuse(token, Reason.BUDGET_EXCEEDED, why);
    door.events().refused(principal, why);
  }

  private void greet(long token, Hello hello) {
    if (hello.major() != ControlMessage.MAJOR) {
      channel.refuse(
          token,
          Reason.VERSION_MISMATCH,
          "protocol version "
              + hello.major()
              + "."
              + hello.minor()
              + ", this broker speaks "
              + ControlMessage.MAJOR
              + "."
              + ControlMessage.MINOR);
      end("version");
      return;
    }
    if (door.isLeaving()) {
      channel.refuse(token, Reason.GOING_AWAY, "this broker leaves; connect again");
      end("leaving");
      return;
    }
    BrokerConfig limits = door.config().broker();
    int requestRing = ringBytes(hello.requestRingBytes(), limits.requestRingBytes());
    int responseRing = ringBytes(hello.responseRingBytes(), limits.responseRingBytes());
    long bytes = SessionMemory.bytes(requestRing, responseRing);
    String overBudget = door.budget().takeSession(principal.uid(), bytes);
    if (overBudget != null) {
      refuseSession(token, overBudget);
      end("budget");
      return;
    }
    memoryBytes = bytes;
    long id = door.nextSession();
    try {
      memory =
          SessionMemory.create(
              "session-" + id,
              RegionDescriptor.KIND_CLIENT,
              requestRing,
              responseRing,
              id,
              door.brokerEpoch());
    } catch (OsException e) {
      door.budget().returnSession(principal.uid(), bytes);
      memoryBytes = 0;
      LOG.warn("session {} of {}: {}", id, principal, e.getMessage());
      refuseSession(token, "the host has no memory or descriptors left");
      end("memory");
      return;
    }
    session =
        new Session(
            id,
            principal,
            memory,
            SessionAsks.MAX_HANDLES,
            limits.maxInFlight(),
            limits.maxInlineBytes());
    asks = new SessionAsks(door, channel, principal, session);
    door.serves(session, this);
    door.begin(session);
    welcome(token, id, requestRing, responseRing, hello);
  }

  private void welcome(long token, long id, int requestRing, int responseRing, Hello hello) {
    greetingTimer.cancel();
    door.greeted(principal.uid());
    state = State.OPEN;
    door.events().opened(id, principal, hello.clientName());
    try {
      int[] descriptors = memory.peerDescriptors();
      boolean sent =
          channel.send(
              token,
              new Welcome(
                  ControlMessage.MAJOR,
                  Math.min(hello.minor(), ControlMessage.MINOR),
                  id,
                  door.brokerEpoch(),
                  System.nanoTime(),
                  requestRing,
                  responseRing,
                  door.config().broker().maxInlineBytes(),
                  door.config().broker().maxInFlight(),
                  door.yieldMicros()),
              descriptors);
      Descriptors.close(descriptors[1]);
      memory.closePeersEnds();
      if (!sent) {
        end("WELCOME could not be sent");
      }
    } catch (OsException e) {
      LOG.warn("{}: {}", session, e.getMessage());
      end("descriptors");
    }
  }

  /** What the client asked for, as far as the limits go; both rings must hold a longest record. */
  private int ringBytes(int untrustedWish, int defaultBytes) {
    BrokerConfig limits = door.config().broker();
    int smallest = 4 * FrameDescriptor.maxRecordBytes(limits.maxInlineBytes());
    int wished = untrustedWish <= 0 ? defaultBytes : untrustedWish;
    return RegionDescriptor.ringBytes(Math.max(wished, smallest), limits.maxRingBytes());
  }

  void expel(Reason reason, String text) {
    if (state != State.ENDED) {
      LOG.info("{}: expelled, {}: {}", session == null ? principal : session, reason, text);
      channel.expel(reason, text);
      end(reason + ": " + text);
    }
  }

  void goAway(String text) {
    if (state == State.OPEN) {
      channel.goAway(text);
      memory.doorbell().ring();
    }
  }

  /** Ends the connection; the memory goes when the data thread has let go of it. */
  void end(String why) {
    end(why, false);
  }

  private void end(String why, boolean segmentsGivenBack) {
    if (state == State.ENDED) {
      return;
    }
    if (state == State.GREETING) {
      greetingTimer.cancel();
      door.greeted(principal.uid());
    }
    state = State.ENDED;
    channel.close();
    door.forget(this);
    if (session != null) {
      door.servesNoLonger(session);
      door.events().closed(session.id(), principal, why);
      door.end(session, () -> door.loop().execute(this::release));
      asks.end(segmentsGivenBack);
    }
  }

  private void release() {
    door.left();
    try {
      door.returns()
          .await(memory.leave(), () -> door.budget().returnSession(principal.uid(), memoryBytes));
    } catch (OsException e) {
      LOG.error("{}: {}; its {} bytes go on counting", session, e.getMessage(), memoryBytes);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.Segment;
import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.device.Device;
import io.berth.broker.policy.PolicyDecision;
import io.berth.broker.policy.PolicyDecision.Denied;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.broker.policy.Principal;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Close;
import io.berth.shm.control.ControlMessage.Closed;
import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.GoAway;
import io.berth.shm.control.ControlMessage.Goodbye;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.control.ControlMessage.SegmentDrop;
import io.berth.shm.control.ControlMessage.Welcome;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.status.Reason;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on the control socket, from accept to the release of its memory.
 *
 * <p>Control thread only.
 */
final class ClientConnection implements ControlChannel.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
  private static final int MAX_HANDLES = 256;

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
  private SessionSegments segments;
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
        refuse(token, Reason.MALFORMED_FRAME, "expected HELLO, found kind " + message.kind());
        end("no HELLO first");
      }
    } else if (state == State.OPEN) {
      if (message instanceof Open open) {
        open(token, open);
      } else if (message instanceof Close close) {
        close(token, close);
      } else if (message instanceof SegmentAdd add) {
        addSegment(token, add);
      } else if (message instanceof SegmentDrop drop) {
        segments.drop(drop.segment(), drop.generation());
      } else if (message instanceof Goodbye) {
        end("goodbye");
      } else {
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

  private void greet(long token, Hello hello) {
    if (hello.major() != ControlMessage.MAJOR) {
      refuse(
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
      refuse(token, Reason.GOING_AWAY, "this broker leaves; connect again");
      end("leaving");
      return;
    }
    BrokerConfig limits = door.config().broker();
    int requestRing = ringBytes(hello.requestRingBytes(), limits.requestRingBytes());
    int responseRing = ringBytes(hello.responseRingBytes(), limits.responseRingBytes());
    long bytes = SessionMemory.bytes(requestRing, responseRing);
    String overBudget = door.budget().takeSession(principal.uid(), bytes);
    if (overBudget != null) {
      refuse(token, Reason.BUDGET_EXCEEDED, overBudget);
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
      refuse(token, Reason.BUDGET_EXCEEDED, "the host has no memory or descriptors left");
      end("memory");
      return;
    }
    session =
        new Session(
            id, principal, memory, MAX_HANDLES, limits.maxInFlight(), limits.maxInlineBytes());
    segments = new SessionSegments(door, session, principal.uid());
    door.serves(session, this);
    door.data().open(session);
    welcome(token, id, requestRing, responseRing, hello);
  }

  private void welcome(long token, long id, int requestRing, int responseRing, Hello hello) {
    greetingTimer.cancel();
    door.greeted();
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

  private void open(long token, Open open) {
    Optional<String> onBehalfOf =
        open.onBehalfOf().isEmpty() ? Optional.empty() : Optional.of(open.onBehalfOf());
    // Asked first: who may not open a thing does not learn whether it exists.
    PolicyDecision decision = door.config().policy().decide(principal, open.resource(), onBehalfOf);
    if (decision instanceof Denied denied) {
      door.events().denied(session.id(), principal, open.resource(), denied.reason());
      refuse(token, Reason.NOT_PERMITTED, open.resource() + ": " + denied.reason());
      return;
    }
    Optional<Config.Target> target = door.config().target(open.resource());
    Optional<Device> device = target.flatMap(t -> door.device(t.device().resource()));
    if (target.isEmpty() || device.isEmpty()) {
      refuse(token, Reason.UNKNOWN_RESOURCE, open.resource() + " is not configured");
      return;
    }
    Granted granted = (Granted) decision;
    int permissions =
        open.permissions() == 0
            ? granted.permissions()
            : granted.permissions() & open.permissions();
    if ((open.permissions() & ~granted.permissions()) != 0) {
      door.events().denied(session.id(), principal, open.resource(), "permissions not granted");
      refuse(
          token,
          Reason.NOT_PERMITTED,
          open.resource()
              + ": asked for permissions 0x"
              + Integer.toHexString(open.permissions())
              + ", granted are 0x"
              + Integer.toHexString(granted.permissions()));
      return;
    }
    if (granted.audited() && door.events().refusesAudited()) {
      refuse(token, Reason.AUDIT_UNAVAILABLE, open.resource() + ": the journal takes no records");
      return;
    }
    Account account = door.account(granted.account(), granted.inFlightLimit());
    door.events().granted(session.id(), principal, granted.account(), open.resource(), permissions);
    grant(token, open.resource(), target.get(), device.get(), account, granted, permissions);
  }

  private void grant(
      long token,
      String resource,
      Config.Target target,
      Device device,
      Account account,
      Granted granted,
      int permissions) {
    door.data()
        .execute(
            () -> {
              Handle handle =
                  session
                      .handles()
                      .open(
                          word ->
                              new Handle(
                                  word,
                                  resource,
                                  device,
                                  device.target(target.localName()),
                                  permissions,
                                  granted.priorityCeiling().wireValue(),
                                  granted.maxDeadlineNanos(),
                                  device.flow(account),
                                  granted.audit()));
              door.loop().execute(() -> opened(token, handle, target.device().driver()));
            });
  }

  private void opened(long token, Handle handle, String driver) {
    if (state != State.OPEN) {
      return;
    }
    if (handle == null) {
      refuse(token, Reason.BUDGET_EXCEEDED, "handles >= " + MAX_HANDLES + " of this session");
      return;
    }
    channel.send(
        token,
        new Opened(
            handle.word(),
            handle.permissions(),
            handle.priorityCeiling(),
            handle.maxDeadlineNanos(),
            driver));
  }

  private void close(long token, Close close) {
    door.data()
        .execute(
            () -> {
              Handle handle = session.handles().close(close.handle());
              door.loop()
                  .execute(
                      () -> {
                        if (handle == null) {
                          refuse(token, Reason.STALE_HANDLE, "no such handle");
                        } else {
                          channel.send(token, new Closed());
                        }
                      });
            });
  }

  private void addSegment(long token, SegmentAdd add) {
    door.data()
        .execute(
            () -> {
              Handle handle = session.handles().get(add.handle());
              door.loop()
                  .execute(
                      () -> {
                        if (handle == null) {
                          refuse(token, Reason.STALE_HANDLE, "no such handle");
                        } else if (state == State.OPEN) {
                          segments.add(
                              handle.device(), add.direction(), add.bytes(), answer(token));
                        }
                      });
            });
  }

  private SessionSegments.Answer answer(long token) {
    return new SessionSegments.Answer() {
      @Override
      public void added(Segment segment) {
        if (state != State.OPEN) {
          return;
        }
        try {
          int descriptor = segment.clientsDescriptor();
          channel.send(
              token,
              new SegmentAdded(segment.index(), segment.generation(), segment.bytes()),
              descriptor);
          Descriptors.close(descriptor);
        } catch (OsException e) {
          refused(Reason.BUDGET_EXCEEDED, e.getMessage());
        }
      }

      @Override
      public void refused(Reason reason, String text) {
        refuse(token, reason, text);
      }
    };
  }

  private void refuse(long token, Reason reason, String text) {
    channel.send(token, new Refused(reason.usualStatus(), reason, text));
  }

  void expel(Reason reason, String text) {
    if (state != State.ENDED) {
      LOG.info("{}: expelled, {}: {}", session == null ? principal : session, reason, text);
      channel.send(0, new Expelled(reason, text));
      end(reason + ": " + text);
    }
  }

  void goAway(String text) {
    if (state == State.OPEN) {
      channel.send(0, new GoAway(Reason.GOING_AWAY, text));
      memory.doorbell().ring();
    }
  }

  /** Ends the connection; the memory goes when the data thread has let go of it. */
  void end(String why) {
    if (state == State.ENDED) {
      return;
    }
    if (state == State.GREETING) {
      greetingTimer.cancel();
      door.greeted();
    }
    state = State.ENDED;
    channel.close();
    door.forget(this);
    if (session != null) {
      door.servesNoLonger(session);
      door.events().closed(session.id(), principal, why);
      door.data().close(session, () -> door.loop().execute(this::release));
      segments.dropAll();
    }
  }

  private void release() {
    memory.close();
    door.budget().returnSession(principal.uid(), memoryBytes);
  }
}

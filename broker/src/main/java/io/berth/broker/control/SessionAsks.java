// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.Segment;
import io.berth.broker.config.Config;
import io.berth.broker.device.Device;
import io.berth.broker.policy.PolicyDecision;
import io.berth.broker.policy.PolicyDecision.Denied;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.broker.policy.Principal;
import io.berth.broker.policy.SubPrincipal;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Rate;
import io.berth.broker.session.Session;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Close;
import io.berth.shm.control.ControlMessage.Closed;
import io.berth.shm.control.ControlMessage.ListNames;
import io.berth.shm.control.ControlMessage.Listed;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.control.ControlMessage.SegmentDrop;
import io.berth.shm.control.ControlMessage.SegmentWipe;
import io.berth.shm.control.ControlMessage.SegmentWiped;
import io.berth.shm.status.Reason;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What an open session asks for over the control socket: names, handles and segments.
 *
 * <p>Control thread only; handles are opened and closed by the data thread, which owns them.
 */
final class SessionAsks {
  static final int MAX_HANDLES = 256;
  private static final int SHOWN_NAME_CHARACTERS = 128;

  private final ClientDoor door;
  private final ControlChannel channel;
  private final Principal principal;
  private final Session session;
  private final SessionSegments segments;
  private final Set<String> recorded = new HashSet<>();
  private int handles;
  private boolean ended;

  SessionAsks(ClientDoor door, ControlChannel channel, Principal principal, Session session) {
    this.door = door;
    this.channel = channel;
    this.principal = principal;
    this.session = session;
    this.segments = new SessionSegments(door, session, principal.uid());
  }

  /** Does what is asked. False: this is nothing that a client may say. */
  boolean take(long token, ControlMessage message) {
    if (message instanceof Open open) {
      open(token, open);
    } else if (message instanceof Close close) {
      close(token, close);
    } else if (message instanceof ListNames list) {
      list(token, list);
    } else if (message instanceof SegmentAdd add) {
      addSegment(token, add);
    } else if (message instanceof SegmentDrop drop) {
      segments.drop(drop.segment(), drop.generation());
    } else if (message instanceof SegmentWipe wipe) {
      segments.wipe(wipe, wiping(token));
    } else {
      return false;
    }
    return true;
  }

  private void open(long token, Open open) {
    Optional<String> onBehalfOf =
        open.onBehalfOf().isEmpty() ? Optional.empty() : Optional.of(open.onBehalfOf());
    // Asked first: who may not open a thing does not learn whether it exists.
    PolicyDecision decision = door.config().policy().decide(principal, open.resource(), onBehalfOf);
    if (decision instanceof Denied denied) {
      door.events().denied(session.id(), principal, open.resource(), denied.reason());
      channel.refuse(token, Reason.NOT_PERMITTED, named(open.resource()) + ": " + denied.reason());
      return;
    }
    Optional<Config.Target> target = door.config().target(open.resource());
    Optional<Device> device = target.flatMap(t -> door.device(t.device().resource()));
    if (target.isEmpty() || device.isEmpty()) {
      channel.refuse(token, Reason.UNKNOWN_RESOURCE, named(open.resource()) + " is not configured");
      return;
    }
    Granted granted = (Granted) decision;
    int permissions =
        open.permissions() == 0
            ? granted.permissions()
            : granted.permissions() & open.permissions();
    if ((open.permissions() & ~granted.permissions()) != 0) {
      door.events().denied(session.id(), principal, open.resource(), "permissions not granted");
      channel.refuse(
          token,
          Reason.NOT_PERMITTED,
          named(open.resource())
              + ": asked for permissions 0x"
              + Integer.toHexString(open.permissions())
              + ", granted are 0x"
              + Integer.toHexString(granted.permissions()));
      return;
    }
    if (granted.audited() && door.refusesAudited()) {
      channel.refuse(
          token,
          Reason.AUDIT_UNAVAILABLE,
          named(open.resource()) + ": the journal takes no records");
      return;
    }
    if (handles == MAX_HANDLES) {
      channel.refuse(
          token, Reason.BUDGET_EXCEEDED, "handles >= " + MAX_HANDLES + " of this session");
      return;
    }
    if (!isRecorded(token, open.resource(), granted.account(), permissions)) {
      return;
    }
    if (target.get().device().isUnlisted(target.get().localName())
        && !door.unlistedNames()
            .admit(target.get().device().resource(), target.get().localName())) {
      channel.refuse(
          token,
          Reason.BUDGET_EXCEEDED,
          named(open.resource())
              + ": names that are not configured >= "
              + UnlistedNames.MOST
              + " of this device");
      return;
    }
    handles++;
    Account account = door.account(granted.account(), granted.limits());
    grant(token, open.resource(), target.get(), device.get(), account, granted, permissions);
  }

  /**
   * Whether the journal has, or will have, that this session may use this in this way. Nobody gets
   * a handle otherwise: no use without a record of who was given it. What is opened again and again
   * is recorded once.
   */
  private boolean isRecorded(long token, String resource, String account, int permissions) {
    String grant = account + ' ' + permissions + ' ' + resource;
    if (recorded.contains(grant)) {
      return true;
    }
    switch (door.events().granted(session.id(), principal, account, resource, permissions)) {
      case TAKEN -> {
        if (recorded.size() == MAX_HANDLES) {
          recorded.clear(); // Bounds our memory; some are recorded twice then.
        }
        recorded.add(grant);
        return true;
      }
      case TOO_MANY -> {
        String why = "this uid opens more handles than the journal has to bear; try again later";
        door.events().denied(session.id(), principal, resource, why);
        channel.refuse(token, Reason.BUDGET_EXCEEDED, named(resource) + ": " + why);
      }
      case NO_ROOM ->
          channel.refuse(
              token,
              Reason.AUDIT_UNAVAILABLE,
              named(resource) + ": the journal does not keep up; try again later");
    }
    return false;
  }

  /** A name as it stands in a message: what is said of it must fit behind it. */
  private static String named(String untrustedResource) {
    return ControlChannel.cut(untrustedResource, SHOWN_NAME_CHARACTERS);
  }

  private void grant(
      long token,
      String resource,
      Config.Target target,
      Device device,
      Account account,
      Granted granted,
      int permissions) {
    Rate rate = door.rate(granted);
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
                                  granted.audit(),
                                  granted.rights().isNarrowed() ? granted.rights() : null,
                                  rate,
                                  door.data().keyUses(resource, account.name())));
              if (handle == null) {
                throw new IllegalStateException("more handles than were counted");
              }
              door.loop().execute(() -> opened(token, handle, target.device().driver()));
            });
  }

  private void opened(long token, Handle handle, String driver) {
    if (ended) {
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
                          channel.refuse(token, Reason.STALE_HANDLE, "no such handle");
                        } else {
                          handles--;
                          channel.send(token, new Closed());
                        }
                      });
            });
  }

  private void list(long token, ListNames list) {
    if (!list.onBehalfOf().isEmpty() && !SubPrincipal.isName(list.onBehalfOf())) {
      channel.refuse(
          token,
          Reason.NOT_PERMITTED,
          named(list.onBehalfOf()) + ": expected " + SubPrincipal.EXPECTED);
      return;
    }
    Optional<Listed> page =
        door.listings().page(principal, list.onBehalfOf(), list.after(), System.nanoTime());
    if (page.isPresent()) {
      channel.send(token, page.get());
    } else {
      channel.refuse(
          token, Reason.BUDGET_EXCEEDED, "this uid lists names too often; try again later");
    }
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
                          channel.refuse(token, Reason.STALE_HANDLE, "no such handle");
                        } else if (!ended) {
                          segments.add(
                              handle.device(), add.direction(), add.bytes(), answer(token));
                        }
                      });
            });
  }

  private SessionSegments.Wiping wiping(long token) {
    return new SessionSegments.Wiping() {
      @Override
      public void done() {
        channel.send(token, new SegmentWiped());
      }

      @Override
      public void refused(Reason reason, String text) {
        channel.refuse(token, reason, text);
      }
    };
  }

  private SessionSegments.Answer answer(long token) {
    return new SessionSegments.Answer() {
      @Override
      public boolean added(Segment segment) {
        if (ended) {
          return false;
        }
        try {
          int descriptor = segment.clientsDescriptor();
          boolean sent =
              channel.send(
                  token,
                  new SegmentAdded(segment.index(), segment.generation(), segment.bytes()),
                  descriptor);
          Descriptors.close(descriptor);
          return sent;
        } catch (OsException e) {
          refused(Reason.BUDGET_EXCEEDED, e.getMessage());
          return false;
        }
      }

      @Override
      public void refused(Reason reason, String text) {
        channel.refuse(token, reason, text);
      }
    };
  }

  /**
   * The session is over: nothing is answered any more, and its segments go.
   *
   * @param givenBack the client has said that it needs none of them any more
   */
  void end(boolean givenBack) {
    ended = true;
    segments.dropAll(givenBack);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.PageWork;
import io.berth.broker.arena.SegmentHolders;
import io.berth.broker.config.Config;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Device;
import io.berth.broker.policy.Limits;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.broker.policy.Principal;
import io.berth.broker.policy.UnitOfProcess;
import io.berth.broker.session.Account;
import io.berth.broker.session.HeldByUse;
import io.berth.broker.session.Rate;
import io.berth.broker.session.Session;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.status.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets clients in: accepts, identifies by the kernel, and keeps what all client connections share.
 *
 * <p>Control thread only.
 */
public final class ClientDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientDoor.class);
  private static final int BACKLOG = 1024;
  private static final int ACCEPTS_PER_TURN = 64;

  /** Half-done handshakes at once; a flood of connections that say nothing is cut here. */
  private static final int MAX_GREETING = 256;

  /** Of one uid: it cannot keep the others from being heard. */
  private static final int MAX_GREETING_PER_UID = 192;

  private final ControlLoop loop;
  private final DataThread data;
  private final SessionEvents events;
  private final Function<Device, SegmentHolders> segments;
  private final Map<String, Device> devices;
  private final long brokerEpoch;
  private final int yieldMicros;
  private final MemoryBudget budget;
  private final MemoryReturns returns;
  private final Certificates certificates;
  private final Listings listings;
  private final PageWork pages;
  private final UnitOfProcess units = new UnitOfProcess();
  private final UnlistedNames unlistedNames = new UnlistedNames();
  private final HeldByUse<Account> accounts = new HeldByUse<>();
  private final HeldByUse<Rate> rates = new HeldByUse<>();
  private final Set<ClientConnection> connections = new HashSet<>();
  private final Map<Session, ClientConnection> bySession = new HashMap<>();
  private final Config config;
  private Acceptor acceptor;
  private final Map<Integer, Integer> greetingByUid = new HashMap<>();
  private int greeting;
  private int sessions;
  private long nextSession = 1;
  private boolean leaving;
  private List<Session> held;

  /**
   * Opens nothing yet.
   *
   * @param devices by "scheme:name"
   */
  public ClientDoor(
      ControlLoop loop,
      DataThread data,
      Config config,
      Map<String, Device> devices,
      SessionEvents events,
      Function<Device, SegmentHolders> segments,
      long brokerEpoch,
      int yieldMicros) {
    this.loop = loop;
    this.data = data;
    this.config = config;
    this.devices = Map.copyOf(devices);
    this.events = events;
    this.segments = segments;
    this.brokerEpoch = brokerEpoch;
    this.yieldMicros = yieldMicros;
    this.budget =
        new MemoryBudget(
            config.broker().memoryLimitBytes(),
            config.broker().maxMemoryBytesPerUid(),
            config.broker().maxSessions(),
            config.broker().maxSessionsPerUid(),
            SegmentLimits.ofThisProcess(config.broker().maxSessions()));
    this.certificates = new Certificates(config);
    this.listings = new Listings(config, certificates);
    this.returns = new MemoryReturns(loop);
    this.pages = new PageWork(loop);
  }

  /** Takes the socket's name; clients may connect and wait from now on. */
  public void listen() throws IOException {
    acceptor =
        new Acceptor(
            loop,
            SocketFile.listen(
                config.broker().clientSocket(), BACKLOG, config.broker().socketMode()),
            ACCEPTS_PER_TURN,
            this::greet);
  }

  /** Starts to accept. */
  public void open() throws OsException {
    acceptor.open();
  }

  /**
   * Starts to accept, for a successor whose predecessor still serves: clients get their sessions
   * and handles, and may write requests, but nobody looks at those before {@link #admit}.
   */
  public void openAhead() throws OsException {
    held = new ArrayList<>();
    open();
  }

  /** Begins to serve whoever came ahead. */
  public void admit() {
    List<Session> waiting = held;
    held = null;
    waiting.forEach(data::open);
  }

  /** Begins to serve a session, at once or with {@link #admit}. */
  void begin(Session session) {
    if (held == null) {
      data.open(session);
    } else {
      held.add(session);
    }
  }

  /**
   * Ends a session.
   *
   * @param closed runs on the data thread once nothing can touch the session's memory any more
   */
  void end(Session session, Runnable closed) {
    if (held != null && held.remove(session)) {
      data.open(session); // What it has opened is let go of in the same way as ever.
    }
    data.close(session, closed);
  }

  /**
   * Whether an audited resource cannot be opened now. A successor's journal comes before its first
   * request does.
   */
  boolean refusesAudited() {
    return held == null && events.refusesAudited();
  }

  /** Hears who has connected and what it wants; takes the descriptor. */
  public void greet(int fd) {
    ControlChannel channel = new ControlChannel(loop, fd);
    if (greeting >= MAX_GREETING) {
      refuse(channel, "handshakes " + greeting + " >= " + MAX_GREETING + "; connect again later");
      return;
    }
    try {
      Sockets.PeerCredentials peer = Sockets.peerCredentials(fd);
      int ofUid = greetingByUid.getOrDefault(peer.uid(), 0);
      if (ofUid >= MAX_GREETING_PER_UID) {
        refuse(
            channel,
            "handshakes of uid "
                + Integer.toUnsignedString(peer.uid())
                + ": "
                + ofUid
                + " >= "
                + MAX_GREETING_PER_UID
                + "; connect again later");
        return;
      }
      Principal principal =
          new Principal(
              peer.uid(), peer.gid(), Sockets.peerGroups(fd), peer.pid(), units.of(peer.pid()));
      ClientConnection connection = new ClientConnection(this, channel, principal);
      connections.add(connection);
      greeting++;
      greetingByUid.merge(peer.uid(), 1, Integer::sum);
      connection.start();
    } catch (OsException e) {
      LOG.info("a client could not be identified: {}", e.getMessage());
      channel.close();
    }
  }

  private static void refuse(ControlChannel channel, String text) {
    channel.refuse(0, Reason.SESSION_LIMIT, text);
    channel.close();
  }

  void greeted(int uid) {
    greeting--;
    greetingByUid.computeIfPresent(uid, (key, count) -> count == 1 ? null : count - 1);
  }

  void forget(ClientConnection connection) {
    connections.remove(connection);
  }

  void serves(Session session, ClientConnection connection) {
    sessions++;
    bySession.put(session, connection);
  }

  void servesNoLonger(Session session) {
    bySession.remove(session);
  }

  /** A session has ended, and the data thread has let go of it. */
  void left() {
    sessions--;
  }

  /** Ends the session of a client that broke the protocol or vanished. */
  public void expel(Session session, Reason reason, String text) {
    ClientConnection connection = bySession.get(session);
    if (connection != null && reason == Reason.CONNECTION_LOST) {
      connection.end(text); // It left; that is no offence.
    } else if (connection != null) {
      connection.expel(reason, text);
    }
  }

  /** Tells all clients to go to the successor, and takes no new ones. */
  public void goAway(String text) {
    leaving = true;
    stopListening();
    for (ClientConnection connection : Set.copyOf(connections)) {
      connection.goAway(text);
    }
  }

  /**
   * The account that a decision named; its limit is that of the newest decision. Handles keep it,
   * and so it is forgotten with the last of them and the last request.
   */
  Account account(String name, Limits limits) {
    Account account = accounts.get(name, key -> new Account(key, limits.inFlight()));
    data.execute(
        () -> {
          account.inFlightLimit(limits.inFlight());
          account.dryRun(limits.dryRun());
        });
    return account;
  }

  /** Names beside the configured ones. */
  UnlistedNames unlistedNames() {
    return unlistedNames;
  }

  /**
   * The rate of a decision, or null if it has none: one for each principal and set of grants, so
   * that what one grant allows is not used up, or lifted, by another.
   */
  Rate rate(Granted granted) {
    Limits limits = granted.limits();
    return limits.hasRate()
        ? rates.get(granted.account() + ' ' + granted.grounds(), key -> new Rate(limits))
        : null;
  }

  Optional<Device> device(String resource) {
    return Optional.ofNullable(devices.get(resource));
  }

  SegmentHolders segments(Device device) {
    return segments.apply(device);
  }

  ControlLoop loop() {
    return loop;
  }

  DataThread data() {
    return data;
  }

  Config config() {
    return config;
  }

  MemoryBudget budget() {
    return budget;
  }

  /** What the catalogue has of them; an import adds to it. */
  public Certificates certificates() {
    return certificates;
  }

  Listings listings() {
    return listings;
  }

  MemoryReturns returns() {
    return returns;
  }

  PageWork pages() {
    return pages;
  }

  SessionEvents events() {
    return events;
  }

  long brokerEpoch() {
    return brokerEpoch;
  }

  int yieldMicros() {
    return yieldMicros;
  }

  long nextSession() {
    return nextSession++;
  }

  boolean isLeaving() {
    return leaving;
  }

  /** Those that are served; the memory of others may still count. */
  public int sessions() {
    return sessions;
  }

  public long memoryBytes() {
    return budget.bytes();
  }

  private void stopListening() {
    if (acceptor != null) {
      acceptor.close();
    }
  }

  @Override
  public void close() {
    if (acceptor != null) {
      acceptor.closeForGood();
    }
    for (ClientConnection connection : Set.copyOf(connections)) {
      connection.end("broker stops");
    }
    returns.close();
  }
}

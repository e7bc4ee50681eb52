// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import io.berth.shm.frame.ReplayClass;
import java.util.Map;
import org.agrona.collections.IntHashSet;

/**
 * One worker of a device, as the data thread sees it: its link, its window, what it has in flight,
 * and whether it may be given more. A plain device has one seat, a group of cards one per card.
 *
 * <p>A worker whose card answers that it is not there, or has failed, is in doubt: for a while it
 * gets nothing while another seat can take it. One answer that is right ends the doubt; {@value
 * #FAILURES_OF_A_BROKEN_CARD} failures in a row, and the card counts as broken.
 *
 * <p>Data thread only.
 */
public final class Seat {
  /** So many failures of the card without a right answer between them, and its worker is ended. */
  public static final int FAILURES_OF_A_BROKEN_CARD = 3;

  private static final long DOUBT_NANOS = 100_000_000L;

  private final Device device;
  private final String name;
  private final HangWatch hangWatch = new HangWatch();
  private final HeldRequests held;
  private final IntHashSet offered = new IntHashSet();
  private final IntHashSet lacking = new IntHashSet();
  private final IntHashSet stateful = new IntHashSet();
  private final IntHashSet inOnePlace = new IntHashSet();
  private Map<Integer, ReplayClass> replay = Map.of();
  private Availability availability = Availability.COMING;
  private String module;
  private String moduleAndSoftware;
  private WorkerLink link;
  private int window;
  private int reserve;
  private int inFlight;
  private int beyondWindow;
  private int suspectsInFlight;
  private boolean noRoom;
  private int ties;
  private int failures;
  private long doubtedUntilNanos;

  Seat(Device device, String name, HeldRequests held) {
    this.held = held;
    this.device = device;
    this.name = name;
    this.module = name;
    this.moduleAndSoftware = name;
  }

  public Device device() {
    return device;
  }

  /** The device's name, or in a group {@code DEVICE/CARD}. */
  public String name() {
    return name;
  }

  public HangWatch hangWatch() {
    return hangWatch;
  }

  public Availability availability() {
    return availability;
  }

  public void availability(Availability now) {
    availability = now;
    device.seatChanged();
  }

  /** The worker's link, or null. */
  public WorkerLink link() {
    return link;
  }

  /** Takes a worker. */
  public void attach(WorkerLink newLink, WorkerOffer offer) {
    link = newLink;
    window = offer.window();
    reserve = offer.reserve();
    replay = offer.replay();
    module = offer.identity().isEmpty() ? name : name + ", " + offer.identity();
    moduleAndSoftware = module + "; in part by " + offer.software();
    noRoom = false;
    offered.clear();
    offered.addAll(offer.replay().keySet());
    lacking.clear();
    stateful.clear();
    stateful.addAll(offer.stateful());
    inOnePlace.clear();
    inOnePlace.addAll(offer.inOnePlace());
    trust();
    availability(Availability.READY);
  }

  /** Nothing further goes to the worker. */
  public void closeWindow() {
    window = 0;
    reserve = 0;
  }

  /** Forgets the link; what was in flight is the caller's to settle. */
  public WorkerLink detach() {
    WorkerLink lost = link;
    link = null;
    inFlight = 0;
    beyondWindow = 0;
    suspectsInFlight = 0;
    ties = 0;
    return lost;
  }

  /**
   * Who executes here, for the journal: the card, and what the device is by its own account. After
   * a loss still the one that was lost.
   *
   * @param andSoftware whether the worker's software has computed a part
   */
  public String module(boolean andSoftware) {
    return andSoftware ? moduleAndSoftware : module;
  }

  /** One session more or less is tied to this worker. */
  void tied(int more) {
    ties += more;
  }

  /** Sessions for which the worker may hold something. */
  int ties() {
    return ties;
  }

  /** Requests that wait for this worker alone. */
  public HeldRequests held() {
    return held;
  }

  /** Whether the worker may hold something for the session after it. */
  public boolean leavesState(int operation) {
    return stateful.contains(operation);
  }

  /** Whether one of the device's workers is to get all requests for it. */
  boolean isInOnePlace(int operation) {
    return inOnePlace.contains(operation);
  }

  /** The worker has answered that it does not do the operation, or not in that way. */
  public void lacks(int operation) {
    lacking.add(operation);
  }

  /** Whether the worker is known not to do the operation, or not in every way. */
  public boolean isLacking(int operation) {
    return lacking.contains(operation) || !offered.contains(operation);
  }

  /** Whether the driver allows a second execution. Unknown operations: no. */
  public boolean mayRepeat(int operation) {
    ReplayClass replayClass = replay.get(operation);
    return replayClass != null && replayClass.mayRepeat();
  }

  /** Whether the worker gets a further request of any class; nothing goes out beside a suspect. */
  boolean hasWindow() {
    return isOpen() && isWindowFree();
  }

  /**
   * What went out beyond the window takes no place in it until its end: else interactive requests
   * that follow each other closely would keep all others out, however long those have waited.
   */
  private boolean isWindowFree() {
    return inFlight - beyondWindow < window;
  }

  /** Whether it gets one that is interactive, though it may have no window. */
  boolean hasReserve() {
    return isOpen() && (isWindowFree() || beyondWindow < reserve);
  }

  private boolean isOpen() {
    return link != null
        && !link.isCondemned()
        && suspectsInFlight == 0
        && !noRoom
        && availability == Availability.READY;
  }

  /** A suspect goes out alone. */
  public boolean mayDispatch(boolean suspect, boolean interactive) {
    return (interactive ? hasReserve() : hasWindow()) && (!suspect || inFlight == 0);
  }

  /** Whether more of this worker's places are free than of the other one's. */
  boolean isFreerThan(Seat other) {
    long free = (long) (window + reserve - inFlight) * (other.window + other.reserve);
    long otherFree = (long) (other.window + other.reserve - other.inFlight) * (window + reserve);
    return free > otherFree;
  }

  /**
   * Counts a request that went out.
   *
   * @return whether it went out beyond the window, which {@link #answered} is to be told
   */
  public boolean dispatched(boolean suspect) {
    boolean beyond = !isWindowFree();
    beyondWindow += beyond ? 1 : 0;
    inFlight++;
    if (suspect) {
      suspectsInFlight++;
    }
    device.dispatchedTo(this);
    return beyond;
  }

  /**
   * Counts a request that has come back.
   *
   * @param beyond as {@link #dispatched} told
   */
  public void answered(boolean beyond) {
    device.countCompleted();
    beyondWindow -= beyond ? 1 : 0;
    inFlight--;
    if (inFlight == 0) {
      suspectsInFlight = 0;
    }
  }

  /** Its ring was full; it is not asked again before {@link Device#lookAgain}. */
  public void hasNoRoom() {
    noRoom = true;
  }

  void mayHaveRoom() {
    noRoom = false;
  }

  /** The card has answered rightly. */
  public void trust() {
    failures = 0;
  }

  /**
   * The card has answered that it is not there or has failed.
   *
   * @return whether it counts as broken now
   */
  public boolean failed(long nowNanos) {
    failures++;
    doubtedUntilNanos = nowNanos + DOUBT_NANOS * failures;
    return failures == FAILURES_OF_A_BROKEN_CARD;
  }

  /** Whether it is not asked while another seat can be. */
  boolean isInDoubt(long nowNanos) {
    return failures > 0 && nowNanos - doubtedUntilNanos < 0;
  }

  public int inFlight() {
    return inFlight;
  }

  public int window() {
    return window;
  }
}

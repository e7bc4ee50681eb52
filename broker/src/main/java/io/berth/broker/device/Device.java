// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.session.Account;
import io.berth.broker.session.HeldByUse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What clients see of one device: its name, its queue, and what of it may not be called again.
 * Behind it are one worker or, in a group of cards, several; see {@link Seat}. What waits, waits
 * for the device, and goes to the seat that has most of its window free.
 *
 * <p>Data thread only.
 */
public final class Device {
  // How well a seat fits a request.
  private static final int ABSENT = 0;
  private static final int AVOIDED = 1;
  private static final int LACKING = 2;
  private static final int ABLE = 3;

  private final String name;
  private final DeviceQueue queue;
  private final KillList killList;
  private final long hangNanos;
  private final HeldByUse<Flow> flows = new HeldByUse<>();
  private final Map<String, Integer> targets = new HashMap<>();
  private final List<byte[]> targetNames = new ArrayList<>();
  private final Seat[] seats;
  private Availability availability = Availability.COMING;

  /** Its caches are warm: of seats that are equally free it is asked. */
  private Seat last;

  private long completed;

  /** A device with one worker. */
  public Device(String name, DeviceQueue queue, KillList killList, long hangNanos) {
    this(name, List.of(), queue, killList, hangNanos);
  }

  /**
   * A device with several.
   *
   * @param cards names of its cards; none: it has one worker, which bears the device's own name
   */
  public Device(
      String name, List<String> cards, DeviceQueue queue, KillList killList, long hangNanos) {
    this.name = name;
    this.queue = queue;
    this.killList = killList;
    this.hangNanos = hangNanos;
    this.seats = new Seat[Math.max(1, cards.size())];
    for (int i = 0; i < seats.length; i++) {
      seats[i] = new Seat(this, cards.isEmpty() ? name : name + "/" + cards.get(i), queue.aside());
    }
    this.last = seats[0];
  }

  public String name() {
    return name;
  }

  public DeviceQueue queue() {
    return queue;
  }

  public KillList killList() {
    return killList;
  }

  /** How long a request may be on the device without progress before the worker counts as hung. */
  public long hangNanos() {
    return hangNanos;
  }

  public List<Seat> seats() {
    return List.of(seats);
  }

  public int seatCount() {
    return seats.length;
  }

  public Seat seat(int index) {
    return seats[index];
  }

  /** Whether several workers serve it. */
  public boolean isGroup() {
    return seats.length > 1;
  }

  /**
   * The flow of an account at this device; made when a handle is opened. Handles and queued
   * requests keep it: a delegate can name any number of sub-principals, and none of them stays for
   * ever.
   */
  public Flow flow(Account account) {
    return flows.get(account.name(), principal -> new Flow(account));
  }

  /** The number under which workers of this device know a local name. */
  public int target(String localName) {
    return targets.computeIfAbsent(
        localName,
        added -> {
          targetNames.add(added.getBytes(UTF_8));
          return targetNames.size() - 1;
        });
  }

  public byte[] targetName(int target) {
    return targetNames.get(target);
  }

  /** The best of its seats'. */
  public Availability availability() {
    return availability;
  }

  void seatChanged() {
    Availability best = seats[0].availability();
    for (Seat seat : seats) {
      best = best.compareTo(seat.availability()) <= 0 ? best : seat.availability();
    }
    availability = best;
  }

  /** Whether some worker takes a further request; one in doubt only if no other is there. */
  public boolean hasRoom(boolean interactive, long nowNanos) {
    boolean onlyTrusted = seats.length > 1 && hasTrustedOther(null, nowNanos);
    for (Seat seat : seats) {
      if (seat.mayDispatch(false, interactive) && !(onlyTrusted && seat.isInDoubt(nowNanos))) {
        return true;
      }
    }
    return false;
  }

  /**
   * The seat for a request: of those that can do it the one that has most of its window free, and
   * of equal ones the one that was asked last. One in doubt is asked if no other is there.
   *
   * @param tied the only one whose worker has what the request's session holds; null: any
   * @param ties whether the session will be tied to the seat: then fewest sessions are what counts
   * @param avoided a seat that has refused or failed the request, asked if no other is there; or
   *     null
   * @return null: the request has to wait
   */
  public Seat seatFor(
      int operation,
      Seat tied,
      boolean ties,
      Seat avoided,
      boolean suspect,
      boolean interactive,
      long nowNanos) {
    if (seats.length == 1) {
      return seats[0].mayDispatch(suspect, interactive) ? seats[0] : null;
    }
    if (tied != null && tied != avoided) {
      return tied.mayDispatch(suspect, interactive) ? tied : null;
    }
    int fitness = bestFitness(operation, avoided);
    boolean onlyTrusted = hasTrusted(operation, avoided, fitness, nowNanos);
    Seat best = null;
    for (Seat seat : seats) {
      if (fitness(seat, operation, avoided) == fitness
          && seat.mayDispatch(suspect, interactive)
          && !(onlyTrusted && seat.isInDoubt(nowNanos))
          && (best == null || isBetter(seat, best, ties))) {
        best = seat;
      }
    }
    return best;
  }

  private boolean isBetter(Seat seat, Seat than, boolean ties) {
    if (ties && seat.ties() != than.ties()) {
      return seat.ties() < than.ties();
    }
    return seat.isFreerThan(than) || (seat == last && !than.isFreerThan(seat));
  }

  /** Whether one of its workers holds something for the session after the operation. */
  public boolean leavesState(int operation) {
    for (Seat seat : seats) {
      if (seat.leavesState(operation)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Where a worker counts all requests for an operation, whichever session they come from: that of
   * the first of its cards that is there; null: not for this operation, or none is.
   */
  public Seat placeOf(int operation) {
    for (Seat seat : seats) {
      if (isThere(seat)) {
        return seat.isInOnePlace(operation) ? seat : null;
      }
    }
    return null;
  }

  /**
   * The seat that a request has to wait for although others may have room; null if any will do. The
   * parameters are those of {@link #seatFor}.
   */
  public Seat awaitedSeat(int operation, Seat tied, Seat avoided) {
    if (tied != null && tied != avoided) {
      return tied;
    }
    int fitness = bestFitness(operation, avoided);
    Seat best = null;
    boolean any = true;
    for (Seat seat : seats) {
      int its = fitness(seat, operation, avoided);
      any &= its == fitness || its == ABSENT;
      if (its == fitness && (best == null || seat.isFreerThan(best))) {
        best = seat;
      }
    }
    return any ? null : best;
  }

  private static int fitness(Seat seat, int operation, Seat avoided) {
    if (!isThere(seat)) {
      return ABSENT;
    }
    if (seat == avoided) {
      return AVOIDED;
    }
    return seat.isLacking(operation) ? LACKING : ABLE;
  }

  private int bestFitness(int operation, Seat avoided) {
    int best = ABSENT;
    for (Seat seat : seats) {
      best = Math.max(best, fitness(seat, operation, avoided));
    }
    return best;
  }

  /** Whether one of them is not in doubt; it may be busy. */
  private boolean hasTrusted(int operation, Seat avoided, int fitness, long nowNanos) {
    for (Seat seat : seats) {
      if (fitness(seat, operation, avoided) == fitness && !seat.isInDoubt(nowNanos)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isThere(Seat seat) {
    return seat.link() != null && seat.availability() == Availability.READY;
  }

  /** Whether another worker than this one is there. */
  public boolean hasOther(Seat than) {
    for (Seat seat : seats) {
      if (seat != than && isThere(seat)) {
        return true;
      }
    }
    return false;
  }

  /** Whether another worker than this one is there and not in doubt; it may be busy. */
  public boolean hasTrustedOther(Seat than, long nowNanos) {
    for (Seat seat : seats) {
      if (seat != than && isThere(seat) && !seat.isInDoubt(nowNanos)) {
        return true;
      }
    }
    return false;
  }

  /** The seat that a client's next request probably goes to. */
  public Seat likelySeat() {
    return last;
  }

  /** Rings that had no room may have some by now. */
  public void lookAgain() {
    for (Seat seat : seats) {
      seat.mayHaveRoom();
    }
  }

  void dispatchedTo(Seat seat) {
    last = seat;
  }

  void countCompleted() {
    completed++;
  }

  /** Requests that workers of the device have ended, whether or not anybody still waited. */
  public long completed() {
    return completed;
  }

  /** With all its workers together. */
  public int inFlight() {
    int sum = 0;
    for (Seat seat : seats) {
      sum += seat.inFlight();
    }
    return sum;
  }

  /** Of all its workers together. */
  public int window() {
    int sum = 0;
    for (Seat seat : seats) {
      sum += seat.window();
    }
    return sum;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import java.util.List;
import java.util.Map;

/**
 * An open device.
 *
 * <p>Made, asked about itself, and closed by one thread. {@link #bind}, {@link #sessionClosed} and
 * {@link #laneOf} are called by the thread that reads the ring while lanes execute.
 */
public interface Driver extends AutoCloseable {
  /** The lane number for operations that are executed {@link Operation.Execution#INLINE}. */
  int INLINE = -1;

  /** Any lane may take the request. */
  int ANY_LANE = -1;

  /** The device, for people: maker, model, serial number, version. */
  String identity();

  /** What people should know: algorithms that were disabled and why. May be empty. */
  default String notes() {
    return "";
  }

  /**
   * The module that computes what the device does not, for the journal; empty: there is none. See
   * {@link Reply#computedOutside}.
   */
  default String software() {
    return "";
  }

  /**
   * How many things the device does at once, and so how many lanes there are, beside those that are
   * kept for interactive requests; 0: all is inline.
   */
  int lanes();

  /**
   * How many requests the broker should have in flight here: a few more than there are lanes, 1 to
   * 4096. The device's {@code window} in the configuration takes precedence.
   */
  int window();

  /**
   * Of a group's card: what the keys are that it has, as settings {@code target.NAME.group_…} by
   * which the drivers of the group's other cards tell whether theirs are the same; no secrets.
   */
  default Map<String, String> groupKeys() {
    return Map.of();
  }

  /** Every operation that there is. Others are refused before they get here. */
  List<Operation> operations();

  /**
   * Resolves a local name (what follows the '/' in {@code hsm:payments/sign-key-1}; empty for the
   * device itself), once per attachment.
   *
   * @param settings what the configuration says of this name; empty if nothing
   * @throws RequestException the answer to every request that uses this target
   */
  Target bind(String localName, Map<String, String> settings) throws RequestException;

  /**
   * Opens a lane's session with the device.
   *
   * @param number 0 to {@link #lanes} - 1, or {@link #INLINE}, which must be possible if an
   *     operation is executed inline; where the configuration keeps {@code interactive_lanes} for
   *     the most urgent requests, the numbers from {@link #lanes} on are those; the number after
   *     the last lane's is for a session of the thread that reads the ring, which executes there
   *     what turns out to be over sooner than a lane is woken; it may fail to open
   */
  Lane openLane(int number) throws DriverException;

  /**
   * The lane that holds the state which a request needs, or {@link #ANY_LANE}. Requests of one lane
   * are executed in their order.
   */
  default int laneOf(Request request) {
    return ANY_LANE;
  }

  /**
   * Why the device is gone for good, as far as this process can tell; null while it may be there.
   * Asked from time to time by the thread that reads the ring. The worker ends then, what it has is
   * given to others or to its successor, and the device is opened anew, later and later.
   */
  default String loss() {
    return null;
  }

  /**
   * State held for this session can go: no request of it is here any more. What only a lane's
   * thread may touch goes by {@link Lane#tidy}.
   */
  default void sessionClosed(long session) {}

  /**
   * All sessions are over: the broker that had them is gone, and another one gives their numbers to
   * other clients. State held for any of them must not be reachable any more. Called by the thread
   * that reads the ring while no lane executes.
   */
  default void allSessionsClosed() {}

  /** Closes the device. Its lanes were closed before. */
  @Override
  void close();
}

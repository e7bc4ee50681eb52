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

  /** How many things the device does at once, and so how many lanes there are; 0: all is inline. */
  int lanes();

  /**
   * How many requests the broker should have in flight here: a few more than there are lanes, 1 to
   * 4096. The device's {@code window} in the configuration takes precedence.
   */
  int window();

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
   *     operation is executed inline
   */
  Lane openLane(int number) throws DriverException;

  /**
   * The lane that holds the state which a request needs, or {@link #ANY_LANE}. Requests of one lane
   * are executed in their order.
   */
  default int laneOf(Request request) {
    return ANY_LANE;
  }

  /** State held for this session can go. */
  default void sessionClosed(long session) {}

  /** Closes the device. Its lanes were closed before. */
  @Override
  void close();
}

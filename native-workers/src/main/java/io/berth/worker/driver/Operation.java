// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import io.berth.shm.frame.ReplayClass;

/**
 * One operation that a driver offers.
 *
 * @param number permission bit and code, see {@link io.berth.shm.frame.Permission#operation}
 * @param name for people, in status and metrics
 * @param replay whether it may be executed again after the worker died in it
 * @param execution where it is executed
 * @param leavesState whether the driver holds something for the request's session after it, such as
 *     a key. Where several workers serve a device, that one then gets all requests of the session,
 *     until it {@linkplain Reply#holdsNothing says} that nothing is left
 * @param inOnePlace whether the driver counts these, for all sessions together, such as wrong PINs:
 *     where several workers serve a device, the same one gets all of them
 */
public record Operation(
    int number,
    String name,
    ReplayClass replay,
    Execution execution,
    boolean leavesState,
    boolean inOnePlace) {
  /** An operation that nobody counts. */
  public Operation(
      int number, String name, ReplayClass replay, Execution execution, boolean leavesState) {
    this(number, name, replay, execution, leavesState, false);
  }

  /** An operation after which the driver holds nothing for the session. */
  public Operation(int number, String name, ReplayClass replay, Execution execution) {
    this(number, name, replay, execution, false);
  }

  /** Where an operation is executed. */
  public enum Execution {
    /**
     * On the thread that reads the ring. For work of microseconds which never waits: everything
     * else of this worker stands still meanwhile.
     */
    INLINE,
    /** On a lane: a thread with a session of its own with the device. */
    LANE,
    /**
     * On a lane, unless it turns out to compute and to be short: then on the thread that reads the
     * ring, which has a session of its own. For operations that leave nothing behind in the
     * session.
     */
    ANYWHERE
  }
}

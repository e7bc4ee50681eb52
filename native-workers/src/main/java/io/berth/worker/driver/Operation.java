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
 */
public record Operation(int number, String name, ReplayClass replay, Execution execution) {
  /** Where an operation is executed. */
  public enum Execution {
    /**
     * On the thread that reads the ring. For work of microseconds which never waits: everything
     * else of this worker stands still meanwhile.
     */
    INLINE,
    /** On a lane: a thread with a session of its own with the device. */
    LANE
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverFactory;

/**
 * The driver {@code lost-lane}, for a worker in a process of its own: its lane runs out of memory.
 */
public final class LostLaneDriverFactory implements DriverFactory {
  static final String NAME = "lost-lane";
  static final int ECHO = 1;
  static final int RUN_OUT_OF_MEMORY = 2;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Driver open(DriverContext context) {
    return new ScriptedDriver(2)
        .onLane(ECHO, ScriptedDriver.ECHO)
        .onLane(
            RUN_OUT_OF_MEMORY,
            (request, reply, lane) -> {
              // As the library throws it, not the virtual machine.
              throw new OutOfMemoryError("Cannot reserve direct buffer memory");
            });
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.DriverFactory;

/** The driver {@code scripted}: it does what the test in {@link #perform} has written down. */
public final class ScriptedDriverFactory implements DriverFactory {
  private static volatile ScriptedDriver script;

  /** What the next worker of this process opens. */
  static void perform(ScriptedDriver next) {
    script = next;
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public Driver open(DriverContext context) throws DriverException {
    script.events.add("open");
    script.opening.open(context);
    return script;
  }
}

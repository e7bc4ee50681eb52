// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.echo;

import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.DriverFactory;

/**
 * The driver {@code echo}. Settings: {@code mode} = {@code inline} (default) or {@code lanes},
 * where ECHO, ONCE, TOUCH and the faults are executed; {@code lanes}, for DELAY and COUNT and, with
 * mode lanes, all; {@code faults} = {@code true} allows CRASH, HANG, SCRIBBLE and EXIT.
 */
public final class EchoDriverFactory implements DriverFactory {
  private static final int LANES_MAX = 1024;

  @Override
  public String name() {
    return "echo";
  }

  @Override
  public Driver open(DriverContext context) throws DriverException {
    context.refuseUnknown("mode", "lanes", "faults");
    String mode = context.setting("mode", "inline");
    if (!mode.equals("inline") && !mode.equals("lanes")) {
      throw context.wrong("mode", mode, "inline or lanes");
    }
    return new EchoDriver(
        mode.equals("inline"),
        context.number("lanes", 1, 1, LANES_MAX),
        context.flag("faults", false));
  }
}

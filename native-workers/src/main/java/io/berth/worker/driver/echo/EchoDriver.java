// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.echo;

import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.ReplayClass;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import io.berth.worker.driver.Target;
import java.util.List;
import java.util.Map;

final class EchoDriver implements Driver {
  /** Enough that the ring and not the window bounds a pipelining client. */
  private static final int INLINE_WINDOW = 4096;

  private static final Target EVERYTHING = new Target() {};

  private final boolean inline;
  private final int lanes;
  private final boolean faults;

  EchoDriver(boolean inline, int lanes, boolean faults) {
    this.inline = inline;
    this.lanes = lanes;
    this.faults = faults;
  }

  @Override
  public String identity() {
    return "echo " + (inline ? "inline" : "on lanes") + (faults ? ", with faults" : "");
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public int window() {
    return inline ? INLINE_WINDOW : Math.max(64, 2 * lanes);
  }

  @Override
  public List<Operation> operations() {
    Execution quick = inline ? Execution.INLINE : Execution.LANE;
    return List.of(
        new Operation(EchoOperation.ECHO, "ECHO", ReplayClass.PURE, quick),
        new Operation(EchoOperation.COUNT, "COUNT", ReplayClass.PURE, Execution.LANE),
        new Operation(EchoOperation.DELAY, "DELAY", ReplayClass.PURE, Execution.LANE),
        new Operation(EchoOperation.TOUCH, "TOUCH", ReplayClass.PURE, quick),
        new Operation(EchoOperation.ONCE, "ONCE", ReplayClass.AT_MOST_ONCE, quick),
        new Operation(EchoOperation.CRASH, "CRASH", ReplayClass.PURE, quick),
        new Operation(EchoOperation.HANG, "HANG", ReplayClass.PURE, quick),
        new Operation(EchoOperation.SCRIBBLE, "SCRIBBLE", ReplayClass.PURE, quick),
        new Operation(EchoOperation.EXIT, "EXIT", ReplayClass.PURE, quick));
  }

  @Override
  public Target bind(String localName, Map<String, String> settings) {
    return EVERYTHING;
  }

  @Override
  public Lane openLane(int number) {
    return new EchoLane(faults);
  }

  @Override
  public void close() {}
}

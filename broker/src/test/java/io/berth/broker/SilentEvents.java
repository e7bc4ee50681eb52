// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import io.berth.broker.control.UnheardSessions;
import io.berth.broker.supervisor.WorkerEvents;

/** For brokers whose events matter to nobody. */
public class SilentEvents extends UnheardSessions implements WorkerEvents {
  @Override
  public void started(String device, int incarnation, int pid, String identity) {}

  @Override
  public void stopped(String device, int incarnation, String how) {}

  @Override
  public void died(String device, int incarnation, String how) {}

  @Override
  public void fenced(String device, int incarnation, String why) {}

  @Override
  public void blocked(String device, String why) {}

  @Override
  public void givenUp(String device, String why) {}

  @Override
  public void released(String device, String by) {}

  @Override
  public void resumed(String device) {}
}

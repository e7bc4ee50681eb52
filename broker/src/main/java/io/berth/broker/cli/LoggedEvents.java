// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.SessionEvents;
import io.berth.broker.policy.Principal;
import io.berth.broker.supervisor.WorkerEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events of a broker whose configuration has no journal: they go to the log only. */
final class LoggedEvents implements SessionEvents, WorkerEvents {
  private static final Logger LOG = LoggerFactory.getLogger(LoggedEvents.class);
  private static final int FOREIGN_CHARACTERS = 256;

  @Override
  public void opened(long session, Principal principal, String clientName) {
    LOG.debug("session {} opened by {} ({})", session, principal, clientName);
  }

  @Override
  public void refused(Principal principal, String why) {
    LOG.info("no session for {}: {}", principal, why);
  }

  @Override
  public void closed(long session, Principal principal, String why) {
    LOG.debug("session {} of {} closed: {}", session, principal, why);
  }

  @Override
  public GrantRecord granted(
      long session, Principal principal, String account, String resource, int permissions) {
    LOG.debug("session {}: {} granted to {}", session, resource, account);
    return GrantRecord.TAKEN;
  }

  @Override
  public void denied(long session, Principal principal, String resource, String why) {
    LOG.info(
        "session {}: {} denied to {}: {}",
        session,
        ControlChannel.cut(resource, FOREIGN_CHARACTERS),
        principal,
        ControlChannel.cut(why, FOREIGN_CHARACTERS));
  }

  @Override
  public void started(String device, int incarnation, int pid, String identity) {
    LOG.info("device {}: incarnation {} is pid {}, {}", device, incarnation, pid, identity);
  }

  @Override
  public void stopped(String device, int incarnation, String how) {
    LOG.info("device {}: incarnation {} stopped: {}", device, incarnation, how);
  }

  @Override
  public void died(String device, int incarnation, String how) {
    LOG.info("device {}: incarnation {} died: {}", device, incarnation, how);
  }

  @Override
  public void fenced(String device, int incarnation, String why) {
    LOG.info("device {}: incarnation {} fenced: {}", device, incarnation, why);
  }

  @Override
  public void blocked(String device, String why) {
    LOG.warn("device {}: a request is blocked: {}", device, why);
  }

  @Override
  public void givenUp(String device, String why) {
    LOG.error("device {}: given up: {}", device, why);
  }

  @Override
  public void released(String device, String by) {
    LOG.info("device {}: released for {}", device, by);
  }

  @Override
  public void resumed(String device) {
    LOG.info("device {}: resumed", device);
  }
}

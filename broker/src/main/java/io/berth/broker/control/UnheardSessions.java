// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.policy.Principal;

/** Where nobody hears of sessions and handles. */
public class UnheardSessions implements SessionEvents {
  @Override
  public void opened(long session, Principal principal, String clientName) {}

  @Override
  public void refused(Principal principal, String why) {}

  @Override
  public void closed(long session, Principal principal, String why) {}

  @Override
  public GrantRecord granted(
      long session, Principal principal, String account, String resource, int permissions) {
    return GrantRecord.TAKEN;
  }

  @Override
  public void denied(long session, Principal principal, String resource, String why) {}
}

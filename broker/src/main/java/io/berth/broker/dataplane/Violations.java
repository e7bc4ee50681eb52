// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Device;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;

/** Where the data thread reports peers that broke the protocol. */
public interface Violations {
  /** The client is to be expelled. May be told more than once of the same session. */
  void session(Session session, Reason reason, String text);

  /** The worker is to be fenced. May be told more than once of the same worker. */
  void worker(Device device, int epoch, String text);
}

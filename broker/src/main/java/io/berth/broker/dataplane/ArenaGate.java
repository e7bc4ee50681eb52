// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;
import org.agrona.DirectBuffer;

/** Checks the arena references of a request and keeps its blocks pinned. Data thread only. */
interface ArenaGate {
  /**
   * Checks INPUT and OUTPUT of a request that is about to be admitted.
   *
   * @return NONE, STALE_REFERENCE or BLOCK_PINNED
   */
  Reason check(Session session, Handle handle, DirectBuffer record, int at);
}

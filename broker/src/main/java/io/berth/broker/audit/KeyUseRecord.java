// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;

/**
 * One use of a handle on its way from the data thread to the feeder. Reused: the data thread fills
 * it and passes it on, the feeder empties it and gives it back.
 */
public final class KeyUseRecord {
  Session session;
  Handle handle;
  int operation;
  int statusWord;
  boolean refused;

  /** What has executed it; null: nothing has. */
  String module;

  /** Of requests beyond a limit on trial; 0 for everything else. */
  int beyondLimit;

  long atNanos;
}

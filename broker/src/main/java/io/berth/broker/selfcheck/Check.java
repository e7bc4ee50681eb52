// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.util.List;

/** One part of a self-check. Changes nothing on the machine, and may be run at any time. */
public interface Check {
  /** Looks, and says what it found, in the order in which people should read it. */
  List<Finding> findings();
}

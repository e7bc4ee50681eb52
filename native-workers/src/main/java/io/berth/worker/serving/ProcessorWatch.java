// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.ProcessControl;

/**
 * Looks at the use that an execution makes of its thread's processor, where the operation's profile
 * wants to know it.
 *
 * <p>One thread, whose use it is.
 */
final class ProcessorWatch {
  private final long[] before = new long[2];
  private final long[] after = new long[2];
  private boolean watches;

  /** An execution of this operation begins. */
  void begin(OperationProfile profile) {
    watches = profile.isToBeWatched() && ProcessControl.threadUse(before) == 0;
  }

  /** It has ended, after so long. */
  void end(OperationProfile profile, long nanos) {
    if (watches && ProcessControl.threadUse(after) == 0) {
      profile.watched(nanos, after[0] - before[0], after[1] != before[1]);
    }
  }
}

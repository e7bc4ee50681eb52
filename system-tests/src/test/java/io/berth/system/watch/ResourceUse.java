// SPDX-License-Identifier: Apache-2.0
package io.berth.system.watch;

import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;

/**
 * What a process holds that it must give back: descriptors, mappings of shared memory, threads.
 *
 * @param memoryFiles descriptors of memory files
 */
public record ResourceUse(int descriptors, int memoryFiles, int sharedMappings, int threads) {

  public static ResourceUse of(ProcessView process) {
    ResourceUse use =
        new ResourceUse(
            process.descriptors(),
            process.descriptorsTo("memfd:"),
            process.mappingsOf("/memfd:"),
            process.threads());
    if (process.isAlive() && (use.descriptors == 0 || use.threads == 0)) {
      throw new IllegalStateException(
          "/proc/" + process.pid() + " hides what it holds; run these tests as root");
    }
    return use;
  }

  /** Whether this is not more than that. */
  private boolean isWithin(ResourceUse before) {
    return descriptors <= before.descriptors
        && memoryFiles <= before.memoryFiles
        && sharedMappings <= before.sharedMappings
        && threads <= before.threads;
  }

  /** Waits until a process holds no more than it did. */
  public static void awaitNoMoreThan(ResourceUse before, ProcessView process) {
    Await.until(
        "process " + process.pid() + " holds no more than " + before,
        () -> of(process).isWithin(before),
        () -> "but " + of(process));
  }
}

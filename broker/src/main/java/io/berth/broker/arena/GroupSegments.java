// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.shm.status.Status;
import java.util.List;
import java.util.function.Consumer;

/**
 * The segments of a group of cards: each of its workers maps them all, as a request that names one
 * may go to any.
 *
 * <p>Control thread only.
 */
public final class GroupSegments implements SegmentHolders {
  private final List<? extends SegmentHolders> workers;

  public GroupSegments(List<? extends SegmentHolders> workers) {
    this.workers = List.copyOf(workers);
  }

  /** Told when all have answered: OK if all could, else what one of them said. */
  @Override
  public void add(Segment segment, Consumer<Status> told) {
    int[] left = {workers.size()};
    Status[] worst = {Status.OK};
    for (SegmentHolders worker : workers) {
      worker.add(
          segment,
          status -> {
            worst[0] = status == Status.OK ? worst[0] : status;
            if (--left[0] == 0) {
              told.accept(worst[0]);
            }
          });
    }
  }

  @Override
  public void remove(Segment segment, Runnable released) {
    int[] left = {workers.size()};
    for (SegmentHolders worker : workers) {
      worker.remove(
          segment,
          () -> {
            if (--left[0] == 0) {
              released.run();
            }
          });
    }
  }
}

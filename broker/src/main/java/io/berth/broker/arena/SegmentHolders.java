// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.shm.status.Status;
import java.util.function.Consumer;

/** Whoever maps the segments for a device. Control thread only. */
public interface SegmentHolders {
  /** Gives a new segment to whoever is there; {@code told} hears, once, how that went. */
  void add(Segment segment, Consumer<Status> told);

  /** Takes a segment back; {@code released} runs, once, when no worker has it mapped. */
  void remove(Segment segment, Runnable released);
}

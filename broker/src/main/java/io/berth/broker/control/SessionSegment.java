// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.Segment;
import io.berth.broker.device.Device;
import java.util.EnumSet;
import java.util.Set;

/**
 * A segment in the life of its session.
 *
 * <pre>
 * MAKING --all pages there--> MAPPING --worker has it--> ADDING --data thread knows it--> ANNOUNCED
 *    |                           |                         |                                 |
 *    +---------------------------+----------- the session ends, or it fails, or SEGMENT_DROP +--> DROPPED
 * </pre>
 *
 * Its client can name it in SEGMENT_DROP from ANNOUNCED on: before, it can only have guessed.
 *
 * <p>Control thread only.
 */
final class SessionSegment {
  enum State {
    MAKING,
    MAPPING,
    ADDING,
    ANNOUNCED,
    DROPPED
  }

  private final Segment segment;
  private final Device device;
  private State state = State.MAKING;

  SessionSegment(Segment segment, Device device) {
    this.segment = segment;
    this.device = device;
  }

  Segment segment() {
    return segment;
  }

  Device device() {
    return device;
  }

  boolean is(State asked) {
    return state == asked;
  }

  void moveTo(State next) {
    Set<State> possible =
        switch (state) {
          case MAKING -> EnumSet.of(State.MAPPING, State.DROPPED);
          case MAPPING -> EnumSet.of(State.ADDING, State.DROPPED);
          case ADDING -> EnumSet.of(State.ANNOUNCED, State.DROPPED);
          case ANNOUNCED -> EnumSet.of(State.DROPPED);
          case DROPPED -> EnumSet.noneOf(State.class);
        };
    if (!possible.contains(next)) {
      throw new IllegalStateException(segment + ": from " + state + " to " + next);
    }
    state = next;
  }
}

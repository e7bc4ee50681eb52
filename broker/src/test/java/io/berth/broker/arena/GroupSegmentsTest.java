// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.jni.os.OsException;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A group's workers all map a segment, and it is free when all have let go. */
class GroupSegmentsTest {
  private static final int PAGE_BYTES = 4096;

  /** A worker that answers when the test says so. */
  private static final class Holder implements SegmentHolders {
    private final List<Segment> held = new ArrayList<>();
    private Consumer<Status> told;
    private Runnable released;

    @Override
    public void add(Segment segment, Consumer<Status> whenMapped) {
      held.add(segment);
      told = whenMapped;
    }

    @Override
    public void remove(Segment segment, Runnable whenReleased) {
      held.remove(segment);
      released = whenReleased;
    }
  }

  private final Holder first = new Holder();
  private final Holder second = new Holder();
  private final GroupSegments group = new GroupSegments(List.of(first, second));
  private final List<Status> statuses = new ArrayList<>();
  private Segment segment;

  @BeforeEach
  void make_a_segment() throws OsException {
    segment = Segment.create(1, 0, 1, Segment.INPUT, PAGE_BYTES);
  }

  @AfterEach
  void close_it() {
    segment.close();
  }

  @Test
  void it_can_be_used_when_all_have_mapped_it() {
    group.add(segment, statuses::add);
    assertEquals(List.of(segment), first.held);
    assertEquals(List.of(segment), second.held);
    second.told.accept(Status.OK);
    assertEquals(List.of(), statuses);
    first.told.accept(Status.OK);
    assertEquals(List.of(Status.OK), statuses);
  }

  @Test
  void one_that_could_not_map_it_is_enough_to_refuse_it() {
    group.add(segment, statuses::add);
    first.told.accept(Status.RESOURCE_EXHAUSTED);
    assertEquals(List.of(), statuses, "the other may still map it");
    second.told.accept(Status.OK);
    assertEquals(List.of(Status.RESOURCE_EXHAUSTED), statuses);
  }

  @Test
  void it_is_free_when_all_have_let_go() {
    List<String> freed = new ArrayList<>();
    group.remove(segment, () -> freed.add("freed"));
    first.released.run();
    assertEquals(List.of(), freed);
    second.released.run();
    assertEquals(List.of("freed"), freed);
  }
}

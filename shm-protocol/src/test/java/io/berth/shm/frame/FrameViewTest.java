// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import java.nio.ByteBuffer;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameViewTest {
  private static final int BYTES = 1024;

  private final UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(BYTES));
  private final FrameView view = new FrameView();

  @Test
  void each_field_stands_where_the_layout_says() {
    view.at(memory, 128, 200).putRequest(-2, -3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertEquals(-2, memory.getLong(128 + CORRELATION_OFFSET));
    assertEquals(-3, memory.getLong(128 + DEADLINE_OFFSET));
    int[] offsets = {
      HANDLE_OFFSET, OPERATION_OFFSET, FLAGS_OFFSET, PRIORITY_OFFSET, STATUS_OFFSET,
      PAYLOAD_BYTES_OFFSET, REPLY_LIMIT_OFFSET, CREDIT_OFFSET, PART_OFFSET, EPOCH_OFFSET
    };
    int[] expected = {4, 5, 6, 7, 0, 8, 9, 10, 0, 11};
    for (int i = 0; i < offsets.length; i++) {
      assertEquals(expected[i], memory.getInt(128 + offsets[i]), "offset " + offsets[i]);
    }
    assertEquals(-2, view.correlation());
    assertEquals(-3, view.deadlineNanos());
    assertEquals(4, view.handle());
    assertEquals(5, view.operation());
    assertEquals(6, view.flags());
    assertEquals(7, view.priority());
    assertEquals(8, view.payloadBytes());
    assertEquals(9, view.replyLimit());
    assertEquals(10, view.credit());
    assertEquals(11, view.epoch());
    view.putResponse(20, 21, 22, 23, 24, 25, 26, 27);
    assertEquals(20, memory.getLong(128 + CORRELATION_OFFSET));
    int[] answer = {21, 22, 23, 0, 24, 26, 0, 0, 25, 27};
    for (int i = 0; i < offsets.length; i++) {
      assertEquals(answer[i], memory.getInt(128 + offsets[i]), "offset " + offsets[i]);
    }
    assertEquals(24, view.status());
    assertEquals(25, view.part());
  }

  @Test
  void a_stamp_stays_inside_of_its_record() {
    view.at(memory, 0, HEADER_BYTES + TRACE_BYTES).stamp(TRACE_ANSWERED, 5);
    assertEquals(5, memory.getLong(HEADER_BYTES + TRACE_ANSWERED));
    view.at(memory, 0, HEADER_BYTES + TRACE_ANSWERED);
    assertThrows(IndexOutOfBoundsException.class, () -> view.stamp(TRACE_ANSWERED, 5));
    assertThrows(IndexOutOfBoundsException.class, () -> view.stamp(-8, 5));
  }

  @Test
  void length_and_type_belong_to_the_ring() {
    memory.putLong(64, 0x1122334455667788L);
    view.at(memory, 64, 64).putRequest(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    view.putResponse(1, 1, 1, 1, 1, 1, 1, 1);
    assertEquals(0x1122334455667788L, memory.getLong(64));
  }

  @Test
  void a_record_outside_of_its_buffer_is_refused() {
    assertThrows(IndexOutOfBoundsException.class, () -> view.at(memory, BYTES - 63, 64));
    assertThrows(IndexOutOfBoundsException.class, () -> view.at(memory, -8, 64));
    assertThrows(IndexOutOfBoundsException.class, () -> view.at(memory, 0, BYTES + 1));
    assertThrows(IndexOutOfBoundsException.class, () -> view.at(memory, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> view.at(memory, 0, 63));
    assertThrows(
        IllegalArgumentException.class,
        () -> view.at(new UnsafeBuffer(new byte[BYTES]), 0, HEADER_BYTES));
  }

  @Test
  void copies_exactly_what_is_asked_for_and_never_past_a_record() {
    FrameView from = new FrameView();
    byte[] before = new byte[BYTES];
    byte[] after = new byte[BYTES];
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      random.nextBytes(before);
      memory.putBytes(0, before);
      from.at(memory, 0, 256 + random.nextInt(200));
      view.at(memory, 512, 256 + random.nextInt(200));
      int fromOffset = random.nextInt(300);
      int toOffset = random.nextInt(300);
      int bytes = random.nextInt(300);
      if (bytes > from.length() - fromOffset || bytes > view.length() - toOffset) {
        assertThrows(
            IndexOutOfBoundsException.class, () -> view.copy(from, fromOffset, toOffset, bytes));
        System.arraycopy(before, 0, after, 0, BYTES);
      } else {
        view.copy(from, fromOffset, toOffset, bytes);
        System.arraycopy(before, 0, after, 0, BYTES);
        System.arraycopy(before, fromOffset, after, 512 + toOffset, bytes);
      }
      byte[] found = new byte[BYTES];
      memory.getBytes(0, found);
      assertArrayEquals(after, found);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> view.copy(from, 0, 0, -8));
    assertThrows(IndexOutOfBoundsException.class, () -> view.copy(from, -8, 0, 8));
    assertThrows(IndexOutOfBoundsException.class, () -> view.copy(from, 8, 0, Integer.MAX_VALUE));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameCheckTest {
  private static final int MAX_INLINE_BYTES = 4096;

  private final UnsafeBuffer frame =
      new UnsafeBuffer(new byte[maxRecordBytes(MAX_INLINE_BYTES) + 16]);

  private String check(int flags, int payloadBytes, int length) {
    frame.putInt(8 + FLAGS_OFFSET, flags);
    frame.putInt(8 + PAYLOAD_BYTES_OFFSET, payloadBytes);
    return FrameCheck.violation(frame, 8, length, MAX_INLINE_BYTES);
  }

  @Test
  void a_frame_that_blocks_and_payload_fill_exactly_is_right() {
    assertNull(check(0, 0, 64));
    assertNull(check(0, MAX_INLINE_BYTES, 64 + MAX_INLINE_BYTES));
    assertNull(check(FLAG_TRACE, 3, 64 + 48 + 3));
    assertNull(check(FLAG_INPUT | FLAG_OUTPUT, 3, 64 + 48 + 3));
    assertNull(
        check(
            FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT | FLAG_SESSION,
            MAX_INLINE_BYTES,
            maxRecordBytes(MAX_INLINE_BYTES)));
  }

  @Test
  void a_byte_more_or_less_is_a_violation_that_names_the_numbers() {
    for (int length : new int[] {73, 75}) {
      String violation = check(0, 10, length);
      assertTrue(violation.contains(length + " bytes, expected 74"), violation);
    }
  }

  @Test
  void a_frame_shorter_than_its_header_is_not_read() {
    for (int length = 8; length < 64; length++) {
      assertNotNull(
          FrameCheck.violation(new UnsafeBuffer(new byte[8]), 0, length, MAX_INLINE_BYTES));
    }
  }

  @Test
  void a_payload_length_out_of_range_is_a_violation_before_it_is_added_to_anything() {
    int[] lengths = {
      -1, Integer.MIN_VALUE, MAX_INLINE_BYTES + 1, Integer.MAX_VALUE, Integer.MAX_VALUE - 63
    };
    for (int payload : lengths) {
      assertNotNull(check(0, payload, 64));
      assertNotNull(check(0, payload, 64 + payload));
    }
  }

  @Test
  void what_passes_lies_inside_of_the_record() {
    Random random = new Random(8);
    int passed = 0;
    for (int i = 0; i < 500_000; i++) {
      int flags = random.nextInt(512);
      int payload = random.nextInt(300) - 20;
      int length = random.nextBoolean() ? payloadOffset(flags) + payload : 8 + random.nextInt(400);
      if (check(flags, payload, length) == null) {
        passed++;
        assertTrue(payload >= 0);
        assertEquals(length, payloadOffset(flags) + payload);
        if ((flags & FLAG_SESSION) != 0) {
          assertTrue(sessionOffset(flags) + SESSION_BYTES <= length);
        }
        if ((flags & FLAG_OUTPUT) != 0) {
          assertTrue(outputOffset(flags) + REFERENCE_BYTES <= length);
        }
        if ((flags & FLAG_INPUT) != 0) {
          assertTrue(inputOffset(flags) + REFERENCE_BYTES <= length);
        }
      }
    }
    assertTrue(passed > 100_000, "only " + passed + " frames passed");
  }
}

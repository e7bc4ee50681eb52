// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class ObjectNumbersTest {
  private static final int LAST = (1 << 23) - 1;

  @Test
  void a_number_has_generation_lane_and_counter() {
    ObjectNumbers numbers = new ObjectNumbers(257, 0x12345678, 0);
    assertEquals(0x1234567880800001L, numbers.next());
    assertEquals(0x1234567880800002L, numbers.next());
    assertEquals(257, ObjectNumbers.lane(0x1234567880800002L));
  }

  @Test
  void a_used_up_counter_begins_the_next_generation() {
    ObjectNumbers numbers = new ObjectNumbers(511, 7, LAST - 1);
    assertEquals(7L << 32 | 0xFFFFFFFFL, numbers.next());
    assertEquals(8L << 32 | 511L << 23 | 1, numbers.next());
  }

  @Test
  void the_last_generation_is_followed_by_the_first_and_bit_63_stays_zero() {
    ObjectNumbers numbers = new ObjectNumbers(0, 0x7FFFFFFF, LAST);
    assertEquals(1, numbers.next());
  }

  @Test
  void workers_do_not_begin_alike() {
    assertNotEquals(new ObjectNumbers(0).next(), new ObjectNumbers(0).next());
  }
}

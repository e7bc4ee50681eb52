// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Long data in calls of about a millisecond, on a clock that the test moves. */
class SliceTest {
  private static final int BUFFER_BYTES = 1 << 20;

  private long nowNanos = 5;

  private Slice slice(int mostBytes) {
    return new Slice(mostBytes, () -> nowNanos);
  }

  /** A call that takes the time of its bytes and something for itself. */
  private void call(Slice slice, int bytes, double nanosPerByte, long callNanos) {
    slice.begin();
    nowNanos += callNanos + (long) (bytes * nanosPerByte);
    slice.end(bytes);
  }

  private void calls(int count, Slice slice, double nanosPerByte, long callNanos) {
    for (int i = 0; i < count; i++) {
      call(slice, slice.bytes(), nanosPerByte, callNanos);
    }
  }

  @ParameterizedTest(name = "{0} ns a byte: {1} bytes")
  @CsvSource({"0.1, 1048576", "10, 99984", "20, 49984", "100, 9984", "1000, 4096", "100000, 4096"})
  void a_call_comes_to_take_a_millisecond_within_the_bounds(double nanosPerByte, int expected) {
    Slice slice = slice(BUFFER_BYTES);
    assertEquals(Slice.LEAST_BYTES, slice.bytes());
    calls(20, slice, nanosPerByte, 0);
    assertEquals(expected, slice.bytes(), 32);
  }

  @Test
  void what_a_call_costs_by_itself_does_not_make_slices_small() {
    Slice slice = slice(BUFFER_BYTES);
    calls(40, slice, 10, 200_000);
    assertEquals(80_000, slice.bytes(), 4_000);
  }

  @Test
  void each_call_gets_at_most_twice_as_much_as_the_one_before() {
    Slice slice = slice(BUFFER_BYTES);
    for (int expected = 8192; expected <= BUFFER_BYTES; expected *= 2) {
      call(slice, slice.bytes(), 0.001, 0);
      assertEquals(expected, slice.bytes());
    }
  }

  @Test
  void one_call_that_waited_for_another_session_changes_little() {
    Slice slice = slice(BUFFER_BYTES);
    calls(20, slice, 10, 0);
    int before = slice.bytes();
    call(slice, before, 20, 0);
    assertTrue(slice.bytes() > before * 9 / 10, before + " → " + slice.bytes());
    calls(1, slice, 10, 0);
    assertEquals(before, slice.bytes(), 32);
  }

  @Test
  void a_card_that_has_become_slower_gets_less() {
    Slice slice = slice(BUFFER_BYTES);
    calls(20, slice, 10, 0);
    calls(150, slice, 40, 0);
    assertEquals(25_000, slice.bytes(), 1_000);
  }

  @Test
  void a_card_with_a_small_buffer_gets_no_more_than_that() {
    Slice slice = slice(2048);
    assertEquals(2048, slice.bytes());
    calls(10, slice, 0.1, 0);
    calls(10, slice, 100_000, 0);
    assertEquals(2048, slice.bytes());
  }

  @Test
  void the_short_end_of_data_tells_nothing() {
    Slice slice = slice(BUFFER_BYTES);
    calls(20, slice, 10, 0);
    int before = slice.bytes();
    call(slice, 16, 10, 500_000);
    assertEquals(before, slice.bytes());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.jni.os.ProcessControl;
import org.junit.jupiter.api.Test;

class SegmentLimitsTest {
  @Test
  void with_plenty_of_descriptors_there_may_be_all() {
    SegmentLimits all = new SegmentLimits(16_384, 1_024);
    assertEquals(all, SegmentLimits.of(ProcessControl.RLIM_INFINITY, 2_048));
    assertEquals(all, SegmentLimits.of(1 << 20, 2_048));
    assertEquals(all, SegmentLimits.of(512 + 5 * 2_048 + 16_384, 2_048));
  }

  @Test
  void sessions_are_given_their_descriptors_first() {
    assertEquals(new SegmentLimits(16_383, 1_024), SegmentLimits.of(512 + 500 + 16_383, 100));
    assertEquals(new SegmentLimits(1_000, 250), SegmentLimits.of(512 + 500 + 1_000, 100));
  }

  @Test
  void with_too_few_descriptors_there_may_be_very_few() {
    assertEquals(new SegmentLimits(4, 1), SegmentLimits.of(1_024, 2_048));
    assertEquals(new SegmentLimits(4, 1), SegmentLimits.of(0, 65_536));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class WorkerAttachmentTest {
  private static final int KIB = 1024;
  private static final int GIB = 1 << 30;

  @Test
  void a_workers_ring_holds_what_four_clients_send() {
    assertEquals(256 * KIB, WorkerAttachment.ringBytes(64 * KIB, 4 * KIB, GIB));
  }

  @Test
  void a_workers_ring_holds_eight_of_the_largest_payloads() {
    assertEquals(512 * KIB, WorkerAttachment.ringBytes(4 * KIB, 64 * KIB, GIB));
  }

  @Test
  void the_largest_rings_that_can_be_configured_do_not_become_the_smallest() {
    assertEquals(GIB, WorkerAttachment.ringBytes(GIB / 2, 64 * KIB, GIB));
    assertEquals(GIB, WorkerAttachment.ringBytes(GIB, 64 * KIB, GIB));
  }

  @Test
  void no_ring_is_larger_than_allowed() {
    assertEquals(128 * KIB, WorkerAttachment.ringBytes(64 * KIB, 4 * KIB, 128 * KIB));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.OutstandingMemory;
import io.berth.jni.os.Pipes;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SegmentTest {
  private static final int PAGE_BYTES = Memory.pageBytes();
  private static final int RW = Memory.PROT_READ | Memory.PROT_WRITE;

  private static Segment begin(int pages) throws OsException {
    return Segment.begin(1, 0, 1, Segment.INPUT, (long) pages * PAGE_BYTES);
  }

  @Test
  void it_is_made_in_pieces_and_sealed_with_the_last() throws OsException {
    try (Segment segment = begin(5)) {
      assertFalse(segment.allocateMore(2L * PAGE_BYTES));
      assertFalse(segment.allocateMore(2L * PAGE_BYTES));
      assertTrue(segment.allocateMore(2L * PAGE_BYTES));
      int fd = segment.clientsDescriptor();
      assertEquals(5L * PAGE_BYTES, Memory.size(fd));
      assertEquals(-Errno.EPERM, Memory.truncate(fd, 0));
      assertEquals(-Errno.EPERM, Memory.addSeals(fd, Memory.F_SEAL_WRITE));
      Descriptors.close(fd);
    }
  }

  @Test
  void it_is_taken_in_pieces_from_client_and_worker_that_keep_it() throws OsException {
    try (Segment segment = begin(3)) {
      assertTrue(segment.allocateMore(3L * PAGE_BYTES));
      int clients = segment.clientsDescriptor();
      int workers = segment.workersDescriptor();
      long written = OsException.check("mmap", Memory.map(clients, 0, segment.bytes(), RW, true));
      long read =
          OsException.check(
              "mmap", Memory.map(workers, 0, segment.bytes(), Memory.PROT_READ, true));
      ByteBuffer client = Memory.view(written, segment.bytes());
      ByteBuffer worker = Memory.view(read, segment.bytes());
      for (int page = 0; page < 3; page++) {
        client.put(page * PAGE_BYTES, (byte) 7);
      }
      assertFalse(segment.discardMore(2L * PAGE_BYTES));
      assertEquals(0, worker.get(PAGE_BYTES));
      assertEquals(7, worker.get(2 * PAGE_BYTES));
      assertTrue(segment.discardMore(2L * PAGE_BYTES));
      for (int at = 0; at < segment.bytes(); at += PAGE_BYTES) {
        assertEquals(0, client.get(at));
        assertEquals(0, worker.get(at));
      }
      Memory.unmap(written, segment.bytes());
      Memory.unmap(read, segment.bytes());
      Descriptors.close(clients);
      Descriptors.close(workers);
    }
  }

  @Test
  void whether_a_client_or_a_worker_holds_it_can_be_told_after_it_is_left() throws OsException {
    for (int direction : new int[] {Segment.INPUT, Segment.OUTPUT}) {
      Segment segment = Segment.create(1, 0, 1, direction, PAGE_BYTES);
      int clients = segment.clientsDescriptor();
      int workers = segment.workersDescriptor();
      try (OutstandingMemory left = segment.leave()) {
        assertTrue(left.isHeld());
        Descriptors.close(clients);
        assertTrue(left.isHeld());
        Descriptors.close(workers);
        assertFalse(left.isHeld());
      }
    }
  }

  @Test
  void one_that_is_closed_leaves_descriptors_of_others_alone() throws OsException {
    Segment segment = Segment.create(1, 0, 1, Segment.INPUT, PAGE_BYTES);
    segment.close();
    int[] others = new int[2];
    OsException.check("pipe", Pipes.create(others));
    segment.close();
    assertThrows(OsException.class, segment::clientsDescriptor);
    assertThrows(OsException.class, segment::workersDescriptor);
    assertTrue(Pipes.capacity(others[0]) > 0);
    Descriptors.close(others[0]);
    Descriptors.close(others[1]);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class OutstandingMemoryTest {
  private final SealedMemory memory = create();

  private static SealedMemory create() {
    try {
      return SealedMemory.createForOneWriter("test", 1);
    } catch (OsException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void memory_that_nobody_else_was_given_is_held_by_nobody() {
    try (OutstandingMemory left = memory.leave()) {
      assertFalse(left.isHeld());
      assertFalse(left.isHeld(), "asking changes nothing");
    }
  }

  @Test
  void a_peers_descriptor_holds_it() throws IOException {
    int peers = memory.readOnlyDescriptor();
    try (OutstandingMemory left = memory.leave()) {
      assertTrue(left.isHeld());
      assertTrue(left.isHeld(), "asking changes nothing");
      Descriptors.close(peers);
      assertFalse(left.isHeld());
    }
  }

  @Test
  void a_peers_writable_descriptor_holds_it() throws IOException {
    int peers = OsException.check("open", Memory.reopenReadWrite(memory.descriptor()));
    try (OutstandingMemory left = memory.leave()) {
      assertTrue(left.isHeld());
      Descriptors.close(peers);
      assertFalse(left.isHeld());
    }
  }

  @Test
  void a_peers_mapping_holds_it_without_any_descriptor() throws IOException {
    int peers = memory.readOnlyDescriptor();
    long address = Memory.map(peers, 0, memory.bytes(), Memory.PROT_READ, true);
    assertTrue(address > 0);
    Descriptors.close(peers);
    try (OutstandingMemory left = memory.leave()) {
      assertTrue(left.isHeld());
      assertEquals(0, Memory.unmap(address, memory.bytes()));
      assertFalse(left.isHeld());
    }
  }

  @Test
  void a_descriptor_in_a_message_that_nobody_has_received_holds_it() throws IOException {
    int[] ends = new int[2];
    OsException.check("socketpair", Sockets.pair(ends));
    int peers = memory.readOnlyDescriptor();
    ByteBuffer letter = ByteBuffer.allocateDirect(1);
    assertEquals(1, Sockets.send(ends[0], Memory.addressOf(letter), 1, new int[] {peers}, 1));
    Descriptors.close(peers);
    try (OutstandingMemory left = memory.leave()) {
      assertTrue(left.isHeld());
      Descriptors.close(ends[0]);
      Descriptors.close(ends[1]);
      assertFalse(left.isHeld());
    }
  }

  @Test
  void closing_it_closes_its_descriptor_once() throws IOException {
    OutstandingMemory left = memory.leave();
    assertFalse(left.isHeld());
    left.close();
    int[] others = new int[2];
    OsException.check("pipe", Pipes.create(others));
    left.close();
    assertTrue(Pipes.capacity(others[0]) > 0, "somebody else's by now");
    Descriptors.close(others[0]);
    Descriptors.close(others[1]);
  }
}

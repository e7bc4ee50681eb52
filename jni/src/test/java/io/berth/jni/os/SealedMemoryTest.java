// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SealedMemoryTest {
  private static final int RW = Memory.PROT_READ | Memory.PROT_WRITE;

  private static Path procPath(int fd) {
    return Path.of("/proc/self/fd/" + fd);
  }

  @Test
  void the_size_is_rounded_up_to_pages_and_every_page_exists() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", Memory.pageBytes() + 1)) {
      assertEquals(2L * Memory.pageBytes(), memory.bytes());
      assertEquals(memory.bytes(), Memory.size(memory.descriptor()));
      // Nothing is left to be allocated at first touch.
      assertTrue(allocatedBytes(memory.descriptor()) >= memory.bytes());
      ByteBuffer view = Memory.view(memory.address(), memory.bytes());
      view.put((int) memory.bytes() - 1, (byte) 7);
      assertEquals(7, view.get((int) memory.bytes() - 1));
    }
  }

  private static long allocatedBytes(int fd) throws IOException {
    String file = "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd;
    Process stat = new ProcessBuilder("stat", "-L", "-c", "%b", file).start();
    String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return Long.parseLong(blocks.trim()) * 512;
  }

  @Test
  void nobody_can_resize_it_neither_by_the_descriptor_nor_by_another_way_to_the_file()
      throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 1)) {
      int fd = memory.descriptor();
      assertEquals(-Errno.EPERM, Memory.truncate(fd, 0));
      assertEquals(-Errno.EPERM, Memory.truncate(fd, memory.bytes() * 2));
      assertEquals(-Errno.EPERM, Memory.allocate(fd, memory.bytes(), 1));
      try (FileChannel channel = FileChannel.open(procPath(fd), StandardOpenOption.WRITE)) {
        assertThrows(IOException.class, () -> channel.truncate(0));
      }
      long second = Memory.map(fd, 0, memory.bytes(), RW, false);
      assertTrue(second > 0);
      assertEquals(-Errno.EPERM, Memory.truncate(fd, 0));
      assertEquals(0, Memory.unmap(second, memory.bytes()));
      assertEquals(memory.bytes(), Memory.size(fd));
    }
  }

  @Test
  void no_seal_can_be_added_later() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 1)) {
      assertEquals(-Errno.EPERM, Memory.addSeals(memory.descriptor(), Memory.F_SEAL_FUTURE_WRITE));
      int wanted = Memory.F_SEAL_SEAL | Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW;
      assertEquals(wanted, Memory.seals(memory.descriptor()) & 0xf);
      assertFalse(memory.isSealedAgainstForeignWrites());
    }
  }

  @Test
  void only_the_owner_may_open_the_file() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 1)) {
      assertEquals(
          PosixFilePermissions.fromString("rw-------"),
          Files.getPosixFilePermissions(procPath(memory.descriptor())));
      assertTrue(Descriptors.isCloseOnExec(memory.descriptor()));
      assertFalse(Files.isDirectory(procPath(memory.descriptor()), LinkOption.NOFOLLOW_LINKS));
    }
  }

  @Test
  void a_read_only_descriptor_shows_the_bytes_and_refuses_a_writable_mapping() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 1)) {
      int readOnly = memory.readOnlyDescriptor();
      assertTrue(Descriptors.isCloseOnExec(readOnly));
      assertEquals(-Errno.EACCES, Memory.map(readOnly, 0, memory.bytes(), RW, false));
      long address = Memory.map(readOnly, 0, memory.bytes(), Memory.PROT_READ, true);
      assertTrue(address > 0);
      assertEquals(0, Descriptors.close(readOnly));
      Memory.view(memory.address(), memory.bytes()).putLong(0, 0x1122334455667788L);
      assertEquals(0x1122334455667788L, Memory.view(address, memory.bytes()).getLong(0));
      memory.wipe();
      assertEquals(0, Memory.view(address, memory.bytes()).getLong(0));
      assertEquals(0, Memory.unmap(address, memory.bytes()));
    }
  }

  @Test
  void memory_for_one_writer_cannot_be_mapped_writable_again_even_by_the_same_uid()
      throws IOException {
    try (SealedMemory memory = SealedMemory.createForOneWriter("test", 1)) {
      assumeTrue(memory.isSealedAgainstForeignWrites(), "kernel without F_SEAL_FUTURE_WRITE");
      assertEquals(-Errno.EPERM, Memory.map(memory.descriptor(), 0, memory.bytes(), RW, false));
      try (FileChannel again =
          FileChannel.open(
              procPath(memory.descriptor()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        assertThrows(IOException.class, () -> again.write(ByteBuffer.wrap(new byte[1]), 0));
      }
      ByteBuffer own = Memory.view(memory.address(), memory.bytes());
      own.put(0, (byte) 9);
      assertEquals(9, own.get(0));
    }
  }

  @Test
  void contents_are_kept_out_of_core_dumps() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 1)) {
      String mapping = smapsOf(memory.address());
      assertTrue(mapping.contains(" dd"), mapping);
    }
  }

  @Test
  void discarded_memory_is_freed_although_a_peer_has_it_mapped_and_reads_as_zeros()
      throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 3L * Memory.pageBytes())) {
      long peers = Memory.map(memory.descriptor(), 0, memory.bytes(), RW, true);
      assertTrue(peers > 0);
      ByteBuffer seen = Memory.view(peers, memory.bytes());
      for (int at = 0; at < memory.bytes(); at++) {
        seen.put(at, (byte) 7);
      }
      memory.discard();
      assertEquals(0, allocatedBytes(memory.descriptor()));
      assertEquals(memory.bytes(), Memory.size(memory.descriptor()));
      for (int at = 0; at < memory.bytes(); at++) {
        assertEquals(0, seen.get(at), "a touch is no SIGBUS, and shows nothing of before");
      }
      seen.put(1, (byte) 9);
      assertEquals(9, Memory.view(memory.address(), memory.bytes()).get(1), "still shared");
      assertEquals(0, Memory.unmap(peers, memory.bytes()));
    }
  }

  @Test
  void memory_for_one_writer_cannot_be_discarded_and_is_wiped_instead() throws IOException {
    try (SealedMemory memory = SealedMemory.createForOneWriter("test", 1)) {
      assumeTrue(memory.isSealedAgainstForeignWrites(), "kernel without F_SEAL_FUTURE_WRITE");
      ByteBuffer own = Memory.view(memory.address(), memory.bytes());
      own.put(0, (byte) 9);
      OsException e = assertThrows(OsException.class, memory::discard);
      assertEquals("EPERM", e.errnoName());
      assertEquals(0, own.get(0));
    }
  }

  @Test
  void a_wipe_may_leave_the_beginning_as_it_is() throws IOException {
    try (SealedMemory memory = SealedMemory.create("test", 2)) {
      ByteBuffer own = Memory.view(memory.address(), memory.bytes());
      own.put(7, (byte) 1).put(8, (byte) 2).put((int) memory.bytes() - 1, (byte) 3);
      memory.wipeFrom(8);
      assertEquals(1, own.get(7));
      assertEquals(0, own.get(8));
      assertEquals(0, own.get((int) memory.bytes() - 1));
      assertThrows(IllegalArgumentException.class, () -> memory.wipeFrom(memory.bytes() + 1));
      assertThrows(IllegalArgumentException.class, () -> memory.wipeFrom(-1));
    }
  }

  private static String smapsOf(long address) throws IOException {
    boolean here = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.startsWith(Long.toHexString(address) + "-")) {
        here = true;
      } else if (here && line.startsWith("VmFlags")) {
        return line;
      }
    }
    throw new AssertionError("no mapping at " + Long.toHexString(address));
  }

  @Test
  void closing_twice_closes_once() throws IOException {
    SealedMemory memory = SealedMemory.create("test", 1);
    memory.close();
    // Somebody else gets the number; a second close must leave it alone.
    List<Integer> others = new ArrayList<>();
    do {
      others.add(OsException.check("eventfd", EventFd.create()));
    } while (!others.contains(memory.descriptor()) && others.size() < 64);
    assertTrue(others.contains(memory.descriptor()));
    memory.close();
    for (int other : others) {
      assertEquals(1, EventFd.signal(other));
      Descriptors.close(other);
    }
    assertThrows(IllegalStateException.class, memory::wipe);
  }

  @Test
  void a_bad_descriptor_is_an_error_and_not_a_crash() {
    assertEquals(-Errno.EBADF, Memory.seals(-1));
    assertEquals(-Errno.EBADF, Memory.reopenReadOnly(1 << 20));
    assertEquals(-Errno.EBADF, Memory.map(-1, 0, 1, RW, false));
    assertEquals(-Errno.EBADF, Memory.size(-1));
    assertEquals(-Errno.EINVAL, Memory.map(0, 0, 0, RW, false));
    assertEquals(-Errno.EINVAL, Memory.allocate(0, Long.MAX_VALUE, 2));
  }

  @Test
  void a_name_too_long_fails_naming_the_call() {
    String name = "x".repeat(300);
    OsException e = assertThrows(OsException.class, () -> SealedMemory.create(name, 1));
    assertEquals("memfd_create(" + name + ")", e.call());
    assertEquals("EINVAL", e.errnoName());
    assertThrows(IllegalArgumentException.class, () -> SealedMemory.create("none", 0));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketsTest {
  @TempDir Path folder;

  private final int[] pair = new int[2];
  private final int[] witness = new int[2];
  private final ByteBuffer bytes = ByteBuffer.allocateDirect(64);
  private final long address = Memory.addressOf(bytes);

  @BeforeEach
  void connect() {
    assertEquals(0, Sockets.pair(pair));
    assertEquals(0, Pipes.create(witness));
  }

  @AfterEach
  void close() {
    Descriptors.close(pair[0]);
    Descriptors.close(pair[1]);
    Descriptors.close(witness[0]);
    Descriptors.close(witness[1]);
  }

  /** The number may soon be somebody else's: it must not be closed again. */
  private static void closeAndForget(int[] descriptors, int index) {
    assertEquals(0, Descriptors.close(descriptors[index]));
    descriptors[index] = -1;
  }

  /** The writing end of {@link #witness}, or a copy of it, is what travels. */
  private int passenger() {
    return witness[1];
  }

  /** A pipe ends only when the last copy of its writing end is closed, wherever that is. */
  private void assertNoCopyOfThePassengerIsLeft() {
    assertEquals(0, Pipes.drain(witness[0]));
    closeAndForget(witness, 1);
    assertEquals(Pipes.END_OF_FILE, Pipes.drain(witness[0]));
  }

  private void put(String text) {
    bytes.clear().put(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String text(long received) {
    byte[] copy = new byte[Sockets.bytesOf(received)];
    bytes.get(0, copy);
    return new String(copy, StandardCharsets.US_ASCII);
  }

  @Test
  void messages_keep_their_boundaries() {
    put("helloworld");
    assertEquals(5, Sockets.send(pair[0], address, 5, null, 0));
    assertEquals(5, Sockets.send(pair[0], address + 5, 5, null, 0));
    assertEquals("hello", text(Sockets.receive(pair[1], address, 64, null)));
    assertEquals("world", text(Sockets.receive(pair[1], address, 64, null)));
    assertEquals(-Errno.EAGAIN, Sockets.receive(pair[1], address, 64, null));
  }

  @Test
  void memory_handed_over_by_descriptor_is_the_same_memory() throws IOException {
    try (SealedMemory memory = SealedMemory.create("shared", 1)) {
      int readOnly = memory.readOnlyDescriptor();
      put("x");
      assertEquals(
          1, Sockets.send(pair[0], address, 1, new int[] {memory.descriptor(), readOnly}, 2));
      Descriptors.close(readOnly);

      int[] received = new int[4];
      long result = Sockets.receive(pair[1], address, 64, received);
      assertEquals(1, Sockets.bytesOf(result));
      assertEquals(2, Sockets.descriptorsOf(result));
      assertTrue(Descriptors.isCloseOnExec(received[0]));
      long mapped = Memory.map(received[1], 0, memory.bytes(), Memory.PROT_READ, false);
      Memory.view(memory.address(), 8).putLong(0, 42);
      assertEquals(42, Memory.view(mapped, 8).getLong(0));
      Memory.unmap(mapped, memory.bytes());
      Descriptors.close(received[0]);
      Descriptors.close(received[1]);
    }
  }

  @Test
  void more_descriptors_than_wanted_are_all_closed() throws IOException {
    int[] three = {passenger(), passenger(), passenger()};
    for (int room = 0; room < 3; room++) {
      assertEquals(1, Sockets.send(pair[0], address, 1, three, 3));
      assertEquals(
          -Errno.EPROTO, Sockets.receive(pair[1], address, 64, room == 0 ? null : new int[room]));
    }
    assertNoCopyOfThePassengerIsLeft();
  }

  @Test
  void the_most_descriptors_that_the_kernel_takes_arrive_and_one_more_is_refused()
      throws IOException {
    int[] many = new int[Sockets.DESCRIPTORS_MAX + 1];
    Arrays.fill(many, passenger());
    assertEquals(-Errno.EINVAL, Sockets.send(pair[0], address, 1, many, many.length));
    assertEquals(1, Sockets.send(pair[0], address, 1, many, Sockets.DESCRIPTORS_MAX));
    int[] received = new int[Sockets.DESCRIPTORS_MAX];
    long result = Sockets.receive(pair[1], address, 64, received);
    assertEquals(Sockets.DESCRIPTORS_MAX, Sockets.descriptorsOf(result));
    for (int fd : received) {
      assertEquals(0, Descriptors.close(fd));
    }
    assertNoCopyOfThePassengerIsLeft();
  }

  @Test
  void a_process_that_may_open_no_more_descriptors_is_told_and_loses_none() throws OsException {
    ProcessControl.Limit limit = ProcessControl.limit(ProcessControl.RLIMIT_NOFILE);
    int[] received = new int[2];
    int[] two = {passenger(), passenger()};
    // Room for one of the two: the kernel hands it over before it finds the limit.
    int lowestFree = Descriptors.duplicate(passenger());
    assertEquals(0, Descriptors.close(lowestFree));
    assertEquals(1, Sockets.send(pair[0], address, 1, two, 2));
    long result;
    ProcessControl.setLimit(ProcessControl.RLIMIT_NOFILE, lowestFree + 1, limit.hard());
    try {
      result = Sockets.receive(pair[1], address, 64, received);
    } finally {
      ProcessControl.setLimit(ProcessControl.RLIMIT_NOFILE, limit.soft(), limit.hard());
    }
    assertEquals(-Errno.EPROTO, result);
    assertNoCopyOfThePassengerIsLeft();
  }

  @Test
  void a_message_too_long_is_refused_and_what_came_with_it_closed() throws IOException {
    assertEquals(9, Sockets.send(pair[0], address, 9, new int[] {passenger()}, 1));
    assertEquals(-Errno.EMSGSIZE, Sockets.receive(pair[1], address, 8, new int[1]));
    assertNoCopyOfThePassengerIsLeft();
  }

  @Test
  void an_empty_message_reads_like_the_end_and_leaks_nothing() throws IOException {
    assertEquals(0, Sockets.send(pair[0], address, 0, new int[] {passenger()}, 1));
    assertEquals(0, Sockets.receive(pair[1], address, 64, new int[1]));
    assertNoCopyOfThePassengerIsLeft();
  }

  @Test
  void a_closed_peer_is_the_end_for_the_reader_and_epipe_for_the_writer() {
    closeAndForget(pair, 0);
    assertEquals(0, Sockets.receive(pair[1], address, 64, null));
    assertEquals(-Errno.EPIPE, Sockets.send(pair[1], address, 1, null, 0));
  }

  @Test
  void a_peer_that_never_reads_blocks_nobody() {
    int sent = 0;
    int result = 1;
    while (result > 0) {
      result = Sockets.send(pair[0], address, 64, null, 0);
      sent++;
      assertTrue(sent < 1_000_000);
    }
    assertEquals(-Errno.EAGAIN, result);
    assertEquals(64, Sockets.bytesOf(Sockets.receive(pair[1], address, 64, null)));
  }

  @Test
  void shutdown_of_writing_ends_the_peers_reading_only() {
    assertEquals(0, Sockets.shutdown(pair[0], Sockets.SHUT_WR));
    assertEquals(0, Sockets.receive(pair[1], address, 64, null));
    assertEquals(1, Sockets.send(pair[1], address, 1, null, 0));
    assertEquals(1, Sockets.bytesOf(Sockets.receive(pair[0], address, 64, null)));
  }

  @Test
  void the_kernel_names_a_client_that_connects_by_path() throws IOException {
    Path path = folder.resolve("s");
    int listener = Sockets.listen(path, 4, 0620);
    assertEquals(PosixFilePermissions.fromString("rw--w----"), Files.getPosixFilePermissions(path));
    assertEquals(-Errno.EAGAIN, Sockets.accept(listener));
    int client = Sockets.connect(path);
    int server = Sockets.accept(listener);
    assertTrue(server > 0);
    assertTrue(Descriptors.isCloseOnExec(server));
    assertEquals(Descriptors.O_NONBLOCK, Descriptors.statusFlags(server) & Descriptors.O_NONBLOCK);

    Sockets.PeerCredentials peer = Sockets.peerCredentials(server);
    assertEquals(ProcessControl.effectiveUid(), peer.uid());
    assertEquals(ProcessControl.effectiveGid(), peer.gid());
    assertEquals(ProcessHandle.current().pid(), peer.pid());
    int[] groups = Sockets.peerGroups(server);
    Arrays.sort(groups);
    assertArrayEquals(ownGroups(), groups);
    Descriptors.close(client);
    Descriptors.close(server);
    Descriptors.close(listener);
  }

  private static int[] ownGroups() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("Groups:")) {
        String list = line.substring("Groups:".length()).trim();
        return list.isEmpty()
            ? new int[0]
            : Stream.of(list.split("\\s+", -1)).mapToInt(Integer::parseInt).sorted().toArray();
      }
    }
    throw new AssertionError("no groups in /proc/self/status");
  }

  @Test
  void the_mode_of_the_socket_does_not_depend_on_the_umask() throws IOException {
    Path path = folder.resolve("s");
    int before = ProcessControl.umask(0777);
    int listener;
    try {
      listener = Sockets.listen(path, 1, 0666);
    } finally {
      ProcessControl.umask(before);
    }
    assertEquals(PosixFilePermissions.fromString("rw-rw-rw-"), Files.getPosixFilePermissions(path));
    Descriptors.close(listener);
  }

  @Test
  void a_full_backlog_is_told_and_not_waited_for() throws IOException {
    Path path = folder.resolve("s");
    int listener = Sockets.listen(path, 0, 0600);
    int first = Sockets.connect(path);
    OsException e = assertThrows(OsException.class, () -> Sockets.connect(path));
    assertEquals(Errno.EAGAIN, e.errno());
    Descriptors.close(first);
    Descriptors.close(listener);
  }

  @Test
  void an_occupied_and_a_dead_path_are_told_apart() throws IOException {
    Path path = folder.resolve("s");
    int listener = Sockets.listen(path, 1, 0600);
    assertEquals(
        "EADDRINUSE",
        assertThrows(OsException.class, () -> Sockets.listen(path, 1, 0600)).errnoName());
    Descriptors.close(listener);
    OsException dead = assertThrows(OsException.class, () -> Sockets.connect(path));
    assertEquals(
        "connect(" + path + "): ECONNREFUSED: connection refused: nobody listens",
        dead.getMessage());
  }

  @Test
  void a_path_too_long_for_a_socket_says_by_how_much() {
    Path path = Path.of("/tmp/" + "d".repeat(110));
    OsException e = assertThrows(OsException.class, () -> Sockets.listen(path, 1, 0600));
    assertEquals(Errno.ENAMETOOLONG, e.errno());
    assertTrue(e.getMessage().contains("has 115 bytes, at most 107"), e.getMessage());
  }

  @Test
  void a_bad_descriptor_is_an_error_and_not_a_crash() {
    assertEquals(-Errno.EBADF, Sockets.accept(-1));
    assertEquals(-Errno.EBADF, Sockets.send(-1, address, 1, null, 0));
    assertEquals(-Errno.EBADF, Sockets.receive(-1, address, 1, null));
    assertEquals(-Errno.EBADF, Sockets.shutdown(-1, Sockets.SHUT_RD));
    assertThrows(OsException.class, () -> Sockets.peerCredentials(-1));
    assertEquals(-Errno.EINVAL, Sockets.send(pair[0], address, 1, new int[1], 2));
    assertEquals(-Errno.EINVAL, Sockets.send(pair[0], address, 1, null, 1));
  }
}

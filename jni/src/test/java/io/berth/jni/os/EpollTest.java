// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EpollTest {
  private static final long FIVE_MILLIS = TimeUnit.MILLISECONDS.toNanos(5);

  private Epoll epoll;
  private final int[] pipe = new int[2];
  private int wake;

  @BeforeEach
  void open() throws OsException {
    epoll = new Epoll(8);
    assertEquals(0, Pipes.create(pipe));
    wake = OsException.check("eventfd", EventFd.create());
  }

  @AfterEach
  void close() {
    Epoll.setNanosecondWaitMissing(false);
    epoll.close();
    epoll.close();
    Descriptors.close(pipe[0]);
    Descriptors.close(pipe[1]);
    Descriptors.close(wake);
  }

  /** The number may soon be somebody else's: it must not be closed again. */
  private void closeAndForget(int end) {
    assertEquals(0, Descriptors.close(pipe[end]));
    pipe[end] = -1;
  }

  @Test
  void each_event_brings_the_data_of_its_descriptor() {
    assertEquals(0, epoll.add(pipe[0], Epoll.EPOLLIN, 0x1122334455667788L));
    assertEquals(0, epoll.add(wake, Epoll.EPOLLIN, -1L));
    assertEquals(0, epoll.await(0));
    Pipes.ring(pipe[1]);
    EventFd.signal(wake);
    assertEquals(2, epoll.await(-1));
    Map<Long, Integer> found = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      found.put(epoll.data(i), epoll.events(i));
    }
    assertEquals(Map.of(0x1122334455667788L, Epoll.EPOLLIN, -1L, Epoll.EPOLLIN), found);
  }

  @Test
  void a_thread_blocked_without_limit_is_woken_by_a_doorbell() throws Exception {
    epoll.add(pipe[0], Epoll.EPOLLIN, 7);
    CompletableFuture<Integer> waiter = CompletableFuture.supplyAsync(() -> epoll.await(-1));
    assertEquals(1, Pipes.ring(pipe[1]));
    assertEquals(1, waiter.get());
    assertEquals(7, epoll.data(0));
    epoll.remove(pipe[0]);
    epoll.add(wake, Epoll.EPOLLIN, 8);
    CompletableFuture<Integer> again =
        CompletableFuture.supplyAsync(() -> epoll.awaitNanos(Long.MAX_VALUE));
    assertEquals(1, EventFd.signal(wake));
    assertEquals(1, again.get());
    assertEquals(8, epoll.data(0));
  }

  @Test
  void a_removed_descriptor_is_not_watched_any_more() {
    epoll.add(pipe[1], Epoll.EPOLLOUT, 1);
    assertEquals(1, epoll.await(0));
    assertEquals(1, epoll.data(0));
    assertEquals(0, epoll.remove(pipe[1]));
    assertEquals(0, epoll.await(0));
    assertEquals(-Errno.ENOENT, epoll.remove(pipe[1]));
  }

  @Test
  void edge_triggered_reports_each_ring_once_although_nobody_drains() {
    epoll.add(pipe[0], Epoll.EPOLLIN | Epoll.EPOLLET, 1);
    Pipes.ring(pipe[1]);
    assertEquals(1, epoll.await(0));
    assertEquals(0, epoll.await(0));
    Pipes.ring(pipe[1]);
    assertEquals(1, epoll.await(0));
  }

  @Test
  void a_peer_that_closes_is_an_event() {
    epoll.add(pipe[0], Epoll.EPOLLIN, 1);
    closeAndForget(1);
    assertEquals(1, epoll.await(-1));
    assertEquals(Epoll.EPOLLHUP, epoll.events(0) & Epoll.EPOLLHUP);
  }

  @Test
  void no_more_events_than_there_is_room_for() throws OsException {
    try (Epoll small = new Epoll(1)) {
      small.add(pipe[1], Epoll.EPOLLOUT, 1);
      small.add(wake, Epoll.EPOLLOUT, 2);
      assertEquals(1, small.await(-1));
    }
  }

  @Test
  void a_limit_in_nanoseconds_is_waited_for_at_least_with_and_without_the_kernels_help() {
    for (boolean missing : new boolean[] {false, true}) {
      Epoll.setNanosecondWaitMissing(missing);
      long start = Processors.monotonicNanos();
      assertEquals(0, epoll.awaitNanos(FIVE_MILLIS + 1));
      assertTrue(Processors.monotonicNanos() - start > FIVE_MILLIS);
      assertEquals(0, epoll.awaitNanos(0));
      EventFd.signal(wake);
      epoll.add(wake, Epoll.EPOLLIN, 5);
      assertEquals(1, epoll.awaitNanos(-1));
      assertEquals(5, epoll.data(0));
      epoll.remove(wake);
    }
  }

  @Test
  void an_eventfd_counts_and_starts_again() {
    assertEquals(0, EventFd.drain(wake));
    assertEquals(1, EventFd.signal(wake));
    assertEquals(1, EventFd.signal(wake));
    assertEquals(2, EventFd.drain(wake));
    assertEquals(0, EventFd.drain(wake));
    assertEquals(-Errno.EBADF, EventFd.signal(-1));
    assertEquals(-Errno.EBADF, EventFd.drain(-1));
  }

  @Test
  void bad_descriptors_and_sizes_are_errors() throws OsException {
    assertEquals(-Errno.EBADF, epoll.add(-1, Epoll.EPOLLIN, 0));
    assertThrows(IllegalArgumentException.class, () -> new Epoll(0));
    Epoll closed = new Epoll(1);
    closed.close();
    assertEquals(-Errno.EBADF, closed.await(0));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.PeerBroker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Listing names: pages, and brokers that answer wrongly or go away meanwhile. */
class ListTest extends PeerTest {
  private static final PeerBroker.Names THREE_PAGES =
      (session, token, after, sub) -> {
        switch (after) {
          case 0 -> session.listed(token, 2, "hsm:a", "hsm:a/one");
          case 2 -> session.listed(token, 0xFFFF_FFFE);
          default -> session.listed(token, 0, "hsm:a/two");
        }
      };

  private static List<String> names(List<Listed> listed) {
    List<String> names = new ArrayList<>();
    listed.forEach(each -> names.add(each.resource()));
    return names;
  }

  @Test
  void all_pages_come_in_order_an_empty_one_among_them() {
    List<String> asked = new CopyOnWriteArrayList<>();
    peer.names =
        (session, token, after, sub) -> {
          asked.add(Integer.toUnsignedString(after) + " " + sub);
          THREE_PAGES.onList(session, token, after, sub);
        };
    try (BerthClient client = connect()) {
      List<Listed> listed = client.list("tenant-a");
      assertEquals(List.of("hsm:a", "hsm:a/one", "hsm:a/two"), names(listed));
      assertEquals(9, listed.get(1).permissions());
      assertEquals("hsm/sdf", listed.get(1).driver());
      assertEquals(Map.of("index", "7"), listed.get(1).attributes());
      assertEquals(List.of("0 tenant-a", "2 tenant-a", "4294967294 tenant-a"), asked);
      client.list();
      assertEquals("0 ", asked.get(3));
    }
  }

  @Test
  void a_refusal_is_told_with_the_brokers_reason() {
    peer.names = (session, token, after, sub) -> session.refuse(token, 8, 25, "lists too often");
    try (BerthClient client = connect()) {
      ResourceExhaustedException refused =
          assertThrows(ResourceExhaustedException.class, client::list);
      assertEquals(Reason.BUDGET_EXCEEDED, refused.reason());
      assertEquals("lists too often", refused.text());
    }
  }

  @Test
  void a_broker_that_is_lost_meanwhile_has_its_successor_tell_everything() {
    peer.names =
        (session, token, after, sub) -> {
          if (after == 0) {
            session.listed(token, 2, "hsm:old");
          } else {
            peer.names = THREE_PAGES;
            session.kill();
          }
        };
    try (BerthClient client = connect()) {
      assertEquals(List.of("hsm:a", "hsm:a/one", "hsm:a/two"), names(client.list()));
    }
  }

  @Test
  void a_list_that_does_not_end_is_given_up() {
    peer.names = (session, token, after, sub) -> session.listed(token, 3, "hsm:a");
    try (BerthClient client = connect()) {
      BerthException malformed = assertThrows(BerthException.class, client::list);
      assertEquals(StatusCode.INTERNAL, malformed.status());
      assertTrue(malformed.getMessage().contains("does not end"), malformed.getMessage());
    }
  }

  @Test
  void counts_and_lengths_beyond_the_message_are_refused() {
    int[][] bodies = {{0}, {0, -1}, {0, 2, 0, 0, 0}, {0, 1, 0xFFFF, 0, 0}, {0, 1, 0, 0, -1, 0}};
    for (int[] words : bodies) {
      ByteBuffer body = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
      for (int word : words) {
        body.putInt(word);
      }
      peer.names = (session, token, after, sub) -> session.send(72, token, body.rewind());
      try (BerthClient client = connect()) {
        BerthException malformed = assertThrows(BerthException.class, client::list);
        assertEquals(Reason.MALFORMED_FRAME, malformed.reason());
        peer.names = THREE_PAGES;
        assertEquals(3, client.list().size());
      }
    }
  }

  @Test
  void an_answer_that_comes_too_late_is_forgotten() throws Exception {
    List<Runnable> held = new CopyOnWriteArrayList<>();
    CountDownLatch answered = new CountDownLatch(1);
    peer.names = (session, token, after, sub) -> held.add(() -> session.listed(token, 0, "hsm:a"));
    try (BerthClient client =
        BerthClient.builder()
            .socket(peer.socket())
            .connectTimeout(Duration.ofSeconds(30))
            .connect()) {
      Thread.currentThread().interrupt();
      assertEquals(StatusCode.CANCELLED, assertThrows(BerthException.class, client::list).status());
      assertTrue(Thread.interrupted());
      peer.idle =
          session -> {
            if (!held.isEmpty()) {
              held.forEach(Runnable::run);
              answered.countDown();
            }
          };
      answered.await();
      peer.names = THREE_PAGES;
      assertEquals(3, client.list().size());
      assertEquals(1, peer.connections.get());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.Frame;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ReplyStreamTest extends PeerTest {
  /** Sends parts only as far as credit goes, as a worker does. */
  private void pacedParts(int parts, List<Integer> grants) {
    int[] sent = {0};
    int[] credit = {0};
    Frame[] request = {null};
    peer.requests =
        (session, frame) -> {
          if (frame.type == 4) {
            session.fail(frame, 1, 17, "cancelled");
            request[0] = null;
            return;
          }
          if (frame.type == 1) {
            request[0] = frame;
            sent[0] = 0;
            credit[0] = 0;
          }
          grants.add(frame.credit);
          credit[0] += frame.credit;
          while (request[0] != null && credit[0] > 0 && sent[0] < parts) {
            session.part(request[0], sent[0], bytesOf(sent[0]));
            sent[0]++;
            credit[0]--;
          }
          if (request[0] != null && sent[0] == parts) {
            session.reply(request[0], new byte[0]);
            request[0] = null;
          }
        };
  }

  @Test
  void parts_come_in_order_and_taking_them_grants_more() {
    List<Integer> grants = new CopyOnWriteArrayList<>();
    pacedParts(500, grants);
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        ReplyStream stream = echo.stream(patient(COUNT).replyLimit(64), 4)) {
      for (int i = 0; i < 500; i++) {
        assertEquals(i, numberOf(stream.next()));
      }
      assertFalse(stream.hasNext());
      assertEquals(4, grants.get(0));
      assertTrue(grants.size() > 200);
    }
  }

  @Test
  void a_stream_closed_early_leaves_the_session_usable() {
    List<Integer> grants = new CopyOnWriteArrayList<>();
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      for (int round = 0; round < 200; round++) {
        pacedParts(50, grants);
        try (ReplyStream stream = echo.stream(patient(COUNT), 5)) {
          assertEquals(0, numberOf(stream.next()));
        }
        // Its reply space must have come back, or soon no call would have any.
        peer.requests =
            (session, frame) -> {
              if (frame.type == 4) {
                session.fail(frame, 1, 17, "cancelled");
              } else {
                io.berth.client.peer.PeerBroker.serve(session, frame);
              }
            };
        assertEquals(round, numberOf(echo.call(echo(round)).payload()));
      }
    }
  }

  @Test
  void a_failing_stream_hands_out_its_parts_first() {
    peer.requests =
        (session, frame) -> {
          session.part(frame, 0, bytesOf(1));
          session.fail(frame, 13, 29, "the card said no");
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        ReplyStream stream = echo.stream(patient(COUNT), 4)) {
      assertEquals(1, numberOf(stream.next()));
      BerthException failure = assertThrows(BerthException.class, stream::next);
      assertEquals(Reason.DRIVER_ERROR, failure.reason());
    }
  }

  @Test
  void more_credit_than_the_ring_has_room_for_is_refused_with_both_numbers() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      ResourceExhaustedException refused =
          assertThrows(
              ResourceExhaustedException.class, () -> echo.stream(Request.of(COUNT), 1000));
      assertEquals(Reason.REPLY_SPACE, refused.reason());
    }
  }
}

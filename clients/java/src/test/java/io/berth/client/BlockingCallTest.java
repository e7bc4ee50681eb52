// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.client.peer.PeerBroker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockingCallTest {
  private static final int ECHO = Permission.CALL.operation(PeerBroker.ECHO);

  @TempDir Path folder;
  private PeerBroker peer;

  @BeforeEach
  void start() {
    peer = new PeerBroker(folder.resolve("broker.sock")).start();
  }

  @AfterEach
  void stop() {
    peer.close();
  }

  @Test
  void a_payload_comes_back_as_it_went() {
    try (BerthClient client = BerthClient.builder().socket(peer.socket()).name("test").connect();
        Resource echo = client.open("echo:main")) {
      byte[] payload = "泊位".getBytes(StandardCharsets.UTF_8);
      assertArrayEquals(payload, echo.call(Request.of(ECHO).payload(payload)).payload());
      assertEquals("echo", echo.driver());
    }
  }

  @Test
  void answers_of_every_size_come_back_through_many_turns_of_the_ring() {
    try (BerthClient client = BerthClient.builder().socket(peer.socket()).connect();
        Resource echo = client.open("echo:main")) {
      ByteBuffer reply = ByteBuffer.allocate(4096);
      for (int i = 0; i < 5000; i++) {
        byte[] payload = new byte[i % 4097];
        java.util.Arrays.fill(payload, (byte) i);
        reply.clear();
        int bytes = echo.call(Request.of(ECHO).payload(payload), reply);
        assertEquals(payload.length, bytes);
        assertEquals(ByteBuffer.wrap(payload), reply.flip());
      }
    }
  }
}

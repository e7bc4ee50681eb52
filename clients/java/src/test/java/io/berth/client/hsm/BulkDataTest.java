// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.DeadlineExceededException;
import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import io.berth.client.peer.PeerSession;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BulkDataTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final byte[] DIGEST = new byte[32];
  private static final byte[] IV = new byte[16];

  @TempDir Path folder;
  private PeerBroker peer;
  private BerthClient client;
  private final List<Frame> asked = new CopyOnWriteArrayList<>();
  private final List<byte[]> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    peer = new PeerBroker(folder.resolve("broker.sock")).start();
    peer.requests = this::serve;
    client =
        BerthClient.builder().socket(peer.socket()).name("test").connectTimeout(PATIENCE).connect();
  }

  @AfterEach
  void stop() {
    client.close();
    peer.close();
  }

  /** A card whose ciphers leave the data as it is. */
  private void serve(PeerSession session, Frame frame) {
    if (frame.type != 1) {
      return;
    }
    asked.add(frame);
    byte[] input = input(session, frame);
    seen.add(input);
    if (frame.outputLength > 0) {
      session
          .segment(frame.outputSegment)
          .duplicate()
          .position((int) frame.outputOffset)
          .put(input);
      session.replyWithOutput(frame, new ProtoWriter().bytes(2, IV).toBytes(), input.length);
    } else {
      session.reply(frame, new ProtoWriter().bytes(1, DIGEST).toBytes());
    }
  }

  private static byte[] input(PeerSession session, Frame frame) {
    byte[] bytes = new byte[(int) frame.inputLength];
    if (bytes.length > 0) {
      session.segment(frame.inputSegment).duplicate().position((int) frame.inputOffset).get(bytes);
    }
    return bytes;
  }

  private static byte[] random(int bytes) {
    byte[] data = new byte[bytes];
    new Random(7).nextBytes(data);
    return data;
  }

  private Hsm card() {
    return Hsm.open(client, "hsm:demo").withTimeout(PATIENCE);
  }

  private HsmKek kek() {
    return HsmKek.open(client, "hsm:demo/kek-1").withTimeout(PATIENCE);
  }

  @Test
  void short_data_travels_in_the_message() {
    byte[] data = random(BulkData.INLINE_BYTES);
    assertArrayEquals(DIGEST, card().sm3(data));
    assertEquals(0, asked.get(0).inputLength);
    assertArrayEquals(new ProtoWriter().bytes(1, data).toBytes(), asked.get(0).payload);
  }

  @Test
  void long_data_travels_by_reference_and_not_in_the_message() {
    byte[] data = random(1_000_003);
    assertArrayEquals(DIGEST, card().sm3(data));
    assertArrayEquals(data, seen.get(0));
    assertEquals(0, asked.get(0).payload.length);
    assertTrue(asked.get(0).isIdempotent());
  }

  @Test
  void a_long_result_comes_back_by_reference_with_the_chaining_value() {
    byte[] data = random(160_000);
    Sm4 sm4 = kek().sm4(new WrappedKey(new byte[16]));
    Sm4.Result result = sm4.encrypt(Sm4Mode.CBC, IV, data);
    assertArrayEquals(data, result.data());
    assertArrayEquals(IV, result.nextIv());
  }

  @Test
  void the_shared_memory_is_wiped_after_the_answer() {
    card().sm3(random(100_001));
    assertArrayEquals(new byte[100_001], memoryOf(asked.get(0)));
  }

  @Test
  void the_shared_memory_is_left_alone_while_a_worker_may_read_it() {
    byte[] data = random(100_001);
    peer.requests = (session, frame) -> asked.add(frame); // and no answer
    Hsm hasty = card().withTimeout(Duration.ofMillis(20));
    assertThrows(DeadlineExceededException.class, () -> hasty.sm3(data));
    await(() -> !asked.isEmpty()); // The peer may take it late, but it is sent.
    assertArrayEquals(data, memoryOf(asked.get(0)));
  }

  @Test
  void an_answer_of_another_length_is_refused() {
    peer.requests =
        (session, frame) -> {
          if (frame.type == 1) {
            session.replyWithOutput(frame, new byte[0], frame.outputLength - 16);
          }
        };
    Sm4 sm4 = kek().sm4(new WrappedKey(new byte[16]));
    assertThrows(
        MalformedMessageException.class, () -> sm4.decrypt(Sm4Mode.CBC, IV, random(160_000)));
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(200_000);
    }
  }

  private byte[] memoryOf(Frame frame) {
    PeerSession session = peer.sessions.iterator().next();
    ByteBuffer memory = session.segment(frame.inputSegment).duplicate();
    byte[] bytes = new byte[(int) frame.inputLength];
    memory.position((int) frame.inputOffset).get(bytes);
    return bytes;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.admin.RunningBroker;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.status.Reason;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Texts of clients that come back in what the broker says of them. */
class ForeignTextTest {
  /** Up to what a message can carry. */
  private static final int[] LENGTHS = {1, 511, 512, 513, 40_000, 65_000, 65_500};

  private static RunningBroker broker;
  private static Path socket;

  @BeforeAll
  static void start() throws Exception {
    broker =
        RunningBroker.start(
            "policy:\n  grants:\n    - principal: {any: true}\n"
                + "      resources: [\"echo:*\"]\n      permissions: [call]\n");
    socket = broker.runDirectory().resolve("broker.sock");
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
  }

  private static Refused refused(String resource) throws Exception {
    try (RawClient client = RawClient.greeted(socket)) {
      return assertInstanceOf(Refused.class, client.ask(new Open(0, resource, "")));
    }
  }

  @Test
  void a_denial_is_said_however_long_the_name_is() throws Exception {
    for (int length : LENGTHS) {
      Refused refused = refused("hsm:" + "a".repeat(length));
      assertEquals(Reason.NOT_PERMITTED, refused.reason(), "name of " + length);
      assertTrue(refused.text().startsWith("hsm:a"), refused.text());
    }
  }

  @Test
  void a_name_of_characters_of_several_bytes_fits_too() throws Exception {
    assertEquals(Reason.NOT_PERMITTED, refused("hsm:" + "泊".repeat(21_000)).reason());
    assertEquals(Reason.NOT_PERMITTED, refused("hsm:" + "🔑".repeat(16_000)).reason());
  }

  @Test
  void that_a_resource_is_unknown_is_said_however_long_its_name_is() throws Exception {
    for (int length : new int[] {1, 128, 250}) { // Longer ones are no names.
      Refused refused = refused("echo:" + "a".repeat(length));
      assertEquals(Reason.UNKNOWN_RESOURCE, refused.reason(), "name of " + length);
      assertTrue(refused.text().endsWith("is not configured"), refused.text());
    }
  }

  @Test
  void a_message_longer_than_any_is_answered_with_a_reason() throws Exception {
    try (RawClient client = RawClient.greeted(socket)) {
      assertTrue(client.sendRaw(ControlCodec.MAX_MESSAGE_BYTES + 1) > 0);
      Expelled expelled = assertInstanceOf(Expelled.class, client.receive());
      assertEquals(Reason.MALFORMED_FRAME, expelled.reason());
      assertTrue(expelled.text().contains("more than 65536 bytes"), expelled.text());
      assertNull(client.receive());
    }
  }
}

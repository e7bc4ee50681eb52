// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.SdfProgram;
import io.berth.system.process.Await;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What is left in the segments that an SDF program shares with its card's worker, read from outside
 * between its calls.
 */
final class WipedBlocksTest {
  private static final Pattern SEGMENT =
      Pattern.compile("^(\\p{XDigit}+)-(\\p{XDigit}+) .*/memfd:berth-segment-.*$");

  /** More than travels in a message. */
  private static final int DATA_BYTES = 10_000 / 16 * 16;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static boolean holds(SdfProgram program, String hex) {
    String wanted = new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
    Path process = Path.of("/proc", Long.toString(program.pid()));
    int segments = 0;
    boolean found = false;
    try (RandomAccessFile memory = new RandomAccessFile(process.resolve("mem").toFile(), "r")) {
      for (String line : Files.readAllLines(process.resolve("maps"))) {
        Matcher mapping = SEGMENT.matcher(line);
        if (mapping.matches()) {
          long from = Long.parseLong(mapping.group(1), 16);
          byte[] bytes = new byte[(int) (Long.parseLong(mapping.group(2), 16) - from)];
          memory.seek(from);
          memory.readFully(bytes);
          found |= new String(bytes, StandardCharsets.ISO_8859_1).contains(wanted);
          segments++;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertEquals(2, segments, "one for inputs and one for outputs");
    return found;
  }

  @Test
  void data_is_wiped_with_its_call_and_what_was_decrypted_soon_after_but_not_ciphertext()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    byte[] data = new byte[DATA_BYTES];
    new Random(7).nextBytes(data);
    String plaintext = HexFormat.of().formatHex(data);
    try (SdfProgram program = SdfProgram.throughBroker(broker)) {
      program.result("OpenDevice @device");
      program.result("OpenSession @device @s");
      program.result("GenerateKeyWithKEK @s 128 0x401 1 @key");
      String ciphertext =
          program.result("Encrypt @s @key 0x401 null " + plaintext).split(" ", -1)[0];
      String firstBlocks = plaintext.substring(0, 64);
      assertFalse(holds(program, firstBlocks), "the input of an encryption");
      assertTrue(holds(program, ciphertext.substring(0, 64)), "its output, which is no secret");
      for (int i = 0; i < 50; i++) {
        assertEquals(
            plaintext,
            program.result("Decrypt @s @key 0x401 null " + ciphertext).split(" ", -1)[0]);
      }
      Await.until(
          "the outputs of decryptions are wiped",
          () -> {
            program.result("GenerateRandom @s 1"); // Who calls hears what the broker has wiped.
            return !holds(program, firstBlocks)
                && !holds(program, plaintext.substring(9_000, 9_064));
          });
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import io.berth.client.peer.PeerSession;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every typed call against the golden vectors, which protobuf-java made and the C client is held to
 * as well: a peer answers a request only if it is the vector's, and with the vector's reply.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GoldenExchangesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final byte[] DIGEST = bytes(0x01, 32);
  private static final byte[] ID = "signer".getBytes(StandardCharsets.UTF_8);
  private static final byte[] PLAINTEXT = bytes(0x51, 20);
  private static final byte[] CIPHERTEXT = bytes(0x61, 116);
  private static final byte[] IV = bytes(0x71, 16);
  private static final byte[] BLOCKS = bytes(0x01, 32);
  private static final byte[] CIPHER_BLOCKS = bytes(0xA1, 32);
  private static final byte[] NEXT_IV = bytes(0xB1, 16);
  private static final Sm2PublicKey PUBLIC_KEY = new Sm2PublicKey(bytes(0x11, 32), bytes(0x31, 32));
  private static final Sm2Signature SIGNATURE = new Sm2Signature(bytes(0x41, 32), bytes(0x81, 32));

  @TempDir private Path folder;
  private final Map<String, String> vectors = new HashMap<>();
  private PeerBroker peer;
  private BerthClient client;
  private Resource resource;
  private volatile String expected;

  @BeforeEach
  void connect() throws Exception {
    for (String line : Files.readAllLines(Path.of("../../shm-protocol/golden/vectors.txt"))) {
      String[] words = line.split(" ", -1);
      if (words.length == 3) {
        vectors.put(words[0] + " " + words[1], words[2]);
      }
    }
    peer = new PeerBroker(folder.resolve("broker.sock"));
    peer.requests = this::answer;
    peer.start();
    client = BerthClient.builder().socket(peer.socket()).name("test").connect();
    resource = client.open("hsm:card/key");
  }

  @AfterEach
  void disconnect() {
    client.close();
    peer.close();
  }

  private void answer(PeerSession session, Frame frame) {
    String operation = HexFormat.of().toHexDigits(frame.operation);
    String request = HexFormat.of().formatHex(frame.payload);
    if (operation.equals(vectors.get("operation " + expected.split("-", 2)[0]))
        && request.equals(vectors.get("hsm-request " + expected))) {
      session.reply(frame, HexFormat.of().parseHex(vectors.get("hsm-reply " + expected)));
    } else {
      session.fail(frame, 3, 0, expected + ": found " + operation + " " + request);
    }
  }

  private static byte[] bytes(int first, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }

  @Test
  void calls_of_a_key_are_written_and_read_as_the_vectors_have_them() {
    HsmKey key = HsmKey.of(resource).withTimeout(PATIENCE);
    expected = "SM2_SIGN";
    assertArrayEquals(SIGNATURE.toBytes(), key.sign(DIGEST).toBytes());
    expected = "SM2_SIGN-message";
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    assertArrayEquals(SIGNATURE.toBytes(), key.signMessage(message, ID).toBytes());
    expected = "SM2_VERIFY";
    assertTrue(key.verify(DIGEST, SIGNATURE, PUBLIC_KEY));
    expected = "SM2_ENCRYPT";
    assertArrayEquals(CIPHERTEXT, key.encrypt(PLAINTEXT, PUBLIC_KEY));
    expected = "SM2_DECRYPT";
    assertArrayEquals(PLAINTEXT, key.decrypt(CIPHERTEXT));
    expected = "EXPORT_PUBLIC_KEY";
    assertArrayEquals(PUBLIC_KEY.encoded(), key.publicKey(KeyUsage.ENCRYPT).encoded());
  }

  @Test
  void calls_of_a_key_encryption_key_are_written_and_read_as_the_vectors_have_them() {
    HsmKek kek = HsmKek.of(resource).withTimeout(PATIENCE);
    expected = "GENERATE_KEY";
    WrappedKey wrapped = kek.generateKey();
    assertArrayEquals(bytes(0x21, 16), wrapped.blob());
    Sm4 sm4 = kek.sm4(wrapped);
    expected = "SM4_ENCRYPT";
    Sm4.Result encrypted = sm4.encrypt(Sm4Mode.CBC, IV, BLOCKS);
    assertArrayEquals(CIPHER_BLOCKS, encrypted.data());
    assertArrayEquals(NEXT_IV, encrypted.nextIv());
    expected = "SM4_DECRYPT";
    assertArrayEquals(BLOCKS, sm4.decrypt(Sm4Mode.CBC, IV, CIPHER_BLOCKS).data());
    expected = "SM4_MAC";
    assertArrayEquals(bytes(0xD1, 16), sm4.mac(IV, BLOCKS));
    expected = "HMAC_SM3";
    assertArrayEquals(bytes(0xC1, 32), sm4.hmacSm3(PLAINTEXT));
  }

  @Test
  void calls_of_the_card_are_written_and_read_as_the_vectors_have_them() {
    Hsm card = Hsm.of(resource).withTimeout(PATIENCE);
    expected = "SM3_DIGEST";
    assertArrayEquals(bytes(0xC1, 32), card.sm3ForSigning(PLAINTEXT, ID, PUBLIC_KEY));
    expected = "RANDOM";
    byte[] random = card.random(200);
    assertEquals(200, random.length);
    assertArrayEquals(bytes(0xE1, 200), random);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.util.List;
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
  private static final KeyReference OBJECT = KeyReference.object(0x8000_0000_0000_0102L);
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
    client =
        BerthClient.builder().socket(peer.socket()).name("test").connectTimeout(PATIENCE).connect();
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
    expected = "SM4_SEAL";
    byte[] nonce = bytes(0xA1, 12);
    byte[] tag = bytes(0xD1, 16);
    Sm4.Sealed sealed = sm4.seal(Sm4AuthMode.GCM, nonce, ID, PLAINTEXT, 16);
    assertArrayEquals(CIPHER_BLOCKS, sealed.data());
    assertArrayEquals(tag, sealed.tag());
    expected = "SM4_OPEN";
    assertArrayEquals(PLAINTEXT, sm4.open(Sm4AuthMode.GCM, nonce, ID, CIPHER_BLOCKS, tag));
  }

  @Test
  void agreements_are_written_and_read_as_the_vectors_have_them() {
    HsmKey key = HsmKey.of(resource).withTimeout(PATIENCE);
    expected = "BEGIN_AGREEMENT";
    Sm2Agreement agreement = key.beginAgreement(ID);
    assertArrayEquals(PUBLIC_KEY.encoded(), agreement.publicKey().encoded());
    assertArrayEquals(PUBLIC_KEY.encoded(), agreement.temporaryKey().encoded());
    expected = "FINISH_AGREEMENT";
    SessionKey finished = agreement.finish(ID, PUBLIC_KEY, PUBLIC_KEY);
    assertEquals(agreement.number(), finished.number());
    expected = "RESPOND_TO_AGREEMENT";
    SessionKey responded = key.respondToAgreement(ID, ID, PUBLIC_KEY, PUBLIC_KEY);
    assertEquals(agreement.number(), responded.number());
    assertArrayEquals(PUBLIC_KEY.encoded(), responded.publicKey().encoded());
    assertArrayEquals(PUBLIC_KEY.encoded(), responded.temporaryKey().encoded());
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

  @Test
  void calls_by_mechanism_are_written_and_read_as_the_vectors_have_them() {
    MechanismKey key = MechanismKey.of(resource).withTimeout(PATIENCE);
    MechanismKey object = key.withKey(OBJECT);
    Mechanism pss = Mechanism.of(Ckm.RSA_PKCS_PSS).withPss(Ckm.SHA256, Ckm.MGF1_SHA256, 32);
    byte[] signature = bytes(0x41, 64);
    expected = "RSA_SIGN";
    assertArrayEquals(signature, key.sign(KeyFamily.RSA, pss, DIGEST));
    expected = "EC_SIGN";
    assertArrayEquals(signature, object.sign(KeyFamily.EC, Mechanism.of(Ckm.ECDSA), DIGEST));
    expected = "RSA_VERIFY";
    assertTrue(key.verify(KeyFamily.RSA, pss, DIGEST, signature));
    expected = "RSA_DECRYPT";
    Mechanism oaep =
        Mechanism.of(Ckm.RSA_PKCS_OAEP)
            .withOaep(Ckm.SHA256, Ckm.MGF1_SHA256, "label".getBytes(StandardCharsets.UTF_8));
    assertArrayEquals(PLAINTEXT, key.decrypt(KeyFamily.RSA, oaep, CIPHERTEXT).data());
    Mechanism raw = Mechanism.of(Ckm.RSA_X_509);
    expected = "RSA_RAW_SIGN";
    assertArrayEquals(signature, key.sign(KeyFamily.RSA, raw, PLAINTEXT));
    expected = "RSA_RAW_DECRYPT";
    assertArrayEquals(PLAINTEXT, key.decrypt(KeyFamily.RSA, raw, CIPHERTEXT).data());
    expected = "AES_ENCRYPT";
    Mechanism gcm = Mechanism.of(Ckm.AES_GCM).withAead(bytes(0x71, 12), bytes(0x91, 5), 128);
    assertArrayEquals(CIPHERTEXT, key.encrypt(KeyFamily.AES, gcm, PLAINTEXT).data());
    expected = "AES_DECRYPT";
    CipherResult part =
        key.decrypt(KeyFamily.AES, Mechanism.of(Ckm.AES_CTR).withCounter(IV, 128), PLAINTEXT);
    assertArrayEquals(PLAINTEXT, part.data());
    assertArrayEquals(NEXT_IV, part.nextIv());
    expected = "MAC";
    assertArrayEquals(DIGEST, key.mac(Mechanism.of(Ckm.SHA256_HMAC), PLAINTEXT));
    expected = "MAC_VERIFY";
    assertTrue(key.verifyMac(Mechanism.of(Ckm.SHA256_HMAC), PLAINTEXT, DIGEST));
    expected = "DERIVE_KEY";
    Mechanism ecdh = Mechanism.of(Ckm.ECDH1_DERIVE).withPeer(Ckm.KDF_NULL, bytes(0x11, 65));
    Attribute secret = Attribute.ofNumber(Cka.CLASS, Cka.CLASS_SECRET_KEY);
    assertEquals(0x1_0000_0007L, key.derive(ecdh, List.of(secret)).number());
  }

  @Test
  void calls_about_objects_are_written_and_read_as_the_vectors_have_them() {
    Token token = Token.of(resource).withTimeout(PATIENCE);
    expected = "DIGEST";
    assertArrayEquals(DIGEST, token.digest(Mechanism.of(Ckm.SHA256), PLAINTEXT));
    expected = "FIND_OBJECTS";
    List<Token.Found> found =
        token.find(
            Attribute.ofNumber(Cka.CLASS, Cka.CLASS_PRIVATE_KEY),
            Attribute.of(Cka.LABEL, "server".getBytes(StandardCharsets.UTF_8)));
    assertEquals(2, found.size());
    assertEquals(OBJECT.number(), found.get(0).object());
    assertEquals("server", found.get(0).name());
    assertEquals("other", found.get(1).name());
    expected = "GET_ATTRIBUTES";
    List<Attribute> told = token.attributes(OBJECT, Cka.MODULUS, Cka.VALUE, Cka.EC_POINT);
    assertArrayEquals(bytes(0x41, 64), told.get(0).value());
    assertTrue(told.get(1).isSensitive());
    assertTrue(told.get(2).isAbsent());
    expected = "RELEASE_OBJECT";
    token.release(OBJECT);
  }

  @Test
  void an_attribute_that_was_not_asked_for_does_not_stand_for_one_that_was() {
    peer.requests = (session, frame) -> session.reply(frame, new byte[] {0x0A, 2, 0x08, 0x11});
    Token token = Token.of(resource).withTimeout(PATIENCE);
    assertEquals(1, token.attributes(OBJECT, Cka.VALUE).size());
    assertThrows(
        MalformedMessageException.class, () -> token.attributes(OBJECT, Cka.MODULUS, Cka.VALUE));
  }

  @Test
  void a_search_that_never_ends_is_refused() {
    peer.requests = (session, frame) -> session.reply(frame, new byte[] {0x10, 1});
    Token token = Token.of(resource).withTimeout(PATIENCE);
    assertThrows(MalformedMessageException.class, token::find);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.TestHmacRequest;
import io.berth.shm.hsm.v1.TestImportKeyRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Session keys and HMAC keys that come in the clear, "for test only": against Bouncy Castle. */
class SdfClearKeysTest {
  private static final byte[] SM4_KEY = "sixteen bytes of".getBytes(US_ASCII);
  private static final byte[] LONG_KEY = "thirty-two bytes of a longer key".getBytes(US_ASCII);

  private SoftwareCard card;
  private CardBench bench;

  @BeforeEach
  void open() throws Exception {
    card = SoftwareCard.ofThisProcess();
    bench = CardBench.open(card);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static ByteString of(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  private static TestImportKeyRequest asked(byte[] key) {
    return TestImportKeyRequest.newBuilder().setKey(of(key)).build();
  }

  private long imported(byte[] key) throws Exception {
    return SessionKey.parseFrom(bench.call(HsmOperation.TEST_IMPORT_KEY, "", asked(key)))
        .getSessionKey();
  }

  private static Sm4Request zeros(long key) {
    return Sm4Request.newBuilder()
        .setSessionKey(key)
        .setMode(Sm4Mode.SM4_MODE_ECB)
        .setData(of(new byte[16]))
        .build();
  }

  private byte[] mac(long key, byte[] data) throws Exception {
    MacRequest asked = MacRequest.newBuilder().setSessionKey(key).setData(of(data)).build();
    return Bytes.parseFrom(bench.call(HsmOperation.HMAC_SM3, "", asked)).getData().toByteArray();
  }

  private void assertNoSm4Key(int operation, MessageLite message) {
    Outcome outcome = bench.execute(operation, "", message);
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
    assertEquals(SdfStatus.SDR_KEYTYPEERR.code(), outcome.deviceCode);
    assertEquals("a key of 256 bits is no key of SM4, which has 128", outcome.text);
  }

  @Test
  void a_key_in_the_clear_is_imported_and_used_as_itself() throws Exception {
    long key = imported(SM4_KEY);
    assertTrue(key > 0, "bit 63 is clear");
    assertArrayEquals(
        Reference.sm4(Algorithm.SM4_ECB, true, SM4_KEY, null, new byte[16]),
        Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, "", zeros(key)))
            .getData()
            .toByteArray());
    assertArrayEquals(Reference.hmac(SM4_KEY, LONG_KEY), mac(key, LONG_KEY));
  }

  @Test
  void a_long_one_serves_hmac_and_not_sm4() throws Exception {
    long key = imported(LONG_KEY);
    assertArrayEquals(Reference.hmac(LONG_KEY, SM4_KEY), mac(key, SM4_KEY));
    assertNoSm4Key(HsmOperation.SM4_ENCRYPT, zeros(key));
    assertNoSm4Key(HsmOperation.SM4_DECRYPT, zeros(key));
    assertNoSm4Key(
        HsmOperation.SM4_MAC,
        MacRequest.newBuilder().setSessionKey(key).setData(of(SM4_KEY)).build());
    Sm4AuthRequest.Builder sealed =
        Sm4AuthRequest.newBuilder()
            .setSessionKey(key)
            .setMode(Sm4AuthMode.SM4_AUTH_MODE_GCM)
            .setIv(of(new byte[12]))
            .setData(of(SM4_KEY));
    assertNoSm4Key(HsmOperation.SM4_SEAL, sealed.build());
    assertNoSm4Key(HsmOperation.SM4_OPEN, sealed.setTag(of(new byte[16])).build());
  }

  @Test
  void it_ends_with_its_release_its_session_and_the_cards() throws Exception {
    long released = imported(SM4_KEY);
    bench.call(
        HsmOperation.RELEASE_OBJECT,
        "",
        DestroyObjectRequest.newBuilder()
            .setKey(KeyReference.newBuilder().setObject(released))
            .build());
    assertStale(released);
    long closed = imported(SM4_KEY);
    bench.driver.sessionClosed(1);
    assertStale(closed);
    long lost = imported(SM4_KEY);
    card.fault("session_lost:cipher:1:once");
    assertStale(lost);
    card.mend();
    assertStale(lost);
    bench.call(HsmOperation.SM4_ENCRYPT, "", zeros(imported(SM4_KEY)));
  }

  private void assertStale(long key) {
    Outcome outcome = bench.execute(HsmOperation.SM4_ENCRYPT, "", zeros(key));
    assertEquals(Reason.STALE_HANDLE, outcome.reason, outcome.text);
  }

  @Test
  void what_is_no_session_key_is_refused_and_names_what_is() {
    for (int bytes : new int[] {0, 1, 15, 17, 24, 33, 512}) {
      Outcome outcome = bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(new byte[bytes]));
      assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
      assertTrue(outcome.text.contains("key of " + 8 * bytes + " bits, expected 128"));
    }
    for (String name : new String[] {"known", "kek", "rsa"}) {
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(HsmOperation.TEST_IMPORT_KEY, name, asked(SM4_KEY)).status);
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(HsmOperation.TEST_HMAC, name, hmac(SM4_KEY, SM4_KEY)).status);
    }
    bench.clientSession = 0;
    assertEquals(
        Status.FAILED_PRECONDITION,
        bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(SM4_KEY)).status);
  }

  @Test
  void a_session_that_holds_all_keys_it_may_imports_no_more() throws Exception {
    for (int i = 0; i < LaneKeys.KEYS_PER_SESSION; i++) {
      imported(SM4_KEY);
    }
    assertEquals(
        Reason.BUDGET_EXCEEDED,
        bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(SM4_KEY)).reason);
  }

  private static TestHmacRequest hmac(byte[] key, byte[] data) {
    return TestHmacRequest.newBuilder().setKey(of(key)).setData(of(data)).build();
  }

  @Test
  void an_hmac_under_a_key_in_the_clear_is_bouncy_castles_whatever_the_lengths() throws Exception {
    for (int keyBytes : new int[] {1, 16, 32, 64, 65, 1024}) {
      byte[] key = SdfOperationsTest.data(keyBytes);
      byte[] message = SdfOperationsTest.data(keyBytes + 7);
      assertArrayEquals(
          Reference.hmac(key, message),
          Bytes.parseFrom(bench.call(HsmOperation.TEST_HMAC, "", hmac(key, message)))
              .getData()
              .toByteArray());
    }
    byte[] block = SdfOperationsTest.data(300_001);
    Outcome outcome =
        bench.execute(
            0,
            HsmOperation.TEST_HMAC,
            "",
            TestHmacRequest.newBuilder().setKey(of(SM4_KEY)).build().toByteArray(),
            ByteBuffer.wrap(block),
            null);
    assertArrayEquals(
        Reference.hmac(SM4_KEY, block), Bytes.parseFrom(outcome.payload).getData().toByteArray());
    for (TestHmacRequest wrong :
        new TestHmacRequest[] {
          hmac(new byte[0], SM4_KEY), hmac(new byte[1025], SM4_KEY), hmac(SM4_KEY, new byte[0])
        }) {
      assertEquals(
          Status.INVALID_ARGUMENT, bench.execute(HsmOperation.TEST_HMAC, "", wrong).status);
    }
  }

  @Test
  void an_hmac_survives_the_cards_session() throws Exception {
    card.fault("session_lost:mac:2:once");
    Bytes mac = Bytes.parseFrom(bench.call(HsmOperation.TEST_HMAC, "", hmac(SM4_KEY, LONG_KEY)));
    card.mend();
    assertArrayEquals(Reference.hmac(SM4_KEY, LONG_KEY), mac.getData().toByteArray());
  }

  @Test
  void payloads_with_keys_are_wiped_behind_an_answer() {
    for (Outcome outcome :
        new Outcome[] {
          bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(SM4_KEY)),
          bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(new byte[] {1, 2, 3})),
          bench.execute(HsmOperation.TEST_HMAC, "", hmac(SM4_KEY, LONG_KEY))
        }) {
      assertTrue(outcome.taken.length > 0);
      assertArrayEquals(new byte[outcome.taken.length], outcome.taken);
    }
  }

  @Test
  void a_card_without_the_functions_offers_neither_operation() throws Exception {
    bench.close();
    bench = CardBench.open(CardBench.settings(card, "sansec"));
    Map<Integer, Operation> offered =
        bench.driver.operations().stream().collect(Collectors.toMap(Operation::number, o -> o));
    assertFalse(offered.containsKey(HsmOperation.TEST_IMPORT_KEY));
    assertFalse(offered.containsKey(HsmOperation.TEST_HMAC));
    // Nor does a request that comes all the same make a hole of the missing function.
    Outcome outcome = bench.execute(HsmOperation.TEST_IMPORT_KEY, "", asked(SM4_KEY));
    assertEquals(Status.UNIMPLEMENTED, outcome.status, outcome.text);
    outcome = bench.execute(HsmOperation.TEST_HMAC, "", hmac(SM4_KEY, SM4_KEY));
    assertEquals(Status.UNIMPLEMENTED, outcome.status, outcome.text);
  }
}

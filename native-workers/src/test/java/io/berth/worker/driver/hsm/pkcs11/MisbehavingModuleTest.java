// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import io.berth.worker.testkit.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lost sessions, logins and tokens, wrong PINs, and lies about lengths, played by a module that
 * does what the first byte of its data says (jni/src/test/c/fake_pkcs11.c).
 */
class MisbehavingModuleTest {
  private static final long COUNTERS = 0x80000001L;
  private static final long LYING = 0x80000002L;

  @TempDir Path folder;

  private TokenBench bench;

  /** What the module has counted. */
  private record Counters(
      long sessionsOpened,
      long logins,
      long wrongPins,
      long contextLogins,
      long signatures,
      long closes) {}

  private static Path module(String name) {
    return Path.of(System.getProperty("berth.test.fakes.dir"), "lib" + name + ".so");
  }

  private Path pinFile(String pin) throws IOException {
    Path file = folder.resolve("pin");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, pin + "\n");
  }

  private Map<String, String> settings() throws IOException {
    Map<String, String> settings = new HashMap<>();
    settings.put("module", module("fake_pkcs11").toString());
    settings.put("serial", "0001");
    settings.put("lanes", "2");
    settings.put("pin_file", pinFile("1234").toString());
    return settings;
  }

  private void open() throws Exception {
    bench = TokenBench.open(settings());
  }

  @AfterEach
  void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private Outcome sign(String name, String data) {
    return sign(0, name, data);
  }

  private Outcome sign(int lane, String name, String data) {
    return bench.execute(
        lane,
        TokenBench.SESSION,
        HsmOperation.OTHER_SIGN,
        name,
        MechanismRequest.newBuilder()
            .setMechanism(Mechanism.newBuilder().setType(0x80000001L))
            .setData(TokenKeys.of(data.getBytes(US_ASCII)))
            .build());
  }

  private void assertSigned(String name, String data) throws Exception {
    Outcome outcome = sign(name, data);
    assertEquals(Status.OK, outcome.status, outcome.text);
    assertEquals(data, Bytes.parseFrom(outcome.payload).getData().toStringUtf8());
  }

  private Counters counters() {
    byte[] value;
    try {
      value =
          Attributes.parseFrom(
                  bench.call(
                      HsmOperation.GET_ATTRIBUTES,
                      "key",
                      GetAttributesRequest.newBuilder().addTypes(COUNTERS).build()))
              .getAttributes(0)
              .getValue()
              .toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    ByteBuffer numbers = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    return new Counters(
        numbers.getLong(),
        numbers.getLong(),
        numbers.getLong(),
        numbers.getLong(),
        numbers.getLong(),
        numbers.getLong());
  }

  @Test
  void one_login_serves_all_sessions() throws Exception {
    open();
    assertEquals(new Counters(3, 1, 0, 0, 0, 0), counters());
    assertSigned("key", "hello");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Session lost", "Device removed", "User logged out", "Key handle", "Error"})
  void what_was_lost_is_got_again_and_the_request_done(String data) throws Exception {
    open();
    assertSigned("key", "before");
    assertSigned("key", data);
    assertEquals(2, counters().signatures(), "signed once more than needed");
    assertSigned("key", "behind");
  }

  /** The module gives a lost session's number to the next one that is opened. */
  @ParameterizedTest
  @CsvSource({"Session lost, 1", "Device removed, 3"})
  void a_session_that_is_gone_is_not_closed_as_its_number_may_be_anothers(
      String data, int sessionsLost) throws Exception {
    open();
    long before = counters().sessionsOpened();
    assertEquals(Status.OK, sign(1, "key", data).status);
    assertEquals(Status.OK, sign(0, "key", "after it").status);
    Await.until(
        "the keeper's session comes by itself",
        () -> counters().sessionsOpened() >= before + sessionsLost);
    Counters now = counters();
    assertEquals(0, now.closes());
    assertEquals(before + sessionsLost, now.sessionsOpened());
  }

  @Test
  void a_token_that_is_away_is_unavailable_and_serves_again_when_it_is_back() throws Exception {
    open();
    Outcome away = sign("key", "Away for a while");
    assertEquals(Status.UNAVAILABLE, away.status, away.text);
    assertTrue(away.text.contains("0001"), away.text);
    assertSigned("key", "back");
  }

  @Test
  void a_login_is_made_anew_after_the_token_forgot_it() throws Exception {
    open();
    assertSigned("key", "User logged out");
    assertEquals(2, counters().logins());
    assertEquals(0, counters().wrongPins());
  }

  @ParameterizedTest
  @ValueSource(strings = {"L", "B", "H"})
  void lies_about_lengths_are_device_errors_and_cost_only_the_session(String data)
      throws Exception {
    open();
    Outcome outcome = sign("key", data);
    assertEquals(Status.UNAVAILABLE, outcome.status, outcome.text);
    assertEquals(Ckr.DEVICE_ERROR, outcome.deviceCode);
    assertTrue(outcome.text.startsWith("C_Sign: "), outcome.text);
    assertSigned("key", "next");
  }

  @Test
  void an_answer_longer_than_expected_is_asked_for_again_with_more_room() throws Exception {
    open();
    Outcome outcome = sign("key", "G");
    assertEquals(Status.OK, outcome.status, outcome.text);
    assertEquals("g".repeat(5000), Bytes.parseFrom(outcome.payload).getData().toStringUtf8());
  }

  @Test
  void a_module_that_reaches_its_token_no_more_is_noticed_and_a_new_one_serves() throws Exception {
    open();
    assertSigned("key", "before");
    assertEquals(Status.UNAVAILABLE, sign("key", "Wire cut").status);
    assertNull(bench.driver.loss(), "one failure may pass");
    Outcome outcome = sign("key", "after");
    assertEquals(Status.UNAVAILABLE, outcome.status, outcome.text);
    assertEquals(Ckr.DEVICE_REMOVED, outcome.deviceCode);
    assertTrue(
        bench.driver.loss().startsWith("the token is gone: 2 requests in a row failed"),
        bench.driver.loss());
    assertTrue(bench.driver.loss().contains("CKR_DEVICE_REMOVED"), bench.driver.loss());
    bench.close();
    open();
    assertSigned("key", "back");
    assertNull(bench.driver.loss());
  }

  @Test
  void requests_that_fail_on_a_token_that_is_there_do_not_make_it_look_gone() throws Exception {
    open();
    for (int i = 0; i < 5; i++) {
      assertEquals(Ckr.DEVICE_ERROR, sign("key", "Lies").deviceCode);
    }
    assertNull(bench.driver.loss());
  }

  @Test
  void a_vendors_code_is_handed_on_as_it_is() throws Exception {
    open();
    Outcome outcome = sign("key", "Vendor");
    assertEquals(0x80000123L, outcome.deviceCode);
    assertEquals("C_Sign: a code of the vendor's (0x80000123)", outcome.text);
    assertEquals(Status.FAILED_PRECONDITION, outcome.status);
  }

  @Test
  void an_attribute_that_grows_is_a_device_error() throws Exception {
    open();
    Outcome outcome =
        bench.execute(
            HsmOperation.GET_ATTRIBUTES,
            "key",
            GetAttributesRequest.newBuilder().addTypes(LYING).build());
    assertEquals(Ckr.DEVICE_ERROR, outcome.deviceCode, outcome.text);
  }

  @Test
  void more_objects_than_there_was_room_for_are_a_device_error() throws Exception {
    open();
    Outcome outcome =
        bench.execute(HsmOperation.FIND_OBJECTS, "liar", FindObjectsRequest.getDefaultInstance());
    assertEquals(Ckr.DEVICE_ERROR, outcome.deviceCode, outcome.text);
    assertSigned("key", "next");
  }

  @Test
  void a_key_that_asks_for_the_pin_at_each_use_gets_it() throws Exception {
    open();
    assertSigned("strict", "one");
    assertSigned("strict", "two");
    assertEquals(2, counters().contextLogins());
    assertSigned("key", "three");
    assertEquals(2, counters().contextLogins(), "a key that does not ask for it got it");
  }

  @Test
  void a_wrong_pin_is_tried_once() throws Exception {
    Map<String, String> settings = settings();
    settings.put("pin_file", pinFile("4321").toString());
    DriverException e = assertThrows(DriverException.class, () -> TokenBench.openDriver(settings));
    assertTrue(e.isPermanent(), "the supervisor would try again, and tokens lock");
    assertTrue(e.getMessage().contains("CKR_PIN_INCORRECT"), e.getMessage());
    assertTrue(e.getMessage().contains(folder.resolve("pin").toString()), e.getMessage());
    assertFalse(e.getMessage().contains("4321"), e.getMessage());
  }

  @Test
  void a_pin_that_became_wrong_is_tried_once_however_often_it_is_needed() throws Exception {
    open();
    assertSigned("key", "before");
    Files.writeString(folder.resolve("pin"), "4321\n");
    for (int i = 0; i < 3; i++) {
      Outcome outcome = sign("key", i == 0 ? "User logged out" : "again");
      assertNotEquals(Status.OK, outcome.status);
    }
    Files.writeString(folder.resolve("pin"), "1234\n");
    Files.setLastModifiedTime(folder.resolve("pin"), FileTime.fromMillis(1));
    assertSigned("key", "right again");
    assertEquals(1, counters().wrongPins());
  }

  @Test
  void a_module_that_cannot_lock_is_used_by_one_thread_at_a_time() throws Exception {
    Map<String, String> settings = settings();
    settings.put("module", module("fake_pkcs11_cant_lock").toString());
    bench = TokenBench.open(settings);
    assertEquals(1, bench.driver.lanes());
    assertTrue(bench.driver.notes().contains("CKR_CANT_LOCK"), bench.driver.notes());
    assertSigned("key", "alone");
    assertSigned("key", "Device removed");
    assertSigned("key", "again");
  }

  @Test
  void a_module_that_has_only_interfaces_serves() throws Exception {
    Map<String, String> settings = settings();
    settings.put("module", module("fake_pkcs11_interfaces").toString());
    bench = TokenBench.open(settings);
    assertSigned("key", "three point oh");
    assertTrue(bench.driver.identity().contains("PKCS #11 3.0"), bench.driver.identity());
  }

  @Test
  void a_token_that_is_not_there_is_told_with_those_that_are() throws Exception {
    Map<String, String> settings = settings();
    settings.put("serial", "0002");
    DriverException e = assertThrows(DriverException.class, () -> TokenBench.openDriver(settings));
    assertFalse(e.isPermanent(), "it may come");
    assertTrue(e.getMessage().contains("0002"), e.getMessage());
    assertTrue(e.getMessage().contains("'fake' (serial 0001)"), e.getMessage());
  }

  @Test
  void a_library_that_is_no_module_is_refused() throws Exception {
    Map<String, String> settings = settings();
    settings.put("module", module("fake_sdf").toString());
    DriverException e = assertThrows(DriverException.class, () -> TokenBench.openDriver(settings));
    assertTrue(e.isPermanent());
    assertTrue(e.getMessage().contains("C_GetFunctionList"), e.getMessage());
  }

  @Test
  void functions_that_a_module_lacks_are_not_supported() throws Exception {
    open();
    Outcome outcome =
        bench.execute(
            HsmOperation.DIGEST,
            "",
            MechanismRequest.newBuilder()
                .setMechanism(TokenKeys.mechanism(Mechanisms.SHA256))
                .setData(TokenKeys.of(TokenKeys.data(3)))
                .build());
    assertEquals(Status.UNIMPLEMENTED, outcome.status, outcome.text);
    assertEquals(Ckr.FUNCTION_NOT_SUPPORTED, outcome.deviceCode);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Opening the card: once, with a pool of sessions, or with a message that says what to do. */
class SdfOpeningTest {
  private static final int E_MACHINE_OFFSET = 18;

  @TempDir private Path folder;
  private SoftwareCard card;
  private Map<String, String> settings;

  @BeforeEach
  void makeCard() throws Exception {
    card = SoftwareCard.ofThisProcess();
    settings = CardBench.settings(card);
  }

  private DriverException failure() {
    return assertThrows(DriverException.class, () -> CardBench.open(settings).close());
  }

  private static void assertSays(String text, String... words) {
    for (String word : words) {
      assertTrue(text.contains(word), () -> "'" + word + "' in: " + text);
    }
  }

  @Test
  void the_device_is_opened_once_for_all_lanes_and_given_back() throws Exception {
    settings.put("lanes", "8");
    for (int i = 0; i < 3; i++) {
      try (CardBench bench = CardBench.open(settings)) {
        assertEquals(8, bench.driver.lanes());
        assertEquals(1, locksHeld());
      }
      assertEquals(0, locksHeld());
    }
  }

  /** The card takes one lock per SDF_OpenDevice. */
  private long locksHeld() throws IOException {
    String lock = card.lockFile().toFile().getCanonicalPath();
    long held = 0;
    for (File descriptor : new File("/proc/self/fd").listFiles()) {
      held += descriptor.getCanonicalPath().equals(lock) ? 1 : 0;
    }
    return held;
  }

  @Test
  void more_lanes_than_the_card_has_sessions_is_said_and_the_card_given_back() throws Exception {
    card.behave("sessions", "3");
    settings.put("lanes", "3");
    CardBench.open(settings).close();
    settings.put("lanes", "4");
    DriverException e = failure();
    assertFalse(e.isPermanent());
    assertSays(e.getMessage(), "hsm-test", "session 3 of 4", "SDF_OpenSession", "'lanes'");
    assertEquals(0, locksHeld());
  }

  @Test
  void lanes_digest_at_once_without_mixing_their_state() throws Exception {
    settings.put("lanes", "4");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (CardBench bench = CardBench.open(settings)) {
      List<Future<?>> running = new ArrayList<>();
      for (int lane = 0; lane < 4; lane++) {
        int number = lane;
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 40; i++) {
                    byte[] data = SdfOperationsTest.data(200_000 + 100 * number + i);
                    Outcome outcome =
                        bench.execute(
                            number,
                            HsmOperation.SM3_DIGEST,
                            "",
                            Sm3Request.getDefaultInstance().toByteArray(),
                            ByteBuffer.wrap(data),
                            null);
                    assertArrayEquals(
                        Reference.sm3(data),
                        Bytes.parseFrom(outcome.payload).getData().toByteArray());
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void an_owner_in_another_process_is_named_by_pid() throws Exception {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dberth.native.dir=" + System.getProperty("berth.native.dir"),
                "-cp",
                System.getProperty("java.class.path"),
                CardHolderMain.class.getName(),
                SoftwareCard.library().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals("holds", owner.inputReader().readLine());
      DriverException e = failure();
      assertFalse(e.isPermanent(), "it may be free next time");
      assertSays(e.getMessage(), "hsm-test", "SDF_OpenDevice", "pid " + owner.pid() + " (java)");
      settings.remove("device_path");
      assertSays(failure().getMessage(), "has no other process got it?");
    } finally {
      owner.getOutputStream().close(); // It lets go at the end of its input.
      assertEquals(0, owner.waitFor());
    }
    CardBench.open(settings).close();
  }

  @Test
  void a_missing_library_is_named() {
    settings.put("library", folder.resolve("libabsent.so").toString());
    DriverException e = failure();
    assertTrue(e.isPermanent());
    assertSays(e.getMessage(), "hsm-test", folder + "/libabsent.so");
    settings.remove("library");
    assertSays(failure().getMessage(), "hsm-test", "'library' is missing", "settings.library");
  }

  @ParameterizedTest
  @CsvSource({"183, aarch64", "258, loongarch64", "243, riscv64"})
  void a_library_of_another_architecture_is_said_to_be_one(int machine, String name)
      throws Exception {
    if (System.getProperty("os.arch").equals(name)) {
      machine = 62;
      name = "x86-64";
    }
    byte[] library = Files.readAllBytes(SoftwareCard.library());
    library[E_MACHINE_OFFSET] = (byte) machine;
    library[E_MACHINE_OFFSET + 1] = (byte) (machine >> 8);
    Path other = Files.write(folder.resolve("libother.so"), library);
    settings.put("library", other.toString());
    DriverException e = failure();
    assertTrue(e.isPermanent());
    assertSays(e.getMessage(), "hsm-test", other.toString(), name);
  }

  @Test
  void a_library_that_is_no_sdf_library_is_refused() throws Exception {
    settings.put("library", SoftwareCard.library().resolveSibling("libberth_os.so").toString());
    DriverException e = failure();
    assertTrue(e.isPermanent());
    assertSays(e.getMessage(), "hsm-test", "SDF_OpenDevice");
    Path text = Files.writeString(folder.resolve("libtext.so"), "version https://git-lfs\n");
    settings.put("library", text.toString());
    assertSays(failure().getMessage(), text.toString(), "not a shared library");
  }

  @ParameterizedTest
  @CsvSource({
    "loading, sideways, 'now, lazy, global, deepbind'",
    "lanes, 0, 1 to 256",
    "lanes, 257, 1 to 256",
    "keys_cached, none, 1 to 4096",
    "dialect, sanssec, 'one of standard, sansec, tongsuo, openhitls'"
  })
  void a_wrong_setting_is_named_with_what_is_expected(String key, String value, String expected) {
    settings.put(key, value);
    DriverException e = failure();
    assertTrue(e.isPermanent());
    assertSays(e.getMessage(), "hsm-test", "'" + key + "'", "'" + value + "'", expected);
  }

  @Test
  void unknown_settings_are_all_named_with_what_was_meant() throws Exception {
    settings.put("passwort_file", "/nowhere");
    settings.put("key_cashed", "many");
    DriverException e = failure();
    assertTrue(e.isPermanent());
    assertSays(
        e.getMessage(),
        "hsm-test",
        "unknown setting 'passwort_file', did you mean 'password_file'?",
        "unknown setting 'key_cashed', did you mean 'keys_cached'?",
        "devices[hsm-test].settings");
    assertEquals(0, locksHeld());
  }

  @Test
  void a_wrong_card_password_does_not_open_the_card() throws Exception {
    card.secretBeside("password", "another password");
    DriverException e = failure();
    assertSays(e.getMessage(), "hsm-test", "SDF_OpenDevice");
    card.secretBeside("password", "correct horse 1");
    CardBench.open(settings).close();
  }

  @Test
  void a_wrong_access_password_is_said_with_key_file_and_remedy_and_costs_no_other_key()
      throws Exception {
    Path access = card.secretBeside("access", "access98");
    try (CardBench bench = CardBench.open(settings)) {
      Outcome outcome = sign(bench, "guarded");
      assertEquals(Status.PERMISSION_DENIED, outcome.status, outcome.text);
      assertSays(
          outcome.text,
          "'guarded'",
          "index 2",
          access.toString(),
          "correct the file",
          "SDR_PRKRERR");
      assertFalse(outcome.text.contains("access98"), "the password itself");
      assertEquals(Status.OK, sign(bench, "known").status);
      card.secretBeside("access", SoftwareCard.ACCESS_PASSWORD);
      assertEquals(Status.OK, sign(bench, "guarded").status, "the file is read again");
    }
  }

  private static Outcome sign(CardBench bench, String key) {
    return bench.execute(
        HsmOperation.SM2_SIGN,
        key,
        Sm2SignRequest.newBuilder().setDigest(ByteString.copyFrom(new byte[32])).build());
  }

  @Test
  void a_password_file_that_is_missing_open_to_others_or_empty_is_named() throws Exception {
    Path access = card.home().resolveSibling("access");
    try (CardBench bench = CardBench.open(settings)) {
      Files.delete(access);
      assertSays(sign(bench, "guarded").text, access.toString(), "does not exist");
      card.secretBeside("access", "");
      assertSays(sign(bench, "guarded").text, access.toString(), "empty");
      Files.setPosixFilePermissions(access, PosixFilePermissions.fromString("rw----r--"));
      assertSays(sign(bench, "guarded").text, access.toString(), "chmod 600");
    }
  }

  @Test
  void a_name_that_is_not_configured_is_an_unknown_resource() throws Exception {
    settings.put("target.odd.index", "first");
    settings.put("target.kind.index", "3");
    settings.put("target.kind.kind", "dsa");
    try (CardBench bench = CardBench.open(settings)) {
      Outcome unknown = sign(bench, "nobody");
      assertEquals(Status.NOT_FOUND, unknown.status);
      assertEquals(Reason.UNKNOWN_RESOURCE, unknown.reason);
      assertSays(unknown.text, "'nobody'", "devices[hsm-test].keys");
      assertSays(sign(bench, "odd").text, "hsm-test/odd", "'index'", "'first'");
      assertSays(sign(bench, "kind").text, "hsm-test/kind", "sm2, rsa or kek", "'dsa'");
      assertEquals(Status.OK, sign(bench, "known").status, "the others are served");
    }
  }

  @Test
  void a_key_that_is_written_wrongly_is_in_the_notes_from_the_start() throws Exception {
    settings.put("target.odd.index", "first");
    settings.put("target.kind.index", "3");
    settings.put("target.kind.kind", "dsa");
    settings.put("target.typed.index", "3");
    settings.put("target.typed.kynd", "kek");
    try (CardBench bench = CardBench.open(settings)) {
      assertSays(
          bench.driver.notes(),
          "hsm-test/odd: setting 'index': expected a number, found 'first'",
          "hsm-test/kind: setting 'kind': expected sm2, rsa or kek, found 'dsa'",
          "hsm-test/typed: unknown setting 'kynd', known are index, kind, access_password_file",
          "all known answers are right");
      assertSays(sign(bench, "typed").text, "hsm-test/typed", "'kynd'");
    }
  }

  @Test
  void the_only_key_being_written_wrongly_is_why_algorithms_are_not_tested() throws Exception {
    settings.keySet().removeIf(key -> key.startsWith("target."));
    settings.put("target.signer.index", "1");
    settings.put("target.signer.kind", "dsa");
    try (CardBench bench = CardBench.open(settings)) {
      String notes = bench.driver.notes();
      assertSays(
          notes,
          "disabled, not tested: it takes an SM2 key of the card; hsm-test/signer: setting 'kind'");
      assertFalse(notes.contains("add one"), notes);
    }
  }

  @Test
  void an_operation_for_a_key_that_is_asked_of_the_card_says_what_to_open() throws Exception {
    try (CardBench bench = CardBench.open(settings)) {
      Outcome outcome = sign(bench, "");
      assertEquals(Status.INVALID_ARGUMENT, outcome.status);
      assertSays(outcome.text, "needs a key of kind SM2", "the device itself", "DEVICE/KEY");
    }
  }

  @Test
  void a_payload_that_is_no_message_is_told_which_message_is_expected() throws Exception {
    try (CardBench bench = CardBench.open(settings)) {
      byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
      for (Operation operation : bench.driver.operations()) {
        Outcome outcome = bench.execute(0, operation.number(), "known", hello, null, null);
        assertEquals(Status.INVALID_ARGUMENT, outcome.status, operation.name());
        assertSays(outcome.text, "expected ", "Request (docs/PROTOCOL.md, 6)");
      }
      Outcome digest = bench.execute(0, HsmOperation.SM3_DIGEST, "", hello, null, null);
      assertSays(digest.text, "expected Sm3Request (docs");
    }
  }
}

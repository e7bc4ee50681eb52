// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PIN that programs show, its verifier and its locks. */
class PinVerifierTest {
  private static final byte[] SALT = TokenKeys.data(16);
  private static final int ITERATIONS = 10_000;
  private static final byte[] RIGHT = "Bank-PIN ü".getBytes(UTF_8);
  private static final byte[] WRONG = "Bank-PIN u".getBytes(UTF_8);

  @TempDir Path folder;

  private long now = 1;

  private Path file(String line) throws IOException {
    Path file = folder.resolve("verifier");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, line + "\n");
  }

  /** Computed by the JDK's own PBKDF2. */
  private static String line() throws Exception {
    byte[] hash =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
            .generateSecret(
                new PBEKeySpec(new String(RIGHT, UTF_8).toCharArray(), SALT, ITERATIONS, 256))
            .getEncoded();
    HexFormat hex = HexFormat.of();
    return "pbkdf2-sha256:" + ITERATIONS + ":" + hex.formatHex(SALT) + ":" + hex.formatHex(hash);
  }

  private PinVerifier verifier() throws Exception {
    return PinVerifier.read(file(line()).toString(), () -> now);
  }

  private static void assertRefused(PinVerifier pins, long session, byte[] pin, long code) {
    RequestException e =
        assertThrows(RequestException.class, () -> pins.check(session, pin), "it is taken");
    assertEquals(code, Integer.toUnsignedLong(e.deviceCode()), e.getMessage());
    assertNotEquals(Status.INTERNAL, e.status());
  }

  @Test
  void the_right_pin_is_taken_and_others_are_not() throws Exception {
    PinVerifier pins = verifier();
    pins.check(1, RIGHT);
    assertRefused(pins, 1, WRONG, Ckr.PIN_INCORRECT);
    assertRefused(pins, 1, new byte[0], Ckr.PIN_INCORRECT);
    pins.check(1, RIGHT);
  }

  @Test
  void a_session_is_locked_after_some_wrong_ones_even_for_the_right_pin() throws Exception {
    PinVerifier pins = verifier();
    for (int i = 0; i < PinVerifier.WRONG_PER_SESSION; i++) {
      assertRefused(pins, 1, WRONG, Ckr.PIN_INCORRECT);
    }
    assertRefused(pins, 1, RIGHT, Ckr.PIN_LOCKED);
    pins.check(2, RIGHT);
    pins.sessionClosed(1);
    pins.check(1, RIGHT);
    for (int i = 0; i < PinVerifier.WRONG_PER_SESSION; i++) {
      assertRefused(pins, 1, WRONG, Ckr.PIN_INCORRECT);
    }
    assertRefused(pins, 1, RIGHT, Ckr.PIN_LOCKED);
    pins.allSessionsClosed();
    pins.check(1, RIGHT);
  }

  @Test
  void fresh_sessions_together_get_only_so_many_wrong_ones_a_minute() throws Exception {
    PinVerifier pins = verifier();
    for (int i = 0; i < PinVerifier.WRONG_PER_MINUTE; i++) {
      assertRefused(pins, 100 + i, WRONG, Ckr.PIN_INCORRECT);
    }
    assertRefused(pins, 999, RIGHT, Ckr.PIN_LOCKED);
    now += 59_999_999_999L;
    assertRefused(pins, 999, RIGHT, Ckr.PIN_LOCKED);
    now += 1;
    pins.check(999, RIGHT);
  }

  @Test
  void without_session_nobody_logs_in() throws Exception {
    PinVerifier pins = verifier();
    RequestException e = assertThrows(RequestException.class, () -> pins.check(0, RIGHT));
    assertEquals(Status.FAILED_PRECONDITION, e.status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1234",
        "pbkdf2-sha1:10000:0011223344556677:00",
        "pbkdf2-sha256:9999:0011223344556677:"
            + "0000000000000000000000000000000000000000000000000000000000000000",
        "pbkdf2-sha256:10000:00112233:"
            + "0000000000000000000000000000000000000000000000000000000000000000",
        "pbkdf2-sha256:10000:0011223344556677:00",
        "pbkdf2-sha256:many:0011223344556677:00",
        "pbkdf2-sha256:10000:xyz:00"
      })
  void a_file_that_is_no_verifier_is_refused_by_name(String line) throws Exception {
    Path file = file(line);
    IOException e =
        assertThrows(IOException.class, () -> PinVerifier.read(file.toString(), () -> now));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
  }

  @Test
  void a_file_that_others_may_read_is_refused() throws Exception {
    Path file = file(line());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    IOException e =
        assertThrows(IOException.class, () -> PinVerifier.read(file.toString(), () -> now));
    assertTrue(e.getMessage().contains("chmod 600"), e.getMessage());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessRightsTest {
  @TempDir private Path directory;

  /** Index and password of each attempt: what a card with a counter of attempts counts. */
  private final List<String> attempts = new ArrayList<>();

  private final AccessRights rights =
      new AccessRights(
          (session, index, password) -> {
            String said = new String(password, StandardCharsets.US_ASCII);
            attempts.add(index + " " + said);
            return (said.equals("right") ? SdfStatus.SDR_OK : SdfStatus.SDR_PRKRERR).code();
          });

  private Path file;

  @BeforeEach
  void makeFile() throws IOException {
    file = directory.resolve("key.password");
    write("wrong", 1);
  }

  private void write(String password, long modifiedSeconds) throws IOException {
    Files.writeString(file, password + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.setLastModifiedTime(
        file, FileTime.from(modifiedSeconds, java.util.concurrent.TimeUnit.SECONDS));
  }

  private SdfKey key(int index) {
    return new SdfKey("payments-" + index, SdfKey.Kind.SM2, index, file.toString());
  }

  private SdfException refused(long session, int index) {
    SdfException refusal =
        assertThrows(SdfException.class, () -> rights.obtain(session, key(index)));
    assertEquals(SdfStatus.SDR_PRKRERR.code(), refusal.code());
    return refusal;
  }

  @Test
  void a_wrong_password_is_tried_once_whatever_the_number_of_sessions() {
    refused(11, 1);
    String again = refused(12, 1).getMessage();
    refused(11, 1);
    assertEquals(List.of("1 wrong"), attempts);
    assertTrue(again.contains("key 'payments-1' (index 1)"), again);
    assertTrue(again.contains(file.toString()), again);
    assertTrue(again.contains("not asked again"), again);
    assertFalse(again.contains("wrong\n"), again);
  }

  @Test
  void another_key_has_attempts_of_its_own() {
    refused(11, 1);
    refused(11, 2);
    assertEquals(List.of("1 wrong", "2 wrong"), attempts);
  }

  @Test
  void a_password_file_that_has_been_corrected_is_tried() throws IOException {
    refused(11, 1);
    write("right", 2);
    rights.obtain(11, key(1));
    rights.obtain(12, key(1));
    assertEquals(List.of("1 wrong", "1 right", "1 right"), attempts);
  }

  @Test
  void a_password_file_that_cannot_be_read_costs_no_attempt() throws IOException {
    Files.delete(file);
    IOException missing = assertThrows(IOException.class, () -> rights.obtain(11, key(1)));
    assertTrue(missing.getMessage().contains(file.toString()), missing.getMessage());
    assertEquals(List.of(), attempts);
  }
}

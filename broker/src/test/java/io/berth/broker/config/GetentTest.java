// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.Accounts.AccountLookupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GetentTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void this_hosts_accounts_are_found() throws AccountLookupException {
    Getent getent = new Getent("getent", LONG);
    assertEquals(OptionalInt.of(0), getent.uid("root"));
    assertEquals(OptionalInt.of(0), getent.gid("root"));
    assertEquals(OptionalInt.empty(), getent.uid("no-such-user-here"));
  }

  @Test
  void a_directory_server_that_is_away_ends_in_a_clear_message() throws IOException {
    Getent getent = new Getent(script("exec sleep 600"), Duration.ofMillis(100));
    String message =
        assertThrows(AccountLookupException.class, () -> getent.uid("payments")).getMessage();
    assertTrue(message.endsWith("passwd payments' gave no answer within 100 ms"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit 3 | ended with 3",
        "echo nonsense | answered in an unknown form",
        "echo a:b:c:d | answered without a number",
      })
  void an_answer_that_is_none_is_an_error_and_not_a_missing_user(String body, String what)
      throws IOException {
    Getent getent = new Getent(script(body), LONG);
    String message = assertThrows(AccountLookupException.class, () -> getent.gid("x")).getMessage();
    assertTrue(message.endsWith(what), message);
  }

  @Test
  void a_missing_getent_is_named() {
    Getent getent = new Getent(directory.resolve("absent").toString(), LONG);
    String message = assertThrows(AccountLookupException.class, () -> getent.uid("x")).getMessage();
    assertTrue(message.contains("could not run"), message);
  }

  @Test
  void a_group_with_more_members_than_a_pipe_holds_is_read() throws Exception {
    Getent getent =
        new Getent(
            script("printf 'big:x:4000000000:'; head -c 300000 /dev/zero | tr '\\0' a"), LONG);
    assertEquals(OptionalInt.of((int) 4_000_000_000L), getent.gid("big"));
  }

  @Test
  void the_same_question_is_asked_once() throws Exception {
    Path asked = directory.resolve("asked");
    Getent getent =
        new Getent(
            script("echo x >> " + asked + "; echo \"$2:x:$(wc -l < " + asked + "):\""), LONG);
    assertEquals(OptionalInt.of(1), getent.uid("a"));
    assertEquals(OptionalInt.of(1), getent.uid("a"));
    assertEquals(OptionalInt.of(2), getent.gid("a"));
  }

  private String script(String body) throws IOException {
    Path script = directory.resolve("getent");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script.toString();
  }
}

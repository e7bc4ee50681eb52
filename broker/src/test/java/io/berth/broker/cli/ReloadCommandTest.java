// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReloadCommandTest {
  @TempDir Path folder;

  @Test
  void a_log_file_is_written_on() throws IOException {
    Path log = Files.createFile(folder.resolve("broker.log"));
    assertEquals(Redirect.appendTo(log.toFile()), appending(log.toString()));
    assertEquals(Redirect.appendTo(Path.of("/dev/null").toFile()), appending("/dev/null"));
  }

  @Test
  void a_pipe_is_had_by_way_of_proc_where_that_is_allowed() throws IOException {
    Path pipe = Files.createFile(folder.resolve("2"));
    assertEquals(Redirect.appendTo(pipe.toFile()), ReloadCommand.appending("pipe:[4711]", pipe));
    assertEquals(Redirect.INHERIT, appending("pipe:[4711]"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/dev/pts/none", "/dev/null (deleted)"})
  void what_cannot_be_opened_is_replaced_by_the_commands_own_output(String name) {
    assertEquals(Redirect.INHERIT, appending(name));
  }

  @Test
  void a_socket_has_no_name_to_be_opened_by() throws IOException {
    Path socket = Files.createFile(folder.resolve("2"));
    assertEquals(Redirect.INHERIT, ReloadCommand.appending("socket:[4711]", socket));
  }

  @Test
  void a_log_that_was_removed_is_not_made_anew() {
    String removed = folder.resolve("broker.log").toString();
    assertEquals(Redirect.INHERIT, appending(removed));
    assertEquals(Redirect.INHERIT, appending(removed + " (deleted)"));
  }

  private Redirect appending(String descriptor) {
    return ReloadCommand.appending(descriptor, folder.resolve("not allowed"));
  }
}

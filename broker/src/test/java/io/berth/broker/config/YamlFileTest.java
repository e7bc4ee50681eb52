// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class YamlFileTest {
  @TempDir private Path directory;
  private Path file;
  private int ownUid;

  @BeforeEach
  void write() throws IOException {
    file = directory.resolve("berth.yaml");
    Files.writeString(file, "broker: {slots: 512}\n");
    mode(file, "rw-r--r--");
    ownUid = (Integer) Files.getAttribute(file, "unix:uid");
  }

  @Test
  void a_file_that_only_its_owner_can_write_is_read() throws ConfigException {
    assertEquals(512, load().broker().slots());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-rw----", "rw-r---w-", "rwxrwxrwx"})
  void a_file_that_others_can_write_is_refused(String permissions) throws IOException {
    mode(file, permissions);
    String message = refusal();
    assertTrue(message.contains("run chmod go-w " + file), message);
  }

  @Test
  void a_directory_in_which_anybody_can_replace_the_file_is_refused() throws IOException {
    mode(directory, "rwxrwxrwx");
    String message = refusal();
    assertTrue(message.contains("run chmod o-w " + directory), message);
    Files.setAttribute(directory, "unix:mode", 01777);
    assertEquals(512, assertLoads());
  }

  @Test
  void a_link_is_judged_by_what_it_points_to() throws IOException {
    Path link = directory.resolve("link.yaml");
    Files.createSymbolicLink(link, file);
    Path real = file;
    file = link;
    assertEquals(512, assertLoads());
    mode(real, "rw-rw-rw-");
    assertTrue(refusal().contains("chmod go-w"));
  }

  @Test
  void somebody_elses_file_is_refused() throws IOException {
    assumeTrue(ownUid == 0, "only root can give a file away");
    Files.setAttribute(file, "unix:uid", 4243);
    String message = refusal();
    assertTrue(message.contains("belongs to uid 4243, expected root or uid 0"), message);
  }

  @Test
  void what_is_no_file_is_refused() throws IOException {
    Files.delete(file);
    assertTrue(
        refusal().endsWith("does not exist; docs/berth.yaml is a commented example to start from"));
    Files.createDirectory(file);
    assertTrue(refusal().contains("expected a regular file, found a directory"));
  }

  @Test
  void a_file_that_cannot_be_read_is_refused() throws IOException {
    assumeTrue(ownUid != 0, "root can read everything");
    mode(file, "-w-------");
    assertTrue(refusal().contains("cannot be read by uid"));
  }

  @Test
  void a_huge_file_is_refused_unread() throws IOException {
    Files.write(file, new byte[YamlFile.MAX_BYTES + 1]);
    assertTrue(refusal().contains("more than " + YamlFile.MAX_BYTES));
  }

  @Test
  void bytes_that_are_not_utf8_are_refused_where_they_stand() throws IOException {
    byte[] text = "broker:\n  # caf?\n".getBytes(StandardCharsets.US_ASCII);
    text[15] = (byte) 0xE9;
    Files.write(file, text);
    assertTrue(refusal().startsWith(file + ":2:8: expected UTF-8"), refusal());
  }

  private static void mode(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private Config load() throws ConfigException {
    return new ConfigLoader(Fixture.host(ownUid)).load(file);
  }

  private int assertLoads() {
    try {
      return load().broker().slots();
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private String refusal() {
    return assertThrows(ConfigException.class, this::load).getMessage();
  }
}

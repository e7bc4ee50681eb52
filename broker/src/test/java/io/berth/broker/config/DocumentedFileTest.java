// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/berth.yaml and the readers say the same. */
class DocumentedFileTest {
  private static final Pattern KNOWN = Pattern.compile("known are ([a-z_, ]+)");

  @Test
  void the_documented_file_loads_from_disk_on_this_host(@TempDir Path directory)
      throws IOException, ConfigException {
    Path file = directory.resolve("berth.yaml");
    Files.writeString(file, Fixture.documented());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Config config = new ConfigLoader().load(file);
    assertEquals(List.of(), config.warnings());
    assertEquals(2, config.devices().size());
    assertEquals(4, config.policy().grants().size());
  }

  @Test
  void its_values_are_the_defaults() throws ConfigException {
    Config written = Fixture.load(Fixture.documented());
    Config defaults = Fixture.load("");
    assertAll(
        () -> assertEquals(defaults.broker(), written.broker()),
        () -> assertEquals(defaults.scheduler(), written.scheduler()),
        () -> assertEquals(defaults.supervision(), written.supervision()),
        () -> assertEquals(defaults.journal(), written.journal()),
        () -> assertEquals(defaults.administrators(), written.administrators()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wrongwrong: 1",
        "broker: {wrongwrong: 1}",
        "broker: {arena: {wrongwrong: 1}}",
        "scheduler: {wrongwrong: 1}",
        "supervision: {wrongwrong: 1}",
        "supervision: {restart_backoff_ms: {wrongwrong: 1}}",
        "journal: {wrongwrong: 1}",
        "devices: [{wrongwrong: 1}]",
        "devices: [{surroundings: {wrongwrong: 1}}]",
        "devices: [{cards: [{wrongwrong: 1}]}]",
        "policy: {wrongwrong: 1}",
        "policy: {grants: [{wrongwrong: 1}]}",
        "policy: {grants: [{principal: {wrongwrong: 1}}]}",
        "administrators: {wrongwrong: 1}",
      })
  void every_key_that_is_read_is_documented_with_its_default(String wrong) {
    Matcher known = KNOWN.matcher(Fixture.refusal(wrong));
    assertTrue(known.find());
    for (String key : known.group(1).split(", ", -1)) {
      assertTrue(
          Pattern.compile("(?m)^[ #-]*(\\{.*)?" + key + ":.*$")
              .matcher(Fixture.documented())
              .find(),
          "docs/berth.yaml does not have '" + key + "'");
    }
  }

  @Test
  void every_scalar_key_has_a_comment_that_states_its_default_or_that_it_is_required() {
    String comment = "";
    for (String line : Fixture.documented().split("\n", -1)) {
      String text = line.strip();
      if (text.startsWith("#")) {
        comment += text;
      } else if (text.isEmpty() || text.startsWith("- {") || isExample(text)) {
        comment = "";
      } else if (line.matches(" +(- )?[a-z_]+: .*")) {
        String key = text.replaceAll("^- |:.*", "");
        boolean stated = comment.contains("efault") || comment.contains("Required");
        // The back-off's three values share the comment above their group.
        assertTrue(stated || List.of("initial", "max", "reset_after").contains(key), key);
        comment = "";
      } else if (!text.endsWith(":")) {
        comment = "";
      }
    }
  }

  /** Lines of the examples whose keys were explained at their first appearance. */
  private static boolean isExample(String line) {
    return Arrays.asList(
            "library",
            "password_file",
            "sign-key-1",
            "sign-key-2",
            "signer",
            "- name",
            "scheme",
            "driver",
            "- principal",
            "resources",
            "roles",
            "permissions",
            "delegate",
            "audit",
            "name")
        .contains(line.replaceAll(":.*", ""));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidParameterException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @Test
  void without_settings_each_has_its_default() {
    Settings settings = Settings.parse(" ");
    assertNull(settings.socket());
    assertNull(settings.device());
    assertTrue(settings.hashOnCard());
    assertEquals(Duration.ofSeconds(5), settings.timeout());
    assertEquals(64 << 20, settings.maxBufferedBytes());
    assertTrue(settings.shows("hsm:any/key"));
  }

  @Test
  void one_line_and_a_file_say_the_same(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("jca.properties");
    Files.writeString(file, "device = hsm:card\ntimeout_ms=70\nhash = jdk\n");
    for (String argument :
        new String[] {file.toString(), "device=hsm:card, timeout_ms = 70,hash=jdk"}) {
      Settings settings = Settings.parse(argument);
      assertEquals("hsm:card", settings.device());
      assertEquals(Duration.ofMillis(70), settings.timeout());
      assertFalse(settings.hashOnCard());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "devise=hsm:card", // mistyped
        "device", // no value
        "hash=card",
        "timeout_ms=0",
        "timeout_ms=soon",
        "timeout_ms=3600001",
        "max_buffered_bytes=-1",
        "relative.properties",
        "/no/such/file"
      })
  void what_is_wrong_is_said_at_once(String argument) {
    assertThrows(InvalidParameterException.class, () -> Settings.parse(argument));
  }

  @Test
  void a_key_store_shows_what_the_settings_name() {
    Settings device = Settings.parse("device=hsm:card");
    assertTrue(device.shows("hsm:card/a"));
    assertFalse(device.shows("hsm:card-2/a"));
    Settings names = Settings.parse("device=hsm:card,keys=hsm:a/one hsm:b/tls-*");
    assertTrue(names.shows("hsm:a/one"));
    assertFalse(names.shows("hsm:a/one-more"));
    assertTrue(names.shows("hsm:b/tls-3"));
    assertFalse(names.shows("hsm:card/a"));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DriverContextTest {
  private static DriverContext context(Map<String, String> settings) {
    return new DriverContext("card", settings, settings, 4096);
  }

  @Test
  void every_unknown_setting_is_refused_in_one_message_that_says_what_was_meant() {
    DriverContext context = context(Map.of("passwort_file", "x", "colour", "red", "file", "f"));
    DriverException e =
        assertThrows(DriverException.class, () -> context.refuseUnknown("file", "password_file"));
    assertTrue(e.isPermanent());
    assertEquals(
        "card: unknown setting 'colour', known are file, password_file;"
            + " unknown setting 'passwort_file', did you mean 'password_file'?;"
            + " correct devices[card].settings",
        e.getMessage());
  }

  @Test
  void what_the_broker_gives_to_every_driver_is_not_refused() throws Exception {
    context(Map.of("lanes", "4", "loading", "now", "file", "f")).refuseUnknown("file");
  }
}

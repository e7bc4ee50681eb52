// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.control.TargetSetting;
import io.berth.worker.driver.RequestException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenNameTest {
  private static final Map<String, String> CATALOGUE = new HashMap<>();

  static {
    TargetSetting.CATALOGUE.forEach(setting -> CATALOGUE.put(setting, "x"));
  }

  @Test
  void what_only_the_catalogue_needs_changes_nothing() throws RequestException {
    TokenName plain = TokenName.of("token", "key", CATALOGUE);
    assertEquals("key", plain.label());
    assertFalse(plain.configured());
    Map<String, String> settings = new HashMap<>(CATALOGUE);
    settings.put("id", "0A");
    TokenName configured = TokenName.of("token", "key", settings);
    assertNull(configured.label());
    assertTrue(configured.configured());
  }

  @Test
  void a_mistyped_setting_is_refused() {
    Map<String, String> settings = Map.of("lable", "x");
    RequestException refused =
        assertThrows(RequestException.class, () -> TokenName.of("token", "key", settings));
    assertTrue(refused.getMessage().contains("unknown setting 'lable'"), refused.getMessage());
  }
}

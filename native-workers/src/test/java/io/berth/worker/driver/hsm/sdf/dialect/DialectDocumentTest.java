// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The table in docs/HSM.md is that of the data files. */
class DialectDocumentTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "HSM.md");

  private static Map<String, String> valuesOf(String name) throws Exception {
    Map<String, String> values = new LinkedHashMap<>();
    try (InputStream text = Dialects.class.getResourceAsStream(name + ".dialect")) {
      for (String line : new String(text.readAllBytes(), UTF_8).split("\n", -1)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] both = line.split("=", 2);
          values.put(both[0].strip(), both[1].strip());
        }
      }
    }
    return values;
  }

  @Test
  void the_documents_table_is_that_of_the_dialects() throws Exception {
    StringBuilder table = new StringBuilder("| key |");
    StringBuilder rule = new StringBuilder("|---|");
    Map<String, Map<String, String>> dialects = new LinkedHashMap<>();
    for (String name : Dialects.NAMES) {
      table.append(" `").append(name).append("` |");
      rule.append("---|");
      dialects.put(name, valuesOf(name));
    }
    table.append('\n').append(rule).append('\n');
    for (String key : dialects.get("standard").keySet()) {
      table.append("| `").append(key).append("` |");
      for (Map<String, String> values : dialects.values()) {
        table.append(' ').append(values.get(key)).append(" |");
      }
      table.append('\n');
    }
    String document = Files.readString(DOCUMENT);
    assertTrue(document.contains(table), () -> "docs/HSM.md must contain\n" + table);
  }

  @Test
  void all_dialects_have_the_same_keys_in_the_same_order() throws Exception {
    List<String> keys = List.copyOf(valuesOf("standard").keySet());
    for (String name : Dialects.NAMES) {
      assertEquals(keys, List.copyOf(valuesOf(name).keySet()), name);
    }
  }
}

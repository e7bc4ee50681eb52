// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {
  private static final Report REPORT =
      new Report(
          "rtt",
          Map.of("cores_usable", 2),
          List.of(
              new Row("yard", "a", Map.of("p50_us", 40.0)),
              new Row("berth", "a", Map.of("p50_us", 4.0)),
              new Row("berth", "b", Map.of("p50_us", 5.0))),
          List.of());

  @Test
  void rows_are_set_in_relation_to_the_yardstick_of_their_case() {
    String[] lines =
        new Table(REPORT, List.of(new Comparison("p50_us", "yard"))).toString().split("\n", -1);
    assertTrue(lines[3].endsWith(" 1.000"), lines[3]);
    assertTrue(lines[4].endsWith(" 0.100"), lines[4]);
    assertTrue(lines[5].endsWith(" -"), lines[5]);
  }

  @Test
  void metrics_that_no_row_has_get_no_column() {
    String table = new Table(REPORT, List.of()).toString();
    assertTrue(table.contains("p50"), table);
    assertTrue(!table.contains("B/op"), table);
  }

  @Test
  void json_has_the_three_members_and_rows_of_system_case_metrics(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("rtt.json");
    REPORT.writeJson(file);
    JsonObject read = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    assertEquals(List.of("bench", "machine", "rows"), List.copyOf(read.keySet()));
    JsonObject row = read.getAsJsonArray("rows").get(1).getAsJsonObject();
    assertEquals(List.of("system", "case", "metrics"), List.copyOf(row.keySet()));
    assertEquals(4.0, row.getAsJsonObject("metrics").get("p50_us").getAsDouble());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MarkTest {
  private static final List<Row> ROWS =
      List.of(
          new Row("yard", "a", Map.of("p50_us", 40.0, "ops_per_s", 100.0)),
          new Row("berth", "a", Map.of("p50_us", 4.0, "ops_per_s", 59.0)));

  private static Figure ratio(String metric) {
    return Figure.of("berth", "a", metric).over(Figure.of("yard", "a", metric));
  }

  @Test
  void a_ratio_at_its_limit_is_met() {
    Mark.Verdict verdict = Mark.atMost(0.1, "p50_us / yard", ratio("p50_us")).judge(ROWS);
    assertEquals("met", verdict.verdict());
    assertEquals("p50_us / yard ≤ 0.10: 0.100, met", verdict.toString());
  }

  @Test
  void a_ratio_on_the_wrong_side_is_not_met() {
    Mark.Verdict verdict = Mark.atLeast(0.6, "ops_per_s / yard", ratio("ops_per_s")).judge(ROWS);
    assertEquals("not met", verdict.verdict());
    assertEquals(0.59, verdict.measured(), 1e-9);
  }

  @Test
  void a_mark_without_its_rows_is_neither_met_nor_missed() {
    Mark.Verdict verdict =
        Mark.atMost(1, "p50_us", Figure.of("berth", "another case", "p50_us")).judge(ROWS);
    assertEquals("not measured", verdict.verdict());
    assertTrue(Double.isNaN(verdict.measured()));
  }

  @Test
  void tables_for_documents_hold_rows_and_verdicts() {
    Mark mark = Mark.atMost(0.1, "p50_us / yard", ratio("p50_us"));
    Map<String, Object> machine = Map.of(MachineFacts.LOAD, 0.5);
    Markdown markdown = new Markdown(machine);
    markdown.add(new Report("rtt", machine, ROWS, List.of(mark.judge(ROWS))), List.of());
    String text = markdown.toString();
    assertTrue(text.contains("### `rtt` (load 0.5)"), text);
    assertTrue(text.contains("| berth | a | 4 |"), text);
    assertTrue(text.contains("| p50_us / yard ≤ 0.10 | 0.100 | met |"), text);
  }
}

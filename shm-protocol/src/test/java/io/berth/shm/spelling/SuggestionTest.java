// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.spelling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {
  private static final List<String> KEYS =
      List.of("window", "lanes", "name", "queue_limit", "max_in_flight", "guard");

  @ParameterizedTest
  @CsvSource({
    "windw, window",
    "Window, window",
    "widnow, window",
    "lane, lanes",
    "queue-limit, queue_limit",
    "max_inflight, max_in_flight",
    "gaurd, guard",
    "colour, ''",
    "x, ''",
    "'', ''",
  })
  void the_nearest_key_is_found_and_a_far_one_is_not(String found, String meant) {
    assertEquals(Optional.of(meant).filter(m -> !m.isEmpty()), Suggestion.nearest(found, KEYS));
  }

  @ParameterizedTest
  @CsvSource({"abc, abc, 0", "'', abc, 3", "abc, '', 3", "ab, ba, 1", "kitten, sitting, 3"})
  void distance_counts_single_mistakes(String a, String b, int distance) {
    assertEquals(distance, Suggestion.distance(a, b));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourcePatternTest {
  @ParameterizedTest
  @CsvSource({
    "hsm:payments/sign-*, hsm:payments/sign-key-1, true",
    "hsm:payments/sign-*, hsm:payments/sign-, true",
    "hsm:payments/sign-*, hsm:payments/signkey, false",
    "hsm:payments/sign-*, hsm:payments/sign-a/b, false",
    "hsm:payments/*, hsm:payments, false",
    "hsm:payments/*/x, hsm:payments/a/x, true",
    "hsm:payments/*/x, hsm:payments/a/b/x, false",
    "hsm:payments/**, hsm:payments/a, true",
    "hsm:payments/**, hsm:payments/a/b, true",
    "hsm:payments/**, hsm:payments, false",
    "hsm:payments/**, hsm:payments2/a, false",
    "hsm:pay*, hsm:payments, true",
    "hsm:pay*, hsm:payments/a, false",
    "*:*/**, db:orders/x, true",
    "*:*, db:orders, true",
    "*:orders, hsm:payments, false",
    "hsm:a*b*c, hsm:axbxbxc, true",
    "hsm:a*b*c, hsm:axbxbx, false",
    "hsm:payments, hsm:Payments, false",
  })
  void a_star_stays_within_its_segment(String pattern, String resource, boolean matches) {
    assertEquals(matches, ResourcePattern.of(pattern).matches(resource));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "payments",
        "hsm:",
        ":payments",
        "hsm:a/**/b",
        "hsm:a**",
        "**",
        "hsm:a//b",
        "hsm:a b"
      })
  void what_is_no_pattern_is_refused_with_an_example(String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> ResourcePattern.of(text));
    assertTrue(e.getMessage().contains("hsm:payments/sign-*"), e.getMessage());
  }

  @Test
  void many_stars_do_not_explode() {
    String pattern = "a*".repeat(60) + "b";
    String text = "a".repeat(250);
    // A guard against an exponential matcher, which would never end; not a measurement.
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(60), () -> assertFalse(Glob.matches(pattern, text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hsm:payments", "hsm:payments/sign-key-1", "npu:bge-small-zh", "x-own:d/a/b.c_d"})
  void a_valid_name_is_taken_apart_and_put_together_again(String name) {
    assertEquals(name, ResourceName.parse(name).orElseThrow().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "hsm",
        "hsm:",
        "hsm:/a",
        "hsm:a/",
        "hsm:a//b",
        "hsm:../a",
        "hsm:a/..",
        "hsm:a/*",
        "HSM:a",
        "hsm:a b",
        "hsm:支付",
        "hsm:a\nb",
        "hsm:a:b",
        "hsm:a/-b"
      })
  void what_is_no_name_is_refused(String name) {
    assertTrue(ResourceName.parse(name).isEmpty());
  }

  @Test
  void a_name_longer_than_the_limit_is_refused() {
    String longest = "hsm:" + "a".repeat(ResourceName.MAX_LENGTH - 4);
    assertTrue(ResourceName.parse(longest).isPresent());
    assertTrue(ResourceName.parse(longest + "a").isEmpty());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cards, by their names; time passes when the test says so. */
class GroupOpeningTest {
  private static final Map<String, String> KEYS = Map.of("target.k.group_signing_key", "00");

  private final List<String> opened = new ArrayList<>();
  private final List<Runnable> due = new ArrayList<>();
  private final GroupOpening group =
      new GroupOpening(
          (nanos, task) -> {
            assertEquals(GroupOpening.PATIENCE_NANOS, nanos);
            due.add(task);
          });

  /** Everybody's patience is over. */
  private void timePasses() {
    List<Runnable> tasks = List.copyOf(due);
    due.clear();
    tasks.forEach(Runnable::run);
  }

  private void open(String card) {
    group.open(card, () -> opened.add(card));
  }

  @Test
  void the_second_waits_until_the_first_serves_and_is_told_its_keys() {
    open("a");
    open("b");
    assertEquals(List.of("a"), opened);
    assertEquals(Map.of(), group.keys());
    group.serves("a", KEYS);
    assertEquals(List.of("a", "b"), opened);
    assertEquals(KEYS, group.keys());
    assertTrue(group.isComparedWith(group.keys()));
  }

  @Test
  void if_the_first_does_not_come_to_serve_the_second_is_opened() {
    open("a");
    open("b");
    group.left("a");
    assertEquals(List.of("a", "b"), opened);
    open("a");
    assertEquals(List.of("a", "b"), opened, "now it is the one that waits");
  }

  @Test
  void one_that_was_opened_before_anything_was_known_has_to_be_compared() {
    open("a");
    Map<String, String> told = group.keys();
    assertTrue(group.isComparedWith(told));
    group.serves("b", KEYS);
    assertFalse(group.isComparedWith(told));
  }

  @Test
  void keys_are_forgotten_with_the_last_card_that_serves() {
    group.serves("a", KEYS);
    group.serves("b", Map.of("target.k.group_signing_key", "01"));
    group.left("a");
    assertEquals(KEYS, group.keys());
    group.left("b");
    assertEquals(Map.of(), group.keys());
    open("c");
    assertEquals(List.of("c"), opened);
  }

  @Test
  void where_drivers_tell_nothing_nothing_has_to_be_compared() {
    open("a");
    Map<String, String> told = group.keys();
    group.serves("b", Map.of());
    assertTrue(group.isComparedWith(told));
  }

  @Test
  void a_first_that_takes_too_long_is_waited_for_no_longer() {
    open("a");
    open("b");
    open("c");
    assertEquals(List.of("a"), opened);
    timePasses();
    assertEquals(List.of("a", "b", "c"), opened);
  }

  @Test
  void a_card_that_hangs_holds_up_the_others_only_once() {
    open("a");
    open("b");
    timePasses();
    group.left("b");
    open("b");
    assertEquals(List.of("a", "b", "b"), opened, "a is still at it");
    group.left("b");
    group.left("a");
    open("a");
    open("b");
    assertEquals(List.of("a", "b", "b", "a", "b"), opened, "and again, and is not waited for");
  }

  @Test
  void one_that_was_slow_and_served_is_waited_for_again() {
    open("a");
    timePasses();
    group.serves("a", KEYS);
    group.left("a");
    open("a");
    open("b");
    assertEquals(List.of("a", "a"), opened);
  }

  @Test
  void the_patience_of_an_earlier_turn_does_not_end_a_later_one() {
    open("a");
    group.left("a");
    open("a");
    open("b");
    due.remove(1);
    timePasses();
    assertEquals(List.of("a", "a"), opened);
  }
}

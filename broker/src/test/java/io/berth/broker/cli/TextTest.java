// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.admin.v1.DeviceStatus;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.HsmOperation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class TextTest {
  @Test
  void json_escapes_what_json_must() {
    Map<String, Object> map = new TreeMap<>();
    map.put("a", "quote \" backslash \\ newline \n bell \u0007 水");
    map.put("b", List.of(1, true, Map.of()));
    map.put("c", List.of());
    assertEquals(
        "{\n  \"a\": \"quote \\\" backslash \\\\ newline \\u000a bell \\u0007 水\",\n"
            + "  \"b\": [\n    1,\n    true,\n    {}\n  ],\n  \"c\": []\n}",
        JsonText.of(map));
  }

  @Test
  void a_table_aligns_texts_left_and_numbers_right() {
    TextTable table = new TextTable("name", "count");
    table.row("a", 1_000);
    table.row("longer", "-");
    assertEquals("name    count\na        1000\nlonger      -\n", table.toString());
    assertEquals("", new TextTable().toString());
  }

  @Test
  void what_a_driver_says_cannot_steer_the_terminal() {
    TextTable table = new TextTable("what");
    table.row("\u001b[2Jgone\r\n");
    assertEquals("what\n [2Jgone\n", table.toString());
  }

  @ParameterizedTest
  @CsvSource({"1ms, 1", "90s, 90000", "10m, 600000", "2h, 7200000", "5S, 5000"})
  void a_duration_has_a_unit(String text, long millis) {
    assertEquals(millis, new Durations().convert(text).value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-1s", "1.5s", "1d", "12345678901s", "1s 2s"})
  void what_is_no_duration_is_refused(String text) {
    assertThrows(TypeConversionException.class, () -> new Durations().convert(text));
  }

  @Test
  void operations_have_names_and_numbers() {
    assertEquals(EchoOperation.ECHO, OperationName.parse("echo"));
    assertEquals(HsmOperation.SM2_SIGN, OperationName.parse("SM2-Sign"));
    assertEquals(HsmOperation.SM2_SIGN, OperationName.parse("sign/1"));
    assertEquals(HsmOperation.SM2_SIGN, OperationName.parse("0x10001"));
    assertEquals(65_537, OperationName.parse("65537"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sing/1", "sign/", "/1", "sign/65536", "-1", "0x100000000", "09"})
  void what_is_no_operation_is_refused(String text) {
    assertThrows(IllegalArgumentException.class, () -> OperationName.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"999, 0 s", "61000, 1 min 1 s", "3600000, 1 h 0 min", "90000000, 1 d 1 h"})
  void uptime_is_told_in_two_units(long millis, String text) {
    assertEquals(text, StatusText.duration(millis));
  }

  @Test
  void a_groups_cards_stand_below_it_with_what_is_wrong_with_each() {
    DeviceStatus group =
        DeviceStatus.newBuilder()
            .setResource("hsm:pay")
            .setState("SERVING")
            .setWindow(8)
            .setNotes("1 of 2 cards serve")
            .addCards(
                DeviceStatus.newBuilder()
                    .setResource("hsm:pay/a")
                    .setState("SERVING")
                    .setWorkerPid(7))
            .addCards(
                DeviceStatus.newBuilder()
                    .setResource("hsm:pay/b")
                    .setState("GIVEN_UP")
                    .setTrouble("key 'sign-1' is not the group's"))
            .build();
    List<String> lines = StatusText.devices(List.of(group)).lines().toList();
    assertEquals(4, lines.size(), lines::toString);
    assertTrue(lines.get(1).matches("hsm:pay +SERVING .* 1 of 2 cards serve"), lines.get(1));
    assertTrue(lines.get(2).matches("hsm:pay/a +SERVING +7 .*"), lines.get(2));
    assertTrue(
        lines.get(3).matches("hsm:pay/b +GIVEN_UP +- .* key 'sign-1' is not the group's"),
        lines.get(3));
  }
}

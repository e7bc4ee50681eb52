// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ConfigTextTest {
  @Test
  void the_effective_values_can_be_loaded_again_and_are_the_same() throws ConfigException {
    assertRoundTrip(Fixture.load(Fixture.documented()));
    assertRoundTrip(Fixture.load(""));
  }

  @Test
  void texts_that_look_like_something_else_stay_what_they_are() throws ConfigException {
    Config config =
        Fixture.load(
            "devices:",
            "- name: '1e3'",
            "  scheme: echo",
            "  driver: 'null'",
            "  java_options: ['-Da=\"b\\c\"', \"-Dnl=1\\n2\", '-Dx=支付 😀 # no comment']",
            "  surroundings: {groups: [4294967294, 8], environment: {A: b}}",
            "  settings: {a: 'true', 'b: c': '[', d: \"\\u2028\\x85\\t\"}",
            "  keys: {'1': {}, a: {index: 1}, true: {}}",
            "policy:",
            "  grants:",
            "  - {principal: {user: 4294967294, unit: 'a@b\\x2dc.service'},"
                + " resources: ['*:*/**'], permissions: [manage]}",
            "administrators: {users: [4294967294, 7], groups: [8]}");
    assertRoundTrip(config);
    String text = config.toText();
    assertTrue(text.contains("user: 4294967294"), text);
  }

  @Test
  void the_defaults_are_written_out() throws ConfigException {
    String text = Fixture.load("").toText();
    assertTrue(
        text.startsWith(
            """
            broker:
              run_directory: "/run/berth"
              data_directory: "/var/lib/berth"
              lock_directory: "/run/lock/berth"
              counters_file: "/run/berth/counters.dat"
              socket_mode: "0660"
              yield_micros: auto
            """),
        text);
    assertTrue(text.contains("devices: []\npolicy:\n  grants: []\n"), text);
  }

  private static void assertRoundTrip(Config config) throws ConfigException {
    Config again = Fixture.load(config.toText());
    assertAll(
        () -> assertEquals(config.toText(), again.toText()),
        () -> assertEquals(config.broker(), again.broker()),
        () -> assertEquals(config.scheduler(), again.scheduler()),
        () -> assertEquals(config.supervision(), again.supervision()),
        () -> assertEquals(config.journal(), again.journal()),
        () -> assertEquals(config.devices(), again.devices()),
        () -> assertEquals(config.policy().grants().size(), again.policy().grants().size()),
        () -> assertEquals(config.administrators(), again.administrators()));
  }
}

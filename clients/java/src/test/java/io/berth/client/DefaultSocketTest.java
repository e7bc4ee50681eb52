// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DefaultSocketTest {
  private static final String THERE = "/";
  private static final String ABSENT = "/nonexistent-berth/broker.sock";
  private static final String RUNTIME = "/run/user/7";

  @Test
  void the_property_and_then_the_environment_name_it_before_all_else() {
    assertEquals("p.sock", DefaultSocket.choose("p.sock", "/a/b.sock", THERE, RUNTIME));
    assertEquals("/a/b.sock", DefaultSocket.choose(null, "/a/b.sock", THERE, RUNTIME));
  }

  @Test
  void a_relative_or_empty_variable_is_ignored() {
    assertEquals(THERE, DefaultSocket.choose(null, "", THERE, null));
    assertEquals(THERE, DefaultSocket.choose(null, "b.sock", THERE, null));
    assertEquals(ABSENT, DefaultSocket.choose(null, "", ABSENT, ""));
    assertEquals(ABSENT, DefaultSocket.choose(null, null, ABSENT, "run"));
  }

  @Test
  void the_machines_broker_comes_before_the_users_own() {
    assertEquals(THERE, DefaultSocket.choose(null, null, THERE, RUNTIME));
    assertEquals(RUNTIME + "/berth/broker.sock", DefaultSocket.choose(null, null, ABSENT, RUNTIME));
  }
}

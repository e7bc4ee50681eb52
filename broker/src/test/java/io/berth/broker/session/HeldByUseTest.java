// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldByUseTest {
  private static final int PATIENCE = 200;

  private final HeldByUse<Account> accounts = new HeldByUse<>();
  private final List<Account> used = new ArrayList<>();

  private Account account(String name) {
    return accounts.get(name, key -> new Account(key, 1));
  }

  private Account use(String name) {
    Account account = account(name);
    used.add(account);
    return account;
  }

  private void awaitSize(int expected) {
    for (int i = 0; i < PATIENCE && accounts.size() > expected; i++) {
      System.gc(); // The condition that is awaited: the collector has looked.
    }
    assertEquals(expected, accounts.size());
  }

  @Test
  void who_uses_a_name_at_the_same_time_has_the_same_thing() {
    Account first = use("a");
    assertSame(first, account("a"));
    assertNotSame(first, account("b"));
  }

  @Test
  void names_without_number_that_nobody_uses_any_more_are_not_kept() {
    Account inUse = use("used");
    inUse.admitted();
    for (int i = 0; i < 10_000; i++) {
      account("sub:" + i);
    }
    awaitSize(1);
    assertSame(inUse, account("used"));
    assertEquals(1, account("used").inFlight(), "what is in use counts on");
  }

  @Test
  void a_name_that_comes_back_stays() {
    account("a");
    awaitSize(0);
    Account again = use("a");
    System.gc();
    assertEquals(1, accounts.size());
    assertSame(again, account("a"));
  }
}

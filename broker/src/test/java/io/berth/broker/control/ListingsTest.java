// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.policy.Principal;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage.Listed;
import io.berth.shm.control.ControlMessage.ListedEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of what may be opened, against the policy asked name by name. */
final class ListingsTest {
  private static final Principal ALICE = principal(1000, 100);
  private static final Principal BOB = principal(1001, 101);
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  @TempDir private Path root;

  private static Principal principal(int uid, int... groups) {
    return new Principal(uid, uid, groups, 7, Optional.empty());
  }

  private static Listings listings(Config config) {
    return new Listings(config, new Certificates(config));
  }

  private Config config(String devicesAndPolicy) throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        "broker: {run_directory: %1$s/r, data_directory: %1$s/d}\n".formatted(root)
            + devicesAndPolicy);
    return new ConfigLoader().load(file);
  }

  private Config small(String grants) throws Exception {
    return config(
        """
        devices:
          - {scheme: hsm, name: a, driver: hsm/sdf, keys: {k1: {index: 1, password_file: /p}, k2: {}}}
          - {scheme: echo, name: b, driver: echo}
          - {scheme: hsm, name: c, driver: hsm/pkcs11, keys: {k1: {label: main, kind: x, id: "01"}}}
        policy:
          grants:
        """
            + grants);
  }

  private static List<ListedEntry> all(Listings listings, Principal who, String sub) {
    List<ListedEntry> entries = new ArrayList<>();
    int after = 0;
    do {
      Listed page = listings.page(who, sub, after, 0).orElseThrow();
      assertTrue(page.next() == 0 || Integer.compareUnsigned(page.next(), after) > 0);
      assertTrue(ControlCodec.encode(1, page).remaining() <= ControlCodec.MAX_MESSAGE_BYTES);
      entries.addAll(page.entries());
      after = page.next();
    } while (after != 0);
    return entries;
  }

  private static List<String> shown(List<ListedEntry> entries) {
    return entries.stream().map(e -> e.resource() + " " + e.permissions()).toList();
  }

  @Test
  void a_device_comes_before_its_keys_and_tells_what_its_own_name_allows() throws Exception {
    Listings listings =
        listings(
            small(
                """
                    - {principal: {user: 1000}, resources: ['hsm:a/k2'], permissions: [sign]}
                    - {principal: {user: 1000}, resources: ['hsm:c/**', 'hsm:c'], permissions: [call]}
                """));
    assertEquals(
        List.of("hsm:a 0", "hsm:a/k2 2", "hsm:c 1", "hsm:c/k1 1"), shown(all(listings, ALICE, "")));
    assertEquals(List.of(), all(listings, BOB, ""));
  }

  @Test
  void what_the_catalogue_says_is_told_and_other_settings_of_the_driver_are_not() throws Exception {
    Listings listings =
        listings(
            small(
                "    - {principal: {any: true}, resources: ['hsm:*/**'], permissions: [sign]}\n"));
    List<ListedEntry> entries = all(listings, BOB, "");
    assertEquals(new ListedEntry("hsm:a/k1", 2, "hsm/sdf", Map.of("index", "1")), entries.get(1));
    assertEquals(
        new ListedEntry(
            "hsm:c/k1", 2, "hsm/pkcs11", Map.of("kind", "x", "id", "01", "label", "main")),
        entries.get(4));
    assertEquals(Map.of(), entries.get(0).attributes());
  }

  @Test
  void for_a_sub_principal_only_what_both_may_is_told() throws Exception {
    Listings listings =
        listings(
            small(
                """
                    - {principal: {user: 1000}, resources: ['hsm:a/**'], permissions: [sign, verify],
                       delegate: only, on_behalf_of: [t-1]}
                    - {principal: {sub: t-1}, resources: ['hsm:*/k1'], permissions: [verify, mac]}
                """));
    assertEquals(List.of("hsm:a 0", "hsm:a/k1 4"), shown(all(listings, ALICE, "t-1")));
    assertEquals(List.of(), all(listings, ALICE, ""));
    assertEquals(List.of(), all(listings, ALICE, "t-2"));
    assertEquals(List.of(), all(listings, BOB, "t-1"));
  }

  @Test
  void the_kernels_overflow_id_sees_nothing() throws Exception {
    Listings listings =
        listings(
            small("    - {principal: {any: true}, resources: ['*:*'], permissions: [sign]}\n"));
    assertEquals(3, all(listings, BOB, "").size());
    assertEquals(List.of(), all(listings, principal(65534), ""));
  }

  @Test
  void every_list_is_what_the_policy_says_name_by_name() throws Exception {
    String[] patterns = {"hsm:*", "hsm:d1/**", "hsm:*/k*", "hsm:d2/k3", "*:d0", "hsm:d2"};
    Random random = new Random(4);
    int told = 0;
    for (int round = 0; round < 60; round++) {
      StringBuilder text = new StringBuilder("devices:\n");
      for (int d = 0; d < 3; d++) {
        text.append("  - {scheme: hsm, name: d").append(d).append(", driver: hsm/sdf, keys: {");
        for (int k = 0; k < random.nextInt(5); k++) {
          text.append(k == 0 ? "" : ", ").append("k").append(k).append(": {}");
        }
        text.append("}}\n");
      }
      text.append("policy:\n  grants:\n");
      for (int g = 0; g <= random.nextInt(4); g++) {
        String who =
            new String[] {"user: 1000", "group: 101", "any: true", "sub: 't-*'"}[random.nextInt(4)];
        boolean delegates = !who.startsWith("sub") && random.nextBoolean();
        text.append("    - {principal: {").append(who).append("}, resources: ['");
        text.append(patterns[random.nextInt(patterns.length)]).append("'], permissions: [");
        text.append(random.nextBoolean() ? "sign, mac" : "verify, mac").append("]");
        text.append(delegates ? ", delegate: true, on_behalf_of: ['*']" : "").append("}\n");
      }
      Config config = config(text.toString());
      Listings listings = listings(config);
      for (Principal who : List.of(ALICE, BOB)) {
        for (String sub : List.of("", "t-1", "u-1")) {
          List<String> expected = expected(config, who, sub);
          assertEquals(expected, shown(all(listings, who, sub)), text::toString);
          assertEquals(expected, shown(all(listings, who, sub)), "as it was kept");
          told += expected.size();
        }
      }
    }
    assertTrue(told > 200, "told " + told);
  }

  private static List<String> expected(Config config, Principal who, String sub) {
    Optional<String> named = sub.isEmpty() ? Optional.empty() : Optional.of(sub);
    List<String> expected = new ArrayList<>();
    for (DeviceConfig device : config.devices()) {
      List<String> below = new ArrayList<>();
      for (String key : device.keys().keySet()) {
        String name = device.resource() + "/" + key;
        int permissions = config.policy().permissions(who, name, named);
        if (permissions != 0) {
          below.add(name + " " + permissions);
        }
      }
      int own = config.policy().permissions(who, device.resource(), named);
      if (own != 0 || !below.isEmpty()) {
        expected.add(device.resource() + " " + own);
        expected.addAll(below);
      }
    }
    return expected;
  }

  private Config large(int devices, int keys) throws Exception {
    StringBuilder text = new StringBuilder("devices:\n");
    for (int d = 0; d < devices; d++) {
      text.append("  - {scheme: hsm, name: d").append(d).append(", driver: hsm/sdf, keys: {");
      for (int k = 0; k < keys; k++) {
        text.append("key-").append(k).append(": {index: ").append(k).append("}, ");
      }
      text.append("last: {label: ").append("x".repeat(20_000)).append("}}}\n");
    }
    text.append("policy: {grants: [{principal: {any: true}, resources: ['hsm:*/**'],");
    return config(text + " permissions: [sign]}]}\n");
  }

  @Test
  void a_long_list_comes_in_pages_that_fit_a_message() throws Exception {
    Config config = large(4, 900);
    assertEquals(4 * 902, all(listings(config), BOB, "").size());
    Listed first = listings(config).page(BOB, "", 0, 0).orElseThrow();
    assertTrue(first.next() > 0);
    int bytes = ControlCodec.encode(1, first).remaining();
    assertTrue(bytes > ControlCodec.MAX_MESSAGE_BYTES - 21_000, "a page of " + bytes);
  }

  @Test
  void a_place_that_no_page_gave_is_somewhere_in_the_list_or_behind_it() throws Exception {
    Listings listings =
        listings(
            small("    - {principal: {any: true}, resources: ['*:*'], permissions: [sign]}\n"));
    for (int after : new int[] {3, 4, Integer.MAX_VALUE, -1}) {
      assertEquals(new Listed(0, List.of()), listings.page(BOB, "", after, 0).orElseThrow());
    }
    assertEquals(1, listings.page(BOB, "", 2, 0).orElseThrow().entries().size());
    assertEquals(3, listings.page(BOB, "", Integer.MIN_VALUE, 0).orElseThrow().entries().size());
  }

  @Test
  void who_lists_in_a_loop_is_refused_and_nobody_else_is() throws Exception {
    Listings listings =
        listings(
            small("    - {principal: {any: true}, resources: ['*:*'], permissions: [sign]}\n"));
    // The first one pays for the policy's answers, too.
    for (int i = 1; i < ListBudget.BURST; i++) {
      assertTrue(listings.page(ALICE, "", 0, HOUR_NANOS).isPresent(), "list " + i);
    }
    assertFalse(listings.page(ALICE, "", 0, HOUR_NANOS).isPresent());
    assertTrue(listings.page(BOB, "", 0, HOUR_NANOS).isPresent());
    long later = HOUR_NANOS + 1_000_000_000L;
    for (int i = 0; i < ListBudget.PER_SECOND; i++) {
      assertTrue(listings.page(ALICE, "", 0, later).isPresent(), "list " + i + " a second later");
    }
    assertFalse(listings.page(ALICE, "", 0, later).isPresent());
  }

  @Test
  void a_look_at_many_names_costs_more_and_is_paid_once() throws Exception {
    Listings listings = listings(large(4, 900));
    int looks = 0;
    while (listings.page(ALICE, "t-" + looks, 0, 0).isPresent()) {
      looks++;
    }
    assertEquals(ListBudget.BURST / (1 + 4 * 902 / 64 + 1), looks);
    assertTrue(listings.page(BOB, "", 0, 0).isPresent());
    int pages = 0;
    while (listings.page(BOB, "", 0, 0).isPresent()) {
      pages++;
    }
    assertEquals(ListBudget.BURST - (1 + 4 * 902 / 64 + 1), pages);
  }

  @Test
  void settings_of_a_key_that_no_page_could_hold_are_refused_with_their_place() {
    String refused =
        assertThrows(
                ConfigException.class,
                () ->
                    config(
                        "devices: [{scheme: hsm, name: a, driver: d, keys: {k: {label: "
                            + "x".repeat(25_000)
                            + "}}}]"))
            .getMessage();
    assertTrue(
        refused.contains("devices[0].keys.k: 25005 bytes of settings, at most 24576"), refused);
  }
}

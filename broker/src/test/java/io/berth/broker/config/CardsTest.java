// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A device of several cards: what each has of the device, and what of its own. */
class CardsTest {
  private static final List<String> GROUP =
      List.of(
          "devices:",
          "- name: pay",
          "  scheme: hsm",
          "  driver: hsm/sdf",
          "  lanes: 3",
          "  settings: {library: /lib/sdf.so, device_path: /dev/none}",
          "  surroundings: {loading: lazy, environment: {A: device, B: device}}",
          "  keys: {sign-1: {index: 1}}");

  private static Config group(String... cards) throws ConfigException {
    List<String> lines = new ArrayList<>(GROUP);
    lines.add("  cards:");
    for (String card : cards) {
      lines.add("  - " + card);
    }
    return Fixture.load(lines.toArray(String[]::new));
  }

  private static String refusal(String... cards) {
    List<String> lines = new ArrayList<>(GROUP);
    lines.add("  cards:");
    for (String card : cards) {
      lines.add("  - " + card);
    }
    return Fixture.refusal(String.join("\n", lines));
  }

  @Test
  void each_card_is_the_device_but_for_what_is_written_at_it() throws ConfigException {
    Config config =
        group(
            "{name: a}",
            "{name: b, lock_identity: pci-7, settings: {device_path: /dev/b},"
                + " surroundings: {working_directory: /w, environment: {B: own}}}");
    DeviceConfig device = config.devices().get(0);
    assertEquals("hsm:pay", device.resource());
    assertEquals(Optional.empty(), device.lockIdentity());
    assertEquals(device.cards(), device.workers());
    DeviceConfig a = device.cards().get(0);
    DeviceConfig b = device.cards().get(1);
    assertEquals(List.of("pay.a", "pay.b"), List.of(a.name(), b.name()));
    assertEquals(List.of("hsm:pay/a", "hsm:pay/b"), List.of(a.resource(), b.resource()));
    assertEquals(Optional.of("hsm-pay-a"), a.lockIdentity());
    assertEquals(Optional.of("pci-7"), b.lockIdentity());
    assertEquals(3, b.lanes());
    assertEquals(device.keys(), b.keys());
    assertEquals(Map.of("A", "device", "B", "device"), a.surroundings().environment());
    assertEquals(Map.of("A", "device", "B", "own"), b.surroundings().environment());
    assertEquals(SurroundingsConfig.Loading.LAZY, b.surroundings().loading());
    assertEquals("/dev/none", a.settings().get("device_path"));
    assertEquals("/dev/b", b.settings().get("device_path"));
    assertEquals("/lib/sdf.so", b.settings().get("library"));
    assertEquals("b", b.workerSettings().get("card"));
    assertEquals("1", b.workerSettings().get("target.sign-1.index"));
  }

  @Test
  void the_effective_values_of_a_group_can_be_loaded_again() throws ConfigException {
    Config config =
        group("{name: a}", "{name: b, surroundings: {unset_environment: [A], loading: now}}");
    DeviceConfig b = config.devices().get(0).cards().get(1);
    assertEquals(Map.of("B", "device"), b.surroundings().environment());
    Config again = Fixture.load(config.toText());
    assertEquals(config.toText(), again.toText());
    assertEquals(config.devices(), again.devices());
  }

  @Test
  void a_device_without_cards_is_its_own_worker() throws ConfigException {
    Config config = Fixture.load(GROUP.toArray(String[]::new));
    DeviceConfig device = config.devices().get(0);
    assertEquals(List.of(device), device.workers());
    assertEquals(Optional.of("hsm-pay"), device.lockIdentity());
    assertTrue(!device.workerSettings().containsKey("card"));
  }

  @Test
  void what_makes_no_group_is_refused() {
    assertTrue(refusal("{name: a}").contains("devices[0].cards: expected at least two, or none"));
    assertTrue(
        refusal("{name: a}", "{name: a}")
            .contains("devices[0].cards[1].name: 'pay.a': another device has this name"));
    assertTrue(
        refusal("{name: a, lock_identity: x}", "{name: b, lock_identity: x}")
            .contains("devices[0].cards[1].lock_identity: 'x': another device has this lock"));
    assertTrue(
        refusal("{name: a/b}", "{name: b}").contains("devices[0].cards[0].name: expected a name"));
    assertTrue(
        refusal("{name: a}", "{name: b, lanes: 3}")
            .contains("unknown key 'lanes' in devices[0].cards[1]"));
    assertTrue(
        Fixture.refusal(
                String.join("\n", GROUP)
                    + "\n  lock_identity: x\n  cards:\n  - {name: a}\n  - {name: b}")
            .contains("lock_identity: each card has a lock of its own"));
  }
}

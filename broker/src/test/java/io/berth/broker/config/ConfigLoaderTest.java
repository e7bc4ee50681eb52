// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.DeviceConfig.Ownership;
import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Policy;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.broker.policy.Principal;
import io.berth.broker.policy.PriorityClass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  private static final String DEVICE = "devices: [{name: payments, scheme: hsm, driver: hsm/sdf";

  @Test
  void a_mistyped_key_is_named_with_its_place_and_the_right_one() {
    assertEquals(
        "berth.yaml:5:5: unknown key 'windw' in devices[0]; did you mean 'window'?",
        Fixture.refusal(
            "devices:", "  - name: a", "    scheme: echo", "    driver: echo", "    windw: 8"));
  }

  @Test
  void all_problems_are_reported_at_once_in_the_order_of_the_file() {
    assertEquals(
        String.join(
            "\n",
            "berth.yaml:2:10: broker.slots: expected a whole number from 16 to 1048576, found 'many'",
            "berth.yaml:3:1: unknown key 'schedular'; did you mean 'scheduler'?",
            "berth.yaml:5:12: journal.enabled: expected true or false, found 'yes'",
            "berth.yaml:6:9: journal.sync: expected one of process, power, found 'proces';"
                + " did you mean 'process'?"),
        Fixture.refusal(
            "broker:",
            "  slots: many",
            "schedular: {}",
            "journal:",
            "  enabled: yes",
            "  sync: proces"));
  }

  @Test
  void more_than_twenty_problems_are_counted_not_listed() {
    List<String> lines = new ArrayList<>(List.of("broker:"));
    for (int i = 0; i < 23; i++) {
      lines.add("  wrong_" + (char) ('a' + i) + ": 1");
    }
    String message = Fixture.refusal(lines.toArray(String[]::new));
    assertEquals(21, message.lines().count());
    assertTrue(message.endsWith("... and 3 more"), message);
  }

  @Test
  void an_empty_file_has_every_default_and_no_devices() throws ConfigException {
    Config config = Fixture.load("# nothing");
    assertEquals(Path.of("/run/berth/broker.sock"), config.broker().clientSocket());
    assertEquals(Path.of("/run/berth/counters.dat"), config.broker().countersFile());
    assertEquals(Path.of("/var/lib/berth/journal"), config.journal().directory());
    assertEquals(0660, config.broker().socketMode());
    assertEquals(List.of(), config.policy().grants());
    assertEquals(1, config.warnings().size());
  }

  @Test
  void whoever_is_not_root_gets_directories_of_his_own() throws ConfigException {
    Config config = new ConfigLoader(Fixture.host(1000)).loadText("berth.yaml", "");
    assertEquals(Path.of("/run/user/1000/berth"), config.broker().runDirectory());
    assertEquals(Path.of("/home/berth/.local/share/berth"), config.broker().dataDirectory());
  }

  @Test
  void a_group_with_everything_commented_out_has_its_defaults() throws ConfigException {
    assertEquals(
        Fixture.load("").broker(),
        Fixture.load("broker:", "  # slots: 16", "devices:", "policy:", "  grants:").broker());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: [1 | berth.yaml:1: | not valid YAML",
        "'a: 1\n b: 2' | berth.yaml:2: | not valid YAML",
        "'a: 1\n---\nb: 2' | berth.yaml:2: | not valid YAML",
        "'broker: &x {}' | berth.yaml:1:9: | anchors",
        "'broker: &x {arena: *x}' | berth.yaml:1:9: | anchors",
        "'broker: !java.net.URL {}' | berth.yaml:1:9: | tags",
        "[a] | berth.yaml:1:1: | expected keys such as broker and devices, found a list",
        "'{[a]: 1}' | berth.yaml:1:2: | expected a key, found a list",
      })
  void what_is_not_plain_yaml_is_refused_where_it_stands(String text, String place, String what) {
    String message = Fixture.refusal(text);
    assertTrue(message.startsWith(place) && message.contains(what), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "broker: {socket_mode: 660} | expected an octal mode in quotes such as \"0660\", found '660'",
        "broker: {request_ring_kb: 48} | expected a power of two, found '48'; write for example 32",
        "broker: {request_ring_kb: 4} | holds 4096 bytes, expected at least 8704",
        "broker: {request_ring_kb: 8192} | more than max_ring_kb",
        "broker: {max_sessions: 10, max_sessions_per_uid: 11} | more than max_sessions; lower it or raise",
        "broker: {memory_limit_mb: 100, max_memory_mb_per_uid: 101} | max_memory_mb_per_uid is more than memory_limit_mb",
        "broker: {arena: {max_mb_total: 2000}} | arenas count towards that limit",
        "broker: {arena: {max_segment_mb: 257}} | more than max_mb_per_session",
        "broker: {slots: 64, max_in_flight: 65} | max_in_flight is more than slots",
        "broker: {slots: 1048576} | lower one of them",
        "scheduler: {default_deadline_ms: 700000} | more than max_deadline_ms",
        "scheduler: {principal_in_flight: 5000} | more than broker.slots (4096)",
        "supervision: {heartbeat_ms: 900} | at least twice heartbeat_ms",
        "supervision: {restart_backoff_ms: {initial: 9000}} | more than max",
        "devices: [{}] | key 'name' is missing; write for example 'name: payments'",
      })
  void values_that_contradict_each_other_are_refused_with_the_remedy(String text, String what) {
    String message = Fixture.refusal(text);
    assertTrue(message.contains("berth.yaml:1:") && message.contains(what), message);
  }

  @Test
  void a_default_gives_way_to_a_limit_that_is_written() throws ConfigException {
    Config config =
        Fixture.load(
            "broker: {slots: 16, memory_limit_mb: 8, max_sessions: 3, max_ring_kb: 32}",
            "scheduler: {max_deadline_ms: 100}");
    assertEquals(16, config.broker().maxInFlight());
    assertEquals(3, config.broker().maxSessionsPerUid());
    assertEquals(8 << 20, config.broker().maxMemoryBytesPerUid());
    assertEquals(8 << 20, config.broker().arena().maxSegmentBytes());
    assertEquals(32 << 10, config.broker().responseRingBytes());
    assertEquals(16, config.scheduler().principalInFlight());
    assertEquals(100_000_000, config.scheduler().defaultDeadlineNanos());
  }

  @Test
  void a_path_too_long_for_a_socket_is_refused_before_the_kernel_does() {
    String message = Fixture.refusal("broker: {run_directory: /" + "a".repeat(100) + "}");
    assertTrue(message.contains("the kernel takes 107; choose a shorter run_directory"), message);
    message =
        Fixture.refusal(
            "broker: {run_directory: /" + "a".repeat(80) + "}",
            "devices: [{name: " + "b".repeat(40) + ", scheme: echo, driver: echo}]");
    assertTrue(message.contains("choose a shorter name or broker.run_directory"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", window: 2 | expected at least as many as lanes (4)",
        ", ownership: shared, lock_identity: x | a shared device has no lock",
        ", lock_identity: a/b | it names a file",
        ", attachment: network, settings: {device_path: /dev/card} | has no node on this host",
        ", java_options: [Xmx1g] | expected an option such as '-Xmx128m', found 'Xmx1g'",
        ", class_path: [drivers] | expected an absolute path, found 'drivers'",
        ", settings: {password: hunter2} | name that as 'password_file'",
        ", settings: {user_pin: 1234} | name that as 'user_pin_file'",
        ", settings: {url: 'jdbc:dm://h/d?password=hunter2'} | holds a password",
        ", settings: {url: 'https://me:hunter2@host/'} | holds a password",
        ", keys: {k: {pin: 1234}} | name that as 'pin_file'",
        ", keys: {'a b': {}} | expected a name of letters",
        ", surroundings: {environment: {TOKEN: hunter2}} | name that as 'TOKEN_file'",
        ", surroundings: {environment: {A-B: x}} | expected the name of an environment variable",
        ", surroundings: {environment: {A: x}, unset_environment: [A]} | also set in environment",
      })
  void a_device_that_cannot_work_is_refused_with_the_remedy(String rest, String what) {
    String message = Fixture.refusal(DEVICE + rest + "}]");
    assertTrue(message.startsWith("berth.yaml:1:") && message.contains(what), message);
    assertFalse(message.contains("hunter2") || message.contains("1234"), message);
  }

  @Test
  void two_devices_cannot_have_one_name_or_one_lock() {
    String message =
        Fixture.refusal(
            "devices:",
            "- {name: a, scheme: hsm, driver: d, lock_identity: x}",
            "- {name: a, scheme: hsm, driver: d, lock_identity: x}");
    assertTrue(
        message.contains(
            "berth.yaml:3:10: devices[1].name: 'a': another device has this name, at line 2"),
        message);
    assertTrue(
        message.contains("devices[1].lock_identity: 'x': another device has this lock, at line 2"),
        message);
  }

  @Test
  void a_device_gets_what_its_scheme_implies() throws ConfigException {
    Config config =
        Fixture.load(
            "devices:",
            "- {name: card, scheme: hsm, driver: hsm/sdf, keys: {k: {index: 1}}, hang_timeout_ms: 5}"
                .replace("5}", "50}"),
            "- {name: orders, scheme: db, driver: dm}",
            "- {name: own, scheme: x-clock, driver: clock}");
    DeviceConfig card = config.devices().get(0);
    assertEquals(Ownership.EXCLUSIVE, card.ownership());
    assertEquals(Optional.of("hsm-card"), card.lockIdentity());
    assertEquals(TimeUnit.MILLISECONDS.toNanos(50), config.hangTimeoutNanos(card));
    assertEquals(Ownership.SHARED, config.devices().get(1).ownership());
    assertEquals(Optional.empty(), config.devices().get(1).lockIdentity());
    assertEquals(
        config.supervision().hangTimeoutNanos(), config.hangTimeoutNanos(config.devices().get(1)));
    assertEquals("x-clock:own", config.devices().get(2).resource());
  }

  @Test
  void a_resource_is_a_device_or_one_of_its_keys_and_nothing_else() throws ConfigException {
    Config config = Fixture.load(DEVICE + ", keys: {sign-key-1: {index: 7}}}]");
    assertEquals(
        Map.of("index", "7"), config.target("hsm:payments/sign-key-1").orElseThrow().settings());
    assertEquals("", config.target("hsm:payments").orElseThrow().localName());
    for (String name :
        List.of("hsm:payments/other", "db:payments", "hsm:pay", "", "hsm:payments/")) {
      assertTrue(config.target(name).isEmpty(), name);
    }
  }

  @Test
  void a_device_may_have_keys_that_nobody_lists() throws ConfigException {
    Config config =
        Fixture.load(DEVICE + ", unlisted_names: true, keys: {sign-key-1: {index: 7}}}]");
    Config.Target unlisted = config.target("hsm:payments/other").orElseThrow();
    assertEquals(Map.of(), unlisted.settings());
    assertTrue(unlisted.device().isUnlisted("other"));
    assertFalse(unlisted.device().isUnlisted("sign-key-1"));
    assertFalse(unlisted.device().isUnlisted(""));
    for (String name : List.of("db:payments/other", "hsm:pay/other", "hsm:payments/")) {
      assertTrue(config.target(name).isEmpty(), name);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{user: 1000, any: true} | expected one of {user: NAME}",
        "{unit: a.service} | 'unit' only narrows user or group",
        "{any: true, unit: a.service} | 'unit' only narrows user or group",
        "{any: false} | expected one of {user: NAME}",
        "{} | expected one of {user: NAME}",
        "{user: 1000, sub: a} | expected one of {user: NAME}",
        "{user: ghost} | no user 'ghost' on this host; create it, correct the name, or write its number",
        "{group: ghost} | no group 'ghost' on this host",
        "{user: slow} | cannot look up user 'slow': no answer within 5000 ms; mend the name service",
        "{user: nobody} | overflow id 65534",
        "{group: 65534} | overflow id 65534",
        "{user: 4294967295} | a number from 0 to 4294967294",
        "{user: '-rf'} | expected a user's name or a number",
        "{user: 1000, unit: nginx} | ends in .service or .scope",
        "{sub: 'a b'} | expected letters, digits",
      })
  void a_principal_that_names_nobody_is_refused(String principal, String what) {
    String message =
        Fixture.refusal(
            DEVICE + "}]",
            "policy: {grants: [{resources: ['hsm:payments'], permissions: [sign], principal: "
                + principal
                + "}]}");
    assertTrue(message.startsWith("berth.yaml:2:") && message.contains(what), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "resources: [payments] | expected a resource pattern such as",
        "resources: [] | expected at least one pattern",
        "resources: ['hsm:payments'], permissions: [sing] | unknown permission 'sing'; did you mean 'sign'?",
        "resources: ['hsm:payments'], permissions: [fly] | known are call, sign",
        "resources: ['hsm:payments'], permissions: [] | expected at least one permission",
        "resources: ['hsm:payments'] | key 'permissions' is missing",
        "resources: ['hsm:payments'], roles: [singer] | no role 'singer' in policy.roles; did you mean 'signer'?",
        "permissions: [sign] | key 'resources' is missing",
        "resources: ['hsm:payments'], permissions: [sign], in_flight: 5000 | from 1 to 4096",
        "resources: ['hsm:payments'], permissions: [sign], max_deadline_ms: 600001 | from 1 to 600000",
        "resources: ['hsm:payments'], permissions: [sign], delegate: true | say for whom",
        "resources: ['hsm:payments'], permissions: [sign], on_behalf_of: [a] | no effect without 'delegate: true'",
        "resources: ['hsm:payments'], permissions: [sign], delegate: true, on_behalf_of: ['a b'] | expected letters",
      })
  void a_grant_that_grants_nothing_sensible_is_refused(String grant, String what) {
    String message =
        Fixture.refusal(
            DEVICE + "}]",
            "policy: {roles: {signer: [sign]}, grants: [{principal: {user: 1}, " + grant + "}]}");
    assertTrue(message.startsWith("berth.yaml:2:") && message.contains(what), message);
  }

  @Test
  void a_sub_principal_cannot_delegate() {
    String message =
        Fixture.refusal(
            "policy: {grants: [{principal: {sub: a}, resources: ['hsm:a'], permissions: [sign],"
                + " delegate: true, on_behalf_of: [b]}]}");
    assertTrue(message.contains("a sub-principal cannot delegate further"), message);
  }

  @Test
  void one_mistake_gives_one_message() {
    String message =
        Fixture.refusal(
            DEVICE + "}]",
            "policy: {grants: [{principal: {user: ghost}, resources: ['hsm:payments'],"
                + " permissions: [sign], delegate: true, on_behalf_of: [b]}]}");
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains("no user 'ghost'"), message);
  }

  @Test
  void a_grant_is_read_with_names_roles_and_defaults() throws ConfigException {
    Config config =
        Fixture.load(
            DEVICE + ", keys: {k: {}}}]",
            "scheduler: {default_deadline_ms: 7000, principal_in_flight: 33}",
            "journal: {key_use: all}",
            "policy:",
            "  roles: {signer: [sign, verify]}",
            "  grants:",
            "  - {principal: {user: payments, group: berth}, resources: ['hsm:payments/k'],"
                + " roles: [signer], permissions: [random]}");
    assertEquals(List.of(), config.warnings());
    Policy policy = config.policy();
    Principal principal = new Principal(1000, 100, new int[] {990}, 7, Optional.empty());
    assertEquals(
        new Granted(
            "uid:1000",
            1 << 1 | 1 << 2 | 1 << 7,
            PriorityClass.NORMAL,
            TimeUnit.SECONDS.toNanos(7),
            33,
            Audit.ALL,
            List.of("berth.yaml:7")),
        policy.decide(principal, "hsm:payments/k", Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hsm:paymnts/**", "hsm:payments/sign-key-2"})
  void a_pattern_that_matches_nothing_is_warned_about(String pattern) throws ConfigException {
    Config config =
        Fixture.load(
            DEVICE + ", keys: {sign-key-1: {}}}]",
            "policy: {grants: [{principal: {any: true}, permissions: [sign], resources: ['"
                + pattern
                + "']}]}");
    assertEquals(1, config.warnings().size());
    assertTrue(config.warnings().get(0).toString().contains("did you mean '"));
  }

  @Test
  void administrators_are_root_the_broker_and_whoever_is_named() throws ConfigException {
    Administrators administrators =
        Fixture.load("administrators: {users: [payments, 1001], groups: [berth]}").administrators();
    assertTrue(administrators.include(0, 5, new int[0], 900));
    assertTrue(administrators.include(900, 5, new int[0], 900));
    assertTrue(administrators.include(1000, 5, new int[0], 900));
    assertTrue(administrators.include(1001, 5, new int[0], 900));
    assertTrue(administrators.include(7, 990, new int[0], 900));
    assertTrue(administrators.include(7, 5, new int[] {1, 990}, 900));
    assertFalse(administrators.include(7, 5, new int[] {1}, 900));
    String message = Fixture.refusal("administrators: {users: [ghost], groups: [nobody, 65534]}");
    assertEquals(3, message.lines().count(), message);
  }

  @Test
  void control_characters_of_the_file_do_not_reach_the_terminal() {
    String message = Fixture.refusal("\"a\\e[31m\\nb\": 1");
    assertEquals(1, message.lines().count());
    assertFalse(message.contains("\u001b"), message);
  }

  @Test
  void problems_are_available_one_by_one() {
    ConfigException e =
        assertThrows(ConfigException.class, () -> Fixture.load("x: 1", "broker: 5"));
    assertEquals(
        List.of(new Place("berth.yaml", 1, 1), new Place("berth.yaml", 2, 9)),
        e.problems().stream().map(Problem::place).toList());
  }

  @Test
  void permissions_of_grants_and_roles_are_narrowed_to_families_and_shown_so() throws Exception {
    Config config =
        Fixture.load(
            DEVICE + "}]",
            "policy:",
            "  roles: {tls: [sign:rsa, sign:ec, export]}",
            "  grants:",
            "    - principal: {any: true}",
            "      resources: ['hsm:payments/**']",
            "      permissions: ['verify:sm2', encrypt]",
            "      roles: [tls]");
    assertEquals(
        List.of("sign:rsa", "sign:ec", "verify:sm2", "encrypt", "export"),
        config.policy().grants().get(0).rights().texts());
    assertTrue(
        config
            .toText()
            .contains(
                "permissions: [\"sign:rsa\", \"sign:ec\", \"verify:sm2\", \"encrypt\","
                    + " \"export\"]"),
        config.toText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sign:rsaa|permission 'sign' has no family 'rsaa'; did you mean 'rsa'?",
        "sign:aes|permission 'sign' has no family 'aes'",
        "manage:rsa|permission 'manage' cannot be narrowed to families of algorithms",
        "sing:rsa|unknown permission 'sing:rsa'",
        "'sign:'|permission 'sign' has no family ''; known are sm2, rsa, ec, other"
      })
  void a_family_that_there_is_not_is_refused(String permission, String expected) {
    String refusal =
        Fixture.refusal(
            DEVICE + "}]",
            "policy:",
            "  grants:",
            "    - principal: {any: true}",
            "      resources: ['hsm:payments/**']",
            "      permissions: ['" + permission + "']");
    assertTrue(refusal.contains("policy.grants[0].permissions: " + expected), refusal);
    assertTrue(refusal.startsWith("berth.yaml:6:"), refusal);
  }
}

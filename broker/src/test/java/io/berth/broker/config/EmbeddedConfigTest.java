// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.policy.PolicyDecision;
import io.berth.broker.policy.PolicyDecision.Denied;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.broker.policy.Principal;
import io.berth.shm.frame.Permission;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EmbeddedConfigTest {
  private static final Path RUN = Path.of("/tmp/x y/run");
  private static final Path DATA = Path.of("/tmp/x \"y\"/data");
  private static final Path DIST = Path.of("/opt/berth");

  @Test
  void it_has_an_echo_device_and_the_software_card() throws ConfigException {
    Config config = of(1000);
    assertEquals(List.of(), config.warnings());
    assertEquals(RUN, config.broker().runDirectory());
    assertTrue(config.target("echo:bench").isPresent());
    DeviceConfig card = config.target("hsm:demo").orElseThrow().device();
    assertEquals("/opt/berth/lib/native/libberth-softcard.so", card.settings().get("library"));
    assertEquals(
        EmbeddedConfig.cardPasswordFile(DATA).toString(), card.settings().get("password_file"));
    assertEquals(
        Map.of(
            EmbeddedConfig.CARD_VARIABLE,
            EmbeddedConfig.cardHome(DATA).toString(),
            EmbeddedConfig.CARD_PASSWORD_VARIABLE,
            EmbeddedConfig.cardPasswordFile(DATA).toString()),
        card.surroundings().environment());
    assertEquals("1", config.target("hsm:demo/sign-key-1").orElseThrow().settings().get("index"));
    assertTrue(config.target("hsm:demo/kek-1").isPresent());
  }

  @Test
  void the_given_uids_may_use_the_devices_and_others_not_even_connect() throws ConfigException {
    Config config = of(1000, 2001, 2002);
    for (int uid : new int[] {1000, 2001, 2002}) {
      Granted sign = assertInstanceOf(Granted.class, decide(config, uid, "hsm:demo/sign-key-1"));
      assertTrue((sign.permissions() & Permission.SIGN.bit()) != 0);
      assertInstanceOf(Granted.class, decide(config, uid, "hsm:demo"));
      assertInstanceOf(Granted.class, decide(config, uid, "echo:bench"));
    }
    assertInstanceOf(Denied.class, decide(config, 2003, "hsm:demo/sign-key-1"));
    assertInstanceOf(Denied.class, decide(config, 2003, "echo:bench"));
    assertEquals(0666, config.broker().socketMode());
    assertEquals(0600, of(1000).broker().socketMode());
  }

  @Test
  void whoever_runs_it_may_act_for_demonstration_sub_principals_only() throws ConfigException {
    Config config = of(1000, 2001);
    assertInstanceOf(Granted.class, decide(config, 1000, "hsm:demo/sign-key-1", "demo-alice"));
    assertInstanceOf(Denied.class, decide(config, 1000, "hsm:demo/kek-1", "demo-alice"));
    assertInstanceOf(Denied.class, decide(config, 1000, "hsm:demo/sign-key-1", "alice"));
    assertInstanceOf(Denied.class, decide(config, 2001, "hsm:demo/sign-key-1", "demo-alice"));
  }

  @Test
  void the_current_process_is_the_one_that_may() throws ConfigException {
    int uid = Host.current().uid();
    Config config = Config.embedded(RUN, DATA, DIST, uid);
    assertInstanceOf(Granted.class, decide(config, uid, "echo:bench"));
    assertEquals(0600, config.broker().socketMode());
    assertEquals(Config.embeddedText(RUN, DATA, DIST), Config.embeddedText(RUN, DATA, DIST, uid));
  }

  @Test
  void its_text_is_an_ordinary_file_that_people_can_change() throws ConfigException {
    Host host = Fixture.host(1000);
    String text = EmbeddedConfig.text(host, RUN, DATA, DIST, 2001);
    Config config = new ConfigLoader(host).loadText("berth.yaml", text);
    assertEquals(of(1000, 2001).toText(), config.toText());
    assertFalse(text.contains("password:"));
  }

  @Test
  void a_directory_too_long_for_sockets_is_refused() {
    Path deep = Path.of("/" + "d".repeat(120));
    assertThrows(
        ConfigException.class, () -> EmbeddedConfig.of(Fixture.host(1000), deep, DATA, DIST));
  }

  private static Config of(int uid, int... uids) throws ConfigException {
    return EmbeddedConfig.of(Fixture.host(uid), RUN, DATA, DIST, uids);
  }

  private static PolicyDecision decide(Config config, int uid, String resource, String... sub) {
    Principal principal = new Principal(uid, 100, new int[0], 7, Optional.empty());
    return config.policy().decide(principal, resource, List.of(sub).stream().findFirst());
  }
}

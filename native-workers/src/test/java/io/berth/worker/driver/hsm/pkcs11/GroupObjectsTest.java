// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.worker.driver.DriverException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A token of SoftHSM joins a group if it holds the same keys. */
class GroupObjectsTest {
  private static SoftToken token;
  private static byte[] ecKey;

  private Map<String, String> settings;

  @BeforeAll
  static void make() throws Exception {
    token = SoftToken.ofThisProcess("group");
    token.pkcs11Tool("--keypairgen", "--key-type", "rsa:2048", "--label", "rsa", "--id", "01");
    token.pkcs11Tool(
        "--keypairgen", "--key-type", "EC:secp256r1", "--label", "other-label", "--id", "02");
    token.pkcs11Tool("--keygen", "--key-type", "aes:32", "--label", "kek", "--id", "03");
    token.pkcs11Tool(
        "--read-object",
        "--type",
        "pubkey",
        "--id",
        "02",
        "-o",
        token.folder().resolve("ec").toString());
    ecKey = java.nio.file.Files.readAllBytes(token.folder().resolve("ec"));
  }

  @BeforeEach
  void configure() {
    settings = token.settings();
    settings.put("card", "a");
    settings.put("target.rsa.algorithm", "rsa-2048");
    settings.put("target.ec.id", "02");
    settings.put("target.kek.algorithm", "aes-256");
    settings.put("target.absent.label", "nobody");
  }

  private Map<String, String> told() throws DriverException {
    try (TokenBench bench = TokenBench.open(settings)) {
      return bench.driver.groupKeys();
    }
  }

  @Test
  void a_token_with_the_same_objects_joins_and_one_with_others_does_not() throws Exception {
    Map<String, String> told = told();
    assertEquals(4, told.size(), told::toString);
    assertEquals(4, told.values().stream().distinct().count(), told::toString);
    assertEquals("none", told.get("target.absent.group_objects"));
    settings.putAll(told);
    assertEquals(told, told());
    for (String name : new String[] {"rsa", "ec", "kek", "absent"}) {
      String setting = "target." + name + ".group_objects";
      settings.put(setting, "0".repeat(64));
      DriverException e = assertThrows(DriverException.class, this::told);
      assertTrue(e.isPermanent());
      assertTrue(
          e.getMessage().contains("key '" + name + "' is not the group's: "), e.getMessage());
      settings.put(setting, told.get(setting));
    }
  }

  @Test
  void a_public_key_is_compared_with_the_configured_one() throws Exception {
    settings.put("target.ec.public_key", HexFormat.of().formatHex(ecKey));
    told();
    ecKey[ecKey.length - 1] ^= 1;
    settings.put("target.ec.public_key", HexFormat.of().formatHex(ecKey));
    ecKey[ecKey.length - 1] ^= 1;
    DriverException e = assertThrows(DriverException.class, this::told);
    assertTrue(
        e.getMessage().contains("key 'ec' is not the group's: it has no public key "),
        e.getMessage());
    settings.remove("target.ec.public_key");
    settings.put("target.rsa.public_key", HexFormat.of().formatHex(ecKey));
    assertTrue(
        assertThrows(DriverException.class, this::told)
            .getMessage()
            .contains("key 'rsa' is not the group's"));
  }

  @Test
  void a_token_alone_tells_nothing() throws Exception {
    settings.remove("card");
    assertEquals(Map.of(), told());
  }
}

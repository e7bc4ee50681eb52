// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.catalogue.CatalogueEntry;
import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.CertificateStore;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.broker.catalogue.KeyUsage;
import io.berth.broker.catalogue.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** devices[].keys: what the catalogue knows. */
class KeyCatalogueTest {
  private static final CataloguedPublicKey KEY = TestKeys.sm2(5);

  @TempDir private Path root;
  private int uid;

  @BeforeEach
  void whoever_runs_this_is_the_broker() throws Exception {
    uid = (int) Files.getAttribute(root, "unix:uid");
  }

  private Config load(String key) throws ConfigException {
    return new ConfigLoader(Fixture.host(uid))
        .loadText(
            "berth.yaml",
            "broker: {data_directory: "
                + root
                + "}\ndevices:\n- {scheme: hsm, name: a, driver: d, keys: {k/1: {index: 1"
                + key
                + "}}}");
  }

  private CatalogueEntry entry(String key) throws ConfigException {
    return load(key).devices().get(0).catalogue().get("k/1");
  }

  private String refusal(String key) {
    return assertThrows(ConfigException.class, () -> load(key)).getMessage();
  }

  private Path file(String name, byte[] content) throws Exception {
    Path file = root.resolve(name);
    Files.write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    return file;
  }

  @Test
  void of_a_key_without_more_nothing_is_known() throws Exception {
    assertEquals(CatalogueEntry.NOTHING, entry(""));
    assertEquals(Map.of("index", "1"), load("").devices().get(0).attributes("k/1"));
  }

  @Test
  void what_is_written_is_known_told_to_clients_and_to_the_driver() throws Exception {
    String point = HexFormat.of().formatHex(TestKeys.sm2Point(5));
    Config config =
        load(
            ", algorithm: sm2, usage: sign, public_key: '"
                + point
                + "', labels: {team: payments, stage: test 1}");
    DeviceConfig device = config.devices().get(0);
    CatalogueEntry entry = device.catalogue().get("k/1");
    assertEquals("sm2", entry.algorithm());
    assertEquals(Optional.of(KeyUsage.SIGN), entry.usage());
    assertEquals(Optional.of(KEY), entry.publicKey());
    assertEquals(Map.of("team", "payments", "stage", "test 1"), entry.labels());
    Map<String, String> told =
        Map.of(
            "index", "1",
            "algorithm", "sm2",
            "usage", "sign",
            "public_key", KEY.hex(),
            "labels", "team=payments,stage=test 1");
    assertEquals(told, device.attributes("k/1"));
    assertEquals(told, device.keys().get("k/1"));
    assertEquals(KEY.hex(), device.workerSettings().get("target.k/1.public_key"));
  }

  @Test
  void the_effective_configuration_can_be_loaded_again() throws Exception {
    Path certificate = file("c.pem", TestKeys.certificate(KEY));
    Config config = load(", certificate: " + certificate + ", labels: {team: payments}");
    Config again = new ConfigLoader(Fixture.host(uid)).loadText("effective.yaml", config.toText());
    assertEquals(config.devices(), again.devices());
  }

  @Test
  void a_public_key_may_stand_in_a_file() throws Exception {
    Path pem = file("key.pem", KEY.pem().getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    CatalogueEntry entry = entry(", public_key: " + pem);
    assertEquals(Optional.of(KEY), entry.publicKey());
    assertEquals("sm2", entry.algorithm(), "found in the key");
  }

  @Test
  void a_certificate_is_read_and_tells_the_public_key() throws Exception {
    byte[] der = TestKeys.certificate(KEY);
    CatalogueEntry entry = entry(", certificate: " + file("c.der", der));
    assertEquals(Optional.of(KeyCertificate.of(der)), entry.certificate());
    assertEquals(Optional.of(KEY), entry.publicKey());
    assertFalse(
        load(", certificate: " + root.resolve("c.der"))
            .devices()
            .get(0)
            .workerSettings()
            .toString()
            .contains(KeyCertificate.of(der).base64()));
  }

  @Test
  void an_imported_certificate_is_found_and_one_that_is_named_comes_first() throws Exception {
    KeyCertificate imported = KeyCertificate.of(TestKeys.certificate(KEY));
    new CertificateStore(root).put("hsm:a", "k/1", imported);
    assertEquals(Optional.of(imported), entry("").certificate());
    Instant now = Instant.now();
    byte[] other = TestKeys.certificate(KEY, now.minusSeconds(9), now.plusSeconds(999));
    assertEquals(
        Optional.of(KeyCertificate.of(other)),
        entry(", certificate: " + file("other.der", other)).certificate());
  }

  @Test
  void a_certificate_that_has_expired_is_a_warning() throws Exception {
    Instant past = Instant.parse("2020-01-02T03:04:05Z");
    byte[] old = TestKeys.certificate(KEY, past.minusSeconds(9), past);
    List<Problem> warnings = load(", certificate: " + file("c.der", old)).warnings();
    assertEquals(1, warnings.size());
    String text = warnings.get(0).toString();
    assertTrue(text.startsWith("berth.yaml:3:"), text);
    assertTrue(text.contains("c.der expired at 2020-01-02T03:04:05Z"), text);
  }

  @Test
  void what_does_not_belong_together_is_refused_with_its_place() throws Exception {
    Path certificate = file("c.der", TestKeys.certificate(TestKeys.sm2(6)));
    String text = refusal(", public_key: " + KEY.hex() + ", certificate: " + certificate);
    assertTrue(text.contains("devices[0].keys.k/1.certificate: its key is sm2 sha256:"), text);
    text = refusal(", algorithm: rsa-2048, public_key: " + KEY.hex());
    assertTrue(text.contains("algorithm: expected sm2 as its public key is"), text);
    text = refusal(", algorithm: sm3");
    assertTrue(text.contains("algorithm: expected one of sm2, rsa-1024"), text);
    assertTrue(text.contains("found 'sm3'; did you mean 'sm2'?"), text);
    text = refusal(", usage: signing");
    assertTrue(text.contains("usage: expected one of sign, encrypt, kek"), text);
    text = refusal(", algorithm: sm2, public_key: '" + "ab".repeat(64) + "'");
    assertTrue(text.contains("public_key: expected a public key in hexadecimal"), text);
    text = refusal(", labels: {team: 'a,b'}");
    assertTrue(text.contains("labels: expected names and texts"), text);
    text = refusal(", certificate: " + root.resolve("absent"));
    assertTrue(text.contains("absent is no file"), text);
    text = refusal(", certificate: " + file("junk", new byte[] {1, 2}));
    assertTrue(text.contains("no X.509 certificate"), text);
    assertTrue(text.startsWith("berth.yaml:3:"), text);
  }

  @Test
  void a_file_that_others_may_write_is_not_believed() throws Exception {
    Path certificate = file("c.der", TestKeys.certificate(KEY));
    Files.setPosixFilePermissions(certificate, PosixFilePermissions.fromString("rw-rw-r--"));
    String text = refusal(", certificate: " + certificate);
    assertTrue(text.contains("has mode 0664, others may change it; run chmod go-w"), text);
    text = refusal(", public_key: " + certificate);
    assertTrue(text.contains("others may change it"), text);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.Broker;
import io.berth.broker.SilentEvents;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.admin.Administrator;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.broker.catalogue.TestKeys;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code berth key} at a broker whose devices nobody serves. */
class KeyCommandTest {
  private static final CataloguedPublicKey KEY = TestKeys.sm2(5);

  private final List<String> performed = new CopyOnWriteArrayList<>();
  private Path root;
  private Broker broker;

  @BeforeEach
  void start() throws Exception {
    root = Files.createTempDirectory("berth-k");
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock}
        devices:
          - scheme: hsm
            name: card
            driver: hsm/sdf
            guard: external
            keys:
              sign-1: {index: 1, usage: sign, public_key: %3$s, labels: {team: payments}}
              kek-1: {index: 1, kind: kek, algorithm: sm4}
              hidden: {index: 3}
          - {scheme: hsm, name: token, driver: hsm/pkcs11, guard: external, keys: {other: {}, new: {algorithm: aes-256, usage: kek}}}
        policy:
          grants:
            - principal: {user: %2$d}
              resources: ['hsm:card/*-1', 'hsm:token/**']
              permissions: [sign, manage]
        """
            .formatted(root, (int) Files.getAttribute(root, "unix:uid"), KEY.hex()));
    Config config = new ConfigLoader().load(file);
    SilentEvents silence = new SilentEvents();
    AdminEvents events =
        new AdminEvents() {
          @Override
          public void performed(Administrator who, String act, String resource, String detail) {
            performed.add(act + " " + resource + " " + detail);
          }

          @Override
          public void denied(Administrator who) {}
        };
    broker =
        new Broker(
            config,
            root.resolve("no-installation"),
            AuditTrail.of(silence, silence, KeyUseJournal.NONE, events));
    broker.start();
  }

  @AfterEach
  void stop() throws Exception {
    broker.close();
    try (java.util.stream.Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private Berth key(String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = "key";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[all.length - 2] = "--run";
    all[all.length - 1] = root.resolve("run").toString();
    return Berth.run(all);
  }

  private Path certificate(CataloguedPublicKey key) throws Exception {
    return Files.write(root.resolve("new.der"), TestKeys.certificate(key));
  }

  @Test
  void the_list_has_what_the_policy_grants_and_the_catalogue_says() {
    Berth list = key("list");
    assertEquals(0, list.exitCode(), list.err());
    String[] lines = list.out().split("\n", -1);
    assertTrue(lines[0].matches("KEY +PERMISSIONS +ALGORITHM +PUBLIC KEY .*"), list.out());
    assertTrue(
        lines[1].matches("hsm:card/sign-1 +sign,manage +sm2 +" + KEY.fingerprint() + " +-"),
        list.out());
    assertTrue(lines[2].matches("hsm:card/kek-1 +sign,manage +sm4 +- +-"), list.out());
    assertTrue(lines[3].matches("hsm:token/other +sign,manage +\\? +- +-"), list.out());
    assertFalse(list.out().contains("hidden"));
    assertEquals(6, lines.length);
    assertEquals(3, key("list", "--device", "token").out().split("\n", -1).length - 1);
    assertEquals(3, key("list", "--device", "hsm:card").out().split("\n", -1).length - 1);
    assertTrue(key("list", "--json").out().contains("\"fingerprint\": \"" + KEY.fingerprint()));
  }

  @Test
  void one_key_is_shown_with_its_public_key() {
    for (String name : List.of("sign-1", "card/sign-1", "hsm:card/sign-1")) {
      Berth show = key("show", name);
      assertEquals(0, show.exitCode(), show.err());
      assertTrue(show.out().endsWith(KEY.pem()), show.out());
      assertTrue(show.out().contains("team=payments"), show.out());
    }
    Berth hidden = key("show", "hidden");
    assertEquals(1, hidden.exitCode());
    assertTrue(hidden.err().contains("no key 'hidden' that this user may open"), hidden.err());
  }

  @Test
  void a_certificate_is_imported_told_at_once_kept_and_recorded() throws Exception {
    Berth done = key("import-certificate", "card/sign-1", certificate(KEY).toString());
    assertEquals(0, done.exitCode(), done.err());
    Path kept = root.resolve("data/certificates/hsm:card/sign-1.pem");
    assertTrue(done.out().contains("hsm:card/sign-1: CN=payments"), done.out());
    assertTrue(done.out().contains(kept.toString()), done.out());
    assertEquals(
        List.of("key import-certificate hsm:card/sign-1"),
        performed.stream().map(text -> text.replaceAll(" CN=.*", "")).toList());
    KeyCertificate certificate = KeyCertificate.of(Files.readAllBytes(kept));
    assertTrue(key("show", "sign-1").out().endsWith(certificate.pem()));
    assertTrue(key("list").out().contains(certificate.notAfter().toString()));
  }

  @Test
  void what_does_not_fit_the_key_is_not_imported() throws Exception {
    String other = certificate(TestKeys.sm2(6)).toString();
    Berth wrong = key("import-certificate", "sign-1", other);
    assertEquals(1, wrong.exitCode());
    assertTrue(wrong.err().contains("the certificate's key is sm2 sha256:"), wrong.err());
    wrong = key("import-certificate", "kek-1", other);
    assertTrue(wrong.err().contains("the catalogue says sm4"), wrong.err());
    wrong = key("import-certificate", "nobody", other);
    assertTrue(wrong.err().contains("no key 'nobody' in the configuration"), wrong.err());
    Files.writeString(root.resolve("junk"), "junk");
    wrong = key("import-certificate", "sign-1", root.resolve("junk").toString());
    assertTrue(wrong.err().contains("no X.509 certificate"), wrong.err());
    assertEquals(List.of(), performed);
    assertFalse(Files.exists(root.resolve("data/certificates")));
  }

  @Test
  void a_key_is_made_only_where_the_catalogue_says_which_and_somebody_confirms() {
    Berth unknown = key("create", "other", "--yes");
    assertEquals(1, unknown.exitCode());
    assertTrue(unknown.err().contains("write algorithm and usage"), unknown.err());
    Berth sdf = key("create", "sign-1", "--yes");
    assertTrue(sdf.err().contains("keys of 'sm2' cannot be made here"), sdf.err());
    // Without the permission export nothing is looked for.
    Berth destroy = key("destroy", "other", "--yes");
    assertEquals(ExitCode.NOT_PERMITTED, destroy.exitCode(), destroy.err());
  }

  @Test
  void what_nobody_confirms_is_not_done() {
    InputStream before = System.in;
    try {
      for (String said : List.of("", "yes\n", "hsm:token/other\n")) {
        System.setIn(new ByteArrayInputStream(said.getBytes(StandardCharsets.UTF_8)));
        Berth create = key("create", "new");
        assertEquals(1, create.exitCode());
        assertTrue(create.err().contains("Type hsm:token/new to go on"), create.err());
        assertTrue(create.err().contains("not confirmed, nothing is done"), create.err());
      }
      System.setIn(new ByteArrayInputStream("hsm:token/new\n".getBytes(StandardCharsets.UTF_8)));
      Berth confirmed = key("create", "new");
      assertFalse(confirmed.err().contains("not confirmed"), confirmed.err());
      assertEquals(ExitCode.NOT_PERMITTED, confirmed.exitCode(), "without export");
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void what_cannot_be_compared_fails_by_name_and_is_skipped_in_general() {
    Berth one = key("verify", "sign-1");
    assertEquals(1, one.exitCode());
    assertTrue(one.out().contains("the permission export is not granted"), one.out());
    Berth all = key("verify");
    assertEquals(0, all.exitCode(), all.err());
    assertTrue(all.out().contains("a key of sm4 has no public half"), all.out());
  }
}

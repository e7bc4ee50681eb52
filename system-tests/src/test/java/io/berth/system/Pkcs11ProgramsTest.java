// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.dropin.Pkcs11Programs;
import io.berth.system.dropin.Program;
import io.berth.system.dropin.SoftToken;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Programs that use PKCS #11 behave through {@code libberth-pkcs11.so} as directly on the token:
 * outputs, exit codes and return values are compared. Directly they show the token's PIN; through
 * Berth the policy has said who they are.
 */
final class Pkcs11ProgramsTest {
  private static final String IV = "000102030405060708090a0b0c0d0e0f";
  private static final String EC_KEY = "pkcs11:token=bank;object=ec-1;type=private";
  private static final int PROCESSES = 16;

  @RegisterExtension final Brokers brokers = new Brokers();

  private BrokerSetup setup;
  private SoftToken token;
  private Pkcs11Programs programs;

  private RunningBroker start(boolean all) throws IOException {
    setup = BrokerSetup.make();
    token = SoftToken.make(setup);
    setup.ungranted("bank", "hsm", "hsm/pkcs11", token.device());
    if (all) {
      grant("[\"hsm:bank\", \"hsm:bank/**\"]");
    }
    return serve();
  }

  private void grant(String resources) {
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: "
            + resources
            + ", permissions: [sign, verify, encrypt, decrypt, digest, mac, random, export]}");
  }

  private RunningBroker serve() throws IOException {
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:bank");
    programs = new Pkcs11Programs(setup, token, broker);
    return broker;
  }

  private void write(String name, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    Files.write(programs.file(name), content);
  }

  /** Runs the same both ways and compares how it ended; the outcomes, Berth's second. */
  private List<Program.Outcome> alike(String... words) {
    Program.Outcome direct = programs.direct(words);
    Program.Outcome berth = programs.berth(words);
    String command = String.join(" ", words);
    assertEquals(direct.exitCode(), berth.exitCode(), () -> command + ": " + berth);
    assertEquals(direct.returnValue(), berth.returnValue(), () -> command + ": " + berth);
    return List.of(direct, berth);
  }

  /** As that, with an output file that must be the same, too. */
  private void alikeWithOutput(String... words) throws IOException {
    List<byte[]> outputs = new ArrayList<>();
    for (boolean direct : new boolean[] {true, false}) {
      List<String> command = new ArrayList<>(List.of(words));
      command.addAll(List.of("-o", "output"));
      String[] whole = command.toArray(String[]::new);
      Program.Outcome outcome = direct ? programs.direct(whole) : programs.berth(whole);
      assertEquals(0, outcome.exitCode(), () -> command + ": " + outcome);
      outputs.add(programs.content("output"));
      Files.delete(programs.file("output"));
    }
    assertArrayEquals(outputs.get(0), outputs.get(1), () -> String.join(" ", words));
  }

  @Test
  void pkcs11_tool_lists_and_computes_the_same() throws Exception {
    start(true);
    write("data", 3000);
    write("digest", 32);
    assertAll(
        () -> {
          List<Program.Outcome> mechanisms = alike("--list-mechanisms");
          assertEquals(mechanisms.get(0).output(), mechanisms.get(1).output());
        },
        () -> {
          List<Program.Outcome> objects = alike("--list-objects");
          assertEquals(objects.get(0).sortedLines(), objects.get(1).sortedLines());
        },
        () -> alikeWithOutput("--sign", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "data"),
        () -> alikeWithOutput("--sign", "-m", "RSA-PKCS", "--id", "01", "-i", "digest"),
        () -> alikeWithOutput("--hash", "-m", "SHA256", "-i", "data"),
        () -> alikeWithOutput("--hash", "-m", "SHA512", "-i", "data"),
        () -> alikeWithOutput("--encrypt", "-m", "AES-ECB", "--id", "03", "-i", "digest"),
        () ->
            alikeWithOutput(
                "--encrypt", "-m", "AES-CBC-PAD", "--iv", IV, "--id", "03", "-i", "data"),
        () -> alikeWithOutput("--read-object", "--type", "pubkey", "--id", "01"));
  }

  @Test
  void pkcs11_tool_is_refused_the_same() throws Exception {
    start(true);
    write("data", 3000);
    write("digest", 32);
    write("odd", 100);
    assertAll(
        () -> alike("--sign", "-m", "RSA-PKCS", "--id", "01", "-i", "data"),
        () -> alike("--sign", "-m", "ECDSA-SHA256", "--id", "02", "-i", "data"),
        () -> alike("--sign", "-m", "SHA256-RSA-PKCS", "--id", "99", "-i", "data"),
        () -> alike("--hash", "-m", "RIPEMD160", "-i", "data"),
        () -> alike("--encrypt", "-m", "AES-CBC", "--iv", IV, "--id", "03", "-i", "odd"),
        () -> alike("--decrypt", "-m", "AES-CBC-PAD", "--iv", IV, "--id", "03", "-i", "odd"),
        () -> alike("--decrypt", "-m", "RSA-PKCS", "--id", "01", "-i", "odd"),
        () -> alike("--read-object", "--type", "cert", "--id", "01"));
  }

  @Test
  void what_berth_signs_and_decrypts_the_token_verifies_and_encrypted() throws Exception {
    start(true);
    write("digest", 32);
    write("data", 3000);
    String[][] signatures = {
      {"ECDSA", "02", "digest"},
      {"SHA256-RSA-PKCS-PSS", "01", "data"},
      {"SHA256-RSA-PKCS", "01", "data"}
    };
    for (String[] each : signatures) {
      String[] sign = {"--sign", "-m", each[0], "--id", each[1], "-i", each[2], "-o", "signature"};
      assertEquals(0, programs.berth(sign).exitCode(), each[0]);
      String[] verify = {
        "--verify", "-m", each[0], "--id", each[1], "-i", each[2], "--signature-file", "signature"
      };
      List<Program.Outcome> good = alike(verify);
      assertTrue(good.get(1).output().contains("Signature is valid"), () -> "" + good);
      byte[] wrong = programs.content("signature");
      wrong[5] ^= 1;
      Files.write(programs.file("signature"), wrong);
      List<Program.Outcome> bad = alike(verify);
      assertEquals(bad.get(0).output(), bad.get(1).output());
      assertTrue(bad.get(1).output().contains("Invalid signature"), () -> "" + bad);
    }
    String[] encrypt = {
      "--encrypt", "-m", "AES-CBC-PAD", "--iv", IV, "--id", "03", "-i", "data", "-o", "hidden"
    };
    assertEquals(0, programs.direct(encrypt).exitCode());
    alikeWithOutput("--decrypt", "-m", "AES-CBC-PAD", "--iv", IV, "--id", "03", "-i", "hidden");
  }

  @Test
  void p11tool_and_keytool_list_the_same() throws Exception {
    start(true);
    Program.Outcome direct =
        programs.runDirect(
            Map.of("GNUTLS_PIN", SoftToken.PIN),
            "p11tool",
            "--provider",
            token.module().toString(),
            "--login",
            "--list-all",
            "pkcs11:token=bank");
    Program.Outcome berth =
        programs.run(
            Map.of(),
            "p11tool",
            "--provider",
            Pkcs11Programs.module().toString(),
            "--list-all",
            "pkcs11:token=bank");
    assertEquals(direct.exitCode(), berth.exitCode(), () -> "" + berth);
    assertEquals(direct.sortedLines(), berth.sortedLines());
    Files.writeString(
        programs.file("sun.cfg"),
        "name = Bank\nlibrary = " + Pkcs11Programs.module() + "\nslotListIndex = 0\n");
    Program.Outcome keys =
        programs.run(
            Map.of(),
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-list",
            "-keystore",
            "NONE",
            "-storetype",
            "PKCS11",
            "-addprovider",
            "SunPKCS11",
            "-providerArg",
            "sun.cfg",
            "-storepass",
            "");
    assertEquals(0, keys.exitCode(), () -> "" + keys);
    assertTrue(keys.output().contains("aes-1, SecretKeyEntry"), keys::output);
  }

  private Map<String, String> engine() throws IOException {
    return Map.of("OPENSSL_CONF", programs.engine(0).toString());
  }

  private void makeCertificate() throws IOException {
    Program.Outcome made =
        programs.run(
            engine(),
            ("openssl req -new -x509 -engine pkcs11 -keyform engine -key "
                    + EC_KEY
                    + " -subj /CN=localhost -days 3 -out certificate.pem")
                .split(" "));
    assertEquals(0, made.exitCode(), () -> "" + made);
  }

  private static int port(Path log) {
    Pattern accepts = Pattern.compile("ACCEPT .*:(\\d+)");
    int[] port = {0};
    Await.until(
        "a TLS server that accepts",
        () -> {
          try {
            Matcher matcher = accepts.matcher(Files.readString(log, UTF_8));
            port[0] = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
            return port[0] != 0;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
    return port[0];
  }

  private void shakeHands(int port) {
    Program.Outcome outcome =
        programs.run(
            Map.of(),
            ("openssl s_client -tls1_3 -verify_return_error -CAfile certificate.pem -connect"
                    + " localhost:"
                    + port)
                .split(" "));
    assertTrue(outcome.output().contains("Verify return code: 0 (ok)"), () -> "" + outcome);
  }

  @Test
  void openssl_serves_tls_through_its_engine_also_after_a_worker_and_a_broker_were_killed()
      throws Exception {
    RunningBroker broker = start(true);
    makeCertificate();
    Path log = programs.file("server.log");
    Map<String, String> environment = new java.util.HashMap<>(programs.throughBerth());
    environment.putAll(engine());
    Process server =
        Program.start(
            setup.directory(),
            environment,
            List.of(
                ("openssl s_server -accept 0 -www -engine pkcs11 -keyform engine -key "
                        + EC_KEY
                        + " -cert certificate.pem")
                    .split(" ")),
            log,
            programs.file("server.err"));
    try {
      int port = port(log);
      shakeHands(port);
      ProcessView worker = broker.worker("bank");
      worker.signal("KILL");
      shakeHands(port);
      broker.awaitWorkerAfter("bank", worker);
      broker.kill();
      broker.startAgain();
      shakeHands(port);
      shakeHands(port);
    } finally {
      server.destroy();
      server.waitFor();
    }
  }

  @Test
  void sixteen_programs_that_start_at_once_all_sign() throws Exception {
    start(true);
    write("digest", 32);
    List<Process> started = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      started.add(
          programs.startBerth(
              "sign-" + i, "--sign", "-m", "ECDSA", "--id", "02", "-i", "digest", "-o", "s-" + i));
    }
    for (int i = 0; i < PROCESSES; i++) {
      assertEquals(
          0, started.get(i).waitFor(), Files.readString(programs.file("sign-" + i + ".err")));
      assertEquals(64, programs.content("s-" + i).length);
    }
  }

  @Test
  void who_has_no_grant_sees_neither_slot_nor_key() throws Exception {
    start(false);
    Program.Outcome slots = programs.berth("--list-slots");
    assertFalse(slots.output().contains("hsm:bank"), slots::output);
    assertFalse(programs.berth("--list-objects").output().contains("Object"));
  }

  @Test
  void who_may_use_one_key_sees_that_one() throws Exception {
    setup = BrokerSetup.make();
    token = SoftToken.make(setup);
    setup.ungranted("bank", "hsm", "hsm/pkcs11", token.device());
    grant("[\"hsm:bank/ec-1\"]");
    serve();
    write("digest", 32);
    Program.Outcome objects = programs.berth("--list-objects");
    assertTrue(objects.output().contains("ec-1"), () -> "" + objects);
    assertFalse(objects.output().contains("rsa-1"), objects::output);
    assertFalse(objects.output().contains("aes-1"), objects::output);
    String[] sign = {"--sign", "-m", "ECDSA", "--id", "02", "-i", "digest", "-o", "signature"};
    assertEquals(0, programs.berth(sign).exitCode());
    sign[4] = "01";
    assertEquals(1, programs.berth(sign).exitCode());
  }
}

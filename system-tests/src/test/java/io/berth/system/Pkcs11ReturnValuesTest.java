// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.dropin.Pkcs11Programs;
import io.berth.system.dropin.Program;
import io.berth.system.dropin.SoftToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The same calls, four hundred and more, on SoftHSM directly and through {@code
 * libberth-pkcs11.so}, return value by return value and length by length. Programs show the same
 * PIN on both sides: here it is the token's, there that of the device's verifier.
 */
final class Pkcs11ReturnValuesTest {
  private static final int ITERATIONS = 100_000;

  /**
   * Where they differ on purpose.
   *
   * @param call its section and what it was
   * @param direct what SoftHSM answers
   * @param berth what the module answers
   * @param reason why
   */
  private record Difference(String call, String direct, String berth, String reason) {}

  private static final String ADMINISTERED = "tokens are administered with their own tools";
  private static final String STANDARD = "what the standard says";
  private static final String WHOLE_OR_PARTS = "the standard does not let the two be mixed";
  private static final String KEY_TYPE =
      "SoftHSM finds out when it signs, and some modules crash then: it never reaches them";
  private static final String PARAMETER =
      "the standard's own code for a parameter that is missing or has another length";
  private static final String BLOCKS =
      "parts are worked on in whole blocks, behind which a chaining value can take over";

  private static final List<Difference> INTENDED =
      List.of(
          new Difference("C_InitPIN", "0x00000101", "0x00000054", ADMINISTERED),
          new Difference(
              "C_InitToken while sessions are open", "0x000000B6", "0x00000054", ADMINISTERED),
          new Difference("C_Login as security officer", "0x000000A0", "0x00000103", ADMINISTERED),
          new Difference(
              "C_SeedRandom", "0x00000000", "0x00000120", "the generator is everybody's"),
          new Difference("C_Logout without C_Login", "0x00000000", "0x00000101", STANDARD),
          new Difference("the end: C_Logout again", "0x00000000", "0x00000101", STANDARD),
          new Difference(
              "signatures: C_SignInit with ECDSA and an RSA key",
              "0x00000000",
              "0x00000063",
              KEY_TYPE),
          new Difference(
              "signatures: C_SignInit with RSA and an EC key",
              "0x00000000",
              "0x00000063",
              KEY_TYPE),
          new Difference(
              "signatures: C_SignInit with RSA and an AES key",
              "0x00000000",
              "0x00000063",
              KEY_TYPE),
          new Difference(
              "signatures: C_SignInit with PSS without parameter",
              "0x00000007",
              "0x00000071",
              PARAMETER),
          new Difference(
              "ciphers: C_EncryptInit with OAEP without parameter",
              "0x00000007",
              "0x00000071",
              PARAMETER),
          new Difference(
              "ciphers: C_EncryptInit with a short IV", "0x00000070", "0x00000071", PARAMETER),
          new Difference(
              "ciphers: C_EncryptInit with half a parameter",
              "0x00000007",
              "0x00000071",
              PARAMETER),
          new Difference(
              "ciphers: C_EncryptInit without parameter", "0x00000007", "0x00000071", PARAMETER),
          new Difference(
              "AES-GCM: C_Decrypt for the length",
              "0x00000000 77",
              "0x00000000 61",
              "the length that will come, without the tag"),
          new Difference(
              "AES-CBC, in parts: C_Encrypt after C_EncryptUpdate",
              "0x00000005",
              "0x00000091",
              WHOLE_OR_PARTS),
          new Difference(
              "AES-CBC-PAD, in parts: C_Encrypt after C_EncryptUpdate",
              "0x00000000",
              "0x00000091",
              WHOLE_OR_PARTS),
          new Difference(
              "AES-CTR, in parts: C_Encrypt after C_EncryptUpdate",
              "0x00000000",
              "0x00000091",
              WHOLE_OR_PARTS),
          new Difference(
              "digests and random bytes: C_Digest after C_DigestUpdate",
              "0x00000000",
              "0x00000091",
              WHOLE_OR_PARTS),
          new Difference(
              "AES-CTR, in parts: C_EncryptUpdate of 5", "0x00000000 5", "0x00000000 0", BLOCKS),
          new Difference(
              "AES-CTR, in parts: C_EncryptUpdate for the length",
              "0x00000000 30",
              "0x00000000 32",
              BLOCKS),
          new Difference(
              "AES-CTR, in parts: C_EncryptUpdate with little room",
              "0x00000150 30",
              "0x00000150 32",
              BLOCKS),
          new Difference(
              "AES-CTR, in parts: C_EncryptUpdate of 30",
              "0x00000000 30",
              "0x00000000 32",
              BLOCKS));

  @RegisterExtension final Brokers brokers = new Brokers();

  private static Path verifier(BrokerSetup setup) throws Exception {
    byte[] salt = new byte[16];
    new SecureRandom().nextBytes(salt);
    byte[] hash =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
            .generateSecret(new PBEKeySpec(SoftToken.PIN.toCharArray(), salt, ITERATIONS, 256))
            .getEncoded();
    Path file = setup.directory().resolve("bank.verifier");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    HexFormat hex = HexFormat.of();
    return Files.writeString(
        file,
        String.join(
                ":",
                "pbkdf2-sha256",
                Integer.toString(ITERATIONS),
                hex.formatHex(salt),
                hex.formatHex(hash))
            + "\n");
  }

  /** The answer to each call, by the section and the words it is printed with. */
  private static Map<String, String> answers(Program.Outcome outcome) {
    assertEquals(0, outcome.exitCode(), outcome::toString);
    Map<String, String> answers = new LinkedHashMap<>();
    String section = "";
    for (String line : outcome.output().lines().toList()) {
      if (line.startsWith("-- ")) {
        section = line.substring(3) + ": ";
        continue;
      }
      int colon = line.lastIndexOf(": ");
      String call = section + line.substring(0, colon);
      while (answers.containsKey(call)) {
        call += " (again)";
      }
      answers.put(call, line.substring(colon + 2));
    }
    return answers;
  }

  @Test
  void every_call_answers_as_on_the_token_but_for_what_is_listed() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftToken token = SoftToken.make(setup);
    setup.ungranted(
        "bank", "hsm", "hsm/pkcs11", token.device("login_verifier_file: " + verifier(setup)));
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:bank\", \"hsm:bank/**\"], permissions: [sign, verify, encrypt,"
            + " decrypt, digest, mac, random, export, wrap, unwrap, agree, manage]}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:bank");
    Pkcs11Programs programs = new Pkcs11Programs(setup, token, broker);
    String program = Installation.pkcs11Calls().toString();
    Map<String, String> direct =
        answers(programs.runDirect(Map.of(), program, token.module().toString(), SoftToken.PIN));
    Map<String, String> berth =
        answers(programs.run(Map.of(), program, Pkcs11Programs.module().toString(), SoftToken.PIN));
    assertTrue(direct.size() > 400, "calls: " + direct.size());
    assertEquals(direct.keySet(), berth.keySet());
    Map<String, String> expected = new TreeMap<>();
    for (Difference each : INTENDED) {
      expected.put(each.call(), each.direct() + " -> " + each.berth());
    }
    Map<String, String> found = new TreeMap<>();
    direct.forEach(
        (call, answer) -> {
          if (!answer.equals(berth.get(call))) {
            found.put(call, answer + " -> " + berth.get(call));
          }
        });
    List<String> wrong = new ArrayList<>();
    found.forEach(
        (call, both) -> {
          if (!both.equals(expected.get(call))) {
            wrong.add(call + " | " + both);
          }
        });
    expected.keySet().removeAll(found.keySet());
    assertEquals(
        "", String.join("\n", wrong), () -> "listed and not there any more: " + expected.keySet());
    assertTrue(expected.isEmpty(), () -> "alike by now: " + expected.keySet());
  }
}

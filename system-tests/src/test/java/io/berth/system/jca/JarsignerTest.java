// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.KnownKeysToken;
import io.berth.system.broker.RunningBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The provider's jar signed, as some JDKs demand of providers, and jars signed by its keys: with
 * the tools of the JDK of these tests and with those of the newest.
 */
final class JarsignerTest {
  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static String settings;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    KnownKeysToken token = setup.token("token");
    Path rsa = ServerCertificates.rsa(setup.directory(), "rsa");
    Path ec = ServerCertificates.ec(setup.directory(), "ec", "P-256");
    token.importPair("code-rsa", rsa);
    token.importPair("code-ec", ec);
    Path certificates =
        ServerCertificates.together(
            setup.directory().resolve("all.pem"),
            ServerCertificates.certificate(rsa),
            ServerCertificates.certificate(ec));
    setup.device("token", "hsm", "hsm/pkcs11", token.deviceLines("code-rsa", "code-ec"));
    RunningBroker broker = BROKERS.start(setup).awaitServing("hsm:token");
    settings = "socket=" + broker.socket() + ",device=hsm:token,certificates=" + certificates;
  }

  static List<Jdk> jdks() throws IOException {
    return Jdk.thisAndNewest();
  }

  private static Path library(String name) throws IOException {
    try (Stream<Path> files = Files.list(Installation.directory().resolve("lib"))) {
      return files
          .filter(file -> file.getFileName().toString().matches(name + "-[0-9].*"))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no " + name + " in the installation"));
    }
  }

  /** A class path with the provider's jar signed by a key of nobody's. */
  private String signedProvider(Jdk jdk) throws IOException {
    Path jar = Files.copy(library("berth-jca"), folder.resolve("signed.jar"));
    List<String> store =
        List.of("-keystore", folder.resolve("keys.p12").toString(), "-storepass", "password");
    List<String> make =
        new ArrayList<>(List.of("-genkeypair", "-alias", "signer", "-dname", "CN=signer"));
    make.addAll(List.of("-keyalg", "RSA", "-keysize", "2048", "-validity", "2"));
    make.addAll(store);
    jdk.run("keytool", make);
    List<String> sign = new ArrayList<>(store);
    sign.addAll(List.of(jar.toString(), "signer"));
    jdk.run("jarsigner", sign);
    assertVerified(jdk, jar);
    return jar + ":" + library("berth-client") + ":" + library("jna");
  }

  private static void assertVerified(Jdk jdk, Path jar) {
    String said = jdk.run("jarsigner", List.of("-verify", jar.toString()));
    assertTrue(said.contains("jar verified"), said);
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void the_providers_jar_can_be_signed_and_is_found_in_its_signed_form(Jdk jdk) throws Exception {
    String path = signedProvider(jdk);
    Path example = folder.resolve("Ask.java");
    Files.writeString(
        example,
        "public class Ask {"
            + "  public static void main(String[] a) throws Exception {"
            + "    java.security.Provider p = new io.berth.jca.BerthProvider(\"device=hsm:card\");"
            + "    java.security.Security.addProvider(p);"
            + "    javax.crypto.Cipher.getInstance(\"SM4/CBC/PKCS5Padding\");"
            + "    java.security.cert.Certificate[] signers ="
            + "        p.getClass().getProtectionDomain().getCodeSource().getCertificates();"
            + "    System.out.println(\"signed by \" + signers.length);"
            + "  }"
            + "}");
    String said = jdk.run("java", List.of("-cp", path, example.toString()));
    assertTrue(said.contains("signed by 1"), said);
  }

  @ParameterizedTest
  @MethodSource("jdks")
  void keytool_and_jarsigner_use_keys_behind_berth_by_a_signed_provider(Jdk jdk) throws Exception {
    String path = signedProvider(jdk);
    List<List<String>> ways = new ArrayList<>();
    ways.add(List.of("-J-cp", "-J" + path));
    if (jdk.hasProviderPath()) {
      ways.add(List.of("-providerPath", path));
    }
    for (List<String> way : ways) {
      for (String alias : new String[] {"code-rsa", "code-ec"}) {
        Path jar = folder.resolve(alias + ways.indexOf(way) + ".jar");
        Files.copy(library("berth-client"), jar);
        List<String> sign = store(way, "-providerClass", "-providerArg");
        sign.addAll(List.of(jar.toString(), alias));
        jdk.run("jarsigner", sign);
        assertVerified(jdk, jar);
      }
    }
    for (List<String> way : List.of(ways.get(0), List.of("-providerpath", path))) {
      List<String> list = store(way, "-providerclass", "-providerarg");
      list.add(0, "-list");
      String said = jdk.run("keytool", list);
      assertTrue(said.contains("code-rsa, ") && said.contains("PrivateKeyEntry"), said);
    }
  }

  private static List<String> store(List<String> way, String providerClass, String argument) {
    List<String> options = new ArrayList<>(List.of("-keystore", "NONE", "-storetype", "Berth"));
    options.addAll(List.of("-storepass", "none"));
    options.addAll(way);
    // The argument belongs to what stands before it.
    options.addAll(List.of(providerClass, "io.berth.jca.BerthProvider", argument, settings));
    return options;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The same commands on SoftHSM directly and through {@code libberth-pkcs11.so}. */
public final class Pkcs11Programs {
  private final Path directory;
  private final SoftToken token;
  private final String socket;

  public Pkcs11Programs(BrokerSetup setup, SoftToken token, RunningBroker broker) {
    this.directory = setup.directory();
    this.token = token;
    this.socket = broker.socket();
  }

  public static Path module() {
    return Installation.directory().resolve("lib/libberth-pkcs11.so");
  }

  public Map<String, String> throughBerth() {
    return Map.of("BERTH_SOCKET", socket);
  }

  public Path file(String name) {
    return directory.resolve(name);
  }

  public byte[] content(String name) throws IOException {
    return Files.readAllBytes(file(name));
  }

  /** pkcs11-tool on the token; it must show the PIN there. */
  public Program.Outcome direct(String... words) {
    List<String> command = tool(token.module(), words);
    command.addAll(List.of("--login", "--pin", SoftToken.PIN));
    return Program.run(directory, token.environment(), command);
  }

  /** pkcs11-tool with Berth's module. */
  public Program.Outcome berth(String... words) {
    return Program.run(directory, throughBerth(), tool(module(), words));
  }

  /** As {@link #berth}, for who waits himself. */
  public Process startBerth(String name, String... words) throws IOException {
    return Program.start(
        directory, throughBerth(), tool(module(), words), file(name + ".out"), file(name + ".err"));
  }

  private static List<String> tool(Path module, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "pkcs11-tool", "--module", module.toString(), "--token-label", SoftToken.LABEL));
    command.addAll(List.of(words));
    return command;
  }

  /**
   * Writes a configuration of OpenSSL that loads Berth's module into its engine.
   *
   * @param init whether the engine is initialised with the configuration (1) or at its first use
   */
  public Path engine(int init) throws IOException {
    return Files.writeString(
        file("openssl.cnf"),
        "openssl_conf = all\n[all]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\n"
            + "engine_id = pkcs11\nMODULE_PATH = "
            + module()
            + "\ninit = "
            + init
            + "\n");
  }

  /** Any other program, with the environment that Berth's module needs. */
  public Program.Outcome run(Map<String, String> more, String... command) {
    Map<String, String> environment = new java.util.HashMap<>(throughBerth());
    environment.putAll(more);
    return Program.run(directory, environment, List.of(command));
  }

  public Program.Outcome runDirect(Map<String, String> more, String... command) {
    Map<String, String> environment = new java.util.HashMap<>(token.environment());
    environment.putAll(more);
    return Program.run(directory, environment, List.of(command));
  }
}

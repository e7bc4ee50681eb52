// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import io.berth.system.broker.BrokerSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** A token of the real SoftHSM 2 below a test's directory, with an RSA, an EC and an AES key. */
public final class SoftToken {
  public static final String LABEL = "bank";
  public static final String PIN = "13572468";
  public static final List<String> KEYS = List.of("rsa-1", "ec-1", "aes-1");

  private static final List<Path> USUAL_PLACES =
      List.of(
          Path.of("/usr/lib/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/pkcs11/libsofthsm2.so"));

  private final Path home;

  private SoftToken(Path home) {
    this.home = home;
  }

  /** Makes the token and its keys. */
  public static SoftToken make(BrokerSetup setup) throws IOException {
    SoftToken token = new SoftToken(setup.directory());
    Files.createDirectory(token.home.resolve("tokens"));
    Files.writeString(
        token.configuration(),
        "directories.tokendir = "
            + token.home.resolve("tokens")
            + "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");
    Path pin = token.pinFile();
    Files.createFile(
        pin, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(pin, PIN + "\n");
    token.run("softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "87654321");
    token.generate("--keypairgen", "rsa:2048", "rsa-1", "01");
    token.generate("--keypairgen", "EC:prime256v1", "ec-1", "02");
    token.generate("--keygen", "aes:32", "aes-1", "03");
    return token;
  }

  private void generate(String command, String type, String label, String id) {
    run(
        "pkcs11-tool",
        "--module",
        module().toString(),
        "--token-label",
        LABEL,
        "--login",
        command,
        "--key-type",
        type,
        "--label",
        label,
        "--id",
        id);
  }

  private void run(String... words) {
    List<String> command = new java.util.ArrayList<>(List.of(words));
    command.addAll(List.of("--pin", PIN));
    Program.Outcome outcome = Program.run(home, environment(), command);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(command + ": " + outcome);
    }
  }

  /** SoftHSM's own library. */
  public Path module() {
    return USUAL_PLACES.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("SoftHSM 2 is none of " + USUAL_PLACES));
  }

  public Path configuration() {
    return home.resolve("softhsm2.conf");
  }

  private Path pinFile() {
    return home.resolve("token.pin");
  }

  /** What a program needs that uses SoftHSM directly. */
  public Map<String, String> environment() {
    return Map.of("SOFTHSM2_CONF", configuration().toString());
  }

  /**
   * The lines of a device {@code hsm:bank} on this token, for the configuration.
   *
   * @param more further settings, each {@code key: value}
   */
  public String device(String... more) {
    StringBuilder text = new StringBuilder("    settings: {module: ").append(module());
    text.append(", token_label: ").append(LABEL).append(", pin_file: ").append(pinFile());
    for (String setting : more) {
      text.append(", ").append(setting);
    }
    text.append("}\n    surroundings:\n      environment: {SOFTHSM2_CONF: ");
    text.append(configuration()).append("}\n    keys:\n");
    KEYS.forEach(key -> text.append("      ").append(key).append(": {}\n"));
    return text.toString();
  }
}

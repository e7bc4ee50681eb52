// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A SoftHSM token below a test's directory, with keys that the test has, too: it imports files. */
public final class KnownKeysToken {
  private static final String LABEL = "tests";
  private static final String PIN = "4711-0815";
  private static final List<Path> MODULES =
      List.of(
          Path.of("/usr/lib/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/pkcs11/libsofthsm2.so"));

  private final Path home;
  private int ids;

  private KnownKeysToken(Path home) {
    this.home = home;
  }

  /** Makes an empty token. */
  public static KnownKeysToken make(Path directory, String name) throws IOException {
    KnownKeysToken token = new KnownKeysToken(Files.createDirectory(directory.resolve(name)));
    Files.createDirectory(token.home.resolve("tokens"));
    Files.writeString(
        token.configuration(),
        "directories.tokendir = " + token.home.resolve("tokens") + "\nlog.level = ERROR\n");
    Files.createFile(
        token.pinFile(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(token.pinFile(), PIN + "\n");
    token.tool("--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN);
    return token;
  }

  private Path configuration() {
    return home.resolve("softhsm2.conf");
  }

  private Path pinFile() {
    return home.resolve("pin");
  }

  /** A pair out of a PKCS #8 file in PEM. */
  public void importPair(String name, Path file) {
    importKey(name, file);
  }

  /** A key of AES out of its bytes. */
  public void importAes(String name, byte[] key) throws IOException {
    Path file = home.resolve(name + ".aes");
    Files.write(file, key);
    importKey(name, file, "--aes");
    Files.delete(file);
  }

  /**
   * Makes a pair on the token that may agree on keys, as what is imported may not (CKA_DERIVE).
   *
   * @param curve such as {@code prime256v1}
   */
  public void generateAgreementPair(String name, String curve) {
    ids++;
    List<String> command =
        List.of(
            "pkcs11-tool",
            "--module",
            module().toString(),
            "--token-label",
            LABEL,
            "--login",
            "--pin",
            PIN,
            "--keypairgen",
            "--key-type",
            "EC:" + curve,
            "--usage-derive",
            "--label",
            name,
            "--id",
            String.format("%04x", ids));
    run(command);
  }

  private void importKey(String name, Path file, String... more) {
    ids++;
    List<String> arguments = new ArrayList<>(List.of("--import", file.toString()));
    arguments.addAll(List.of(more));
    arguments.addAll(List.of("--token", LABEL, "--pin", PIN, "--label", name));
    arguments.addAll(List.of("--id", String.format("%04x", ids)));
    tool(arguments.toArray(String[]::new));
  }

  private void tool(String... arguments) {
    List<String> command = new ArrayList<>(List.of("softhsm2-util"));
    command.addAll(List.of(arguments));
    run(command);
  }

  private void run(List<String> command) {
    Installation.Outcome outcome =
        Installation.run(command, Map.of("SOFTHSM2_CONF", configuration().toString()));
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(command + ": " + outcome);
    }
  }

  private static Path module() {
    return MODULES.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no SoftHSM in any of " + MODULES));
  }

  /** The lines of a device's entry that put this token behind a broker, with these names. */
  public String deviceLines(String... keys) {
    StringBuilder text = new StringBuilder();
    text.append("    settings: {module: ").append(module());
    text.append(", token_label: ").append(LABEL);
    text.append(", pin_file: ").append(pinFile()).append("}\n");
    text.append("    surroundings:\n      environment:\n        SOFTHSM2_CONF: ");
    text.append(configuration()).append("\n    keys:\n");
    for (String key : keys) {
      text.append("      ").append(key).append(": {label: ").append(key).append("}\n");
    }
    return text.toString();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A token of the real SoftHSM 2 in a folder of its own. SoftHSM finds its configuration through the
 * environment, so that one process has one; {@link #ofThisProcess} puts tokens there.
 */
final class SoftToken {
  static final String PIN = "13572468";
  static final String SO_PIN = "87654321";

  private static final List<Path> USUAL_PLACES =
      List.of(
          Path.of("/usr/lib/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/pkcs11/libsofthsm2.so"),
          Path.of("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
          Path.of("/usr/local/lib/softhsm/libsofthsm2.so"));

  private final Path folder;
  private final String label;

  private SoftToken(Path folder, String label) {
    this.folder = folder;
    this.label = label;
  }

  static Path module() {
    return USUAL_PLACES.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("SoftHSM 2 is none of " + USUAL_PLACES + ": install it"));
  }

  /** A fresh token in a folder, for another process. */
  static SoftToken in(Path folder, String label) throws Exception {
    return make(folder, label);
  }

  /** A fresh token where this process's environment says, and no other there. */
  static SoftToken ofThisProcess(String label) throws Exception {
    return make(Path.of(System.getenv("SOFTHSM2_CONF")).getParent(), label);
  }

  private static SoftToken make(Path folder, String label) throws Exception {
    SoftToken token = new SoftToken(folder, label);
    empty(folder.resolve("tokens"));
    Files.createDirectories(folder.resolve("tokens"));
    Files.writeString(
        token.configuration(),
        "directories.tokendir = "
            + folder.resolve("tokens")
            + "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");
    token.tool(
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        label,
        "--so-pin",
        SO_PIN,
        "--pin",
        PIN);
    token.pinFile("pin", PIN);
    return token;
  }

  /** Removes the tokens that an earlier test left. */
  private static void empty(Path tokens) throws IOException {
    if (Files.exists(tokens)) {
      try (Stream<Path> files = Files.walk(tokens)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  Path configuration() {
    return folder.resolve("softhsm2.conf");
  }

  Path folder() {
    return folder;
  }

  String label() {
    return label;
  }

  /** A file with a PIN, that only its owner reads. */
  Path pinFile(String name, String pin) throws IOException {
    Path file = folder.resolve(label + "-" + name);
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, pin + "\n");
  }

  /** Settings of a device on this token, which a test may change. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("module", module().toString());
    settings.put("token_label", label);
    settings.put("pin_file", folder.resolve(label + "-pin").toString());
    settings.put("lanes", "2");
    return settings;
  }

  /** Imports a PKCS #8 private key with its public one. */
  void importKey(Path pem, String name, String id) throws Exception {
    tool(
        "softhsm2-util",
        "--import",
        pem.toString(),
        "--token",
        label,
        "--label",
        name,
        "--id",
        id,
        "--pin",
        PIN);
  }

  /** Makes something on the token with pkcs11-tool. */
  String pkcs11Tool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "pkcs11-tool",
            "--module",
            module().toString(),
            "--token-label",
            label,
            "--login",
            "--pin",
            PIN));
    command.addAll(List.of(arguments));
    return tool(command.toArray(String[]::new));
  }

  /** Runs a program with this token's configuration and returns what it says. */
  String tool(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("SOFTHSM2_CONF", configuration().toString());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + said);
    }
    return said;
  }

  /** How many files the token has, one for each of its objects among them. */
  long files() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("tokens"))) {
      return files.filter(file -> file.toString().endsWith(".object")).count();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A software card with known keys. The library finds it through the environment, so that one
 * process has one place for it; each test makes it anew there.
 */
final class SoftwareCard {
  /** An SM2 key whose private numbers are known. */
  static final int KNOWN_KEY = 1;

  /** An SM2 key that asks for a password. */
  static final int GUARDED_KEY = 2;

  static final int KEK = 1;

  // GM/T 0003.5-2012, and any other number for the encryption pair.
  static final int RSA_KEY = 5;
  static final String SIGN_PRIVATE =
      "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
  static final String ENCRYPT_PRIVATE =
      "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21";
  static final String KEK_HEX = "0123456789abcdeffedcba9876543210";
  static final String ACCESS_PASSWORD = "access99";

  private static boolean modelMade;

  private final Path home;
  private final Path passwordFile;

  private SoftwareCard(Path home, Path passwordFile) {
    this.home = home;
    this.passwordFile = passwordFile;
  }

  static Path library() {
    return library("standard");
  }

  /** The same card with the interface of another family. */
  static Path library(String dialect) {
    String name = dialect.equals("standard") ? "" : "-" + dialect;
    return Path.of(System.getProperty("berth.native.dir"), "libberth-softcard" + name + ".so");
  }

  /** Puts a fresh card where this process's environment says. */
  static synchronized SoftwareCard ofThisProcess() throws Exception {
    Path home = Path.of(System.getenv("BERTH_SOFTCARD_HOME"));
    Path passwordFile = Path.of(System.getenv("BERTH_SOFTCARD_PASSWORD_FILE"));
    Path folder = home.getParent();
    Path model = folder.resolveSibling("softcard-model");
    if (!modelMade) {
      in(model);
      modelMade = true; // Stretching its password takes longer than most tests.
    }
    SoftwareCard card = new SoftwareCard(home, passwordFile);
    card.remove();
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : files.toList()) {
        Path copy = folder.resolve(model.relativize(file));
        if (!Files.exists(copy)) {
          Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    return card;
  }

  /** Makes a card in a folder for another process. */
  static SoftwareCard in(Path folder) throws Exception {
    return make(folder.resolve("card"), folder.resolve("password"));
  }

  private static SoftwareCard make(Path home, Path passwordFile) throws Exception {
    SoftwareCard card = new SoftwareCard(home, passwordFile);
    card.remove();
    Files.createDirectories(home.getParent());
    secret(passwordFile, "correct horse 1");
    card.tool("init");
    card.tool(
        "import-key",
        "--index",
        KNOWN_KEY,
        "--sign-key",
        card.secretBeside("sign.hex", SIGN_PRIVATE),
        "--encrypt-key",
        card.secretBeside("encrypt.hex", ENCRYPT_PRIVATE));
    card.tool(
        "generate-key",
        "--index",
        GUARDED_KEY,
        "--access-password-file",
        card.secretBeside("access", ACCESS_PASSWORD));
    card.tool(
        "import-key",
        "--index",
        RSA_KEY,
        "--rsa",
        2048,
        "--sign-key",
        card.secretBeside("rsa.pem", RsaReference.pem()));
    card.tool("import-kek", "--index", KEK, "--key", card.secretBeside("kek.hex", KEK_HEX));
    return card;
  }

  private void remove() throws IOException {
    Path folder = home.getParent();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          if (!file.equals(folder)) {
            Files.delete(file);
          }
        }
      }
    }
  }

  /** A file that only its owner reads, in the folder of the card. */
  Path secretBeside(String name, String line) throws IOException {
    return secret(home.resolveSibling(name), line);
  }

  private static Path secret(Path file, String line) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, line + "\n");
  }

  private void tool(String subcommand, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("berth.dist"), "bin", "berth-softcard").toString());
    command.add(subcommand);
    command.add(home.toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    command.add("--password-file");
    command.add(passwordFile.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError(command + ": " + said);
    }
  }

  Path home() {
    return home;
  }

  Path passwordFile() {
    return passwordFile;
  }

  /** The file that the card's driver locks. */
  Path lockFile() {
    return home.resolve("device.lock");
  }

  /** Changes a line of {@code card.ini}, which the card reads when it is opened. */
  void behave(String key, String value) throws IOException {
    Path file = home.resolve("card.ini");
    List<String> lines = new ArrayList<>();
    boolean found = false;
    for (String line : Files.readAllLines(file)) {
      boolean same = line.startsWith(key + " =");
      found |= same;
      lines.add(same ? key + " = " + value : line);
    }
    if (!found) {
      throw new AssertionError(file + " has no key " + key);
    }
    Files.write(file, lines);
  }

  /** From now on the card misbehaves by these rules; see c-src/softcard/README.md. */
  void fault(String rules) throws IOException {
    Path fresh = home.resolve("fault.new");
    Files.writeString(fresh, rules + "\n");
    Files.move(fresh, home.resolve("fault"), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether rules that end once they have struck have not. */
  boolean hasFault() {
    return Files.exists(home.resolve("fault"));
  }

  void mend() throws IOException {
    Files.deleteIfExists(home.resolve("fault"));
  }
}

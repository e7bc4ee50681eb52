// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A software card with two SM2 keys and a KEK, below a test's directory. */
public final class SoftwareCard {
  /** Of the card's store. */
  public static final String PASSWORD = "a password of the tests";

  private final Path home;
  private final Path passwordFile;

  private SoftwareCard(Path home, Path passwordFile) {
    this.home = home;
    this.passwordFile = passwordFile;
  }

  static SoftwareCard make(Path directory, String name) throws IOException {
    Path home = directory.resolve(name);
    SoftwareCard card = new SoftwareCard(home, directory.resolve(name + ".password"));
    card.writePassword(PASSWORD);
    card.tool("init", home.toString());
    card.tool("generate-key", home.toString(), "--index", "1");
    card.tool("generate-key", home.toString(), "--index", "2");
    card.tool("generate-kek", home.toString(), "--index", "1");
    return card;
  }

  /** The same card once more, with the same keys; this one must not be open. */
  public SoftwareCard copy(String name) throws IOException {
    Path copied = home.resolveSibling(name);
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.toList()) {
        Files.copy(file, copied.resolve(home.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return new SoftwareCard(copied, passwordFile);
  }

  /** Adds a signing and an encryption pair of RSA. */
  public void addRsaKey(int index, int bits) {
    tool(
        "generate-key",
        home.toString(),
        "--index",
        Integer.toString(index),
        "--rsa",
        Integer.toString(bits));
  }

  /** Adds a key-encryption key that the test knows: 32 hexadecimal digits. */
  public void importKek(int index, String hex) throws IOException {
    Path file = home.resolveSibling(home.getFileName() + ".kek-" + index);
    secret(file, hex);
    tool(
        "import-kek",
        home.toString(),
        "--index",
        Integer.toString(index),
        "--key",
        file.toString());
  }

  /** Adds an SM2 key that can be used only with a password; the file that tells another one. */
  public Path addGuardedKey(int index, String password, String wrongPassword) throws IOException {
    Path file = home.resolveSibling(home.getFileName() + ".key-" + index + ".password");
    secret(file, password);
    tool(
        "generate-key",
        home.toString(),
        "--index",
        Integer.toString(index),
        "--access-password-file",
        file.toString());
    secret(file, wrongPassword);
    return file;
  }

  private void tool(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Installation.cardTool().toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("--password-file", passwordFile.toString()));
    Installation.Outcome outcome = Installation.run(command);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(command + ": " + outcome);
    }
  }

  /** Changes the file that tells the password; the card keeps its own. */
  public void writePassword(String password) throws IOException {
    secret(passwordFile, password);
  }

  private static void secret(Path file, String password) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, password + "\n");
  }

  /** Changes a key of the card's own file; for who opens it from now on. */
  public void behave(String key, String value) throws IOException {
    Path file = home.resolve("card.ini");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    if (!lines.removeIf(line -> line.startsWith(key + " "))) {
      throw new IllegalStateException("no '" + key + "' in " + file);
    }
    lines.add(lines.indexOf("[behaviour]") + 1, key + " = " + value);
    Files.write(file, lines);
  }

  /** From now on the card misbehaves by these rules; see c-src/softcard/README.md. */
  public void fault(String rules) throws IOException {
    Path fresh = home.resolve("fault.new");
    Files.writeString(fresh, rules + "\n");
    Files.move(fresh, home.resolve("fault"), StandardCopyOption.ATOMIC_MOVE);
  }

  public void mend() throws IOException {
    Files.deleteIfExists(home.resolve("fault"));
  }

  public Path home() {
    return home;
  }

  public Path passwordFile() {
    return passwordFile;
  }

  /** The file that the card's driver locks. */
  public Path lockFile() {
    return home.resolve("device.lock");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.card;

import io.berth.bench.process.Scratch;
import io.berth.bench.process.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** A software card of its own, with one SM2 key pair and one KEK, gone when closed. */
public final class SoftwareCard implements AutoCloseable {
  /** Of the key pair, and of the KEK among KEKs. */
  public static final int KEY_INDEX = 1;

  private static final String PASSWORD_FILE = "BERTH_SOFTCARD_PASSWORD_FILE";
  private static final String STORE_PASSWORD = "only for this run";

  private final Scratch scratch;
  private final Path home;
  private final Path passwordFile;

  /** Provisions the card with {@code berth-softcard}. */
  public SoftwareCard(String name) throws IOException {
    scratch = new Scratch(name);
    home = scratch.folder().resolve("card");
    passwordFile = scratch.folder().resolve("password");
    try {
      Files.createFile(
          passwordFile,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(passwordFile, STORE_PASSWORD + "\n");
      String tool = installed("bin/berth-softcard").toString();
      Map<String, String> password = Map.of(PASSWORD_FILE, passwordFile.toString());
      String index = Integer.toString(KEY_INDEX);
      Tool.run(password, tool, "init", home.toString());
      Tool.run(password, tool, "generate-key", home.toString(), "--index", index);
      Tool.run(password, tool, "generate-kek", home.toString(), "--index", index);
    } catch (IOException failed) {
      scratch.close();
      throw failed;
    }
  }

  /** The GM/T 0018 library of the installation under test. */
  public static Path library() throws IOException {
    return installed("lib/native/libberth-softcard.so");
  }

  /**
   * What a process needs in its environment to open the card.
   *
   * @param exclusive whether the card admits one process only
   */
  public Map<String, String> environment(CardModel model, boolean exclusive) {
    return Map.of(
        "BERTH_SOFTCARD_HOME",
        home.toString(),
        PASSWORD_FILE,
        passwordFile.toString(),
        "BERTH_SOFTCARD_BEHAVIOUR",
        model.behaviour() + ",exclusive=" + (exclusive ? "yes" : "no"));
  }

  @Override
  public void close() {
    scratch.close();
  }

  private static Path installed(String relative) throws IOException {
    Path file = Path.of(System.getProperty("berth.dist", "target/dist"), relative).toAbsolutePath();
    if (!Files.exists(file)) {
      throw new IOException(file + ": expected the software card there; it needs OpenSSL 3");
    }
    return file;
  }
}

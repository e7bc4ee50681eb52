// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.config.EmbeddedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Sets up the software card of the embedded mode: a random password, two keys, one KEK. */
final class EmbeddedCard {
  private static final int PASSWORD_BYTES = 16;

  private final Path tool;
  private final Path home;
  private final Path passwordFile;
  private final Optional<Path> kekFile;

  /**
   * @param kekFile a key-encryption key to import, 32 hexadecimal digits; empty for a random one
   */
  EmbeddedCard(Path dist, Path dataDirectory, Optional<Path> kekFile) {
    this.tool = dist.resolve("bin/berth-softcard");
    this.home = EmbeddedConfig.cardHome(dataDirectory);
    this.passwordFile = EmbeddedConfig.cardPasswordFile(dataDirectory);
    this.kekFile = kekFile;
  }

  /** Makes the card unless it is there. */
  void provide() throws IOException {
    if (Files.exists(home.resolve("card.ini"))) {
      return;
    }
    Files.createDirectories(home.getParent());
    byte[] random = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(random);
    Files.deleteIfExists(passwordFile);
    Files.createFile(
        passwordFile,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(passwordFile, HexFormat.of().formatHex(random) + "\n");
    run("init", home.toString(), "--password-file", passwordFile.toString());
    for (String index : List.of("1", "2")) {
      run(
          "generate-key",
          home.toString(),
          "--index",
          index,
          "--access-password-file",
          passwordFile.toString(),
          "--password-file",
          passwordFile.toString());
    }
    List<String> kek =
        new ArrayList<>(
            List.of(
                kekFile.isPresent() ? "import-kek" : "generate-kek",
                home.toString(),
                "--index",
                "1",
                "--password-file",
                passwordFile.toString()));
    kekFile.ifPresent(file -> kek.addAll(List.of("--key", file.toString())));
    run(kek.toArray(String[]::new));
  }

  private void run(String... arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(tool.toString());
    builder.command().addAll(List.of(arguments));
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    try {
      int code = process.waitFor();
      if (code != 0) {
        throw new IOException(
            String.join(" ", builder.command()) + ": exit code " + code + ": " + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the software card was made", e);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.card;

import io.berth.bench.process.Scratch;
import io.berth.bench.process.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * A SoftHSM token of its own with an EC key on P-256, labelled {@code ec}, and an RSA key of 2048
 * bits, labelled {@code rsa}; gone when closed. It computes on the host's processors, in whatever
 * process has loaded it.
 */
public final class SoftHsmToken implements AutoCloseable {
  /** Its label. */
  public static final String LABEL = "bench";

  private static final String PIN = "87654321";
  private static final List<Path> USUAL_PLACES =
      List.of(
          Path.of("/usr/lib/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/softhsm/libsofthsm2.so"),
          Path.of("/usr/lib64/pkcs11/libsofthsm2.so"),
          Path.of("/usr/local/lib/softhsm/libsofthsm2.so"));

  private final Scratch scratch;
  private final Path config;
  private final Path pinFile;

  /** Makes the token with its keys. */
  public SoftHsmToken() throws IOException {
    scratch = new Scratch("softhsm");
    config = scratch.folder().resolve("softhsm2.conf");
    pinFile = scratch.folder().resolve("pin");
    try {
      Path tokens = Files.createDirectory(scratch.folder().resolve("tokens"));
      Files.writeString(
          config, "directories.tokendir = " + tokens + "\nobjectstore.backend = file\n");
      Files.createFile(
          pinFile,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(pinFile, PIN + "\n");
      Tool.run(
          environment(),
          "softhsm2-util",
          "--init-token",
          "--free",
          "--label",
          LABEL,
          "--so-pin",
          "12345678",
          "--pin",
          PIN);
      generate("EC:prime256v1", "ec", "01");
      generate("rsa:2048", "rsa", "02");
    } catch (IOException failed) {
      scratch.close();
      throw failed;
    }
  }

  private void generate(String type, String label, String id) throws IOException {
    Tool.run(
        environment(),
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
        type,
        "--label",
        label,
        "--id",
        id);
  }

  /** SoftHSM's module. */
  public static Path module() throws IOException {
    return USUAL_PLACES.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "SoftHSM 2 is none of "
                        + USUAL_PLACES
                        + "; scripts/install-deps.sh test installs it"));
  }

  /** What a process needs in its environment to see the token. */
  public Map<String, String> environment() {
    return Map.of("SOFTHSM2_CONF", config.toString());
  }

  /** Its first line is the user's PIN. */
  public Path pinFile() {
    return pinFile;
  }

  @Override
  public void close() {
    scratch.close();
  }
}

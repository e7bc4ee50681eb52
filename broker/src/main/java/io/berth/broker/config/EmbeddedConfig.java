// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The configuration of {@code ./run}: no hardware, no root, everything below two directories. It is
 * made as text and read like any other file, so that it passes the same checks and can be written
 * out for people to change.
 *
 * <p>Devices: {@code echo:bench}, and {@code hsm:demo}, the software card in {@code
 * DATA/cards/demo} ({@value #CARD_VARIABLE}) with its password in {@code DATA/cards/demo.password}.
 */
public final class EmbeddedConfig {
  /** Tells the software card where its files are. */
  public static final String CARD_VARIABLE = "BERTH_SOFTCARD_HOME";

  private EmbeddedConfig() {}

  /** Tells it the file with its store's password. */
  public static final String CARD_PASSWORD_VARIABLE = "BERTH_SOFTCARD_PASSWORD_FILE";

  /** The software card's directory. */
  public static Path cardHome(Path dataDirectory) {
    return dataDirectory.resolve("cards/demo");
  }

  /**
   * The file with the password of the software card's store, which is also that of its keys where
   * they have one; to be made with mode 0600.
   */
  public static Path cardPasswordFile(Path dataDirectory) {
    return dataDirectory.resolve("cards/demo.password");
  }

  static Config of(Host host, Path run, Path data, Path dist, int... uids) throws ConfigException {
    return new ConfigLoader(host)
        .loadText("embedded configuration", text(host, run, data, dist, uids));
  }

  /**
   * @param dist the installation, with {@code lib/native}
   * @param uids who may use the devices, beside the uid that reads this
   */
  static String text(Host host, Path run, Path data, Path dist, int... uids) {
    Path runDirectory = run.toAbsolutePath().normalize();
    Path dataDirectory = data.toAbsolutePath().normalize();
    Path library = dist.toAbsolutePath().normalize().resolve("lib/native/libberth-softcard.so");
    List<String> users =
        IntStream.concat(IntStream.of(host.uid()), IntStream.of(uids))
            .distinct()
            .mapToObj(Integer::toUnsignedString)
            .toList();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Made by ./run; docs/berth.yaml explains every key.
        broker:
          run_directory: %s
          data_directory: %s
          # Not host-wide as in production: the only exclusive device here, the software card, lives below
          # the same directory, and whoever uses another directory has another card.
          lock_directory: %s
          socket_mode: "%s"
        devices:
          - name: bench
            scheme: echo
            driver: echo
          - name: demo
            scheme: hsm
            driver: hsm/sdf
            settings:
              library: %s
              password_file: %s
            surroundings:
              environment:
                %s: %s
                %s: %s
            keys:
              sign-key-1: {index: 1, kind: sm2}
              sign-key-2: {index: 2, kind: sm2}
              kek-1: {index: 1, kind: kek}
        policy:
          roles:
            echo-user: [call]
            hsm-user: [sign, verify, encrypt, decrypt, digest, mac, random, export, wrap]
          grants:
        """
            .formatted(
                quoted(runDirectory),
                quoted(dataDirectory),
                quoted(dataDirectory.resolve("locks")),
                users.size() > 1 ? "0666" : "0600",
                quoted(library),
                quoted(cardPasswordFile(dataDirectory)),
                CARD_VARIABLE,
                quoted(cardHome(dataDirectory)),
                CARD_PASSWORD_VARIABLE,
                quoted(cardPasswordFile(dataDirectory))));
    for (String user : users) {
      grant(text, "user: " + user, "echo:bench", "echo-user");
      grant(text, "user: " + user, "hsm:demo\", \"hsm:demo/**", "hsm-user");
    }
    // Whoever runs the demonstration may also show how a gateway acts for its users.
    grant(text, "user: " + users.get(0), "hsm:demo\", \"hsm:demo/**", "hsm-user");
    text.append("      delegate: only\n      on_behalf_of: [\"demo-*\"]\n");
    grant(text, "sub: \"demo-*\"", "hsm:demo/sign-key-*", "hsm-user");
    return text.toString();
  }

  private static void grant(StringBuilder text, String principal, String resources, String role) {
    text.append("    - principal: {").append(principal).append("}\n");
    text.append("      resources: [\"").append(resources).append("\"]\n");
    text.append("      roles: [").append(role).append("]\n");
    text.append("      max_priority: interactive\n");
  }

  private static String quoted(Path path) {
    return "\"" + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}

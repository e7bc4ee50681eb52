// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.card.CardModel;
import io.berth.bench.card.SoftHsmToken;
import io.berth.bench.card.SoftwareCard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The configuration with which Berth is measured, as text for {@code berth up --config}. Bounds
 * that a benchmark needs wider are stated; all else is Berth's default.
 */
public final class BrokerConfig {
  /** The name of the echo device, for clients. */
  public static final String ECHO = "echo:bench";

  private static final String CARD_PASSWORD_FILE = "BERTH_SOFTCARD_PASSWORD_FILE";

  private final List<String> devices = new ArrayList<>();
  private final List<String> resources = new ArrayList<>();

  /** A broker without devices. */
  public BrokerConfig() {}

  /** A broker with the echo device only. */
  public static BrokerConfig echo() {
    return new BrokerConfig().withEcho();
  }

  /** Adds the echo device. */
  public BrokerConfig withEcho() {
    devices.add("  - {name: bench, scheme: echo, driver: echo}\n");
    resources.add(ECHO);
    return this;
  }

  /**
   * Adds a software card.
   *
   * @param name of the device; its key is {@link #signKey}
   * @param lanes card sessions, as many as may sign at once
   */
  public BrokerConfig withCard(String name, SoftwareCard card, CardModel model, int lanes)
      throws IOException {
    Map<String, String> environment = card.environment(model, true);
    StringBuilder device = new StringBuilder();
    device.append("  - name: ").append(name).append("\n    scheme: hsm\n    driver: hsm/sdf\n");
    device.append("    lanes: ").append(lanes).append('\n');
    device.append("    settings:\n");
    device.append("      library: ").append(quoted(SoftwareCard.library())).append('\n');
    device
        .append("      password_file: ")
        .append(quoted(environment.get(CARD_PASSWORD_FILE)))
        .append('\n');
    surroundings(device, environment);
    device
        .append("    keys:\n      sign-key: {index: ")
        .append(SoftwareCard.KEY_INDEX)
        .append(", kind: sm2}\n")
        .append("      bulk/sign-key: {index: ")
        .append(SoftwareCard.KEY_INDEX)
        .append(", kind: sm2}\n")
        .append("      kek: {index: ")
        .append(SoftwareCard.KEY_INDEX)
        .append(", kind: kek}\n");
    return with(name, device.toString());
  }

  /**
   * Adds a SoftHSM token.
   *
   * @param name of the device
   * @param lanes sessions with the token
   */
  public BrokerConfig withToken(String name, SoftHsmToken token, int lanes) throws IOException {
    StringBuilder device = new StringBuilder();
    device.append("  - name: ").append(name).append("\n    scheme: hsm\n    driver: hsm/pkcs11\n");
    device.append("    unlisted_names: true\n");
    device.append("    lanes: ").append(lanes).append('\n');
    device.append("    settings:\n");
    device.append("      module: ").append(quoted(SoftHsmToken.module())).append('\n');
    device.append("      token_label: ").append(SoftHsmToken.LABEL).append('\n');
    device.append("      pin_file: ").append(quoted(token.pinFile())).append('\n');
    surroundings(device, token.environment());
    return with(name, device.toString());
  }

  private BrokerConfig with(String name, String device) {
    devices.add(device);
    resources.add("hsm:" + name);
    resources.add("hsm:" + name + "/*");
    return this;
  }

  private static void surroundings(StringBuilder device, Map<String, String> environment) {
    device.append("    surroundings:\n      environment:\n");
    environment.forEach(
        (variable, value) ->
            device
                .append("        ")
                .append(variable)
                .append(": ")
                .append(quoted(value))
                .append('\n'));
  }

  /** The resource with which clients sign on the card of that name. */
  public static String signKey(String name) {
    return "hsm:" + name + "/sign-key";
  }

  /** The same key under a name whose requests are of the class bulk. */
  public static String bulkSignKey(String name) {
    return "hsm:" + name + "/bulk/sign-key";
  }

  /** The file's text, with everything that the broker writes below one folder. */
  String text(Path folder) throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return """
        broker:
          run_directory: %s
          data_directory: %s
          lock_directory: %s
          socket_mode: "0600"
          max_in_flight: 256
          max_sessions_per_uid: 1200
          max_memory_mb_per_uid: 900
        scheduler:
          queue_limit: 4096
          principal_in_flight: 4096
        devices:
        %spolicy:
          grants:
            - principal: {user: %s}
              resources: [%s]
              permissions: [call, sign, verify, encrypt, decrypt, digest, mac, random, export, wrap]
              max_priority: interactive
              audit: none
            - principal: {user: %s}
              resources: ["hsm:*/bulk/sign-key"]
              permissions: [sign, verify]
              max_priority: bulk
              audit: none
        """
        .formatted(
            quoted(folder.resolve("run")),
            quoted(folder.resolve("data")),
            quoted(folder.resolve("locks")),
            String.join("", devices),
            uid,
            resourceList(),
            uid);
  }

  private String resourceList() {
    return String.join(", ", resources.stream().map(BrokerConfig::quoted).toList());
  }

  private static String quoted(Object value) {
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}

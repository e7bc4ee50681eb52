// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What a test's broker shall be: its directory and the text of its configuration. Everything lies
 * below one directory with a name of its own, by which leftovers are found.
 *
 * <p>Unless the test says otherwise, no pause of a busy machine makes the broker believe that a
 * worker is dead or hangs.
 */
public final class BrokerSetup {
  private static final List<String> PATIENT =
      List.of("heartbeat_timeout_ms: 30000", "hang_timeout_ms: 600000");

  private static final List<String> CARD_KEYS =
      List.of(
          "sign-1: {index: 1, kind: sm2}",
          "sign-2: {index: 2, kind: sm2}",
          "kek-1: {index: 1, kind: kek}");

  private final Path directory;
  private final List<String> broker = new ArrayList<>();
  private final List<String> supervision = new ArrayList<>();
  private final List<String> scheduler = new ArrayList<>();
  private final StringBuilder devices = new StringBuilder();
  private final StringBuilder grants = new StringBuilder();
  private String journal = "  enabled: false\n";
  private List<String> launcher = List.of();

  private BrokerSetup(Path directory) {
    this.directory = directory;
  }

  /** An empty setup in a fresh directory; sockets need a short path. */
  public static BrokerSetup make() {
    try {
      return new BrokerSetup(
          Files.createTempDirectory(
              Path.of("/tmp"),
              "berth-sys-",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A line of the section {@code broker}. */
  public BrokerSetup broker(String line) {
    broker.add(line);
    return this;
  }

  /** A line of the section {@code supervision}. */
  public BrokerSetup supervision(String line) {
    supervision.add(line);
    return this;
  }

  /** A line of the section {@code scheduler}. */
  public BrokerSetup scheduler(String line) {
    scheduler.add(line);
    return this;
  }

  /** With the audit journal, which most tests do without; lines of its section. */
  public BrokerSetup journal(String... lines) {
    StringBuilder text = new StringBuilder("  enabled: true\n");
    for (String line : lines) {
      text.append("  ").append(line).append('\n');
    }
    journal = text.toString();
    return this;
  }

  /** An echo device which does what broken libraries do, on request, and answers while it reads. */
  public BrokerSetup echo(String name) {
    return device(name, "echo", "echo", "    settings: {faults: \"true\"}\n");
  }

  /** An echo device with lanes, as a device that works has. */
  public BrokerSetup echoWithLanes(String name, int lanes) {
    return device(
        name,
        "echo",
        "echo",
        "    lanes: " + lanes + "\n    settings: {faults: \"true\", mode: lanes}\n");
  }

  /** A software card as device {@code hsm:NAME}; further lines go into its entry. */
  public SoftwareCard card(String name, String... lines) {
    SoftwareCard card = provision(name);
    card(name, card, Installation.cardLibrary(), lines);
    return card;
  }

  /** Makes a software card that no device names yet. */
  public SoftwareCard provision(String name) {
    try {
      return SoftwareCard.make(directory, name);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As {@link #card(String, String...)} with a card that exists and a library of choice. */
  public BrokerSetup card(String name, SoftwareCard card, Path library, String... lines) {
    return card(name, card, library, CARD_KEYS, lines);
  }

  /** As that, with keys of choice, each a line of the device's {@code keys}. */
  public BrokerSetup card(
      String name, SoftwareCard card, Path library, List<String> keys, String... lines) {
    return device(name, "hsm", "hsm/sdf", entry(card, library, keys, lines));
  }

  /** Makes a SoftHSM token that no device names yet. */
  public KnownKeysToken token(String name) {
    try {
      return KnownKeysToken.make(directory, name);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A card for which nobody has a grant yet. */
  public BrokerSetup ungrantedCard(String name, SoftwareCard card) {
    return ungrantedCard(name, card, CARD_KEYS);
  }

  /** As that, with keys of choice, each a line of the device's {@code keys}. */
  public BrokerSetup ungrantedCard(String name, SoftwareCard card, List<String> keys) {
    return ungranted(name, "hsm", "hsm/sdf", entry(card, Installation.cardLibrary(), keys));
  }

  private static String entry(SoftwareCard card, Path library, List<String> keys, String... lines) {
    StringBuilder text = new StringBuilder();
    for (String line : lines) {
      text.append("    ").append(line).append('\n');
    }
    text.append("    settings: {library: ").append(library);
    text.append(", password_file: ").append(card.passwordFile());
    text.append(", device_path: ").append(card.lockFile()).append("}\n");
    text.append("    surroundings:\n      environment:\n        BERTH_SOFTCARD_HOME: ");
    text.append(card.home()).append("\n        BERTH_SOFTCARD_PASSWORD_FILE: ");
    text.append(card.passwordFile()).append('\n');
    text.append("    keys:\n");
    keys.forEach(key -> text.append("      ").append(key).append('\n'));
    return text.toString();
  }

  /**
   * Cards {@code a}, {@code b}, ... that serve one name.
   *
   * @param keys each a line of the device's {@code keys}
   */
  public BrokerSetup group(String name, List<String> keys, SoftwareCard... cards) {
    StringBuilder text = new StringBuilder("    settings: {library: ");
    text.append(Installation.cardLibrary()).append("}\n    keys:\n");
    keys.forEach(key -> text.append("      ").append(key).append('\n'));
    text.append("    cards:\n");
    char letter = 'a';
    for (SoftwareCard card : cards) {
      text.append("      - name: ").append(letter++);
      text.append("\n        settings: {password_file: ").append(card.passwordFile());
      text.append(", device_path: ").append(card.lockFile());
      text.append("}\n        surroundings: {environment: {BERTH_SOFTCARD_HOME: ");
      text.append(card.home()).append(", BERTH_SOFTCARD_PASSWORD_FILE: ");
      text.append(card.passwordFile()).append("}}\n");
    }
    return device(name, "hsm", "hsm/sdf", text.toString());
  }

  /** A device for which nobody has a grant yet, its further lines indented as the file needs. */
  public BrokerSetup ungranted(String name, String scheme, String driver, String lines) {
    devices.append("  - name: ").append(name).append("\n    scheme: ").append(scheme);
    devices.append("\n    driver: ").append(driver).append('\n').append(lines);
    return this;
  }

  /** Any device, its further lines indented as the file needs them; this uid may do everything. */
  public BrokerSetup device(String name, String scheme, String driver, String lines) {
    ungranted(name, scheme, driver, lines);
    String resource = scheme + ":" + name;
    grant(
        "{user: " + uid() + "}",
        "[\"" + resource + "\", \"" + resource + "/**\"]",
        "max_priority: interactive");
    return this;
  }

  /** A grant of everything that devices here can do; further lines as they stand. */
  public BrokerSetup grant(String principal, String resources, String... lines) {
    grants.append("    - principal: ").append(principal);
    grants.append("\n      resources: ").append(resources).append('\n');
    grants.append("      permissions: [call, sign, verify, encrypt, decrypt, digest, mac, random,");
    grants.append(" export, wrap, unwrap, agree, raw]\n");
    for (String line : lines) {
      grants.append("      ").append(line).append('\n');
    }
    return this;
  }

  /** A grant with permissions of its own, as one YAML flow mapping. */
  public BrokerSetup exactGrant(String mapping) {
    grants.append("    - ").append(mapping).append('\n');
    return this;
  }

  /**
   * Starts the broker as the leader of a process group, with no signal ignored, as a shell with job
   * control would.
   */
  public BrokerSetup leadingAGroup() {
    launcher = List.of("env", "--default-signal=INT", "setsid");
    return this;
  }

  List<String> launcher() {
    return launcher;
  }

  public Path directory() {
    return directory;
  }

  public Path runDirectory() {
    return directory.resolve("run");
  }

  public Path socket() {
    return runDirectory().resolve("broker.sock");
  }

  /** Where the journal lies, among others. */
  public Path dataDirectory() {
    return directory.resolve("data");
  }

  public Path lockDirectory() {
    return directory.resolve("locks");
  }

  public Path configFile() {
    return directory.resolve("berth.yaml");
  }

  /** The configuration as text. */
  public String text() {
    StringBuilder text = new StringBuilder("broker:\n");
    text.append("  run_directory: ").append(runDirectory()).append('\n');
    text.append("  data_directory: ").append(dataDirectory()).append('\n');
    text.append("  lock_directory: ").append(lockDirectory()).append('\n');
    section(text, "", broker);
    section(text, "scheduler:\n", scheduler);
    section(text, "supervision:\n", patient(supervision));
    text.append("journal:\n").append(journal);
    if (!devices.isEmpty()) {
      text.append("devices:\n").append(devices);
      text.append("policy:\n  grants:\n").append(grants);
    }
    return text.toString();
  }

  /** Lines of the section, and those of {@link #PATIENT} whose key they do not name. */
  private static List<String> patient(List<String> lines) {
    List<String> all = new ArrayList<>(lines);
    for (String line : PATIENT) {
      String key = line.substring(0, line.indexOf(':') + 1);
      if (lines.stream().noneMatch(own -> own.startsWith(key))) {
        all.add(line);
      }
    }
    return all;
  }

  private static void section(StringBuilder text, String name, List<String> lines) {
    if (!lines.isEmpty()) {
      text.append(name);
      lines.forEach(line -> text.append("  ").append(line).append('\n'));
    }
  }

  /** Writes the configuration as its owner alone may change it. */
  public void write() throws IOException {
    Files.writeString(configFile(), text());
    Files.setPosixFilePermissions(configFile(), PosixFilePermissions.fromString("rw-r--r--"));
  }

  /** What {@code berth audit} says of its journal, with these words; it must succeed. */
  public String audit(String... words) {
    List<String> command = new ArrayList<>(List.of("audit"));
    command.addAll(List.of(words));
    command.addAll(List.of("--config", configFile().toString()));
    Installation.Outcome outcome = Installation.berth(command.toArray(String[]::new));
    if (outcome.exitCode() != 0) {
      throw new AssertionError(
          command + " ended with " + outcome.exitCode() + ": " + outcome.output());
    }
    return outcome.output();
  }

  /** The uid of this process. */
  public static int uid() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}

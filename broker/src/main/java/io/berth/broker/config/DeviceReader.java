// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.config.DeviceConfig.Attachment;
import io.berth.broker.config.DeviceConfig.Guard;
import io.berth.broker.config.DeviceConfig.Ownership;
import io.berth.broker.policy.ResourceName;
import io.berth.shm.spelling.Suggestion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads {@code devices}. */
final class DeviceReader {
  private static final List<String> SCHEMES = List.of("hsm", "db", "npu", "echo");
  private static final List<String> EXCLUSIVE_SCHEMES = List.of("hsm", "npu");
  private static final String OWN_SCHEME = "x-";
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  /** Becomes a socket's file name and a unit's instance name. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private static final Pattern DRIVER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,62}");
  private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,126}");

  /** The drivers' setting that names a device's node. */
  private static final String DEVICE_NODE = "device_path";

  /** The journal's process has its sockets beside the devices'. */
  private static final String RESERVED_NAME = "journal";

  private final BrokerConfig broker;
  private final Identities accounts;
  private final KeyReader keys;

  private final Map<String, Place> names = new HashMap<>();
  private final Map<String, Place> identities = new HashMap<>();

  DeviceReader(Host host, Identities accounts, BrokerConfig broker) {
    this.broker = broker;
    this.accounts = accounts;
    this.keys = new KeyReader(host, broker);
  }

  List<DeviceConfig> read(List<Section> sections) {
    List<DeviceConfig> devices = new ArrayList<>();
    for (Section section : sections) {
      devices.add(read(section));
    }
    return devices;
  }

  private DeviceConfig read(Section s) {
    String name =
        word(
            s, "name", NAME, "payments", "a name of letters, digits, '.', '_' and '-', at most 63");
    String scheme = scheme(s);
    Ownership ownership =
        s.choice(
            "ownership",
            Ownership.class,
            EXCLUSIVE_SCHEMES.contains(scheme) ? Ownership.EXCLUSIVE : Ownership.SHARED);
    Attachment attachment = s.choice("attachment", Attachment.class, Attachment.PCIE);
    int lanes = s.integer("lanes", 4, 1, 1_024);
    int interactiveLanes = s.integer("interactive_lanes", scheme.equals("hsm") ? 1 : 0, 0, 16);
    OptionalInt hangMillis = s.integerOrAuto("hang_timeout_ms", 10, 3_600_000);
    Map<String, Text> settings = s.freeTexts("settings", "a text or a number");
    settings.forEach((key, text) -> Secrets.refuse(s, s.path("settings"), key, text));
    Map<String, KeyReader.Key> read = keys.read(s.section("keys"), scheme + ":" + name);
    DeviceConfig device =
        new DeviceConfig(
            name,
            scheme,
            word(s, "driver", DRIVER, "hsm/sdf", "the name of a driver such as hsm/sdf"),
            ownership,
            attachment,
            lockIdentity(s, ownership, scheme + "-" + name),
            lanes,
            interactiveLanes,
            s.integerOrAuto("window", 1, 4_096),
            s.choice("guard", Guard.class, Guard.EMBEDDED),
            javaOptions(s),
            s.paths("class_path"),
            SurroundingsConfig.read(s.section("surroundings"), accounts),
            Ordered.values(settings),
            values(read, KeyReader.Key::settings),
            s.flag("unlisted_names", false),
            values(read, KeyReader.Key::entry),
            hangMillis.isPresent()
                ? OptionalLong.of(Units.millis(hangMillis.getAsInt()))
                : OptionalLong.empty(),
            "",
            List.of());
    List<Section> sections = s.sections("cards");
    DeviceConfig whole = device.with(new CardReader(accounts).read(sections, device));
    s.end();
    check(s, whole);
    for (int i = 0; i < sections.size(); i++) {
      checkWorker(sections.get(i), whole.cards().get(i));
    }
    if (sections.size() == 1) {
      s.error(s.place("cards"), s.path("cards") + ": expected at least two, or none");
    }
    if (!sections.isEmpty() && s.has("lock_identity")) {
      s.error(
          s.place("lock_identity"),
          s.path("lock_identity") + ": each card has a lock of its own; write it at the cards");
    }
    return whole;
  }

  private static <V> Map<String, V> values(
      Map<String, KeyReader.Key> keys, Function<KeyReader.Key, V> value) {
    Map<String, V> values = new LinkedHashMap<>();
    keys.forEach((name, key) -> values.put(name, value.apply(key)));
    return values;
  }

  static String word(Section s, String key, Pattern form, String example, String expected) {
    s.required(key, example);
    Optional<String> text = s.text(key, expected);
    if (text.isPresent() && !form.matcher(text.get()).matches()) {
      s.error(
          s.place(key),
          s.path(key) + ": expected " + expected + ", found '" + Scalars.shown(text.get()) + "'");
    }
    return text.orElse("");
  }

  private static String scheme(Section s) {
    s.required("scheme", "hsm");
    String expected = "one of " + String.join(", ", SCHEMES) + ", or x- and a word of your own";
    String scheme = s.text("scheme", expected).orElse("");
    boolean own = scheme.startsWith(OWN_SCHEME) && ResourceName.isScheme(scheme);
    if (!scheme.isEmpty() && !own && !SCHEMES.contains(scheme)) {
      s.error(
          s.place("scheme"),
          s.path("scheme")
              + ": expected "
              + expected
              + ", found '"
              + Scalars.shown(scheme)
              + "'"
              + Suggestion.phrase(scheme, SCHEMES));
    }
    return scheme;
  }

  static Optional<String> lockIdentity(Section s, Ownership ownership, String derived) {
    Optional<String> given =
        s.text("lock_identity", "a name for the lock file, or auto").filter(t -> !t.equals("auto"));
    if (given.isPresent() && !IDENTITY.matcher(given.get()).matches()) {
      s.error(
          s.place("lock_identity"),
          s.path("lock_identity")
              + ": expected letters, digits, '.', '_', ':' and '-' (it names a file), found '"
              + Scalars.shown(given.get())
              + "'");
    }
    if (ownership == Ownership.SHARED) {
      if (given.isPresent()) {
        s.error(
            s.place("lock_identity"),
            s.path("lock_identity")
                + ": a shared device has no lock; remove it or write 'ownership: exclusive'");
      }
      return Optional.empty();
    }
    return given.isPresent() ? given : Optional.of(derived);
  }

  private static List<String> javaOptions(Section s) {
    List<String> options = new ArrayList<>();
    for (Text option : s.texts("java_options", "an option of the java command")) {
      if (!option.value().startsWith("-")) {
        s.error(
            option.place(),
            s.path("java_options")
                + ": expected an option such as '-Xmx128m', found '"
                + Scalars.shown(option.value())
                + "'");
      }
      options.add(option.value());
    }
    return options;
  }

  private void check(Section s, DeviceConfig device) {
    unique(s, "name", device.name(), names, "another device has this name");
    if (device.name().equals(RESERVED_NAME)) {
      s.error(
          s.place("name"),
          s.path("name") + ": '" + RESERVED_NAME + "' is the journal's process; choose another");
    }
    if (device.window().isPresent() && device.window().getAsInt() < device.lanes()) {
      s.error(
          s.place("window"),
          s.path("window")
              + ": expected at least as many as lanes ("
              + device.lanes()
              + "), or some lanes never work; raise it or lower lanes");
    }
    boolean namesNode =
        device.workers().stream().anyMatch(worker -> worker.settings().containsKey(DEVICE_NODE));
    if (device.isRemote() && namesNode) {
      s.error(
          s.place("attachment"),
          s.path("attachment")
              + ": a device on the network has no node on this host, and settings."
              + DEVICE_NODE
              + " names one; remove either");
    }
    if (device.cards().isEmpty()) {
      checkWorker(s, device);
    }
  }

  private void checkWorker(Section s, DeviceConfig device) {
    if (!device.card().isEmpty()) {
      unique(s, "name", device.name(), names, "another device has this name");
    }
    device
        .lockIdentity()
        .ifPresent(
            identity ->
                unique(s, "lock_identity", identity, identities, "another device has this lock"));
    int socketBytes =
        broker.workerSocket(device.name()).toString().getBytes(StandardCharsets.UTF_8).length;
    if (socketBytes > MAX_SOCKET_PATH_BYTES) {
      s.error(
          s.place("name"),
          "the worker's socket "
              + broker.workerSocket(device.name())
              + " has "
              + socketBytes
              + " bytes, the kernel takes "
              + MAX_SOCKET_PATH_BYTES
              + "; choose a shorter name or broker.run_directory");
    }
  }

  private static void unique(
      Section s, String key, String value, Map<String, Place> seen, String text) {
    Place first = seen.putIfAbsent(value, s.place(key));
    if (first != null && !value.isEmpty()) {
      s.error(
          s.place(key),
          s.path(key) + ": '" + Scalars.shown(value) + "': " + text + ", at line " + first.line());
    }
  }
}

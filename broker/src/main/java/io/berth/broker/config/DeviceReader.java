// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

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

  /** The journal's process has its sockets beside the devices'. */
  private static final String RESERVED_NAME = "journal";

  private final BrokerConfig broker;

  private final Map<String, Place> names = new HashMap<>();
  private final Map<String, Place> identities = new HashMap<>();

  DeviceReader(BrokerConfig broker) {
    this.broker = broker;
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
    int lanes = s.integer("lanes", 4, 1, 1_024);
    OptionalInt hangMillis = s.integerOrAuto("hang_timeout_ms", 10, 3_600_000);
    Map<String, Text> settings = s.freeTexts("settings", "a text or a number");
    settings.forEach((key, text) -> Secrets.refuse(s, s.path("settings"), key, text));
    DeviceConfig device =
        new DeviceConfig(
            name,
            scheme,
            word(s, "driver", DRIVER, "hsm/sdf", "the name of a driver such as hsm/sdf"),
            ownership,
            lockIdentity(s, ownership, scheme + "-" + name),
            lanes,
            s.integerOrAuto("window", 1, 4_096),
            s.choice("guard", Guard.class, Guard.EMBEDDED),
            javaOptions(s),
            s.paths("class_path"),
            SurroundingsConfig.read(s.section("surroundings")),
            Ordered.values(settings),
            keys(s.section("keys")),
            hangMillis.isPresent()
                ? OptionalLong.of(Units.millis(hangMillis.getAsInt()))
                : OptionalLong.empty());
    s.end();
    check(s, device);
    return device;
  }

  private static String word(Section s, String key, Pattern form, String example, String expected) {
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

  private static Optional<String> lockIdentity(Section s, Ownership ownership, String derived) {
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

  private static Map<String, Map<String, String>> keys(Section s) {
    Map<String, Map<String, String>> keys = new LinkedHashMap<>();
    for (String name : s.keysFound()) {
      if (!ResourceName.isLocal(name)) {
        s.error(
            s.place(name),
            s.path(Scalars.shown(name))
                + ": expected a name of letters, digits, '.', '_' and '-' (with '/' between parts)");
      }
      Map<String, Text> settings = s.freeTexts(name, "a text or a number");
      settings.forEach((key, text) -> Secrets.refuse(s, s.path(name), key, text));
      keys.put(name, Ordered.copyOf(Ordered.values(settings)));
    }
    return keys;
  }

  private void check(Section s, DeviceConfig device) {
    unique(s, "name", device.name(), names, "another device has this name");
    if (device.name().equals(RESERVED_NAME)) {
      s.error(
          s.place("name"),
          s.path("name") + ": '" + RESERVED_NAME + "' is the journal's process; choose another");
    }
    device
        .lockIdentity()
        .ifPresent(
            identity ->
                unique(s, "lock_identity", identity, identities, "another device has this lock"));
    if (device.window().isPresent() && device.window().getAsInt() < device.lanes()) {
      s.error(
          s.place("window"),
          s.path("window")
              + ": expected at least as many as lanes ("
              + device.lanes()
              + "), or some lanes never work; raise it or lower lanes");
    }
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

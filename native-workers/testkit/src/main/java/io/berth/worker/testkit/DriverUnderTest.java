// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A driver, a device for it, and what is known of both: what a conformance test starts from. */
public final class DriverUnderTest {
  /** A setting that must be refused, with words that the refusal has to contain. */
  record Wrong(String key, String value, List<String> words) {}

  final String driver;
  final Map<String, String> settings = new LinkedHashMap<>();
  final Map<String, String> environment = new LinkedHashMap<>();
  final List<Sample> samples = new ArrayList<>();
  final List<Wrong> wrong = new ArrayList<>();
  boolean exclusive;
  boolean namesOwner;
  boolean anyName;

  private DriverUnderTest(String driver) {
    this.driver = driver;
  }

  /** The driver of that name, which is on the class path of the test. */
  public static DriverUnderTest named(String driver) {
    return new DriverUnderTest(driver);
  }

  /** As under {@code settings:}; with {@code target.NAME.} in front, as under a name's key. */
  public DriverUnderTest setting(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** As in {@code surroundings.environment} of the configuration. */
  public DriverUnderTest environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** One for each operation that the driver declares. */
  public DriverUnderTest sample(Sample sample) {
    samples.add(sample);
    return this;
  }

  /** A second worker must not get the device. */
  public DriverUnderTest exclusive() {
    exclusive = true;
    return this;
  }

  /** As {@link #exclusive}, and the second worker must say which process has it. */
  public DriverUnderTest exclusiveNamingItsOwner() {
    namesOwner = true;
    return exclusive();
  }

  /** Any local name can be bound; otherwise one that is not configured must be refused. */
  public DriverUnderTest anyName() {
    anyName = true;
    return this;
  }

  /** With this setting the device must not open; null removes it. The words are in the message. */
  public DriverUnderTest refuses(String key, String value, String... words) {
    wrong.add(new Wrong(key, value, List.of(words)));
    return this;
  }

  /** The settings with that one changed, or removed. */
  Map<String, String> with(Wrong setting) {
    Map<String, String> changed = new LinkedHashMap<>(settings);
    if (setting.value() == null) {
      changed.remove(setting.key());
    } else {
      changed.put(setting.key(), setting.value());
    }
    return changed;
  }
}

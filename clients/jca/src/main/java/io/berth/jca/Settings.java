// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.InvalidParameterException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;

/**
 * What a provider or key store is told: lines {@code key = value} of a properties file, or the same
 * in one line, separated by commas. An unknown key is refused: a mistyped one would otherwise be a
 * default.
 */
final class Settings {
  /** Where a statically registered provider, which has no argument on Java 8, looks. */
  static final String PROPERTY = "berth.jca.config";

  static final List<String> KEYS =
      Arrays.asList(
          "socket",
          "device",
          "kek",
          "keys",
          "hash",
          "certificates",
          "timeout_ms",
          "default_random",
          "max_buffered_bytes");

  private static final int MOST_BUFFERED_BYTES = 64 << 20;

  private final Properties values;

  private Settings(Properties values) {
    this.values = values;
    TreeSet<String> unknown = new TreeSet<>(values.stringPropertyNames());
    unknown.removeAll(KEYS);
    if (!unknown.isEmpty()) {
      throw new InvalidParameterException(
          "Berth: settings " + unknown + ": expected some of " + KEYS);
    }
    // Said now, and not at the first use.
    hashOnCard();
    isDefaultRandom();
    timeout();
    maxBufferedBytes();
  }

  /** By the property {@value #PROPERTY}, as {@link #parse} reads it; all defaults without. */
  static Settings ofProcess() {
    String argument = System.getProperty(PROPERTY);
    return argument == null ? new Settings(new Properties()) : parse(argument);
  }

  /**
   * Reads settings.
   *
   * @param argument {@code key=value,key=value}, or the path of a properties file
   */
  static Settings parse(String argument) {
    String text = argument.trim();
    if (text.isEmpty()) {
      return new Settings(new Properties());
    }
    if (text.startsWith("/")) {
      try (InputStream file = Files.newInputStream(Paths.get(text))) {
        return read(file);
      } catch (IOException e) {
        throw new InvalidParameterException("Berth: settings of " + text + ": " + e);
      }
    }
    Properties values = new Properties();
    for (String each : text.split(",", -1)) {
      int equals = each.indexOf('=');
      if (equals < 0) {
        throw new InvalidParameterException(
            "Berth: '" + each + "': expected key=value, or the absolute path of a file");
      }
      values.setProperty(each.substring(0, equals).trim(), each.substring(equals + 1).trim());
    }
    return new Settings(values);
  }

  /** Reads a properties file; the stream stays open. */
  static Settings read(InputStream file) throws IOException {
    Properties values = new Properties();
    values.load(file);
    return new Settings(values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Settings && ((Settings) other).values.equals(values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** The broker's socket; null for the one of this host. */
  String socket() {
    return values.getProperty("socket");
  }

  /** The device for what needs no key; null if none is configured. */
  String device() {
    return values.getProperty("device");
  }

  /** The key under which new symmetric keys are wrapped; null if none is configured. */
  String kek() {
    return values.getProperty("kek");
  }

  /** Whether a key store shows this resource: {@code keys} lists names, * at an end is any. */
  boolean shows(String resource) {
    String patterns = values.getProperty("keys");
    String device = device();
    if (patterns == null) {
      return device == null || resource.startsWith(device + "/");
    }
    for (String pattern : patterns.trim().split("[\\s;]+", -1)) {
      boolean matches =
          pattern.endsWith("*")
              ? resource.startsWith(pattern.substring(0, pattern.length() - 1))
              : resource.equals(pattern);
      if (matches) {
        return true;
      }
    }
    return false;
  }

  /** A PEM file of certificates for keys that have none in the catalogue; null if none is given. */
  String certificates() {
    return values.getProperty("certificates");
  }

  /** Whether what RSA and EC keys sign is hashed by the device too; else by the JDK. */
  boolean hashOnCard() {
    String hash = values.getProperty("hash", "device");
    if (!hash.equals("device") && !hash.equals("jdk")) {
      throw new InvalidParameterException("Berth: hash = " + hash + ": expected device or jdk");
    }
    return hash.equals("device");
  }

  /**
   * Whether a provider in front of all others gives every {@code new SecureRandom()} its numbers.
   */
  boolean isDefaultRandom() {
    String text = values.getProperty("default_random", "false");
    if (!text.equals("true") && !text.equals("false")) {
      throw new InvalidParameterException(
          "Berth: default_random = " + text + ": expected true or false");
    }
    return text.equals("true");
  }

  /** For one request. */
  Duration timeout() {
    return Duration.ofMillis(number("timeout_ms", 5000, 3_600_000));
  }

  /** How much an operation that has to be asked in one piece keeps in memory. */
  int maxBufferedBytes() {
    return number("max_buffered_bytes", MOST_BUFFERED_BYTES, 1 << 30);
  }

  private int number(String key, int otherwise, int most) {
    String text = values.getProperty(key);
    if (text == null) {
      return otherwise;
    }
    int number;
    try {
      number = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      number = 0;
    }
    if (number < 1 || number > most) {
      throw new InvalidParameterException(
          "Berth: " + key + " = " + text + ": expected 1 to " + most);
    }
    return number;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import io.berth.shm.spelling.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The lines {@code key = value} of a dialect's text, before anybody asks what they mean. Lines that
 * begin with # are comments. Each key stands once, and each must be asked for.
 */
final class DialectTable {
  /** No leading zeros: to some readers they mean octal. */
  private static final Pattern NUMBER = Pattern.compile("0|0x[0-9A-Fa-f]{1,8}|[1-9][0-9]{0,9}");

  private record Line(int number, String value) {}

  private final String place;
  private final Map<String, Line> lines = new LinkedHashMap<>();
  private final List<String> known = new ArrayList<>();

  /**
   * Reads the lines.
   *
   * @param place the file, for messages
   */
  DialectTable(String place, String text) throws DialectException {
    this.place = place;
    int number = 0;
    for (String raw : text.split("\n", -1)) {
      number++;
      String line = raw.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int equals = line.indexOf('=');
      if (equals < 0) {
        throw wrong(number, "expected 'key = value', found '" + line + "'");
      }
      String key = line.substring(0, equals).strip();
      Line known = lines.putIfAbsent(key, new Line(number, line.substring(equals + 1).strip()));
      if (known != null) {
        throw wrong(number, "'" + key + "' stands already in line " + known.number);
      }
    }
  }

  /** A value, which must be there. */
  String get(String key) throws DialectException {
    known.add(key);
    Line line = lines.get(key);
    if (line == null) {
      throw new DialectException(place + ": the key '" + key + "' is missing");
    }
    if (line.value.isEmpty()) {
      throw wrong(key, "a value, or - for none");
    }
    return line.value;
  }

  /** Whether the value is not the sign for none. */
  boolean has(String key) throws DialectException {
    return !get(key).equals("-");
  }

  /** A number, decimal or 0x…, of 32 bits. */
  int number(String key) throws DialectException {
    String value = get(key);
    if (!NUMBER.matcher(value).matches() || Long.decode(value) > 0xFFFFFFFFL) {
      throw wrong(key, "a number of 32 bits such as 0x401");
    }
    return Long.decode(value).intValue();
  }

  DialectException wrong(String key, String expected) {
    Line line = lines.get(key);
    return wrong(
        line.number, "'" + key + "': expected " + expected + ", found '" + line.value + "'");
  }

  private DialectException wrong(int line, String what) {
    return new DialectException(place + ", line " + line + ": " + what);
  }

  /** Refuses keys that nobody asked for. */
  void refuseUnknown() throws DialectException {
    for (Map.Entry<String, Line> each : lines.entrySet()) {
      String key = each.getKey();
      if (!known.contains(key)) {
        throw wrong(
            each.getValue().number,
            "unknown key '"
                + key
                + "'"
                + Suggestion.nearest(key, known)
                    .map(near -> ", did you mean '" + near + "'?")
                    .orElse(""));
      }
    }
  }
}

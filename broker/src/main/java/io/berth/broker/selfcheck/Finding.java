// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.util.Locale;

/**
 * One line of a self-check.
 *
 * @param name of what was looked at
 * @param value what was found
 * @param why what follows from it or, unless the level is OK, the remedy; may be empty
 */
public record Finding(Level level, String name, String value, String why) {
  /** How much it matters. */
  public enum Level {
    OK,
    /** Berth works, but slower, or less protected, than it could. */
    WARN,
    /** Berth, or a device, does not work. */
    BAD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String name, Object value, String why) {
    return new Finding(Level.OK, name, value.toString(), why);
  }

  static Finding warn(String name, Object value, String remedy) {
    return new Finding(Level.WARN, name, value.toString(), remedy);
  }

  static Finding bad(String name, Object value, String remedy) {
    return new Finding(Level.BAD, name, value.toString(), remedy);
  }

  static Finding okIf(boolean good, String name, Object value, String why, String remedy) {
    return good ? ok(name, value, why) : warn(name, value, remedy);
  }
}

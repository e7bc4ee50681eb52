// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.control;

import java.util.List;

/**
 * How WORKER_WELCOME names what the configuration says of one local name: {@code target.NAME.KEY}
 * among the device's own settings.
 */
public final class TargetSetting {
  /** Settings of any key that only the catalogue needs; a driver may look at them or not. */
  public static final List<String> CATALOGUE =
      List.of("algorithm", "usage", "public_key", "certificate", "labels");

  private static final String PREFIX = "target.";

  private TargetSetting() {}

  /** The setting's name for one key of a local name. */
  public static String name(String localName, String key) {
    return PREFIX + localName + "." + key;
  }

  /** Whether a setting is of a local name and not the device's own. */
  public static boolean is(String setting) {
    return setting.startsWith(PREFIX) && setting.lastIndexOf('.') > PREFIX.length();
  }

  /** The local name; only for a setting that {@link #is} one. */
  public static String localName(String setting) {
    return setting.substring(PREFIX.length(), setting.lastIndexOf('.'));
  }

  /** The key; only for a setting that {@link #is} one. */
  public static String key(String setting) {
    return setting.substring(setting.lastIndexOf('.') + 1);
  }
}

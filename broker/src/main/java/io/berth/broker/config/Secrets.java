// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Keeps secrets out of the configuration: it is logged, shown by {@code config check}, sent to
 * workers and put into environments. A secret goes into a file of its own that the worker reads.
 */
final class Secrets {
  private static final Pattern NAME =
      Pattern.compile("(.*[_.-])?(password|passwd|passphrase|pwd|pin|secret|token)");
  private static final Pattern IN_VALUE =
      Pattern.compile("(password|passwd|pwd|secret)\\s*=", Pattern.CASE_INSENSITIVE);
  private static final Pattern IN_URL = Pattern.compile("//[^/@\\s:]+:[^/@\\s]+@");

  private Secrets() {}

  static void refuse(Section s, String group, String name, Text text) {
    if (NAME.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
      s.error(
          text.place(),
          group
              + ": '"
              + Scalars.shown(name)
              + "' looks like a secret, and this file is logged; write it to a file of mode 0600 and name that as '"
              + Scalars.shown(name)
              + "_file'");
    } else if (IN_VALUE.matcher(text.value()).find() || IN_URL.matcher(text.value()).find()) {
      // The value is not repeated: the message goes to logs.
      s.error(
          text.place(),
          group
              + ": the value of '"
              + Scalars.shown(name)
              + "' holds a password, and this file is logged; take it out and name a file of mode 0600 as 'password_file'");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.regex.Pattern;

/**
 * Names of principals that exist only inside a delegate (a gateway's logged-in user or tenant). One
 * name space for all delegates, so that several gateways share a sub-principal's limits.
 */
public final class SubPrincipal {
  /** What a name looks like, for messages. */
  public static final String EXPECTED =
      "a sub-principal's name of at most 128 letters, digits and . _ @ : -";

  private static final String CHARACTERS = "A-Za-z0-9._@:-";
  private static final Pattern NAME = Pattern.compile("[" + CHARACTERS + "]{1,128}");
  private static final Pattern PATTERN = Pattern.compile("[*" + CHARACTERS + "]{1,128}");

  private SubPrincipal() {}

  public static boolean isName(String untrustedName) {
    return NAME.matcher(untrustedName).matches();
  }

  /** Whether {@code text} is a name or one with {@code *} for any characters. */
  public static boolean isPattern(String text) {
    return PATTERN.matcher(text).matches();
  }

  static boolean matches(String pattern, String name) {
    return Glob.matches(pattern, name);
  }
}

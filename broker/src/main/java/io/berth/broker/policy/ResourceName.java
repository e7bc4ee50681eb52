// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code scheme:device} or {@code scheme:device/local/...}: what a client opens. Letters, digits,
 * dot, underscore and hyphen only (ASCII, so that two names that look alike are alike), at most
 * {@value #MAX_LENGTH} characters.
 *
 * @param local what follows the device's slash; empty for the device itself
 */
public record ResourceName(String scheme, String device, String local) {
  public static final int MAX_LENGTH = 255;

  private static final String SEGMENT = "[A-Za-z0-9_][A-Za-z0-9._-]*";
  private static final Pattern DEVICE = Pattern.compile(SEGMENT);
  private static final Pattern LOCAL = Pattern.compile(SEGMENT + "(/" + SEGMENT + ")*");
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9-]*");

  /** Empty if {@code untrustedName} is not such a name. */
  public static Optional<ResourceName> parse(String untrustedName) {
    int colon = untrustedName.indexOf(':');
    if (colon < 0 || untrustedName.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    int slash = untrustedName.indexOf('/', colon);
    int deviceEnd = slash < 0 ? untrustedName.length() : slash;
    String scheme = untrustedName.substring(0, colon);
    String device = untrustedName.substring(colon + 1, deviceEnd);
    String local = slash < 0 ? "" : untrustedName.substring(slash + 1);
    boolean valid = isScheme(scheme) && isDevice(device) && (slash < 0 || isLocal(local));
    return valid ? Optional.of(new ResourceName(scheme, device, local)) : Optional.empty();
  }

  public static boolean isScheme(String text) {
    return SCHEME.matcher(text).matches();
  }

  public static boolean isDevice(String text) {
    return DEVICE.matcher(text).matches();
  }

  public static boolean isLocal(String text) {
    return LOCAL.matcher(text).matches();
  }

  @Override
  public String toString() {
    return scheme + ":" + device + (local.isEmpty() ? "" : "/" + local);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A pattern over resource names: {@code *} stands for any characters within one segment ({@code :}
 * and {@code /} separate segments), and a final {@code /**} for one or more further segments. So
 * {@code hsm:payments/**} is every key of that device, but not {@code hsm:payments} itself.
 */
public final class ResourcePattern {
  private static final Pattern SYNTAX =
      Pattern.compile("[a-z0-9*-]+:[A-Za-z0-9._*-]+(/[A-Za-z0-9._*-]+)*");

  private final String text;
  private final List<String> segments;
  private final boolean open;

  private ResourcePattern(String text) {
    this.text = text;
    this.open = text.endsWith("/**");
    this.segments = segments(open ? text.substring(0, text.length() - 3) : text);
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException saying what a pattern looks like, if {@code text} is none
   */
  public static ResourcePattern of(String text) {
    String body = text.endsWith("/**") ? text.substring(0, text.length() - 3) : text;
    if (!SYNTAX.matcher(body).matches() || body.contains("**")) {
      throw new IllegalArgumentException(
          "expected a resource pattern such as 'hsm:payments/sign-*' or 'hsm:payments/**'"
              + " ('*' within one segment, '/**' only at the end), found '"
              + text
              + "'");
    }
    return new ResourcePattern(text);
  }

  public boolean matches(String resource) {
    List<String> found = segments(resource);
    if (open ? found.size() <= segments.size() : found.size() != segments.size()) {
      return false;
    }
    for (int i = 0; i < segments.size(); i++) {
      if (!Glob.matches(segments.get(i), found.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether some resource of {@code scheme:device}, or the device itself, can match. */
  public boolean mayConcern(String scheme, String device) {
    return Glob.matches(segments.get(0), scheme) && Glob.matches(segments.get(1), device);
  }

  private static List<String> segments(String name) {
    // The first colon only ends the scheme; later ones cannot occur in a valid name.
    List<String> parts = new ArrayList<>();
    int colon = name.indexOf(':');
    int start = colon + 1;
    parts.add(name.substring(0, Math.max(colon, 0)));
    for (int slash = name.indexOf('/', start); slash >= 0; slash = name.indexOf('/', start)) {
      parts.add(name.substring(start, slash));
      start = slash + 1;
    }
    parts.add(name.substring(start));
    return parts;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ResourcePattern pattern && pattern.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}

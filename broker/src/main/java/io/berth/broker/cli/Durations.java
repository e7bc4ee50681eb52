// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A duration as people write it, such as {@code 500ms}, {@code 90s}, {@code 10m}, {@code 2h}. */
final class Durations implements ITypeConverter<Durations.Millis> {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  /** So many milliseconds. */
  record Millis(long value) {}

  @Override
  public Millis convert(String text) {
    Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "expected a number and ms, s, m or h, such as 90s, found '" + text + "'");
    }
    long unit =
        switch (matcher.group(2)) {
          case "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          default -> 3_600_000;
        };
    return new Millis(Long.parseLong(matcher.group(1)) * unit);
  }
}

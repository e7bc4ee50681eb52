// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The kernel's files about itself: small, and absent, hidden or odd on one machine or another,
 * which is an answer and not an error.
 */
final class HostFiles {
  private final Path root;

  /**
   * Reads below a root.
   *
   * @param root {@code /} but for tests
   */
  HostFiles(Path root) {
    this.root = root;
  }

  Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  boolean exists(String absolute) {
    return Files.exists(path(absolute));
  }

  List<String> lines(String absolute) {
    try {
      return Files.readAllLines(path(absolute), java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The first line, stripped. */
  Optional<String> text(String absolute) {
    return lines(absolute).stream().findFirst().map(String::strip).filter(t -> !t.isEmpty());
  }

  OptionalLong number(String absolute) {
    try {
      Optional<String> text = text(absolute);
      return text.isPresent() ? OptionalLong.of(Long.parseLong(text.get())) : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The value behind the first {@code key : value} line with that key. */
  Optional<String> value(String absolute, String key) {
    for (String line : lines(absolute)) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase(key)) {
        return Optional.of(line.substring(colon + 1).strip());
      }
    }
    return Optional.empty();
  }
}

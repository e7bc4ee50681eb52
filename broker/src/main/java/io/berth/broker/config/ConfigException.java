// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used. The message has one line per problem, in the file's order. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  /** More than this on a screen helps nobody. */
  static final int MAX_REPORTED = 20;

  private final transient List<Problem> problems;

  public ConfigException(List<Problem> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }

  private static String message(List<Problem> problems) {
    String shown =
        problems.stream()
            .limit(MAX_REPORTED)
            .map(Problem::toString)
            .collect(Collectors.joining("\n"));
    int hidden = problems.size() - MAX_REPORTED;
    return hidden > 0 ? shown + "\n... and " + hidden + " more" : shown;
  }
}

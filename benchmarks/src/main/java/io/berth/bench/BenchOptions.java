// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.rings.Waits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The command line of {@code ./bench}.
 *
 * @param name which benchmark
 * @param json where to write the result of one benchmark for machines, if anywhere
 * @param jsonDirectory where to write NAME.json of each benchmark that runs, if anywhere
 * @param markdown where to write tables for documents, if anywhere
 * @param repeats 1, or more with {@code --long}: how many times as many rounds
 * @param filter a regular expression: of JMH benchmarks, or of the cases of the staged ones (echo,
 *     sign, hsm)
 * @param idle how the polling yardsticks wait: yield, spin or backoff
 */
public record BenchOptions(
    String name,
    Optional<Path> json,
    Optional<Path> jsonDirectory,
    Optional<Path> markdown,
    int repeats,
    String idle,
    String filter) {
  /** Instead of a name: every benchmark in turn. */
  public static final String ALL = "all";

  private static final int LONG_REPEATS = 6;

  /**
   * Reads {@code NAME [FILTER] [--json FILE] [--json-dir DIR] [--markdown FILE] [--long] [--idle
   * HOW]} in any order.
   */
  public static BenchOptions parse(String[] args) {
    String name = null;
    Optional<Path> json = Optional.empty();
    Optional<Path> jsonDirectory = Optional.empty();
    Optional<Path> markdown = Optional.empty();
    int repeats = 1;
    String idle = Waits.YIELD;
    String filter = null;
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--json" -> json = Optional.of(Path.of(valueOf(args, ++i)));
        case "--json-dir" -> jsonDirectory = Optional.of(Path.of(valueOf(args, ++i)));
        case "--markdown" -> markdown = Optional.of(Path.of(valueOf(args, ++i)));
        case "--idle" -> idle = valueOf(args, ++i);
        case "--long" -> repeats = LONG_REPEATS;
        default -> {
          if (filter != null || args[i].startsWith("-")) {
            throw new IllegalArgumentException("bench: unknown argument " + args[i]);
          }
          if (name == null) {
            name = args[i];
          } else {
            filter = args[i];
          }
        }
      }
    }
    if (name == null) {
      throw new IllegalArgumentException("bench: which one?");
    }
    Waits.polling(idle);
    if (name.equals(ALL) && json.isPresent()) {
      throw new IllegalArgumentException("bench: all writes several results: give --json-dir DIR");
    }
    try {
      Pattern.compile(filter == null ? "" : filter);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("bench: filter: " + e.getMessage(), e);
    }
    return new BenchOptions(
        name, json, jsonDirectory, markdown, repeats, idle, filter == null ? ".*" : filter);
  }

  /** Whether that case is to run. */
  public boolean selects(String caseName) {
    return Pattern.compile(filter).matcher(caseName).find();
  }

  private static String valueOf(String[] args, int index) {
    if (index >= args.length) {
      throw new IllegalArgumentException("bench: " + args[index - 1] + " needs a value");
    }
    return args[index];
  }
}
